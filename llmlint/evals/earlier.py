"""What earlier runs of a task left in the store → what the next one can expect: scores, lengths, what is paid for."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from llmlint.evals.store import RunRow, Store, request_key
from llmlint.evals.task import request_for

if TYPE_CHECKING:
    from llmlint.evals.task import Cast, Task

MANY = 20_000  # answers that are looked up in the store; of more than these none is taken for paid
ENOUGH = 8  # answers of a model whose length is believed


@dataclass(frozen=True, slots=True)
class Earlier:
    """known: scores by candidate and item of the task, NaN where there is none; written: tokens of an answer on
    average, by name; paid: by candidate and item, whether the store has the answer. None, empty: nothing is known.
    """

    known: NDArray[np.float64] | None = None
    written: dict[str, float] = field(default_factory=dict)
    paid: NDArray[np.bool_] | None = None


def earlier(path: Path, task: Task, cast: Cast, fresh: bool = False) -> Earlier:
    """path: of the store, which need not be there. fresh: nothing that is paid for will be taken."""
    if not path.is_file():
        return Earlier()
    with Store(path) as store:
        row = next((one for one in store.runs(task.name) if _is_like(one, cast)), None)
        known, written = (None, {}) if row is None else _seen(store, row, task, cast)
        return Earlier(known, written, None if fresh else _paid(store, task, cast))


def _is_like(row: RunRow, cast: Cast) -> bool:
    """A run that came to an end and asked all of these, or the stand-ins."""
    asked = {(one["name"], one["model"]) for one in row.about.get("candidates", ())}
    return row.result is not None and row.about.get("stand_ins") == cast.stand_ins and asked >= {
        (one.name, one.model) for one in cast.candidates
    }  # fmt: skip


def _seen(store: Store, row: RunRow, task: Task, cast: Cast) -> tuple[NDArray[np.float64] | None, dict[str, float]]:
    models = {one.name: i for i, one in enumerate(cast.candidates)}
    items = {item.id: i for i, item in enumerate(task.rows)}
    known = np.full((len(models), len(items)), np.nan)
    lengths: dict[str, list[int]] = {}
    for one in store.outcomes(row.id):
        if one.candidate not in models or one.reply.status == "failed":
            continue
        lengths.setdefault(one.candidate, []).append(one.reply.usage.output_tokens)
        if one.item in items and one.grade.score is not None:
            known[models[one.candidate], items[one.item]] = one.grade.score
    written = {name: sum(told) / len(told) for name, told in lengths.items() if len(told) >= ENOUGH}
    return (None if np.isnan(known).all() else known), written


def _paid(store: Store, task: Task, cast: Cast) -> NDArray[np.bool_] | None:
    if cast.stand_ins or len(cast.candidates) * len(task.rows) > MANY:
        return None
    return np.array(
        [[store.has(request_key(request_for(task, one, item))) for item in task.rows] for one in cast.candidates]
    )
