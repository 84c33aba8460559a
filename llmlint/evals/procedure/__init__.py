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

import numpy as np
from numpy.typing import NDArray

from llmlint.evals.procedure.ahead import agreed, between, future
from llmlint.evals.procedure.board import Board, Floats
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

FUTURES = 12  # a whole decision takes 20 to 80 ms of processor time; futures are left where others ended


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

    def ahead(self, share: float = 0.0) -> tuple[Ask, ...]:
        """What will be asked after `asks`, as far as all futures that resemble the past agree, or all but `share`.

        It may be told together with what is asked or be left: nothing that is decided changes.
        """
        if not any(self._board.told(model) for model in range(len(self._board.names))):
            return ()
        reached: list[NDArray[np.intp]] = []
        for seed in range(FUTURES):
            enough = agreed(reached, share) if reached else None
            reached.append(self._asked_in(future(self._board, seed), enough))
        return tuple(between(self._board, agreed(reached, share)))

    def everything(self) -> tuple[Ask, ...]:
        """All items of all models, in the order in which they are drawn."""
        items = tuple(self._board.order.tolist())
        return tuple(Ask(model, items) for model in range(len(self._board.names)))

    def _asked_in(self, scores: Floats, enough: NDArray[np.intp] | None) -> NDArray[np.intp]:
        """How many positions each model is asked for by a decision that is told these scores, or `enough` of them."""
        other = Procedure(self._setup)
        other._board.ended.update(self._board.ended)
        positions, asked = self._board.positions, other._board.asked
        while (asks := other.asks()) and (enough is None or bool((asked < enough).any())):
            for ask in asks:
                other.tell(ask.model, ask.items, scores[ask.model, positions[list(ask.items)]].tolist())
        return asked

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
