"""The facts of two revisions, prices and declared traffic → what a bill asks of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from llmlint.facts import CallSite, Facts
from llmlint.money.bills.match import Pair
from llmlint.money.bills.records import Cost
from llmlint.money.cost import SiteCost, site_cost, site_costs
from llmlint.money.library import PricesMissing
from llmlint.money.prices import PriceBook
from llmlint.money.sizes import constant_tokens
from llmlint.money.traffic import Declares, Traffic, declared

# the facts of a revision, and how its files are read → place of a call site → what was observed of it
Observe = Callable[[Facts, Callable[[str], bytes]], Mapping[str, Traffic]]


@dataclass(frozen=True, slots=True)
class Revision:
    """The facts of one revision, and how its files are read."""

    facts: Facts
    read: Callable[[str], bytes]


class Pricing:
    """Both revisions under one policy, the older first. Lives as long as a run.

    observe: what ran is the older revision, or near it: its call sites are what was observed, a new one was not.
    """

    def __init__(
        self, policy: Declares, book: PriceBook, revisions: Sequence[Revision], observe: Observe | None = None
    ) -> None:
        self._policy, self._book, self._observe = policy, book, observe
        before = revisions[0]
        seen = observe(before.facts, before.read) if observe is not None else {}
        self._seen = {id(s): seen[s.place] for s in before.facts.call_sites if s.place in seen}
        self._revisions = tuple(revisions)  # keeps the sites, whose identity is what traffic goes by
        self._traffic: dict[int, Traffic] = {}
        for revision in revisions:
            told = declared(policy, revision.facts, revision.read).by_place
            self._traffic.update((id(s), told[s.place]) for s in revision.facts.call_sites if s.place in told)

    def cost(self, site: CallSite, pair: Pair) -> Cost:
        """Both sides of a pair run as often: what is declared of the newer one, else of the older."""
        try:
            cost = site_cost(site, self._book, self._of(site, pair))
        except PricesMissing as error:
            return Cost(unknown=str(error))
        volume = "" if cost.calls_per_day is not None else "how often it runs is not declared"
        return Cost(cost.per_1k_calls, cost.per_month, cost.reason if cost.per_call is None else volume)

    def _of(self, site: CallSite, pair: Pair) -> Traffic | None:
        if pair.before is not None and id(pair.before) in self._seen:
            return self._grown(self._seen[id(pair.before)], site, pair)
        sides = [one for one in (pair.after, pair.before) if one is not None]
        found = next((self._traffic[id(one)] for one in sides if id(one) in self._traffic), None)
        return None if found is None else self._grown(found, site, pair)

    def _grown(self, found: Traffic, site: CallSite, pair: Pair) -> Traffic:
        """What was declared or seen is the size of the prompt as it was; what the change adds comes on top."""
        if found.input_tokens is None or site is not pair.after or pair.before is None:
            return found
        was, now = constant_tokens(pair.before), constant_tokens(site)
        if was is None or now is None or was == now:
            return found
        return replace(found, input_tokens=max(found.input_tokens + now - was, Decimal(1)))


def monthly(
    policy: Declares, book: PriceBook, observe: Observe | None, revision: Revision, team: Callable[[str], str]
) -> Mapping[str, tuple[Decimal | None, str]]:
    """Team, and "" for all → what its call sites cost a month, and what that leaves out."""
    traffic: Mapping[str, Traffic] = declared(policy, revision.facts, revision.read).by_place
    if observe is not None:
        traffic = {**traffic, **observe(revision.facts, revision.read)}
    try:
        costs = site_costs(revision.facts, book, traffic)
    except PricesMissing as error:
        return {"": (None, str(error))}
    groups: dict[str, list[SiteCost]] = {"": []}
    for cost in costs:
        if cost.reason.startswith("counted where"):
            continue
        groups[""].append(cost)
        groups.setdefault(team(cost.site.path), []).append(cost)
    return {name: _together(group) for name, group in groups.items()}


def _together(costs: Sequence[SiteCost]) -> tuple[Decimal | None, str]:
    known = [cost.per_month.mid for cost in costs if cost.per_month is not None]
    missing = len(costs) - len(known)
    sites = "1 call site" if missing == 1 else f"{missing:,} call sites"
    note = f"without {sites} whose traffic or price is not known" if missing else ""
    return (sum(known, Decimal(0)) if known or not costs else None), note
