"""The reference's answers so far → what is refuted of its mean: a candidate's proof, once all its answers are known.

A candidate that has answered every item has a mean that is known exactly. It is inadequate only if the reference's mean
is as high as its own plus the margin: one number, which one sequence of bets refutes for any number of candidates at
once, with no alpha to share (the wealth falls as the mean that it is bet against falls). The dear answers are needed
for that one number only, and it varies less than differences do.
"""

from __future__ import annotations

import numpy as np

from llmlint.evals.procedure.board import Board, Floats
from llmlint.evals.statistics.betting import PRIOR_DRAWS, PRIOR_VARIANCE, finite_wealth


class Anchor:
    """The reference of a board, by its answers to the first draws; none counts from the first missing one on."""

    def __init__(self, board: Board) -> None:
        self._board = board

    def known(self, draws: int) -> Floats:
        """Its scores until one is missing."""
        if self._board.compared is None:
            return np.zeros(0)
        y = self._board.scores(self._board.compared, draws)
        missing = np.isnan(y)
        return y[: int(missing.argmax())] if missing.any() else y

    def refuted(self, mean: float, draws: int) -> float:
        """Log of the wealth, at its highest, of bets that the reference's mean lies below `mean`."""
        y = self.known(draws)
        return float(finite_wealth(y, mean, 0.0, 1.0, self._board.draws, upward=False).max()) if len(y) else 0.0

    def moments(self, draws: int) -> tuple[int, float, float]:
        """Draws, their mean, and the variance of one, which a few draws do not make zero."""
        y = self.known(draws)
        n, mean = len(y), float(y.mean()) if len(y) else 0.5
        return n, mean, (float(((y - mean) ** 2).sum()) + PRIOR_DRAWS * PRIOR_VARIANCE) / (n + PRIOR_DRAWS)
