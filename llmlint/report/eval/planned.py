"""What a decision will take → text, JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from llmlint.evals.conclusion import money, points
from llmlint.report.spans import visible

if TYPE_CHECKING:
    from llmlint.evals.planning import Plan
    from llmlint.evals.task import Cast, Task


def as_text(task: Task, cast: Cast, plans: Sequence[Plan], source: str, power: float) -> str:
    margin = "" if task.margin is None else f"margin {points(task.margin, signed=False)} pt, "
    lines = [f"{task.name}: {len(task.rows):,} items, {margin}alpha {task.alpha:g}, power {power:g}", source, ""]
    if not plans:
        return "\n".join([*lines, f"no candidate is expected to be cheaper than {cast.reference}"]) + "\n"
    width = max(len(one.name) for one in plans)
    beside = " with the reference" if cast.reference else ""
    for one in plans:
        reach = f"the task's do for a margin of {points(one.detectable, False)} pt"
        words = "the task has them" if one.enough else reach
        figures = f"{one.items:>7,} items  {money(one.usd):>8}{beside}"
        lines.append(f"  {visible(one.name):<{width}}  {figures}; {words}")
    lines += ["", "to prove a candidate that is as good as the reference; one that is worse is dropped sooner"]
    if cast.note:
        lines += [visible(cast.note)]
    return "\n".join(lines) + "\n"


def as_json(task: Task, cast: Cast, plans: Sequence[Plan], source: str, power: float) -> str:
    told = {
        "schema": 1, "task": task.name, "items": len(task.rows), "margin": task.margin, "alpha": task.alpha,
        "power": power, "reference": cast.reference, "source": source, "stand_ins": cast.stand_ins,
        "candidates": [
            {"model": one.name, "variance": one.variance, "needed_items": one.items, "usd": round(float(one.usd), 6),
             "enough": one.enough, "detectable_margin": round(one.detectable, 6)}
            for one in plans
        ],
    }  # fmt: skip
    return json.dumps(told, indent=2, ensure_ascii=False) + "\n"
