"""What stands on the command line → a decimal number; currencies other than the dollar are refused, never converted."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from typing import Any

import click

FOREIGN = re.compile(r"[€£¥₹]|\b(?:EUR|GBP|JPY|CHF|CNY|INR|AUD|CAD|SEK)\b", re.IGNORECASE)
THOUSANDS = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?")


class Amount(click.ParamType):
    """12000, 12_000, 12,000, 0.5, $3000. Not negative, not infinite."""

    name = "number"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Decimal:
        if isinstance(value, Decimal):
            return value
        text = str(value).strip()
        if FOREIGN.search(text):
            self.fail(f"{text!r}: amounts are in US dollars; convert it first.", param, ctx)
        plain = text.removeprefix("$").removesuffix("USD").strip()
        if THOUSANDS.fullmatch(plain):
            plain = plain.replace(",", "")
        try:
            number = Decimal(plain)
        except InvalidOperation:
            self.fail(f"{text!r} is not a number.", param, ctx)
        if not number.is_finite() or number < 0:
            self.fail(f"{text!r} must be 0 or more.", param, ctx)
        return number


AMOUNT = Amount()
