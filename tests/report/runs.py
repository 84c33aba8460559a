"""Runs of evals for these tests, made by a real decision over invented answers."""

from __future__ import annotations

import random
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from llmlint.evals.procedure import ModelPlan, Setup, start
from llmlint.evals.records import Candidate, Grade, Item, Outcome, Reply
from llmlint.evals.run import Run, Scope
from llmlint.money.usage import Usage

MODELS = {"opus": (0.93, 0.004), "haiku": (0.925, 0.0001), "mini": (0.80, 0.00005)}  # quality, USD an item
HOSTILE = "<script>alert(1)</script> | **bold** \x1b[31m"


def run_of(
    items: int = 900, models: Mapping[str, tuple[float, float]] = MODELS, stand_ins: bool = False, seed: int = 1,
    target: str = "population", broken: float = 0.0, hostile: str = "", margin: float = 0.03, **changes: Any,
) -> Run:  # fmt: skip
    """The first of `models` is the reference. broken: share of answers that could not be had. hostile: text in every
    answer and name that an attacker could choose."""
    draw = random.Random(seed)
    names = [f"{name}{hostile}" for name in models]
    table = [
        Item(f"i{i}", {"text": f"ticket {i} {hostile}", "label": "ab"[i % 2], "lang": "de" if i % 3 else "en"}) for i in range(items)
    ]
    hard = [draw.random() for _ in table]
    setup = Setup(
        [ModelPlan(name, usd) for name, (_, usd) in zip(names, models.values(), strict=True)], names[0], margin, items,
        target, seed=seed,  # type: ignore[arg-type]
    )  # fmt: skip
    procedure, outcomes = start(setup), []
    while asks := procedure.asks():
        for ask in asks:
            quality, usd = list(models.values())[ask.model]
            scores = []
            for i in ask.items:
                failed = draw.random() < broken
                right = hard[i] < quality if draw.random() < 0.97 else draw.random() < quality
                reply = Reply("failed", error="503: overloaded") if failed else Reply(
                    "ok", "ab"[i % 2] if right else f"c{hostile}", usage=Usage(200, 5), usd=Decimal(str(usd)),
                    seconds=draw.lognormvariate(-0.5, 0.4),
                )  # fmt: skip
                score = None if failed else float(right)
                outcomes.append(Outcome(f"i{i}", names[ask.model], reply, Grade(score, "ab"[i % 2], reply.text[:1])))
                scores.append(float("nan") if score is None else score)
            procedure.tell(ask.model, ask.items, scores)
    scope = Scope(
        f"triage{hostile}", "classification", "evals/triage/task.yaml", names[0], margin, None, 0.05, target, seed, items,
        "leave_out", "d" * 64, "p" * 64, 100_000, {"path": "app.py", "function": "triage"}, "label", ("lang",),
    )  # fmt: skip
    candidates = tuple(Candidate(name, "callable" if stand_ins else "anthropic", name, stand_in=stand_ins) for name in names)
    asked = {one.item for one in outcomes}
    usd = sum((one.reply.usd or Decimal(0) for one in outcomes), Decimal(0))
    given: dict[str, Any] = {
        "id": "run-1", "started": "2026-11-25T22:00:00+00:00", "seconds": 12.5, "scope": scope, "candidates": candidates,
        "stand_ins": stand_ins, "note": "", "result": procedure.result(), "outcomes": tuple(outcomes), "usd": usd,
        "items": {item.id: item for item in table if item.id in asked},
    }  # fmt: skip
    return Run(**{**given, **changes})
