"""What stands on the command line → a decimal number; currencies other than the dollar are refused, never converted."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation

import click

FOREIGN = re.compile(r"[€£¥₹]|\b(?:EUR|GBP|JPY|CHF|CNY|INR|AUD|CAD|SEK)\b", re.IGNORECASE)
THOUSANDS = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?")


def number(value: str | Decimal) -> Decimal:
    """12000, 12_000, 12,000, 0.5, $3000: not negative, not infinite. Raises click.BadParameter."""
    if isinstance(value, Decimal):
        return value
    text = value.strip()
    if FOREIGN.search(text):
        raise click.BadParameter(f"{text!r}: amounts are in US dollars; convert it first.")
    plain = text.removeprefix("$").removesuffix("USD").strip()
    if THOUSANDS.fullmatch(plain):
        plain = plain.replace(",", "")
    try:
        found = Decimal(plain)
    except InvalidOperation:
        raise click.BadParameter(f"{text!r} is not a number.") from None
    if not found.is_finite() or found < 0:
        raise click.BadParameter(f"{text!r} must be 0 or more.")
    return found
