"""A task, its candidates and prices → what an item is expected to cost with each, before anything is asked."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Protocol

from llmlint.errors import UserError
from llmlint.evals.providers import BATCHED
from llmlint.evals.records import Candidate, Item, Request
from llmlint.money.usage import Usage

if TYPE_CHECKING:
    from llmlint.evals.graders import TaskGrader
    from llmlint.evals.task import Cast, Task

SAMPLE = 200  # items that are rendered to see how long prompts are
JUDGED = 25  # items whose questions to a judge are
PROSE = 300  # tokens of an answer of which nothing is known
JUDGEMENT = 40  # tokens of a judge's sentence and grade
THINKING = 500  # tokens of a model that thinks before it answers, where nothing limits it more
AROUND = 8  # tokens that a provider adds around a message


class Price(Protocol):
    def cost(self, usage: Usage, batch: bool = False) -> Decimal: ...


class Prices(Protocol):
    def find(self, model: str, provider: str | None = None) -> Price | None: ...


@dataclass(frozen=True, slots=True)
class Forecast:
    """One candidate. usage: of one item on average; usd: of one item; most_usd: were every answer as long as it may."""

    name: str
    usage: Usage
    usd: Decimal
    most_usd: Decimal


def forecast(
    task: Task, cast: Cast, prices: Prices, batch: bool = False, written: Mapping[str, float] | None = None
) -> dict[str, Forecast]:
    """By name of the candidate. written: tokens of an answer, where earlier runs know them.

    Raises UserError for a model without a price: it is never counted as nothing.
    """
    from llmlint.evals.task import request_for

    items = task.items()
    step = max(1, len(items) // SAMPLE)
    sample = items[::step][:SAMPLE]
    out = {}
    for one in cast.candidates:
        price = prices.find(one.model, one.provider)
        if price is None:
            raise no_price(one, prices)
        requests = [request_for(task, one, item) for item in sample]
        known = (written or {}).get(one.name)
        length = _length(one, sample, task.columns.expected) if known is None else math.ceil(known)
        out[one.name] = _of(one, requests, length, price, batch and one.provider in BATCHED)
    return out


def judging(task: Task, cast: Cast, grader: TaskGrader, prices: Prices, forecasts: Mapping[str, Forecast]) \
        -> dict[str, Decimal]:  # fmt: skip
    """What grading one answer is expected to cost, by name of the candidate. Raises UserError as `forecast` does."""
    models = {one.name: one for one in grader.judges()}
    found = {name: prices.find(one.model, one.provider) for name, one in models.items()}
    for name, price in found.items():
        if price is None:
            raise no_price(models[name], prices)
    items = task.items()
    sample = items[:: max(1, len(items) // JUDGED)][:JUDGED] if models else []
    out = {}
    for candidate in cast.candidates:
        answer = "word " * forecasts[candidate.name].usage.output_tokens
        asked = [one for item in sample for one in grader.questions(item, answer, candidate.name == cast.reference)]
        out[candidate.name] = sum((_judged(one, found) for one in asked), Decimal(0)) / max(len(sample), 1)
    return out


def _judged(request: Request, prices: Mapping[str, Price | None]) -> Decimal:
    """What one question to a judge is expected to cost."""
    price, vectors = prices[request.candidate.name], request.candidate.api == "embeddings"
    written = 0 if vectors else JUDGEMENT + (THINKING if thinks(request.candidate) else 0)
    return Decimal(0) if price is None else price.cost(Usage(prompt_tokens(request), written))


def no_price(candidate: Candidate, prices: Prices) -> UserError:
    """The error that names the line to add."""
    from llmlint.money.prices import PriceBook, unknown_price

    if candidate.api == "embeddings":
        mend = "add `price_usd_per_mtok:` to the grader, 0 for a server of your own"
        return UserError(f"no price is known for the {candidate.name}", mend=mend)
    if candidate.provider in ("callable", "command") or candidate.base_url:
        mend = "add `price: {input_usd_per_mtok: 1.0, output_usd_per_mtok: 5.0}` with its own figures to it in the task"
        return UserError(f"no price is known for {candidate.name!r}", mend=mend)
    if isinstance(prices, PriceBook):
        return unknown_price(candidate.model, prices)
    return UserError(f"no price is known for the model {candidate.model!r}", mend="declare one under `prices:`")


def _length(one: Candidate, items: Sequence[Item], expected: str | None) -> int:
    """Tokens of an answer that is about as long as the right one."""
    wanted = [tokens(item.values.get(expected)) for item in items] if expected else []
    return (math.ceil(sum(wanted) / len(wanted)) + 2 if wanted else PROSE) + (THINKING if thinks(one) else 0)


def _of(one: Candidate, requests: Sequence[Request], written: int, price: Price, batch: bool) -> Forecast:
    read = math.ceil(sum(prompt_tokens(request) for request in requests) / len(requests))
    limit = min((r.max_tokens for r in requests if r.max_tokens is not None), default=None)
    written = min(written, limit) if limit is not None else written
    static = math.ceil(tokens(requests[0].system)) if requests[0].static_system and requests[0].system else 0
    usage = Usage(input_tokens=read, output_tokens=written)
    most = Usage(input_tokens=read, output_tokens=limit if limit is not None else max(written, 4 * PROSE))
    cached = _cached(one, usage, static)
    return Forecast(one.name, cached, price.cost(cached, batch), price.cost(most, batch))


def _cached(one: Candidate, usage: Usage, static: int) -> Usage:
    """A constant system prompt that the model's cache takes is read from it by all requests but the first."""
    from llmlint.sdks.models import lookup

    info = lookup(one.model)
    least = info.cache_minimum if info is not None and info.cache_minimum is not None else None
    if least is None or static < least or one.provider in ("callable", "command"):
        return usage
    return Usage(input_tokens=usage.input_tokens - static, output_tokens=usage.output_tokens, cache_read_tokens=static)


def thinks(one: Candidate) -> bool:
    """May the candidate think before it answers, as it is asked here?"""
    if one.stand_in or one.provider in ("callable", "command"):
        return False
    from llmlint.sdks.models import thinks as model_thinks

    given: Mapping[str, Any] = one.parameters
    effort = given.get("reasoning_effort")
    if effort in ("none", "minimal") or dict(given.get("thinking") or {}).get("type") == "disabled":
        return False
    return effort is not None or bool(given.get("thinking")) or model_thinks(one.model)


def prompt_tokens(request: Request) -> int:
    """An estimate of all that is read for one request."""
    texts = [message["content"] for message in request.messages]
    total = sum(tokens(text) + AROUND for text in texts) + tokens(request.system)
    return total + sum(tokens(tool) for tool in request.tools) + (tokens(request.schema) if request.schema else 0)


def _plain(value: Any) -> Any:
    """What JSON has no word for: maps of other types, dates of a parquet file."""
    return dict(value) if isinstance(value, Mapping) else str(value)


def tokens(value: Any) -> int:
    """An estimate, of text or of data as JSON."""
    if value is None:
        return 0
    return text_tokens(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=_plain))


@lru_cache(maxsize=1024)
def text_tokens(text: str) -> int:
    """An estimate. The same system prompt comes with every item, the same item with every candidate."""
    from llmlint.sdks.tokens import estimate

    return math.ceil(estimate(text))
