"""Days of the store → sums by what people ask for: source, model, team, day; dollars as stated or worked out.

Sums are exact; what has no price keeps its tokens and is counted as unpriced, never as nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from decimal import Decimal

from llmlint.money.usage import Usage
from llmlint.observe.usage.records import NANO
from llmlint.observe.usage.store import DayRow

# dollars of a day's row that its source does not state; None: the model has no known price
Price = Callable[[DayRow], "Decimal | None"]


@dataclass
class Sum:
    """What some rows add up to. requests: of the rows that count them; uncounted: rows that do not.

    usd: of what has a price; stated_usd: the part of it that the sources state. unpriced: tokens without a price;
    unpriced_models: whose. told: prompt tokens of rows whose source says what came from the cache.
    """

    requests: int = 0
    uncounted: int = 0
    records: int = 0
    usage: Usage = field(default_factory=Usage)
    usd: Decimal = Decimal(0)
    stated_usd: Decimal = Decimal(0)
    unpriced: int = 0
    unpriced_models: set[str] = field(default_factory=set)
    told: int = 0

    @property
    def cache_hit_rate(self) -> float | None:
        """Tokens read from the cache, of all prompt tokens of rows that say so. None: nothing says so."""
        return self.usage.cache_read_tokens / self.told if self.told else None

    def add(self, row: DayRow, price: Price, told: bool) -> None:
        self.records += row.records
        self.requests += row.requests or 0
        self.uncounted += row.records if row.requests is None else 0
        self.usage += row.usage
        self.told += row.usage.prompt_tokens if told else 0
        if row.nano_usd is not None:
            stated = Decimal(row.nano_usd) / NANO
            self.usd += stated
            self.stated_usd += stated
            return
        usd = price(row)
        if usd is None:
            self.unpriced += row.usage.prompt_tokens + row.usage.output_tokens
            self.unpriced_models.add(row.subject.model)
        else:
            self.usd += usd


def sums(rows: Iterable[DayRow], by: Callable[[DayRow], str], price: Price) -> dict[str, Sum]:
    """The rows by a key of theirs, the dearest first."""
    rows = list(rows)
    tell = {(r.source, r.subject.model) for r in rows if r.subject.cache_told}
    found: dict[str, Sum] = {}
    for row in rows:
        found.setdefault(by(row), Sum()).add(row, price, (row.source, row.subject.model) in tell)
    return dict(sorted(found.items(), key=lambda pair: (-pair[1].usd, -pair[1].unpriced, pair[0])))


BY: dict[str, Callable[[DayRow], str]] = {
    "source": lambda row: row.source,
    "model": lambda row: row.subject.model,
    "provider": lambda row: row.subject.provider,
    "team": lambda row: row.subject.team,
    "label": lambda row: row.subject.label,
    "function": lambda row: row.subject.function,
    "day": lambda row: _day(row.day),
    "month": lambda row: _day(row.day)[:7],
}


def _day(number: int) -> str:
    from datetime import date, timedelta

    return (date(1970, 1, 1) + timedelta(days=number)).isoformat()
