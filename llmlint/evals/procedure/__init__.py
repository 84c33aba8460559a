"""A setup → which model is to answer which items next, until the cheapest that meets quality is decided.

    procedure = start(Setup(models, reference="opus", margin=0.03, items=1000))
    while asks := procedure.asks():
        for ask in asks:
            procedure.tell(ask.model, ask.items, scores)    # in [0, 1]; NaN: this pair is left out
    procedure.result().recommendation

The same setup and the same scores give the same result, in whatever portions and order the scores are told.
"""

from __future__ import annotations

from collections.abc import Sequence

from llmlint.evals.procedure.board import Board
from llmlint.evals.procedure.dataset import DatasetDecision
from llmlint.evals.procedure.plan import (
    Ask,
    Estimate,
    Look,
    ModelPlan,
    PlanError,
    Result,
    Setup,
    Verdict,
)
from llmlint.evals.procedure.population import PopulationDecision
from llmlint.evals.procedure.summary import summarize

__all__ = [
    "Ask", "Estimate", "Look", "ModelPlan", "PlanError", "Procedure", "Result", "Setup", "Verdict", "start",
]  # fmt: skip


class Procedure:
    """A decision on its way: it asks for scores, is told them, and can say at any moment what it knows."""

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._board = Board(setup, by_group=setup.target == "population")
        kind = DatasetDecision if setup.target == "dataset" else PopulationDecision
        self._decision = kind(self._board)
        self._steps = self._decision.steps()
        self._decided = False

    def asks(self) -> tuple[Ask, ...]:
        """What is asked for and not told yet; the next portion once all is told; empty: decided."""
        outstanding = self._board.outstanding()
        while not outstanding and not self._decided:
            try:
                next(self._steps)
            except StopIteration:
                self._decided = True
            outstanding = self._board.outstanding()
        return () if self._decided else tuple(outstanding)

    def tell(self, model: int, items: Sequence[int], scores: Sequence[float]) -> None:
        """Scores of one model, 0 to 1; NaN: it has none, the pair is left out. Raises ValueError for any other."""
        self._board.tell(model, items, scores)

    def end(self, model: int, why: str) -> None:
        """No more can be had of this model, `why` in one line; what is outstanding of it is not asked again."""
        self._board.ended[model] = why

    @property
    def recommendation(self) -> str | None:
        """The cheapest model that is proven so far; without the intervals that `result` computes."""
        model = self._decision.recommended
        return None if model is None else self._board.names[model]

    def result(self) -> Result:
        """What is known now: the decision, or where it stands."""
        return summarize(self._setup, self._board, self._decision)


def start(setup: Setup) -> Procedure:
    """The decision that `setup` describes, before its first question."""
    return Procedure(setup)
