"""Graders by maintained libraries: ROUGE (rouge-score) and chrF (sacrebleu), the best over several expected texts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from llmlint.errors import TaskError
from llmlint.evals.graders.answers import alternatives, expected_of, text_of
from llmlint.evals.graders.texts import no_expected
from llmlint.evals.records import Grade, Item, Reply

Measure = Literal["f1", "precision", "recall"]
ATTRIBUTES = {"f1": "fmeasure", "precision": "precision", "recall": "recall"}


@dataclass(frozen=True, slots=True)
class Rouge:
    """scorer: a `rouge_score.rouge_scorer.RougeScorer` of one variant."""

    scorer: Any
    variant: str
    measure: Measure
    column: str | None
    field: str | None = None

    def objection(self, item: Item) -> str | None:
        return no_expected(item, self.column)

    def grade(self, item: Item, reply: Reply) -> Grade:
        answer = text_of(reply, self.field)
        found = [self.scorer.score(one, answer)[self.variant] for one in alternatives(expected_of(item, self.column))]
        best = max(found, key=lambda score: float(getattr(score, ATTRIBUTES[self.measure])))
        parts = {name: float(getattr(best, attribute)) for name, attribute in ATTRIBUTES.items()}
        return Grade(parts[self.measure], parts=parts)


def rouge(column: str | None, field: str | None, variant: str, measure: Measure, stem: bool, path: str, line: int) \
        -> Rouge:  # fmt: skip
    """Raises TaskError where rouge-score is not installed."""
    try:
        from rouge_score.rouge_scorer import RougeScorer
    except ImportError:
        message = "the grader rouge needs the package rouge-score"
        raise TaskError(message, path, line, "pip install 'llmlint[overlap]'") from None
    return Rouge(RougeScorer([variant], use_stemmer=stem), variant, measure, column, field)


@dataclass(frozen=True, slots=True)
class Chrf:
    """metric: a `sacrebleu.metrics.CHRF`; its 0 to 100 becomes 0 to 1."""

    metric: Any
    column: str | None
    field: str | None = None

    def objection(self, item: Item) -> str | None:
        return no_expected(item, self.column)

    def grade(self, item: Item, reply: Reply) -> Grade:
        wanted = alternatives(expected_of(item, self.column))
        score = self.metric.sentence_score(text_of(reply, self.field), wanted).score
        return Grade(min(1.0, float(score) / 100))


def chrf(column: str | None, field: str | None, word_order: int, path: str, line: int) -> Chrf:
    """Raises TaskError where sacrebleu is not installed."""
    try:
        from sacrebleu.metrics.chrf import CHRF
    except ImportError:
        message = "the grader chrf needs the package sacrebleu"
        raise TaskError(message, path, line, "pip install 'llmlint[overlap]'") from None
    return Chrf(CHRF(word_order=word_order), column, field)
