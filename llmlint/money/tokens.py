"""Estimated tokens → the range in which the provider's own count lies."""

from __future__ import annotations

from decimal import Decimal

from llmlint.money.amounts import Span

LOW, HIGH = Decimal("0.8"), Decimal("1.4")


def spread(estimate: int) -> Span:
    """The estimate with its measured error."""
    value = Decimal(estimate)
    return Span(value * LOW, value, value * HIGH)
