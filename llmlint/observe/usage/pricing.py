"""A book of prices → the dollars of a day's row that states none."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from functools import cache

from llmlint.money.prices import Price, PriceBook
from llmlint.observe.usage.store import DayRow


def day_price(book: PriceBook) -> Callable[[DayRow], Decimal | None]:
    """At the price of its day. Where the prices themselves are not installed, nothing has one."""
    from llmlint.money.library import PricesMissing

    @cache
    def find(model: str, provider: str | None, day: int) -> Price | None:
        try:
            when = date(1970, 1, 1) + timedelta(days=day)
            return book.find(model, provider, when) or (book.find(model, None, when) if provider else None)
        except PricesMissing:
            return None

    def price(row: DayRow) -> Decimal | None:
        subject = row.subject
        found = find(subject.model, subject.provider or None, row.day) if subject.model else None
        if found is None:
            return None
        # a bucket of requests that nobody counted is taken for short ones: long prompts are the exception
        requests = row.requests or max(1, row.usage.prompt_tokens)
        return found.cost(row.usage, subject.batch, requests)

    return price
