"""Is it true of these items? Draws without replacement, bets against both answers, the cheapest candidate first."""

from __future__ import annotations

import math

import numpy as np

from llmlint.evals.procedure.board import Board
from llmlint.evals.procedure.decision import Decision, Steps
from llmlint.evals.procedure.plan import Estimate
from llmlint.evals.statistics.betting import log_wealth

FIRST, GROWTH = 16, 1.12


class DatasetDecision(Decision):
    """Cheapest first; a candidate is asked until its bets have proved one answer or every item is used."""

    def __init__(self, board: Board) -> None:
        super().__init__(board)
        self.bar = math.log(max(len(board.cheaper()), 1) / board.setup.alpha)

    def steps(self) -> Steps:
        self.end_dearer()
        for model in self.board.cheaper():
            draws = 0
            while draws < self.board.draws and self.going([model]):
                draws = min(max(draws + FIRST, int(draws * GROWTH)), self.board.draws)
                yield self.asks([model], draws)
                if self.going([model]):
                    self._test(model, draws)
            if self.findings.get(model) == "non-inferior":
                self.recommended = model
                break
        for model in self.going(self.board.cheaper()):
            if self.recommended is None:
                self.end(model, "items-spent", "every item was used and it is still undecided")
            else:
                self.end(model, "dearer-than-proven", f"{self.board.names[self.recommended]} is cheaper and proven")

    def _test(self, model: int, draws: int) -> None:
        proven = min(self._evidence(model, draws, b, low, True) for b, low, _ in self._bounds(model))
        failed = max(self._evidence(model, draws, b, low, False) for b, low, _ in self._bounds(model))
        if proven >= self.bar:
            self.findings[model] = "non-inferior"
            self.end(model, "proven", "meets quality")
        elif failed >= self.bar:
            self.findings[model] = "inferior"
            self.end(model, "inferior", "does not meet quality")

    def _bounds(self, model: int) -> list[tuple[float, float, bool]]:
        """(boundary, least score, against the reference) of each rule that must hold."""
        setup, rules = self.board.setup, []
        if setup.reference is not None and setup.margin is not None:
            rules.append((-setup.margin, -1.0, True))
        if setup.floor is not None:
            rules.append((setup.floor, 0.0, False))
        return rules

    def _evidence(self, model: int, draws: int, boundary: float, low: float, upward: bool) -> float:
        board = self.board
        x = board.differences(model, draws) if low < 0 else board.scores(model, draws)
        left_out = int(np.isnan(x).sum())
        x = x[~np.isnan(x)]
        total = board.setup.items - left_out
        if not len(x):
            return 0.0
        if len(x) == total:
            holds = bool(x.mean() >= boundary - 1e-12)
            return math.inf if holds == upward else -math.inf
        return float(log_wealth(x, boundary, low, 1.0, total, upward).max())

    def estimate(self, model: int) -> Estimate:
        x = self.board.differences(model)
        x = x[~np.isnan(x)]
        finding = self.findings.get(model, "undecided")
        return Estimate(finding, float(x.mean()) if len(x) else None, None)
