"""Decimals → figures as people read them in a formula: 100,000 · 2,700 · 0.001 · 0.0000125."""

from __future__ import annotations

from decimal import Decimal

DIGITS = 4  # that count, below 1,000


def figure(value: Decimal, digits: int = DIGITS) -> str:
    """Rounded to `digits` that count, whole numbers in full, no exponent, thousands apart by commas."""
    if value == 0:
        return "0"
    places = max(0, digits - 1 - value.adjusted())
    text = f"{value:,.{places}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def usd(value: Decimal) -> str:
    """Dollars: whole ones from 1,000 on, cents below, more digits where it is less than a cent."""
    size = abs(value)
    if size >= 1000 or value == 0:
        return f"{value:,.0f}"
    if size >= Decimal("0.995"):
        return f"{value:,.2f}".removesuffix(".00")
    return figure(value, 3)

def plus(value: Decimal, what: str) -> str:
    """A further summand of a formula, where there is one."""
    return f" + {figure(value)} {what}" if value else ""
