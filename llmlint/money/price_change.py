"""Two price books and the call sites of a code base → what the change of prices costs there."""

from __future__ import annotations

from collections.abc import Mapping

from llmlint.facts import Facts
from llmlint.light import dataclass
from llmlint.money.amounts import Span, spanning, total
from llmlint.money.cost import SiteCost, site_costs
from llmlint.money.prices import PriceBook
from llmlint.money.traffic import Traffic


@dataclass(frozen=True, slots=True)
class PriceChange:
    """One call site at both prices; a price that is known in one book only has no difference."""

    before: SiteCost
    after: SiteCost

    @property
    def per_1k(self) -> Span | None:
        return difference(self.before.per_1k_calls, self.after.per_1k_calls)

    @property
    def per_month(self) -> Span | None:
        return difference(self.before.per_month, self.after.per_month)


def difference(before: Span | None, after: Span | None) -> Span | None:
    """The same requests at both prices: the ends move together."""
    if before is None or after is None:
        return None
    return spanning(after.low - before.low, after.mid - before.mid, after.high - before.high)


def price_changes(
    facts: Facts, old: PriceBook, new: PriceBook, traffic: Mapping[str, Traffic]
) -> tuple[PriceChange, ...]:
    """The call sites whose price is another, the largest change first."""
    pairs = zip(site_costs(facts, old, traffic), site_costs(facts, new, traffic), strict=True)
    found = [PriceChange(a, b) for a, b in pairs if a.per_call != b.per_call]
    return tuple(sorted(found, key=lambda one: (-_size(one.per_month), -_size(one.per_1k), one.before.place)))


def monthly_change(changes: tuple[PriceChange, ...]) -> Span | None:
    """Of all call sites with declared traffic; None: there is none."""
    known = [one.per_month for one in changes if one.per_month is not None]
    return total(known) if known else None


def _size(span: Span | None) -> float:
    return 0.0 if span is None else abs(float(span.mid))
