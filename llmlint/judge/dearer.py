"""Two model ids → is the first dearer, by the policy's own prices and the listed ones."""

from __future__ import annotations

from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from llmlint.judge.policy import Policy
    from llmlint.money.prices import PriceBook


class Listed:
    """The prices of one run, looked up when they are first asked for."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy

    def dearer(self, one: str, other: str) -> bool | None:
        """None: a price is unknown, or which costs more depends on how much is read and how much is written."""
        first, second = self._rates(one), self._rates(other)
        if first is None or second is None:
            return None
        pairs = list(zip(first, second, strict=True))
        if all(a <= b for a, b in pairs):
            return False
        return True if all(a >= b for a, b in pairs) else None

    def _rates(self, model: str) -> tuple[Decimal, Decimal] | None:
        """USD for a million tokens read and written; None where one of them is unknown."""
        from llmlint.money.library import PricesMissing

        try:
            price = self._book.find(model)
        except PricesMissing:
            return None
        if price is None or price.standard.output is None:
            return None
        return price.standard.input.base, price.standard.output.base

    @cached_property
    def _book(self) -> PriceBook:
        from llmlint.money.prices import price_book

        return price_book([self._policy.extra.get("prices") or {}], self._policy.origin)
