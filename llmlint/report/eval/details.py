"""A `Run` → what its HTML report shows below the verdicts: slices, classes, disagreements."""

from __future__ import annotations

import json
import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from llmlint.evals.graders.labels import class_table
from llmlint.evals.records import Outcome
from llmlint.evals.run import Run

MAX_VALUES = 40  # of one slice column
MAX_CLASSES = 60
MAX_DISAGREEMENTS = 100
MAX_TEXT = 1_500  # characters of one cell


@dataclass(frozen=True, slots=True)
class Cell:
    """Mean score of a candidate in a slice, and over how many items."""

    mean: float | None
    n: int


@dataclass(frozen=True, slots=True)
class Slice:
    """One value of a column. cells: by candidate, in the order of the run."""

    column: str
    value: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Disagreement:
    """An item on which two models scored differently. left: the reference's outcome; right: the other's."""

    item: str
    model: str
    shown: tuple[tuple[str, str], ...]
    expected: str
    left: Outcome
    right: Outcome

    @property
    def gap(self) -> float:
        return (self.right.grade.score or 0.0) - (self.left.grade.score or 0.0)


def slices(run: Run) -> list[Slice]:
    """For each slice column its most frequent values."""
    names = [one.name for one in run.candidates]
    out = []
    for column in run.scope.slices:
        scores: dict[tuple[str, str], list[float]] = defaultdict(list)
        items: dict[str, set[str]] = defaultdict(set)
        for one in run.outcomes:
            item = run.items.get(one.item)
            if item is None or one.grade.score is None:
                continue
            value = text(item.values.get(column))
            scores[value, one.candidate].append(one.grade.score)
            items[value].add(one.item)
        for value in sorted(items, key=lambda value: (-len(items[value]), value))[:MAX_VALUES]:
            out.append(Slice(column, value, tuple(_cell(scores.get((value, name), [])) for name in names)))
    return out


def _cell(scores: Sequence[float]) -> Cell:
    return Cell(math.fsum(scores) / len(scores) if scores else None, len(scores))


@dataclass(frozen=True, slots=True)
class Classes:
    """F1 by class, and over all classes the mean (macro) of it; cells: by candidate, None where nothing was seen."""

    rows: tuple[tuple[str, int, tuple[float | None, ...]], ...]
    macro: tuple[float | None, ...]


def classes(run: Run) -> Classes | None:
    """None where the graders name no labels, or too many to be classes."""
    pairs: dict[str, Counter[tuple[str, str]]] = {one.name: Counter() for one in run.candidates}
    support: dict[str, set[str]] = defaultdict(set)
    for one in run.outcomes:
        if one.grade.expected is not None and one.reply.status != "failed":
            pairs[one.candidate][one.grade.expected, one.grade.predicted or ""] += 1
            support[one.grade.expected].add(one.item)
    if not support or len(support) > MAX_CLASSES:
        return None
    labels = sorted(support, key=lambda label: (-len(support[label]), label))
    tables = [class_table(pairs[one.name].elements()) for one in run.candidates]
    f1 = [{row.label: row.f1 for row in one.rows if row.support} if one is not None else {} for one in tables]
    macro = tuple(None if one is None else one.macro_f1 for one in tables)
    return Classes(tuple((label, len(support[label]), tuple(one.get(label) for one in f1)) for label in labels), macro)


def disagreements(run: Run) -> list[Disagreement]:
    """Where a candidate and the reference score differently: those of each candidate in turn, the worst first."""
    reference = run.scope.reference
    if reference is None:
        return []
    left = {one.item: one for one in run.outcomes if one.candidate == reference and one.grade.score is not None}
    found: dict[str, list[Disagreement]] = {one.name: [] for one in run.candidates if one.name != reference}
    for one in run.outcomes:
        other = left.get(one.item)
        rows = found.get(one.candidate)
        if rows is None or other is None or one.grade.score is None or len(rows) >= 20 * MAX_DISAGREEMENTS:
            continue
        if one.grade.score != other.grade.score:
            rows.append(_disagreement(run, other, one))
    return [row for kept in found.values() for row in _worst(kept)]


def _worst(rows: Sequence[Disagreement]) -> Iterator[Disagreement]:
    """Losses and gains of one candidate, as many as are read, in proportion."""
    losses = sorted((row for row in rows if row.gap < 0), key=lambda row: (row.gap, row.item))
    gains = sorted((row for row in rows if row.gap > 0), key=lambda row: (-row.gap, row.item))
    part = round(MAX_DISAGREEMENTS * len(losses) / len(rows)) if len(rows) > MAX_DISAGREEMENTS else len(losses)
    yield from losses[:part]
    yield from gains[: MAX_DISAGREEMENTS - part]


def _disagreement(run: Run, left: Outcome, right: Outcome) -> Disagreement:
    item = run.items.get(left.item)
    values: Mapping[str, Any] = item.values if item is not None else {}
    shown = tuple((name, short(text(value))) for name, value in values.items() if name != run.scope.expected)
    column = run.scope.expected
    expected = text(values.get(column)) if column is not None and column in values else (left.grade.expected or "")
    return Disagreement(left.item, right.candidate, shown, short(expected), left, right)


def answer_words(one: Outcome) -> str:
    """What a model said, or what became of the request."""
    if one.reply.status == "failed":
        return f"[no answer: {one.reply.error or 'unknown'}]"
    calls = (f"{call.get('name')}({text(call.get('arguments'))})" for call in one.reply.tool_calls)
    said = one.reply.text or " ".join(calls)
    return short(said) if one.reply.status == "ok" else f"[{one.reply.status}] {short(said)}".rstrip()


def text(value: Any) -> str:
    if isinstance(value, str):
        return value
    return "" if value is None else json.dumps(value, ensure_ascii=False, default=str)


def short(said: str) -> str:
    return said if len(said) <= MAX_TEXT else f"{said[:MAX_TEXT]}… ({len(said):,} characters)"
