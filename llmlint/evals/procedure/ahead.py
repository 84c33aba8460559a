"""Where a decision stands → what it will ask anyway, by futures that resemble its past: all of that can leave at once.

A look costs the time of an answer. To ask for several looks together changes nothing that is decided, because scores
are still looked at in the same steps; it costs calls where the decision ends before they are used.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from llmlint.evals.procedure.board import Board, Floats
from llmlint.evals.procedure.plan import Ask


def future(board: Board, seed: int) -> Floats:
    """Scores by model and position in the order: those told, and for the others draws from a sample of those told.

    The sample is drawn with replacement, so that futures differ by as much as the means are uncertain. All models take
    theirs from the same places where they answered equally many, so that pairs stay pairs.
    """
    scores, generator = board.scores_told(), np.random.default_rng([board.setup.seed, seed])
    sample, chosen = generator.random(board.setup.items), generator.random(board.setup.items)
    for model, row in enumerate(scores):
        told = board.told(model)
        if told:
            drawn = np.floor(sample[:told] * told).astype(int)
            row[told:] = row[drawn[np.floor(chosen[told:] * told).astype(int)]]
    return scores


def agreed(reached: Sequence[NDArray[np.intp]], share: float) -> NDArray[np.intp]:
    """By model, how far all but `share` of the futures went. reached: one row a future."""
    return np.quantile(np.array(reached), share, axis=0, method="lower").astype(np.intp)


def between(board: Board, ends: NDArray[np.intp]) -> list[Ask]:
    """What lies between what each model has been asked for and `ends`; of models that were asked before."""
    return [
        Ask(model, tuple(board.order[start:end].tolist()))
        for model, (start, end) in enumerate(zip(board.asked.tolist(), ends.tolist(), strict=True))
        if 0 < start < end and model not in board.ended
    ]
