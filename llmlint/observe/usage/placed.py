"""Usage with its call sites → sums for each call site, and for what none accounts for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from llmlint.facts import CallSite
from llmlint.observe.usage.matching import HOWS, How, Matching
from llmlint.observe.usage.reckoning import Reckoning, provider_of, usd_of
from llmlint.observe.usage.records import Subject
from llmlint.observe.usage.spend import Price


@dataclass
class Placed:
    """What one call site, or one subject without one, used over the days. usd None: nothing of it has a price.

    how: of the weakest match; None for what has no call site. unpriced: tokens without a price; requests None: unknown.
    """

    site: CallSite | None
    subject: Subject
    how: How | None = None
    requests: Decimal | None = Decimal(0)
    prompt: Decimal = Decimal(0)
    cached: Decimal = Decimal(0)
    output: Decimal = Decimal(0)
    usd: Decimal | None = None
    unpriced: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class Places:
    """sites, unmatched: the dearest first. unseen: provider → USD beyond all records. days: what they cover."""

    sites: tuple[Placed, ...]
    unmatched: tuple[Placed, ...]
    counted: Reckoning
    first: int
    days: int

    @property
    def usd(self) -> Decimal:
        """Of all that has a price, with what is billed beyond it."""
        return sum((p.usd or Decimal(0) for p in (*self.sites, *self.unmatched)), Decimal(0)) + self.unseen_usd

    @property
    def unseen_usd(self) -> Decimal:
        return sum(self.counted.unseen.values(), Decimal(0))

    @property
    def matched_usd(self) -> Decimal:
        return sum((p.usd or Decimal(0) for p in self.sites), Decimal(0))


def placed(matching: Matching, counted: Reckoning, price: Price) -> Places:
    sites: dict[str, Placed] = {}
    others: dict[tuple[str, ...], Placed] = {}
    for row, meant in matching.rows:
        usd = usd_of(row, price)
        if meant is None:
            s = row.subject
            key = (provider_of(row), s.model, s.path, s.function, s.label, s.team)
            into, shares = [others.setdefault(key, Placed(None, s))], Decimal(1)
        else:
            into = [sites.setdefault(site.place, Placed(site, row.subject)) for site in meant.sites]
            shares = Decimal(len(meant.sites))
            for one in into:
                one.how = max(one.how or HOWS[0], meant.how, key=HOWS.index)
        for one in into:
            if row.requests is None or one.requests is None:
                one.requests = None
            else:
                one.requests += row.requests / shares
            one.prompt += row.usage.prompt_tokens / shares
            one.cached += row.usage.cache_read_tokens / shares
            one.output += row.usage.output_tokens / shares
            if usd is None:
                one.unpriced += (row.usage.prompt_tokens + row.usage.output_tokens) / shares
            else:
                one.usd = (one.usd or Decimal(0)) + usd / shares
    return Places(_dearest(sites.values()), _dearest(others.values()), counted, matching.first, matching.days)


def _dearest(found: Iterable[Placed]) -> tuple[Placed, ...]:
    return tuple(sorted(found, key=lambda p: (-(p.usd or Decimal(0)), -p.prompt, p.subject)))
