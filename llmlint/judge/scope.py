"""Call sites, policy, parameters → the plain records that a rule sees, and the properties that they have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import cache
from typing import Any

from llmlint.facts import CallSite, ProjectFact
from llmlint.judge.dearer import Listed
from llmlint.judge.decisions import Decision, decision_for
from llmlint.judge.policy import Policy
from llmlint.judge.records import attestations, calls_per_day, returns, today
from llmlint.judge.rules import Rule

POLICY = dict.fromkeys(("tiers", "models", "attestations", "roi", "calls_per_day", "decision", "decisions"))
COMMENT = {"text": None, "problem": None, "mend": None, "names": None}
EXEMPTION = dict.fromkeys(("rule", "path", "function", "reason", "owner", "until"))


@cache
def call_shape() -> Mapping[str, Any]:
    """The properties of `call`: those of the facts' JSON. None: a value, whatever it is."""
    row = CallSite("", 1, 1, 1, 1, "generate", "", "").to_json()
    return {key: dict.fromkeys(value) if isinstance(value, dict) else None for key, value in row.items()}


def shapes(rule: Rule) -> Mapping[str, Any]:
    """The names that a rule may use and their properties."""
    if rule.scope == "comment":
        return {"comment": COMMENT}
    if rule.scope == "exemption":
        return {"exemption": EXEMPTION, "covered": None}
    shared = {"policy": POLICY, "param": dict.fromkeys(rule.parameters)}
    if rule.scope == "project":
        return {"calls": None, "project": dict.fromkeys(asdict(ProjectFact())), **shared}
    return {"call": call_shape(), "uses": None, **shared}


def policy_record(
    policy: Policy, site: CallSite | None = None, decided: Sequence[Decision] = (), volume: float | None = None,
    prices: Listed | None = None,
) -> dict[str, Any]:
    """What of the policy a rule sees as `policy`. site: the call that it judges; None: the whole project.

    decided: what evals have decided, the oldest first. volume: calls a day that a comment in the code declares. prices:
    those of the run, which looks them up once for all call sites.
    """
    decision = decision_for(decided, policy, site) if site is not None else None
    told = None
    if decision is not None and site is not None:
        told = decision.record(site, today(), prices or Listed(policy))
    if volume is None and site is not None:
        volume = calls_per_day(policy, site)
    # how often a model is tuned says nothing of how often it is asked
    asked = volume if site is not None and site.kind != "fine_tune" else None
    return {
        "tiers": dict(policy.tiers),
        "models": {tier: tuple(names) for tier, names in policy.models.items()},
        "attestations": {name: one.record() for name, one in attestations(policy).items()},
        "roi": returns(policy, site.path if site is not None else None, volume=asked),
        "calls_per_day": volume,
        "decision": told,
        "decisions": sum(not one.stand_in for one in decided),
    }


def is_same_for_all(policy: Policy, decided: Sequence[Decision]) -> bool:
    """Does `policy_record` tell every call the same?"""
    return not decided and not policy.extra.get("roi") and not policy.extra.get("traffic")


class Calls:
    """The call sites as plain records, made once; who asks which model object. prices: of the run, for all of them."""

    def __init__(
        self, sites: Sequence[CallSite], volumes: Mapping[str, float] | None = None, prices: Listed | None = None
    ) -> None:
        self.prices = prices
        self.volumes = volumes or {}  # place → calls a day, where traffic is declared
        self.records: tuple[dict[str, Any], ...] = tuple(site.to_json() for site in sites)
        self._uses: dict[str, list[dict[str, Any]]] = {}
        for site, record in zip(sites, self.records, strict=True):
            for place in site.constructed_at:
                self._uses.setdefault(place, []).append(record)

    def uses(self, site: CallSite) -> tuple[dict[str, Any], ...]:
        """The calls that ask the model object which is made here."""
        return tuple(self._uses.get(site.place, ())) if site.kind == "constructor" else ()
