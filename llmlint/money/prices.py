"""Model ids → prices: the public list with the policy's `prices:` laid over it.

    book = price_book([policy.extra.get("prices", {})], policy.origin)
    price = book.find("us.anthropic.claude-sonnet-4-6-v1:0")
    price.cost(Usage(input_tokens=2000, output_tokens=300))   # Decimal, USD

A model that nobody has a price for is None, never 0; `unknown_price` says what to write.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timezone
from typing import TYPE_CHECKING, Any

from llmlint.errors import UserError
from llmlint.money.names import asked, spellings
from llmlint.money.overlay import Row, laid, rows
from llmlint.money.rates import Price

if TYPE_CHECKING:
    from llmlint.money.library import Library
    from llmlint.money.price_memory import PriceMemory

__all__ = ["Price", "PriceBook", "price_book", "unknown_price"]

SUGGESTED_FROM = ("anthropic", "openai", "google", "mistral", "deepseek", "x-ai", "cohere", "groq")


def price_book(
    overlay: Sequence[Mapping[str, Any]] = (), origin: Callable[[str], str] | None = None, today: date | None = None,
    memory: PriceMemory | None = None,
) -> PriceBook:  # fmt: skip
    """overlay: layers of `prices:`, the last one wins; origin: the policy's, for messages and sources; memory: what an
    earlier run learned, of the same day."""
    return PriceBook(rows(overlay, origin), today or today_utc(), memory)


def today_utc() -> date:
    """The day whose prices hold where no other is asked for."""
    return datetime.now(timezone.utc).date()


class PriceBook:
    """Prices of one day unless another is asked for. Lives as long as a run; remembers what it has looked up."""

    def __init__(self, overlay: Sequence[Row], today: date, memory: PriceMemory | None = None) -> None:
        self.today = today
        self._memory = memory
        self._rows = tuple(overlay)
        self._found: dict[tuple[str, str | None, date], Price | None] = {}

    def find(self, model: str, provider: str | None = None, day: date | None = None) -> Price | None:
        """The price of a model id as code writes it. provider: the SDK's or gateway's name of whom the code asks.

        None: nobody has a price by the token for it. Raises PricesMissing where the overlay does not know the model
        and genai-prices is not installed.
        """
        key = (model, provider, day or self.today)
        if key not in self._found:
            self._found[key] = self._look_up(*key)
        return self._found[key]

    def _look_up(self, model: str, provider: str | None, day: date) -> Price | None:
        spelled = spellings(model)
        fitting = [row for row in self._rows if row.fits(spelled, _plain(provider), day)]
        row = max(fitting, key=lambda row: row.weight, default=None)
        if row is None:
            return self._listed(model, provider, day)
        public = self._listed_or_none(row.base or model, None if row.base else provider, day)
        if public is None and row.own:
            return laid(row, model, None)
        if public is None:
            public = self._listed(row.base or model, None if row.base else provider, day)
        return laid(row, model, public)

    def own(self, model: str, day: date | None = None) -> Price | None:
        """What the policy's own prices say of a model; None where they say nothing."""
        spelled, when = spellings(model), day or self.today
        fitting = [row for row in self._rows if row.fits(spelled, None, when)]
        row = max(fitting, key=lambda row: row.weight, default=None)
        return None if row is None else self._look_up(model, None, when)

    def public(self, model: str, provider: str | None = None, day: date | None = None) -> Price | None:
        """The listed price, whatever the policy says."""
        return self._listed(model, provider, day or self.today)

    def _listed_or_none(self, model: str, provider: str | None, day: date) -> Price | None:
        from llmlint.money.library import PricesMissing

        try:
            return self._listed(model, provider, day)
        except PricesMissing:
            return None

    def _listed(self, model: str, provider: str | None, day: date) -> Price | None:
        memory = self._memory if day == self.today else None
        if memory is None:
            return self._read(model, provider, day)
        known, price = memory.get(model, provider)
        if not known:
            price = self._read(model, provider, day)
            memory.put(model, provider, price)
        return price

    def _read(self, model: str, provider: str | None, day: date) -> Price | None:
        listed = self._library
        for way in asked(model, provider, listed.provider):
            price = listed.price(way.ref, way.provider, day)
            if price is not None:
                return replace(price, model=model, notes=(*price.notes, *([way.note] if way.note else ())))
        return None

    @property
    def _library(self) -> Library:
        from llmlint.money.library import library

        return library()

    def unit(self, model: str, provider: str | None = None) -> str | None:
        """By what a model is sold that is not sold by the token: "audio hours"."""
        ways = asked(model, provider, self._library.provider)
        return next((unit for way in ways if (unit := self._library.unit(way.ref, way.provider)) is not None), None)

    def names(self, provider: str | None = None) -> Iterator[tuple[str, str]]:
        """(provider, model id) of all that has a price: the overlay's first, then the list's."""
        yield from dict.fromkeys(
            (str(row.values.get("provider") or "policy"), row.key) for row in self._rows if "*" not in row.key
        )
        yield from self._library.names(None if provider is None else self._library.provider(provider) or provider)

    @property
    def source(self) -> str:
        """Where the public prices come from: "genai-prices 0.2.3"."""
        return self._library.name

    @property
    def checked(self) -> date | None:
        """The last day on which something in the public list is known to have been checked."""
        return self._library.checked(self.today)

    @property
    def overlaid(self) -> tuple[Row, ...]:
        """The rows of the policy."""
        return self._rows


def _plain(provider: str | None) -> str | None:
    """A row's `provider` may be written as SDKs and gateways call it, or as the price list does."""
    from llmlint.money.library import PROVIDERS

    return None if provider is None else PROVIDERS.get(provider, provider)


def unknown_price(model: str, book: PriceBook) -> UserError:
    """Names the nearest known models and the line to add."""
    from difflib import get_close_matches

    unit = book.unit(model)
    if unit is not None:
        return UserError(f"{model} is sold by {unit}, not by the token", mend=_lines(model))
    known: dict[str, str] = {}
    for provider, name in book.names():
        if provider in SUGGESTED_FROM or provider == "policy":
            known.setdefault(name.lower(), provider)
    near = get_close_matches(model.strip().lower()[:100], known, n=3, cutoff=0.6)
    hint = f"nearest known: {', '.join(f'{name} ({known[name]})' for name in near)}; or " if near else ""
    return UserError(f"no price is known for the model {model!r}", mend=hint + _lines(model))


def _lines(model: str) -> str:
    import json

    row = "{input_usd_per_mtok: 1.0, output_usd_per_mtok: 5.0}"
    return f"add to llmlint.yaml `prices: {{{json.dumps(model, ensure_ascii=False)}: {row}}}` with its own figures"
