"""Days of the store from sources that may tell of the same requests → what counts, and what is beyond it.

A provider's bill, a gateway's counters and spans of one's own programs are three views of one spend. Of each provider
and day the view nearest to the requests counts; what a bill or a counter says beyond that was spent by somebody who is
not seen, and is told as such.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from llmlint.observe.usage.records import LAYERS, NANO
from llmlint.observe.usage.spend import Price
from llmlint.observe.usage.store import DayRow

SLACK = Decimal("0.02")  # days begin at different hours, and prices are rounded


@dataclass(frozen=True, slots=True)
class Reckoning:
    """rows: those that count. unseen: provider → USD that its bill or counters say beyond them. overcounted: provider →
    (USD of the rows, USD of the bill), where the rows say more: prices by contract, or one request counted twice.
    overlapping: sources that tell of the same provider, model and day, each request by request.
    """

    rows: tuple[DayRow, ...]
    unseen: dict[str, Decimal]
    overcounted: dict[str, tuple[Decimal, Decimal]]
    overlapping: tuple[str, ...] = ()


def reckon(rows: Iterable[DayRow], price: Price) -> Reckoning:
    """Each row once."""
    by_day: dict[tuple[str, int], dict[str, list[DayRow]]] = {}
    for row in rows:
        views = by_day.setdefault((provider_of(row), row.day), {})
        views.setdefault(row.subject.layer, []).append(row)
    counted: list[DayRow] = []
    sums: dict[str, list[Decimal]] = {}
    for (provider, _), views in by_day.items():
        nearest, *further = [layer for layer in LAYERS if layer in views]
        counted += views[nearest]
        if further:
            known = sums.setdefault(provider, [Decimal(0), Decimal(0)])
            known[0] += _usd(views[nearest], price)
            known[1] += _usd(views[further[-1]], price)  # a bill goes before counters
    unseen = {p: more - near for p, (near, more) in sums.items() if more > near * (1 + SLACK)}
    over = {p: (near, more) for p, (near, more) in sums.items() if near > more * (1 + SLACK)}
    return Reckoning(tuple(counted), unseen, over, _overlapping(counted))


def provider_of(row: DayRow) -> str:
    """As the source says it, else as the model's name does."""
    from llmlint.sdks.models import lookup

    if row.subject.provider or not row.subject.model:
        return row.subject.provider
    info = lookup(row.subject.model)
    return info.provider if info else ""


def _usd(rows: Iterable[DayRow], price: Price) -> Decimal:
    return sum(((usd_of(row, price) or Decimal(0)) for row in rows), Decimal(0))


def usd_of(row: DayRow, price: Price) -> Decimal | None:
    """As stated, else at the price of the day; None: no price is known."""
    return Decimal(row.nano_usd) / NANO if row.nano_usd is not None else price(row)


def _overlapping(rows: Iterable[DayRow]) -> tuple[str, ...]:
    seen: dict[tuple[int, str, str], set[str]] = {}
    for row in rows:
        seen.setdefault((row.day, provider_of(row), row.subject.model), set()).add(row.source)
    return tuple(sorted({" and ".join(sorted(sources)) for sources in seen.values() if len(sources) > 1}))
