"""Bets on one hypothesis at a time, chosen by what was seen before → what is proven of many, with no alpha to share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from llmlint.evals.statistics.betting import log_mean_exp

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


class ClosedBets:
    """A closed test in which each intersection hypothesis is a gambler.

    The gambler of a set S plays against "every member of S is below its boundary" and before each block of draws puts
    everything on the one member of S that looks best by the draws before. Under the hypothesis no such choice can win
    on average, so its wealth ever reaches 1/α with probability at most α (Ville), whatever the members' dependence. A
    member is proven when every set that contains it is refuted (Marcus, Peritz & Gabriel 1976, Biometrika 63:655): the
    probability that any member is proven falsely is at most α, and a member that soon looks bad costs the others
    nothing. Choice by past draws only: Waudby-Smith & Ramdas 2023 (arXiv 2010.09686); the portfolio is the adaptive
    choice of Bretz et al. 2006 (Biometrical Journal 48:623) with wealth instead of p-values.
    """

    def __init__(self, bets: int) -> None:
        self.members: list[int] = []
        self._logs: Floats = np.zeros((1, bets))  # by set, as bits over `members`, and constant bet
        self._best: Floats = np.zeros(1)  # highest log wealth so far
        self._bets = bets

    def add(self, member: int) -> None:
        """A member that was in no bet so far: sets with it have the wealth of those without."""
        self.members.append(member)
        self._logs = np.concatenate([self._logs, self._logs])
        self._best = np.concatenate([self._best, self._best])

    def bet(self, ranking: Sequence[int], gains: Mapping[int, Floats]) -> None:
        """One block of draws. ranking: members in play, the best first, by draws before the block.

        gains: for each, the log growth in the block of each constant bet, (bets,).
        """
        sets = np.arange(len(self._logs))
        free = sets > 0
        for member in ranking:
            taken = free & ((sets >> self.members.index(member)) & 1).astype(bool)
            self._logs[taken] += gains[member]
            free &= ~taken
        self._best = np.maximum(self._best, log_mean_exp(self._logs.T))

    def evidence(self, member: int) -> float:
        """Log of the least wealth among the sets that contain `member`: proven at level α where it is log(1/α)."""
        sets = np.arange(len(self._logs))
        return float(self._best[((sets >> self.members.index(member)) & 1).astype(bool)].min())


class ClosedScores:
    """The same closed test for planned looks, with score tests in the place of wealth.

    The statistic of a set S is the sum, over the blocks of draws between looks, of the block's standardized sum for the
    one member of S that looked best before the block: under "every member of S is below its boundary" each summand has
    mean 0 or less and variance 1 given the past, whatever the choice, so that the sum over the looks is a Brownian
    motion and group-sequential boundaries hold for it. Bretz et al. 2006 (Biometrical Journal 48:623); Müller & Schäfer
    2001 (Biometrics 57:886).
    """

    def __init__(self) -> None:
        self.members: list[int] = []
        self._picks: list[NDArray[np.int8]] = []  # by block: for each set the index of its member in play, −1: none
        self._sums: list[dict[int, float]] = []  # by block: of each member in play, its sum over the boundary
        self._refuted: Bools = np.zeros(1, dtype=bool)

    def add(self, member: int) -> None:
        """A member that was in no block so far: sets with it stand where those without stand."""
        self.members.append(member)
        self._picks = [np.concatenate([picks, picks]) for picks in self._picks]
        self._refuted = np.concatenate([self._refuted, self._refuted])

    def block(self, ranking: Sequence[int], sums: Mapping[int, float]) -> None:
        """ranking: members in play, the best first, by draws before the block; sums: of draws less their boundary."""
        sets = np.arange(len(self._refuted))
        picks = np.full(len(sets), -1, dtype=np.int8)
        for member in reversed(ranking):
            index = self.members.index(member)
            picks[((sets >> index) & 1).astype(bool)] = index
        self._picks.append(picks)
        self._sums.append({self.members.index(member): sums[member] for member in ranking})

    def look(self, variances: Mapping[int, float], draws: int, bound: float) -> None:
        """Refutes the sets whose statistic reaches `bound`. variances: of one draw, under the null, by member."""
        total = np.zeros(len(self._refuted))
        deviation = [float(np.sqrt(variances.get(member, 1.0))) for member in self.members]
        for picks, sums in zip(self._picks, self._sums, strict=True):
            by_member = np.zeros(len(self.members) + 1)  # the last: none in play
            for index, value in sums.items():
                by_member[index] = value / deviation[index]
            total += by_member[picks]
        self._refuted |= total / np.sqrt(draws) >= bound

    def proven(self, member: int) -> bool:
        sets = np.arange(len(self._refuted))
        return bool(self._refuted[((sets >> self.members.index(member)) & 1).astype(bool)].all())
