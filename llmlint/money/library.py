"""The `genai-prices` library → `Price`: its ids, dates, tiers and batch prices, without its network.

The one module that knows the library; it is imported (0.25 s) when the first price is asked for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime, timezone
from decimal import Decimal
from functools import cache
from importlib import import_module
from typing import Any

from llmlint.errors import UserError
from llmlint.money.rates import Price, Rate, Rates

# what the SDK catalogue and the gateways call a provider → what the library calls it
PROVIDERS = {
    "azure-openai": "azure", "azure_ai": "azure", "azure_text": "azure", "bedrock": "aws", "bedrock_converse": "aws",
    "sagemaker": "aws", "vertex": "google", "vertex_ai": "google", "vertex_ai_beta": "google", "gemini": "google",
    "google-gla": "google", "google-vertex": "google", "google_genai": "google", "google_vertexai": "google",
    "together_ai": "together", "fireworks_ai": "fireworks", "xai": "x-ai", "cohere_chat": "cohere",
    "voyage": "voyageai", "mistral_chat": "mistral", "text-completion-openai": "openai", "codestral": "mistral",
}  # fmt: skip
KEYS = {
    "input": "input_mtok", "output": "output_mtok", "cache_read": "cache_read_mtok",
    "cache_write": "cache_write_mtok", "cache_write_1h": "cache_write_1h_mtok",
}  # fmt: skip
HALF = Decimal("0.5")
# these say so of all their models; the library has it for those in the lists that it has seen
HALF_FOR_BATCHES = frozenset({"anthropic", "openai", "azure", "google", "aws", "mistral", "groq"})
CHECKED = re.compile(r"(?:verified|checked|as of|reviewed|updated)\D{0,30}(20\d\d-\d\d-\d\d)", re.IGNORECASE)
HOURS = (0, 6, 12, 18)  # of a price that depends on the time of day the dearest counts


class PricesMissing(UserError):
    """genai-prices is not installed."""


@cache
def library() -> Library:
    """The price list that is bundled with the installed genai-prices. Raises PricesMissing."""
    try:
        snapshot = import_module("genai_prices.data_snapshot").get_snapshot()
        version = import_module("importlib.metadata").version("genai-prices")
    except ImportError:
        mend = "pip install 'llmlint[money]', or give the prices yourself under `prices:` in the policy"
        raise PricesMissing("prices need the package genai-prices", mend=mend) from None
    return Library(snapshot, f"genai-prices {version}")


class Library:
    """One snapshot of the price list. name: "genai-prices 0.2.3"."""

    def __init__(self, snapshot: Any, name: str) -> None:
        self._snapshot = snapshot
        self.name = name
        self._ids = frozenset(str(one.id) for one in snapshot.providers)

    def provider(self, name: str) -> str | None:
        """The library's id of a provider, whatever an SDK or a gateway calls it; None where it has none."""
        name = PROVIDERS.get(name.strip().lower(), name.strip().lower())
        if name in self._ids:
            return name
        found = import_module("genai_prices.data_snapshot").find_provider_by_id(self._snapshot.providers, name)
        return None if found is None else str(found.id)

    def price(self, ref: str, provider: str | None, day: date) -> Price | None:
        """provider: the library's id; None: whoever makes models of such a name. None: not in the list."""
        try:
            maker, model = self._snapshot.find_provider_model(ref, None, provider, None)
        except LookupError:
            return None
        rates = _rates(model, day)
        if rates is None:
            return None
        batch = _batch(model, day)
        assumed = batch is None and maker.id in HALF_FOR_BATCHES
        if assumed:
            batch = rates.changed(lambda rate: rate.times(HALF))
        return Price(ref, str(model.id), str(maker.id), rates, batch, self.name, batch_assumed=assumed)

    def unit(self, ref: str, provider: str | None) -> str | None:
        """By what a model is priced that is not priced by the token: "audio hours"; None where that is not so."""
        try:
            _, model = self._snapshot.find_provider_model(ref, None, provider, None)
        except LookupError:
            return None
        found = [key for key, value in vars(_at(model, datetime.now(timezone.utc))).items() if value is not None]
        if not found or "input_mtok" in found:
            return None
        return str(found[0]).replace("_mtok", " tokens").replace("_", " ")

    def names(self, provider: str | None = None) -> Iterator[tuple[str, str]]:
        """(provider, id) of every model that the list names, or of one provider's."""
        for maker in self._snapshot.providers:
            if provider is None or maker.id == provider:
                yield from ((str(maker.id), str(model.id)) for model in maker.models)

    def checked(self, today: date) -> date | None:
        """The last day on which the list says that something in it was checked: it is no older than that."""
        texts = (text for maker in self._snapshot.providers for text in _comments(maker))
        days = {date.fromisoformat(day) for text in texts for day in CHECKED.findall(text)}
        return max((day for day in days if day <= today), default=None)


def _comments(maker: Any) -> Iterator[str]:
    yield maker.price_comments or ""
    yield from (model.price_comments or "" for model in maker.models)


def _at(model: Any, moment: datetime) -> Any:
    return model.get_prices(moment)


def _moments(day: date) -> Iterator[datetime]:
    return (datetime(day.year, day.month, day.day, hour, tzinfo=timezone.utc) for hour in HOURS)


def _rates(model: Any, day: date) -> Rates | None:
    """None: it is not priced by the token."""
    found = [rates for moment in _moments(day) if (rates := _converted(_at(model, moment))) is not None]
    return max(found, key=lambda rates: rates.input.base, default=None)


def _batch(model: Any, day: date) -> Rates | None:
    variants = [one for one in getattr(model, "price_variants", None) or () if one.when == {"processing": "batch"}]
    moment = next(_moments(day))
    if not any(one.constraint is None or one.constraint.active(moment) for one in variants):
        return None
    return _converted(model.get_prices(moment, {"processing": "batch"}))


def _converted(prices: Any) -> Rates | None:
    rates = {name: _rate(getattr(prices, key, None)) for name, key in KEYS.items()}
    given = rates.pop("input")
    return None if given is None else Rates(given, **rates)


def _rate(value: Any) -> Rate | None:
    if value is None:
        return None
    steps = getattr(value, "tiers", None)
    return Rate(value) if steps is None else Rate(value.base, tuple((step.start, step.price) for step in steps))
