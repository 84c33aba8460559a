"""The same requests done otherwise → what they cost: a share of them on smaller models, from a cache, in batches."""

from __future__ import annotations

from decimal import Decimal

from llmlint.errors import UsageError
from llmlint.light import dataclass
from llmlint.money.prices import PriceBook, unknown_price
from llmlint.money.usage import Usage

ONE = Decimal(1)


@dataclass(frozen=True, slots=True)
class Mix:
    """How a workload is done. models: (model id, share of the requests), shares adding up to 1.

    cached: share of the input tokens that comes from the cache; batched: share of the requests that wait for a batch.
    """

    models: tuple[tuple[str, Decimal], ...]
    cached: Decimal = Decimal(0)
    batched: Decimal = Decimal(0)


def mixed_cost(book: PriceBook, mix: Mix, usage: Usage) -> Decimal:
    """USD of one request on average. Raises UserError for an unknown model, or shares that are none.

    usage: of one request, all of its input uncached. Writes to the cache are left out: one for many reads.
    """
    if sum(share for _, share in mix.models) != 1 or not all(0 <= x <= 1 for x in (mix.cached, mix.batched)):
        raise UsageError("the shares must add up to 1, each from 0 to 1")
    kept = round(usage.input_tokens * mix.cached)
    one = Usage(usage.input_tokens - kept, usage.output_tokens, cache_read_tokens=kept)
    total = Decimal(0)
    for model, share in mix.models:
        price = book.find(model)
        if price is None:
            raise unknown_price(model, book)
        total += share * ((ONE - mix.batched) * price.cost(one) + mix.batched * price.cost(one, batch=True))
    return total


def cheaper_by(book: PriceBook, before: Mix, after: Mix, usage: Usage) -> Decimal:
    """The share of the cost that is saved: 0.7 is 70 percent."""
    return ONE - mixed_cost(book, after, usage) / mixed_cost(book, before, usage)
