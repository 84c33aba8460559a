"""Numbers with their uncertainty, what they rest on, and how they are shown."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Literal

from llmlint.light import dataclass

# who says so: what stands in the code, a measurement, the team, or llmlint's own table of usual sizes
Basis = Literal["code", "observed", "declared", "assumed"]
STRENGTH: tuple[Basis, ...] = ("code", "observed", "declared", "assumed")


@dataclass(frozen=True, slots=True)
class Span:
    """low ≤ mid ≤ high; mid is what is most likely, and what is added up."""

    low: Decimal
    mid: Decimal
    high: Decimal

    def __add__(self, other: Span) -> Span:
        return Span(self.low + other.low, self.mid + other.mid, self.high + other.high)

    def __mul__(self, factor: Decimal | int) -> Span:
        return Span(self.low * factor, self.mid * factor, self.high * factor)

    @property
    def exact(self) -> bool:
        return self.low == self.high


def exactly(value: Decimal | int) -> Span:
    return Span(Decimal(value), Decimal(value), Decimal(value))


def spanning(low: Decimal, mid: Decimal, high: Decimal) -> Span:
    """The middle stays, whichever end turns out to be the lower one."""
    return Span(min(low, mid, high), mid, max(low, mid, high))


def about(low: int, mid: int, high: int) -> Span:
    return Span(Decimal(low), Decimal(mid), Decimal(high))


def total(spans: Iterable[Span]) -> Span:
    out = exactly(0)
    for span in spans:
        out = out + span
    return out


@dataclass(frozen=True, slots=True)
class Tokens:
    """A number of tokens of one request, what it rests on, and the words for that."""

    span: Span
    basis: Basis
    why: str


def weakest(bases: Iterable[Basis]) -> Basis:
    """What a number rests on that is made of several: an assumption in one of them is an assumption in all."""
    return max(bases, key=STRENGTH.index, default="code")


# for show -------------------------------------------------------------------------------------------------------------


def dollars(value: Decimal) -> str:
    """12345.6 → "12,346", 12.345 → "12.35", 0.0012345 → "0.00123": three figures below one dollar, "0" only for 0."""
    size = abs(value)
    if size == 0:
        return "0"
    if size >= 1000:
        return f"{value:,.0f}"
    if size >= 1:
        return f"{value:,.2f}"
    shown = value.quantize(Decimal(1).scaleb(value.adjusted() - 2), ROUND_HALF_EVEN)
    return f"{shown:f}".rstrip("0").rstrip(".")


def dollar_range(span: Span) -> str:
    low, high = dollars(span.low), dollars(span.high)
    return low if low == high else f"{low}–{high}"


def count(value: Decimal) -> str:
    return f"{value:,.0f}" if value == value.to_integral_value() or value >= 100 else f"{value.normalize():f}"


def count_range(span: Span) -> str:
    low, high = count(span.low), count(span.high)
    return low if low == high else f"{low}–{high}"
