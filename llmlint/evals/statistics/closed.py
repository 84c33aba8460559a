"""Bets on one hypothesis at a time, chosen by what was seen before → what is proven of many, with no alpha to share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from llmlint.evals.statistics.betting import log_mean_exp

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
MOST = 12  # members of a test at a time: it has a gambler for each set of them


class Closed(ABC):
    """Sets of members as bits over `members`; who is in play, and room for them.

    Where one must go to make room, each two sets that differ only by it become one, which has the less of what the two
    have: to refute it refutes both. It may come back, and is then in the set that it went from: of no set more is
    claimed than its own bets have won.
    """

    def __init__(self) -> None:
        self.members: list[int] = []

    def enter(self, playing: Sequence[int]) -> None:
        """Makes members of those in play, at most `MOST`; those that were longest members go for them."""
        for member in playing:
            if member in self.members:
                continue
            if len(self.members) >= MOST:
                goes = next(index for index, one in enumerate(self.members) if one not in playing)
                sets = np.arange(1 << len(self.members))
                self._merge(sets[sets >> goes & 1 == 0], sets[sets >> goes & 1 == 1])
                del self.members[goes]
            self.members.append(member)
            self._double()

    def _with(self, member: int) -> Bools:
        """Which sets contain it."""
        return _containing(self.members.index(member), len(self.members))

    @abstractmethod
    def _double(self) -> None:
        """A member that was in no bet so far: sets with it have what those without have."""

    @abstractmethod
    def _merge(self, without: NDArray[np.intp], having: NDArray[np.intp]) -> None:
        """Each set with the one that has the member that goes as well."""


@lru_cache(maxsize=MOST * MOST)
def _containing(bit: int, bits: int) -> Bools:
    """Of all numbers of so many bits, which have that one."""
    return np.asarray((np.arange(1 << bits) >> bit & 1).astype(bool))


class ClosedBets(Closed):
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
        super().__init__()
        self._logs: Floats = np.zeros((1, bets))  # by set and constant bet
        self._best: Floats = np.zeros(1)  # highest log wealth so far

    def _double(self) -> None:
        self._logs = np.concatenate([self._logs, self._logs])
        self._best = np.concatenate([self._best, self._best])

    def _merge(self, without: NDArray[np.intp], having: NDArray[np.intp]) -> None:
        self._logs = np.minimum(self._logs[without], self._logs[having])
        self._best = np.minimum(self._best[without], self._best[having])

    def bet(self, ranking: Sequence[int], gains: Mapping[int, Floats]) -> None:
        """One block of draws. ranking: members in play, the best first, by draws before the block.

        gains: for each, the log growth in the block of each bet, (bets,).
        """
        self.enter(ranking)
        free = np.arange(len(self._logs)) > 0
        for member in ranking:
            taken = free & self._with(member)
            self._logs[taken] += gains[member]
            free &= ~taken
        self._best = np.maximum(self._best, log_mean_exp(self._logs.T))

    def evidence(self, member: int) -> float:
        """Log of the least wealth among the sets that contain `member`: proven at level α where it is log(1/α).

        0 for one that is no member.
        """
        return float(self._best[self._with(member)].min()) if member in self.members else 0.0


class ClosedScores(Closed):
    """The same closed test for planned looks, with score tests in the place of wealth.

    The statistic of a set S is the sum, over the blocks of draws between looks, of the block's standardized sum for the
    one member of S that looked best before the block: under "every member of S is below its boundary" each summand has
    mean 0 or less and variance 1 given the past, whatever the choice, so that the sum over the looks is a Brownian
    motion and group-sequential boundaries hold for it. Bretz et al. 2006 (Biometrical Journal 48:623); Müller & Schäfer
    2001 (Biometrics 57:886).
    """

    def __init__(self) -> None:
        super().__init__()
        self._picks: list[NDArray[np.int8]] = []  # by block: of each set the index in `members` of who played, or −1
        self._sums: list[dict[int, float]] = []  # by block: of each member in play, its sum over the boundary
        self._past: Floats = np.zeros(1)  # statistic of the blocks before the last merger, by set
        self._refuted: Bools = np.zeros(1, dtype=bool)
        self._variances: Mapping[int, float] = {}  # as of the last look

    def _double(self) -> None:
        self._picks = [np.concatenate([picks, picks]) for picks in self._picks]
        self._past = np.concatenate([self._past, self._past])
        self._refuted = np.concatenate([self._refuted, self._refuted])

    def _merge(self, without: NDArray[np.intp], having: NDArray[np.intp]) -> None:
        past = self._statistic(self._variances)
        self._past = np.minimum(past[without], past[having])
        self._refuted = self._refuted[without] & self._refuted[having]
        self._picks, self._sums = [], []

    def block(self, ranking: Sequence[int], sums: Mapping[int, float]) -> None:
        """ranking: members in play, the best first, by draws before the block; sums: of draws less their boundary."""
        self.enter(ranking)
        picks = np.full(len(self._refuted), -1, dtype=np.int8)
        for member in reversed(ranking):
            picks[self._with(member)] = self.members.index(member)
        self._picks.append(picks)
        self._sums.append({self.members.index(member): sums[member] for member in ranking})

    def look(self, variances: Mapping[int, float], draws: int, bound: float) -> None:
        """Refutes the sets whose statistic reaches `bound`. variances: of one draw, under the null, by member."""
        self._variances = variances
        self._refuted |= self._statistic(variances) / np.sqrt(draws) >= bound

    def _statistic(self, variances: Mapping[int, float]) -> Floats:
        total: Floats = self._past.copy()
        deviation = [float(np.sqrt(variances.get(member, 1.0))) for member in self.members]
        for picks, sums in zip(self._picks, self._sums, strict=True):
            by_member = np.zeros(len(self.members) + 1)  # the last: none in play
            for index, value in sums.items():
                by_member[index] = value / deviation[index]
            total += by_member[picks]
        return total

    def proven(self, member: int) -> bool:
        return member in self.members and bool(self._refuted[self._with(member)].all())
