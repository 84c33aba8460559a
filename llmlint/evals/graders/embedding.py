"""A grader by embeddings: the cosine of answer and expected text, by an OpenAI-compatible server or a function."""

from __future__ import annotations

import asyncio
import inspect
import math
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from dataclasses import field as made
from decimal import Decimal
from typing import Any

from llmlint.errors import TaskError
from llmlint.evals.graders.answers import alternatives, expected_of, text_of
from llmlint.evals.graders.grader import Ask
from llmlint.evals.graders.texts import no_expected
from llmlint.evals.records import Grade, Item, Reply

Vector = Sequence[float]
Embed = Callable[[list[str]], Any]  # texts → (vectors, USD), perhaps awaited
MAX_KEPT = 20_000  # vectors of expected texts, which every candidate is compared with


@dataclass(frozen=True, slots=True)
class Embedding:
    """score: the cosine, stretched so that `low` is 0; with `threshold`, whether the cosine reaches it."""

    embed: Embed
    column: str | None
    field: str | None = None
    low: float = 0.0
    threshold: float | None = None
    kept: dict[str, Vector] = made(default_factory=dict, repr=False)
    pairwise: bool = False

    def objection(self, item: Item) -> str | None:
        return no_expected(item, self.column)

    async def judged(self, item: Item, reply: Reply, ask: Ask, reference: Reply | None) -> Grade:
        answer, wanted = text_of(reply, self.field), alternatives(expected_of(item, self.column))
        if not answer.strip():
            return Grade(0.0)
        new = [text for text in dict.fromkeys([answer, *wanted]) if text not in self.kept]
        said = self.embed(new) if new else ([], Decimal(0))
        vectors, usd = await said if inspect.isawaitable(said) else said
        if len(vectors) != len(new):
            return Grade(None, error=f"{len(vectors)} vectors came for {len(new)} texts", usd=usd)
        by_text = {**self.kept, **dict(zip(new, vectors, strict=True))}
        if len(self.kept) < MAX_KEPT:
            self.kept.update({text: by_text[text] for text in wanted})
        cosine = max(_cosine(by_text[answer], by_text[one]) for one in wanted)
        if self.threshold is not None:
            return Grade(float(cosine >= self.threshold), parts={"cosine": cosine}, usd=usd)
        return Grade(min(1.0, max(0.0, (cosine - self.low) / (1 - self.low or 1))), parts={"cosine": cosine}, usd=usd)


def _cosine(left: Vector, right: Vector) -> float:
    if len(left) != len(right):
        raise ValueError(f"vectors of {len(left)} and {len(right)} numbers")
    lengths = math.sqrt(sum(x * x for x in left)) * math.sqrt(sum(x * x for x in right))
    return sum(x * y for x, y in zip(left, right, strict=True)) / lengths if lengths else 0.0


def by_function(call: Callable[[list[str]], Any]) -> Embed:
    """A function of the user's: a list of texts → a list of vectors. It costs nothing that could be counted."""

    def embed(texts: list[str]) -> tuple[list[Vector], Decimal]:
        return [[float(x) for x in vector] for vector in call(texts)], Decimal(0)

    return embed


@dataclass(frozen=True, slots=True)
class Server:
    """An embeddings endpoint. price: USD of a million tokens."""

    model: str
    base_url: str | None
    key_env: str
    price: Decimal
    _client: list[Any] = made(default_factory=list, repr=False)

    async def __call__(self, texts: list[str]) -> tuple[list[Vector], Decimal]:
        answer = await self.client().embeddings.create(model=self.model, input=texts, encoding_format="float")
        rows = sorted(answer.data, key=lambda row: row.index)
        tokens = getattr(answer.usage, "prompt_tokens", 0) or 0
        return [row.embedding for row in rows], self.price * tokens / 1_000_000

    def client(self) -> Any:
        """Made once, inside the event loop that uses it."""
        if not self._client:
            from openai import AsyncOpenAI

            key = os.environ.get(self.key_env) or ("none" if self.base_url else None)
            self._client.append(AsyncOpenAI(api_key=key, base_url=self.base_url))
        return self._client[0]


def server(model: str, base_url: str | None, key_env: str | None, price: float | None, path: str, line: int) -> Server:
    """Raises TaskError where the price is not known: it would be counted as nothing."""
    try:
        import openai  # noqa: F401
    except ImportError:
        raise TaskError("the grader embedding needs the package openai", path, line, "pip install 'llmlint[eval]'") \
            from None  # fmt: skip
    known = Decimal(str(price)) if price is not None else _listed(model)
    if known is None:
        mend = "add `price_usd_per_mtok:`, 0 for a server of your own"
        raise TaskError(f"no price is known for the embeddings of {model!r}", path, line, mend)
    return Server(model, base_url, key_env or "OPENAI_API_KEY", known)


def _listed(model: str) -> Decimal | None:
    from llmlint.money.prices import price_book

    found = price_book().find(model, "openai")
    return None if found is None else found.input_usd_per_mtok


def in_thread(embed: Embed) -> Embed:
    """A function that takes its time does not hold up the others."""

    async def later(texts: list[str]) -> Any:
        return await asyncio.to_thread(embed, texts)

    return later
