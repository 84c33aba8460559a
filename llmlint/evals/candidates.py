"""`candidates:` and `stand_ins:` of a task → `Candidate` records with provider and tier, and the prices declared."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from llmlint.errors import TaskError
from llmlint.evals.records import Candidate
from llmlint.judge.documents import Document
from llmlint.judge.words import did_you_mean
from llmlint.judge.yaml_text import Keys
from llmlint.sdks.models import lookup

APIS = {"anthropic": "messages", "bedrock": "messages", "vertex": "messages", "openai": "chat", "azure": "chat"}
ADDRESS = re.compile(r"https?://[^\s/]+", re.IGNORECASE)
MAKERS = ("anthropic", "openai")  # whose SDK follows from the model's id


@dataclass(frozen=True, slots=True)
class Roster:
    """All that a task says of who could do it. prices: by `Candidate.model`."""

    candidates: tuple[Candidate, ...]
    reference: str | None
    stand_ins: tuple[Candidate, ...]
    stand_in_reference: str | None
    prices: Mapping[str, Mapping[str, Any]]


def roster_of(document: Document) -> Roster:
    """Raises TaskError for a name that stands twice, a reference that is none of them, a provider that is not known."""
    data = document.data
    candidates = _candidates(document, ("candidates",), data.get("candidates") or ())
    group = data.get("stand_ins") or {}
    stand_ins = _candidates(document, ("stand_ins", "candidates"), group.get("candidates") or (), stand_in=True)
    if not candidates and not stand_ins:
        raise TaskError("the task names nobody who could do it", document.path, 1, "add `candidates:`")
    reference = data.get("reference")
    quality = data.get("quality") or {}
    alone = quality.get("floor") is not None and quality.get("margin") is None  # a floor needs nobody to compare with
    if candidates and reference is None and not alone:
        mend = f"for example `reference: {candidates[0].name}`"
        raise TaskError("the task has no 'reference'", document.path, document.line(("candidates",)), mend)
    named: list[tuple[Keys, str | None, tuple[Candidate, ...]]] = [
        (("reference",), reference, candidates), (("stand_ins", "reference"), group.get("reference"), stand_ins),
    ]  # fmt: skip
    for keys, name, among in named:
        known = [candidate.name for candidate in among]
        if name is not None and name not in known:
            near = did_you_mean(name, known, f"one of {', '.join(known)}" if known else "add it to `candidates:`")
            raise TaskError(f"reference: {name!r} is no candidate", document.path, document.line(keys), near)
    return Roster(candidates, reference, stand_ins, group.get("reference"), _prices(document, data, group))


def _candidates(document: Document, keys: Keys, rows: Any, stand_in: bool = False) -> tuple[Candidate, ...]:
    out: dict[str, Candidate] = {}
    for i, row in enumerate(rows):
        made = candidate_of(row, document, (*keys, i), stand_in)
        if made.name in out:
            line = document.line((*keys, i))
            raise TaskError(f"{made.name!r} stands twice", document.path, line, "give one of them another `name:`")
        out[made.name] = made
    return tuple(out.values())


def candidate_of(given: Any, document: Document, keys: Keys, stand_in: bool = False) -> Candidate:
    """One entry of `candidates:`. Raises TaskError."""
    row: Mapping[str, Any] = {"model": given} if isinstance(given, str) else given
    ways = [name for name in ("model", "callable", "command") if name in row]
    if len(ways) != 1:
        wanted = "callable and command" if stand_in else "model, callable and command"
        message = f"a candidate needs one of {wanted}, not {len(ways)}"
        raise TaskError(message, document.path, document.line(keys), "for example `model: claude-haiku-5-5`")
    address = row.get("base_url")
    if address is not None and not ADDRESS.match(address):
        line = document.line((*keys, "base_url"))
        raise TaskError(f"{address!r:.80} is no address", document.path, line, "for example http://localhost:8000/v1")
    way, value = ways[0], row[ways[0]]
    model = shlex.join(value) if way == "command" else value
    provider = _provider(row, document, keys) if way == "model" else way
    info = lookup(model) if way == "model" else None
    return Candidate(
        name=row.get("name", model),
        provider=provider,
        model=model,
        api=row.get("api", APIS.get(provider, "")),
        parameters=row.get("parameters") or {},
        base_url=row.get("base_url"),
        key_env=row.get("key_env"),
        tier=row.get("tier", info.tier if info else None),
        stand_in=stand_in,
    )


def _provider(row: Mapping[str, Any], document: Document, keys: Keys) -> str:
    if row.get("provider"):
        return str(row["provider"])
    info = lookup(row["model"])
    if row.get("base_url"):  # a gateway speaks OpenAI's language, whatever the model
        return "openai"
    if info is not None and info.provider in MAKERS:
        return info.provider
    message = f"who serves the model {row['model']!r} is not known"
    mend = "add `provider: anthropic|openai|azure|bedrock|vertex`, or `base_url:` of a server that speaks OpenAI's API"
    raise TaskError(message, document.path, document.line(keys), mend)


def _prices(document: Document, data: Mapping[str, Any], group: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """The declared prices. Raises TaskError where one model has two."""
    out: dict[str, Mapping[str, Any]] = {}
    places: list[tuple[Keys, Any]] = [
        *((("candidates", i), row) for i, row in enumerate(data.get("candidates") or ())),
        *((("stand_ins", "candidates", i), row) for i, row in enumerate(group.get("candidates") or ())),
    ]
    given = data.get("graders")
    for i, grader in enumerate(given if isinstance(given, list) else [given]):
        if isinstance(grader, dict) and isinstance(grader.get("model"), dict):
            at: Keys = ("graders", i) if isinstance(given, list) else ("graders",)
            places.append(((*at, "model"), grader["model"]))
        elif isinstance(grader, dict) and grader.get("price_usd_per_mtok") is not None and "model" in grader:
            price = {"input_usd_per_mtok": grader["price_usd_per_mtok"], "output_usd_per_mtok": 0}
            places.append((("graders",), {"model": grader["model"], "provider": "openai", "price": price}))
    for keys, row in places:
        if isinstance(row, dict) and row.get("price"):
            model = candidate_of(row, document, keys).model
            if out.setdefault(model, row["price"]) != row["price"]:
                message = f"{model!r} has two prices"
                raise TaskError(message, document.path, document.line((*keys, "price")), "declare one")
    return out
