"""A grader by embeddings: the cosine of answer and expected text, by an OpenAI-compatible server or a function."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from dataclasses import field as made
from decimal import Decimal

from llmlint.evals.graders.answers import alternatives, expected_of, text_of
from llmlint.evals.graders.grader import Ask
from llmlint.evals.graders.texts import no_expected
from llmlint.evals.providers.embeddings import vector_of
from llmlint.evals.records import Candidate, Grade, Item, Reply, Request

Vector = Sequence[float]
Embed = Callable[[list[str], Ask], Awaitable[tuple[Sequence[Vector], Decimal]]]  # texts → their vectors, USD
MAX_KEPT = 20_000  # vectors of expected texts, which every candidate is compared with


@dataclass(frozen=True, slots=True)
class Embedding:
    """score: the cosine, stretched so that `low` is 0; with `threshold`, whether the cosine reaches it. model: who is
    asked for vectors, None for a function of the user's."""

    embed: Embed
    column: str | None
    field: str | None = None
    low: float = 0.0
    threshold: float | None = None
    model: Candidate | None = None
    kept: dict[str, Vector] = made(default_factory=dict, repr=False)
    pairwise: bool = False

    def objection(self, item: Item) -> str | None:
        return no_expected(item, self.column)

    async def judged(self, item: Item, reply: Reply, ask: Ask, reference: Reply | None) -> Grade:
        answer, wanted = text_of(reply, self.field), alternatives(expected_of(item, self.column))
        if not answer.strip():
            return Grade(0.0)
        new = [text for text in dict.fromkeys([answer, *wanted]) if text not in self.kept]
        vectors, usd = await self.embed(new, ask) if new else ([], Decimal(0))
        if len(vectors) != len(new):
            return Grade(None, error=f"{len(vectors)} vectors came for {len(new)} texts", usd=usd)
        by_text = {**self.kept, **dict(zip(new, vectors, strict=True))}
        if len(self.kept) < MAX_KEPT:
            self.kept.update({text: by_text[text] for text in wanted})
        cosine = max(_cosine(by_text[answer], by_text[one]) for one in wanted)
        if self.threshold is not None:
            return Grade(float(cosine >= self.threshold), parts={"cosine": cosine}, usd=usd)
        return Grade(min(1.0, max(0.0, (cosine - self.low) / (1 - self.low or 1))), parts={"cosine": cosine}, usd=usd)

    def questions(self, item: Item, answer: str, reference: bool) -> list[Request]:
        """The expected texts are asked for once, with the reference's answer."""
        texts = [answer, *(alternatives(expected_of(item, self.column)) if reference else ())]
        return [] if self.model is None else [question(self.model, text) for text in texts]


def _cosine(left: Vector, right: Vector) -> float:
    if len(left) != len(right):
        raise ValueError(f"vectors of {len(left)} and {len(right)} numbers")
    lengths = math.sqrt(sum(x * x for x in left)) * math.sqrt(sum(x * x for x in right))
    return sum(x * y for x, y in zip(left, right, strict=True)) / lengths if lengths else 0.0


def by_function(call: Callable[[list[str]], Sequence[Sequence[float]]]) -> Embed:
    """A function of the user's, in a thread: a list of texts → a list of vectors. What it costs nobody can count."""

    async def embed(texts: list[str], ask: Ask) -> tuple[list[Vector], Decimal]:
        vectors = await asyncio.to_thread(call, texts)
        return [[float(x) for x in vector] for vector in vectors], Decimal(0)

    return embed


def by_model(model: Candidate) -> Embed:
    """A model that makes embeddings, asked as all others are: reserved for, kept, and paid once for a text."""

    async def embed(texts: list[str], ask: Ask) -> tuple[list[Vector], Decimal]:
        replies = await asyncio.gather(*(ask(question(model, text)) for text in texts))
        missing = next((one for one in replies if one.status != "ok"), None)
        if missing is not None:
            raise ValueError(f"the {model.name} gave no vector: {missing.error or missing.status}")
        usd = (one.usd for one in replies if one.usd is not None and not one.stored)
        return [vector_of(one) for one in replies], sum(usd, Decimal(0))

    return embed


def question(model: Candidate, text: str) -> Request:
    return Request(model, ({"role": "user", "content": text},), max_tokens=1)
