"""Answers that people have graded + the judge's grades of them → how far it agrees, and scores corrected by it.

Source of the correction: Angelopoulos et al. 2023, Prediction-powered inference (arXiv 2301.09633). Where the labels
are of other candidates' answers too, lambda is 1: the mean of all judgements plus the mean of (person − judge) over
what both have graded; tuned to the labels it would lean on their own mean, which is that of other answers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import sqrt
from pathlib import Path
from statistics import NormalDist, fmean, variance
from typing import TYPE_CHECKING

from llmlint.errors import TaskError
from llmlint.evals.datasets import Row, read_rows
from llmlint.evals.graders.grader import Ask, TaskGrader
from llmlint.evals.items import IDS
from llmlint.evals.records import Item, Reply
from llmlint.evals.task_schema import all_in_one
from llmlint.judge.policy_document import display

if TYPE_CHECKING:
    from llmlint.evals.task import Task

FEW = 10  # labels of one candidate, below which those of all candidates correct its score


@dataclass(frozen=True, slots=True)
class Labelled:
    """One answer that a person has graded, 0 to 1. candidate: whose answer it is, None where that is not told."""

    item: Item
    answer: str
    score: float
    candidate: str | None = None


@dataclass(frozen=True, slots=True)
class Pair:
    """What a person and the judge say of one answer, 0 to 1."""

    person: float
    judge: float
    candidate: str | None = None


@dataclass(frozen=True, slots=True)
class Agreement:
    """pairs: answers graded by both; usd: what the judge took for them; failed: answers that it did not judge."""

    pairs: tuple[Pair, ...]
    usd: Decimal
    failed: int = 0

    @property
    def bias(self) -> float:
        """How much more generous the judge is than people, on average."""
        return fmean(pair.judge - pair.person for pair in self.pairs)

    @property
    def distance(self) -> float:
        """The mean absolute difference."""
        return fmean(abs(pair.judge - pair.person) for pair in self.pairs)

    @property
    def kappa(self) -> float | None:
        """Cohen's kappa with quadratic weights: 1 perfect, 0 no better than chance; None where nothing varies."""
        people, judge = [p.person for p in self.pairs], [p.judge for p in self.pairs]
        seen = fmean((x - y) ** 2 for x, y in zip(people, judge, strict=True))
        chance = fmean(fmean((x - y) ** 2 for y in judge) for x in people)
        return 1 - seen / chance if chance else None

    def of(self, candidate: str | None) -> tuple[Pair, ...]:
        """The pairs of a candidate's own answers."""
        return tuple(pair for pair in self.pairs if candidate is not None and pair.candidate == candidate)


@dataclass(frozen=True, slots=True)
class Corrected:
    """A mean score as people would give it. low, high: of its confidence interval, asymptotic."""

    mean: float
    low: float
    high: float
    labels: int


def corrected(scores: Sequence[float], agreement: Agreement, candidate: str | None = None, alpha: float = 0.05) \
        -> Corrected | None:  # fmt: skip
    """The judge's scores of a candidate, corrected by what people say; None with fewer than two of either.

    By the labels of its own answers where there are enough, else by how the judge errs on all that are labelled.
    """
    own = agreement.of(candidate)
    if len(own) >= FEW and scores:
        from llmlint.evals.statistics.ppi import prediction_powered_mean  # numpy

        people, judge = [pair.person for pair in own], [pair.judge for pair in own]
        mean, low, high = prediction_powered_mean(people, judge, list(scores), alpha)
        return Corrected(mean, max(0.0, low), min(1.0, high), len(own))
    pairs = agreement.pairs
    if len(scores) < 2 or len(pairs) < 2:
        return None
    errors = [pair.person - pair.judge for pair in pairs]
    mean = fmean(scores) + fmean(errors)
    spread = sqrt(variance(scores) / len(scores) + variance(errors) / len(errors))
    half = NormalDist().inv_cdf(1 - alpha / 2) * spread
    return Corrected(mean, max(0.0, mean - half), min(1.0, mean + half), len(pairs))


def read_labels(file: Path, items: Mapping[str, Item], path: str, line: int) -> tuple[Labelled, ...]:
    """Rows {item, answer, score, candidate?}. Raises TaskError with every row that is none."""
    shown = display(file.absolute())
    if not file.is_file():
        raise TaskError(f"there is no file {file.name} of labels", path, line, "the path is relative to the task file")
    out: list[Labelled] = []
    faults: list[TaskError] = []
    for row in read_rows(file, shown):
        why = _fault(row, items)
        if why:
            faults.append(TaskError(why, shown, row.line, "one {item, answer, score} a line, the score from 0 to 1"))
        else:
            values = row.values
            name = str(next(values[column] for column in IDS if column in values))
            out.append(Labelled(items[name], str(values["answer"]), float(values["score"]), values.get("candidate")))
    if faults:
        raise all_in_one(faults)
    return tuple(out)


def _fault(row: Row, items: Mapping[str, Item]) -> str | None:
    name = next((row.values[column] for column in IDS if column in row.values), None)
    if name is None or str(name) not in items:
        return f"there is no item {name!r:.60} in the data"
    if not isinstance(row.values.get("answer"), str):
        return "has no 'answer'"
    try:
        return None if 0 <= float(row.values["score"]) <= 1 else "its score is not from 0 to 1"
    except (KeyError, TypeError, ValueError):
        return "its score is no number"


def labels_of(task: Task) -> tuple[Labelled, ...]:
    """The answers that people have graded, of the judges that name a file of them. Raises TaskError."""
    items = {item.id: item for item in task.rows}
    named = [(spec.options["labels"], spec.line) for spec in task.graders
             if spec.type == "judge" and "labels" in spec.options]  # fmt: skip
    return tuple(one for name, line in named for one in read_labels(task.folder / name, items, task.path, line))


async def agreement(labels: Sequence[Labelled], grader: TaskGrader, ask: Ask) -> Agreement | None:
    """Has the judge grade what people have graded; None where there are no labels or it judged nothing."""
    pairs, usd, failed = [], Decimal(0), 0
    for one in labels:
        grade = await grader.judged(one.item, Reply("ok", one.answer), ask)
        usd += grade.usd
        if grade.score is None:
            failed += 1
        else:
            pairs.append(Pair(one.score, grade.score, one.candidate))
    return Agreement(tuple(pairs), usd, failed) if pairs else None
