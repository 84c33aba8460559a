"""Dollars per million tokens, by kind of token and length of the prompt → the dollars of a request."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from decimal import Decimal

from llmlint.light import dataclass
from llmlint.money.usage import Usage

MTOK = Decimal(1_000_000)
ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Rate:
    """USD per million tokens. steps: (prompt tokens, rate): a longer prompt pays that rate for all of its tokens."""

    base: Decimal
    steps: tuple[tuple[int, Decimal], ...] = ()

    def at(self, prompt_tokens: int) -> Decimal:
        return next((rate for start, rate in reversed(self.steps) if prompt_tokens > start), self.base)

    def times(self, factor: Decimal) -> Rate:
        return Rate(self.base * factor, tuple((start, rate * factor) for start, rate in self.steps))

    def scaled(self, new: Decimal, old: Decimal) -> Rate:
        """new / old times as much; multiplied first, so that no dust of a division is left where it goes up."""
        return Rate(self.base * new / old, tuple((start, rate * new / old) for start, rate in self.steps))


@dataclass(frozen=True, slots=True)
class Rates:
    """What each kind of token costs. output None: nothing is written (embeddings). cache_*: None where unknown."""

    input: Rate
    output: Rate | None = None
    cache_read: Rate | None = None
    cache_write: Rate | None = None
    cache_write_1h: Rate | None = None

    def changed(self, change: Callable[[Rate], Rate]) -> Rates:
        """Every rate that there is, changed."""
        rates = (getattr(self, one.name) for one in fields(self))
        return Rates(*(change(rate) if rate is not None else None for rate in rates))  # type: ignore[arg-type]

    def cost(self, usage: Usage, prompt_tokens: int) -> Decimal:
        """USD. Tokens of the cache are paid as input where no rate of their own is known: never less than is due."""
        write = self.cache_write or self.input
        parts = (
            (usage.input_tokens, self.input),
            (usage.output_tokens, self.output),
            (usage.cache_read_tokens, self.cache_read or self.input),
            (usage.cache_write_tokens, write),
            (usage.cache_write_1h_tokens, self.cache_write_1h or write),
        )
        return sum((n * rate.at(prompt_tokens) for n, rate in parts if n and rate is not None), ZERO) / MTOK


@dataclass(frozen=True, slots=True)
class Price:
    """What one model costs at one provider on one day.

    model: as asked; id: as the source calls it. batch None: no batch price is known; batch_assumed: half, as the
    provider says of all its models. source: "genai-prices 0.2.3" or "llmlint.yaml:12, contract of May". notes: what
    was assumed on the way here, one sentence each.
    """

    model: str
    id: str
    provider: str
    standard: Rates
    batch: Rates | None = None
    source: str = ""
    notes: tuple[str, ...] = ()
    batch_assumed: bool = False

    def cost(self, usage: Usage, batch: bool = False, requests: int = 1) -> Decimal:
        """USD for the tokens of `requests` requests together. batch: at the batch price, where one is known."""
        rates = self.batch if batch and self.batch is not None else self.standard
        return rates.cost(usage, usage.prompt_tokens // max(requests, 1))

    @property
    def input_usd_per_mtok(self) -> Decimal:
        return self.standard.input.base

    @property
    def output_usd_per_mtok(self) -> Decimal:
        """0 for a model that writes nothing (embeddings)."""
        return self.standard.output.base if self.standard.output is not None else ZERO

    @property
    def cache_read_usd_per_mtok(self) -> Decimal | None:
        return self.standard.cache_read.base if self.standard.cache_read is not None else None

    @property
    def cache_write_usd_per_mtok(self) -> Decimal | None:
        return self.standard.cache_write.base if self.standard.cache_write is not None else None

    @property
    def cache_write_1h_usd_per_mtok(self) -> Decimal | None:
        return self.standard.cache_write_1h.base if self.standard.cache_write_1h is not None else None

    @property
    def batch_share(self) -> Decimal | None:
        """What a batch costs of the standard price, by the input: 0.5; None where unknown."""
        if self.batch is None or not self.standard.input.base:
            return None
        return self.batch.input.base / self.standard.input.base
