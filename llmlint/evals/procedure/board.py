"""The setup → the order in which items are drawn, and every score that has been told."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from llmlint.evals.procedure.plan import Ask, Setup

Floats = NDArray[np.float64]


class Board:
    """Scores by model and draw. A draw is an item, or a group of items where the setup groups them.

    by_group False: items are drawn singly even where they have groups.
    """

    def __init__(self, setup: Setup, by_group: bool) -> None:
        generator = np.random.default_rng(setup.seed)
        self.setup = setup
        self.names = [model.name for model in setup.models]
        self.usd = np.array([model.usd_per_item for model in setup.models])
        self.reference = None if setup.reference is None else self.names.index(setup.reference)
        self.compared = self.reference if setup.margin is not None else None  # without a margin its price is enough
        self.ended: dict[int, str] = {}
        self.order, self.starts = _drawn(setup, by_group, generator)
        shape = (len(self.names), setup.items)
        self._scores = np.full(shape, np.nan)  # by position in the order
        self._told = np.zeros(shape, dtype=bool)
        self._count = np.zeros(len(self.names), dtype=np.intp)  # of each model, how many were told
        self.positions = np.empty(setup.items, dtype=np.intp)  # of each item in the order
        self.positions[self.order] = np.arange(setup.items)
        self.asked = np.zeros(len(self.names), dtype=np.intp)  # positions before this have been asked for

    @property
    def draws(self) -> int:
        """How many draws there are: items, or groups."""
        return len(self.starts) - 1

    @property
    def grouped(self) -> bool:
        """Whether draws are groups."""
        return self.draws < self.setup.items

    @cached_property
    def candidates(self) -> list[int]:
        """All models but the reference, cheapest first; equal prices in the order of the setup."""
        return sorted((k for k in range(len(self.names)) if k != self.reference), key=lambda k: (self.usd[k], k))

    @cached_property
    def cheaper(self) -> list[int]:
        """The candidates that could save money, cheapest first."""
        if self.reference is None:
            return self.candidates
        return [k for k in self.candidates if self.usd[k] < self.usd[self.reference]]

    def asks(self, models: Iterable[int], draws: int) -> list[Ask]:
        """What `models` have not been asked yet of the first `draws` draws; notes it as asked."""
        end, asks = int(self.starts[min(draws, self.draws)]), []
        for model in models:
            start = int(self.asked[model])
            if model not in self.ended and start < end:
                asks.append(Ask(model, tuple(self.order[start:end].tolist())))
                self.asked[model] = end
        return asks

    def tell(self, model: int, items: Sequence[int], scores: Sequence[float]) -> None:
        """Notes scores. Raises ValueError for an unknown model or item and for a score outside 0 to 1."""
        values, asked = np.asarray(scores, dtype=np.float64), np.asarray(items, dtype=np.intp)
        if not 0 <= model < len(self.names) or bool(((asked < 0) | (asked >= self.setup.items)).any()):
            raise ValueError("no such model or item")
        if len(values) != len(asked) or bool(((values < 0) | (values > 1)).any()):
            raise ValueError("one score in 0 to 1, or NaN, is needed for each item")
        positions = self.positions[asked]
        self._scores[model, positions] = values
        self._told[model, positions] = True
        self._count[model] = np.count_nonzero(self._told[model])

    def outstanding(self) -> list[Ask]:
        """What has been asked for and not been told."""
        asks = []
        for model in np.flatnonzero(self._count != self.asked).tolist():
            missing = np.flatnonzero(~self._told[model, : self.asked[model]])
            if len(missing) and model not in self.ended:
                asks.append(Ask(model, tuple(self.order[missing].tolist())))
        return asks

    def scores(self, model: int, draws: int | None = None) -> Floats:
        """Scores in the order of the draws, NaN where there is none, of the first `draws` draws."""
        return self._scores[model, : None if draws is None else self.starts[min(draws, self.draws)]]

    def scores_told(self) -> Floats:
        """By model and position in the order, a copy."""
        return np.array(self._scores)

    def differences(self, model: int, draws: int | None = None) -> Floats:
        """Candidate less reference, NaN where one of the two is missing; the score itself where nothing is compared."""
        if self.compared is None:
            return self.scores(model, draws)
        return np.asarray(self.scores(model, draws) - self.scores(self.compared, draws))

    def left_out(self, model: int, values: Floats) -> int:
        """Of how many items that were told, also of who it is compared with, `values` have none."""
        told = self._told[model] if self.compared is None else self._told[model] & self._told[self.compared]
        return int((told & np.isnan(values)).sum())

    def told(self, model: int) -> int:
        """How many items it was told of."""
        return int(self._count[model])


def _drawn(setup: Setup, by_group: bool, generator: np.random.Generator) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """The items in the order of the draws, and where in it each draw starts (and the last one ends)."""
    if setup.groups is None or not by_group:
        return generator.permutation(setup.items), np.arange(setup.items + 1)
    _, group = np.unique(np.asarray(setup.groups), return_inverse=True)
    sizes = np.bincount(group)
    rank = np.empty(len(sizes), dtype=np.intp)
    drawn = generator.permutation(len(sizes))
    rank[drawn] = np.arange(len(sizes))
    order = np.argsort(rank[group], kind="stable")
    return order, np.concatenate([[0], np.cumsum(sizes[drawn])])
