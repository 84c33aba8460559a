"""The label that an answer names → right or wrong; a candidate's grades → accuracy, macro-F1, a table per class."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from llmlint.evals.graders.answers import as_text, expected_of, text_of, unfenced
from llmlint.evals.records import Grade, Item, Reply

NONE = "(none)"  # an answer that names no label, or several
EDGES = " \t\r\n.,:;!?\"'`*_()[]{}<>«»„“”‘’|#"


@dataclass(frozen=True, slots=True)
class Label:
    """The answer names one of the labels. strict: it is the label alone; else a sentence that names one only counts."""

    labels: tuple[str, ...]
    column: str | None
    field: str | None = None
    strict: bool = False

    def objection(self, item: Item) -> str | None:
        from llmlint.judge.words import did_you_mean

        value = expected_of(item, self.column)
        if value in (None, ""):
            return f"{self.column!r} is empty: there is nothing to compare an answer with"
        if self._same(as_text(value)) is None:
            hint = did_you_mean(as_text(value), self.labels)
            return f"{self.column} {as_text(value)[:40]!r} is none of the labels" + (f": {hint}" if hint else "")
        return None

    def grade(self, item: Item, reply: Reply) -> Grade:
        wanted = self._same(as_text(expected_of(item, self.column))) or ""
        found = self.named(text_of(reply, self.field))
        return Grade(float(found == wanted), wanted, found)

    def named(self, text: str) -> str:
        """The label that a text names, NONE where it names none or several."""
        alone = self._same(unfenced(text))
        if alone is not None or self.strict:
            return alone or NONE
        found, rest = [], text.casefold()
        for label in sorted(self.labels, key=len, reverse=True):  # "very good" before "good"
            word = rf"(?<!\w){re.escape(label.casefold())}(?!\w)"
            shorter = re.sub(word, " ", rest)
            found += [label] if shorter != rest else []
            rest = shorter
        return found[0] if len(found) == 1 else NONE

    def _same(self, text: str) -> str | None:
        folded = text.strip(EDGES).casefold()
        return next((label for label in self.labels if label.strip(EDGES).casefold() == folded), None)


@dataclass(frozen=True, slots=True)
class ClassRow:
    """One label. support: how many items have it; predicted: how many answers name it; rates None where undefined."""

    label: str
    support: int
    predicted: int
    precision: float | None
    recall: float | None
    f1: float


@dataclass(frozen=True, slots=True)
class ClassTable:
    """What a candidate does with each class. macro_f1: the mean of F1 over the labels that items have."""

    rows: tuple[ClassRow, ...]
    accuracy: float
    macro_f1: float
    items: int
    confusions: tuple[tuple[str, str, int], ...]  # (expected, predicted, how often), the frequent ones first


def class_table(pairs: Iterable[tuple[str, str]]) -> ClassTable | None:
    """(expected, predicted) of every graded answer → the table; None where there is none."""
    counts = Counter(pairs)
    total = sum(counts.values())
    if not total:
        return None
    support, predicted = Counter[str](), Counter[str]()
    for (wanted, found), n in counts.items():
        support[wanted] += n
        predicted[found] += n
    rows = [_row(label, support, predicted, counts) for label in sorted({*support, *predicted} - {NONE})]
    real = [row.f1 for row in rows if row.support]
    wrong = sorted(((w, p, n) for (w, p), n in counts.items() if w != p), key=lambda row: (-row[2], row[:2]))
    right = sum(n for (wanted, found), n in counts.items() if wanted == found)
    return ClassTable(tuple(rows), right / total, sum(real) / len(real) if real else 0.0, total, tuple(wrong))


def _row(label: str, support: Counter[str], predicted: Counter[str], counts: Counter[tuple[str, str]]) -> ClassRow:
    hits, wanted, found = counts[label, label], support[label], predicted[label]
    f1 = 2 * hits / (wanted + found) if wanted + found else 0.0
    return ClassRow(label, wanted, found, hits / found if found else None, hits / wanted if wanted else None, f1)
