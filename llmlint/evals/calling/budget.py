"""Dollars: what a request can cost at most is reserved before it leaves, so that no number in flight can overspend."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Protocol

from llmlint.errors import UserError
from llmlint.evals.providers.reading import output_limit
from llmlint.evals.records import Request
from llmlint.money.usage import Usage

UNSAID_LIMIT = 128_000  # tokens that a model may write where neither task nor request sets a limit
PER_MESSAGE, PER_TOOL = 16, 600  # tokens around a message, and the provider's own instructions about tools


class BudgetSpent(UserError):
    """The next request could cost more than is left."""


class Price(Protocol):
    """What the caller needs to know of a price."""

    def cost(self, usage: Usage, batch: bool = False) -> Decimal: ...


@dataclass
class Budget:
    """usd: the most that may be spent, None: no limit. spent: as the APIs returned it, uncertain sums included.

    uncertain: how much of `spent` is the worst case of attempts whose answer, or whose usage, never came.
    """

    usd: Decimal | None = None
    spent: Decimal = Decimal(0)
    uncertain: Decimal = Decimal(0)
    reserved: Decimal = field(default=Decimal(0), init=False)

    @property
    def left(self) -> Decimal | None:
        return None if self.usd is None else self.usd - self.spent - self.reserved

    def reserve(self, usd: Decimal) -> bool:
        """False: it does not fit now; it may fit when what is in flight turns out cheaper than reserved."""
        if self.usd is not None and self.spent + self.reserved + usd > self.usd:
            return False
        self.reserved += usd
        return True

    def owe(self, usd: Decimal) -> None:
        """Reserves for what has left already, whether it fits or not."""
        self.reserved += usd

    def fits_alone(self, usd: Decimal) -> bool:
        """Could it fit once everything in flight were free?"""
        return self.usd is None or self.spent + usd <= self.usd

    def settle(self, reserved: Decimal, usd: Decimal, certain: bool = True) -> None:
        """usd: what it cost after all, 0 where nothing was billed."""
        self.reserved -= reserved
        self.spent += usd
        if not certain:
            self.uncertain += usd


def worst_usage(request: Request, body: Mapping[str, object]) -> Usage:
    """At most so many tokens: each is a byte at least, and nobody writes more than the limit. Read at full price."""
    size = sum(len(str(one.get("content", "")).encode("utf-8", "replace")) + PER_MESSAGE for one in request.messages)
    size += len((request.system or "").encode("utf-8", "replace")) + PER_MESSAGE
    for extra in (*request.tools, *([request.schema] if request.schema else [])):
        size += len(str(extra).encode("utf-8", "replace"))
    size += PER_TOOL if request.tools or request.schema else 0
    sent_limit = body.get("max_tokens")
    limit = output_limit(request) or (sent_limit if isinstance(sent_limit, int) else UNSAID_LIMIT)
    answers = request.candidate.parameters.get("n", 1)
    return Usage(input_tokens=size, output_tokens=limit * (answers if isinstance(answers, int) and answers > 0 else 1))


def worst_cost(price: Price, usage: Usage, batch: bool = False) -> Decimal:
    """The prompt read at full price or written into the cache, whichever is dearer."""
    written = Usage(output_tokens=usage.output_tokens, cache_write_tokens=usage.input_tokens)
    return max(price.cost(usage, batch), price.cost(written, batch))
