"""Prompt caching: what a constant prefix costs when the provider keeps it, against sending it in full each time.

Only the prefix is counted; the rest of the request and the answer cost the same either way. A hit reads the prefix at
the cache's price, a miss writes it at the price of writing. The provider forgets a prefix that nobody asked for during
`ttl_minutes`, and each hit starts that time anew; with calls that come at random (a Poisson process), a call is a hit
with probability 1 − e^(−λ·ttl), λ the calls a minute in the hours in which there are any. A measured `hit_share` goes
before that. Below the model's minimum nothing is kept and nothing is saved.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from llmlint.money.returns.inputs import DAYS, MTOK, assumed, needed
from llmlint.money.returns.records import Step, Sums
from llmlint.money.returns.working import figure

TITLE = "prompt caching"
ALWAYS = 60  # beyond that e^-x is lost in 28 digits, and dear to work out
NOTE = "only the constant prefix is counted: the rest of the request and the answer cost the same"


@dataclass(frozen=True)
class Cache:
    calls_per_day: Decimal = needed("calls a day", "Requests with this prefix.")
    prefix_tokens: Decimal = needed("tokens", "The constant part at the beginning of each request.")
    input_usd_per_mtok: Decimal = needed("USD per million tokens", "Input at the full price.", instead="--model")
    cache_read_usd_per_mtok: Decimal = needed("USD per million tokens", "Input read from the cache.", instead="--model")
    cache_write_usd_per_mtok: Decimal = needed("USD per million tokens", "Input written to it.", instead="--model")
    hit_share: Decimal | None = assumed(None, "share", "Requests that find the prefix; else worked out from the pace.")
    ttl_minutes: Decimal = assumed("5", "minutes", "How long the provider keeps a prefix that nobody asks for.")
    active_hours: Decimal = assumed("24", "hours a day", "In how many hours they come.", low="0.1", high="24")
    minimum_tokens: Decimal = assumed("1024", "tokens", "Shorter prefixes are not cached by the model.")
    one_off_usd: Decimal = assumed("0", "USD", "Work to put it in place.")

    @property
    def hits(self) -> Decimal:
        """The share of requests that find the prefix, 0 to 1."""
        if self.hit_share is not None:
            return self.hit_share
        expected = self.calls_per_day / (self.active_hours * 60) * self.ttl_minutes  # requests while a prefix is kept
        return 1 - (-expected).exp() if expected < ALWAYS else Decimal(1)

    def sums(self) -> Sums:
        million = self.calls_per_day * DAYS * self.prefix_tokens / MTOK
        before = million * self.input_usd_per_mtok
        read, write = self.cache_read_usd_per_mtok, self.cache_write_usd_per_mtok
        kept = self.prefix_tokens >= self.minimum_tokens
        after = million * (self.hits * read + (1 - self.hits) * write) if kept else before
        tokens = f"{figure(million)} million prefix tokens"
        working = (
            f"{tokens} × ({figure(self.hits)} × {figure(read)} + {figure(1 - self.hits)} × {figure(write)}) USD"
            if kept else f"{figure(self.prefix_tokens)} tokens are below the model's minimum: nothing is cached"
        )  # fmt: skip
        return Sums(before, after, self.one_off_usd, (
            Step("before", f"{tokens} × {figure(self.input_usd_per_mtok)} USD per million", before),
            Step("after", working, after),
        ))  # fmt: skip
