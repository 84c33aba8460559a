"""Will it be true of the traffic that these items were drawn from? Planned looks, all candidates in step."""

from __future__ import annotations

import math

import numpy as np

from llmlint.evals.procedure.board import Board
from llmlint.evals.procedure.decision import Decision, Steps
from llmlint.evals.procedure.plan import Estimate
from llmlint.evals.statistics.score import null_variance
from llmlint.evals.statistics.spending import obrien_fleming

LOOKS, FIRST_SHARE = 12, 0.05


class PopulationDecision(Decision):
    """Group-sequential score tests; alpha is shared evenly over the candidates."""

    def __init__(self, board: Board) -> None:
        super().__init__(board)
        shares = np.geomspace(FIRST_SHARE, 1.0, LOOKS)
        self.plan = sorted({max(round(float(share) * board.draws), 1) for share in shares})
        fractions = tuple(draws / board.draws for draws in self.plan)
        self.bounds = obrien_fleming(fractions, board.setup.alpha / max(len(board.cheaper()), 1))

    def steps(self) -> Steps:
        self.end_dearer()
        for look, draws in enumerate(self.plan):
            models = self.going(self.board.cheaper())
            if not models:
                return
            yield self.asks(models, draws)
            for model in self.going(models):
                if min(self._z(model, draws, b, low) for b, low in self._bounds()) >= self.bounds[look]:
                    self._prove(model)
        for model in self.going(self.board.cheaper()):
            self.end(model, "items-spent", "every item was used and it is still undecided")

    def _prove(self, model: int) -> None:
        self.findings[model] = "non-inferior"
        self.end(model, "proven", "meets quality")
        if self.recommended is None or self.board.usd[model] < self.board.usd[self.recommended]:
            self.recommended = model
        for dearer in self.going(self.board.cheaper()):
            if self.board.usd[dearer] >= self.board.usd[model]:
                self.end(dearer, "dearer-than-proven", f"{self.board.names[model]} is cheaper and proven")

    def _bounds(self) -> list[tuple[float, float]]:
        setup, rules = self.board.setup, []
        if setup.reference is not None and setup.margin is not None:
            rules.append((-setup.margin, -1.0))
        if setup.floor is not None:
            rules.append((setup.floor, 0.0))
        return rules

    def _z(self, model: int, draws: int, boundary: float, low: float) -> float:
        board = self.board
        x = board.differences(model, draws) if low < 0 else board.scores(model, draws)
        kept = ~np.isnan(x)
        if board.draws < board.setup.items:  # groups: each counts as one draw of its sum over the boundary
            starts = board.starts[: min(draws, board.draws)]
            y = np.add.reduceat(np.where(kept, x - boundary, 0.0), starts)
            spread = float(np.sqrt((y**2).sum()))
            return float(y.sum()) / spread if spread > 0 else 0.0
        x = x[kept]
        if not len(x):
            return 0.0
        values, counts = np.unique(x, return_counts=True)
        variance = float(null_variance(values, counts, boundary, low))
        return (float(x.mean()) - boundary) * math.sqrt(len(x) / variance)

    def estimate(self, model: int) -> Estimate:
        x = self.board.differences(model)
        x = x[~np.isnan(x)]
        return Estimate(self.findings.get(model, "undecided"), float(x.mean()) if len(x) else None, None)
