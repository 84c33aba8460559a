"""Will it be true of the traffic that these items were drawn from? Planned looks, those that may be proven in step."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from llmlint.evals.procedure.board import Board, Floats
from llmlint.evals.procedure.decision import PRIOR_DRAWS, PRIOR_VARIANCE, PROVING, Decision, Interval, Rule, Steps
from llmlint.evals.statistics.closed import MOST, ClosedScores
from llmlint.evals.statistics.clusters import cluster_standard_error
from llmlint.evals.statistics.normal import tail
from llmlint.evals.statistics.score import null_variance, score_interval
from llmlint.evals.statistics.spending import power_boundaries

FIRST, FIRST_SHARE = 20, 0.03  # every candidate answers so many draws before any is preferred; they prove nothing
MOST_FIRST = 0.25  # of few draws fewer
FEW = 40  # so few draws are asked of everyone: there is nothing to save
LOOKS, FIRST_LOOK, LEAST_STEP = 20, 0.08, 10
SPENDING = 2.0  # alpha is spent as the square of the share of the draws
USUAL = 0.06  # candidates' means usually lie about so far from the boundary; steers, never decides
LEAST_VALUE = 0.02  # expected saving, as a share of the reference's price, that puts a candidate into play


@dataclass(frozen=True)
class Over:
    """By draw, what was scored over a boundary; a group's is the sum of its items', a pair left out is 0.

    total, squares: sums of the values and of their squares; low: the least that one can be.
    """

    values: Floats
    total: float
    squares: float
    low: float

    @cached_property
    def variance(self) -> float:
        """Of one draw, where the mean is the boundary's."""
        values, counts = np.unique(np.round(self.values, 9), return_counts=True)
        return max(null_variance(values, counts, 0.0, min(self.low, float(values[0]))), 1e-9)


class PopulationDecision(Decision):
    """The score tests of `ClosedScores` at planned looks.

    Who is in play is chosen by what was seen before and may be anything: the proofs do not depend on it.
    """

    def __init__(self, board: Board) -> None:
        super().__init__(board)
        draws = board.draws
        self.first = min(max(round(FIRST_SHARE * draws), min(FIRST, int(MOST_FIRST * draws)), 1), draws)
        shares = np.geomspace(max(FIRST_LOOK * draws, self.first + LEAST_STEP), max(draws, 1), LOOKS)
        looks = {min(round(float(share)), draws) for share in shares} | {draws}
        self.plan = sorted(look for look in looks if look > self.first)
        done = tuple((look - self.first) / (draws - self.first) for look in self.plan)
        self.bounds = power_boundaries(done, PROVING * board.setup.alpha / max(len(self.rules), 1), SPENDING)
        self.tests = [ClosedScores() for _ in self.rules]
        self._known: dict[tuple[int, Rule], Over] = {}

    def steps(self) -> Steps:
        self.end_dearer()
        board, draws = self.board, self.first
        yield self.asks(self.going(board.cheaper), draws)
        for look, bound in zip(self.plan, self.bounds, strict=True):
            if not (play := self._in_play(draws)):
                break
            yield self.asks(play, draws)  # one that comes back into play is brought up to date
            ranking = [sorted(play, key=lambda model, rule=rule: -self.promise(model, rule)) for rule in self.rules]  # type: ignore[misc]
            before, draws = draws, look
            yield self.asks(play, draws)
            play = self.going(play)
            for rule, test, order in zip(self.rules, self.tests, ranking, strict=True):
                self._test(rule, test, [model for model in order if model in play], before, draws, bound)
            for model in play:
                if all(test.proven(model) for test in self.tests):
                    self.prove(model)
            self.note(play)
        self._finish()

    def _test(self, rule: Rule, test: ClosedScores, order: list[int], before: int, draws: int, bound: float) -> None:
        sums = {}
        for model in order:
            sums[model] = float(self._over(model, rule).values[before:draws].sum())
        test.block(order, sums)
        variances = {model: self._over(model, rule).variance for model in test.members}
        test.look(variances, draws - self.first, bound)

    def _over(self, model: int, rule: Rule) -> Over:
        """What was scored over the boundary, by the draws that the model was asked of."""
        drawn = self._drawn(model)
        known = self._known.get((model, rule))
        if known is None or len(known.values) != drawn:
            x = self.values(model, rule, drawn)
            y = np.where(np.isnan(x), 0.0, x - rule.boundary)
            if self.board.grouped:
                y = np.add.reduceat(y, self.board.starts[:drawn]) if drawn else y
            low = (rule.low - rule.boundary) * self.board.setup.items / self.board.draws
            known = self._known[model, rule] = Over(y, float(y.sum()), float(y @ y), low)
        return known

    def _drawn(self, model: int) -> int:
        return int(np.searchsorted(self.board.starts, self.board.asked[model])) if self.board.grouped else int(
            self.board.asked[model]
        )

    def _chance(self, model: int) -> float:
        """Roughly the probability that it is proven by the end: what was seen goes on, drawn to the boundary."""
        worst, most = 1.0, self.board.draws
        size = self.board.setup.items / most
        for rule in self.rules:
            y = self._over(model, rule)
            n, left = len(y.values), most - len(y.values)
            if left <= 0:
                return 0.0
            variance = (y.squares + PRIOR_DRAWS * PRIOR_VARIANCE * size) / (n + PRIOR_DRAWS)
            trust = 1.0 / (n / variance + 1.0 / (USUAL * size) ** 2)  # variance of the mean, after what was seen
            mean = trust * y.total / variance
            final = (y.total + left * mean) / math.sqrt(variance * most)
            spread = math.sqrt((left * left * trust + left * variance) / (variance * most))
            worst = min(worst, tail((self.bounds[-1] - final) / spread))
        return worst

    def _in_play(self, draws: int) -> list[int]:
        """Those that add to the expected saving, while all of it is worth the draws that are left."""
        if self.board.draws <= FEW:
            return self.going(self.board.cheaper)[:MOST]
        play, none, expected = [], 1.0, 0.0
        for model in self.going(self.board.cheaper):
            chance = self._chance(model)
            value = none * chance * self.saving(model)
            if chance >= self.chance and value >= LEAST_VALUE:
                play.append(model)
                none *= 1.0 - chance
                expected += value
        return play[:MOST] if expected >= self.worth * (1.0 - draws / self.board.draws) else []

    def _finish(self) -> None:
        """Says of those that are left why they are."""
        board = self.board
        for model in self.going(board.cheaper):
            if not (~np.isnan(self.values(model, self.rules[0]))).any():
                self.end(model, "no-data", "no item that it and the reference both answered")
            elif self._drawn(model) >= board.draws:
                self.end(model, "items-spent", "every item was used, and that is too few")
            elif self.recommended is not None and self._chance(model) >= self.chance:
                other = board.names[self.recommended]
                self.end(model, "not-worth", f"{other} is proven, and what is left to save is not worth the calls")
            else:
                self.end(model, "unlikely", f"hardly provable, by the first {board.told(model)} items")

    def intervals(self, model: int, rule: Rule) -> tuple[Interval, Interval] | None:
        """Repeated intervals of Jennison & Turnbull 1989 (JRSS B 51:305) by the boundary of the last look."""
        board, drawn = self.board, self._drawn(model)
        x = self.values(model, rule, drawn)
        kept = np.flatnonzero(~np.isnan(x))
        if not len(kept):
            return None
        x = x[kept]
        mean, z = float(x.mean()), self._interval_z(drawn)
        if board.grouped:
            assert board.setup.groups is not None
            radius = z * cluster_standard_error(x, np.asarray(board.setup.groups)[board.order[kept]])
            low, high = max(mean - radius, rule.low), min(mean + radius, 1.0)
        else:
            values, counts = np.unique(np.round(x, 9), return_counts=True)
            low, high = score_interval(values, counts, rule.low, 1.0, z)
        left = math.sqrt(max(1.0 - drawn / board.draws, 0.0))  # of these items only the rest is uncertain
        return (mean - (mean - low) * left, mean + (high - mean) * left), (low, high)

    def _interval_z(self, drawn: int) -> float:
        draws = self.board.draws
        looks = [self.first, *self.plan]
        shares = tuple(look / draws for look in looks)
        bounds = power_boundaries(shares, self.interval_alpha() / 2.0)
        return bounds[max(sum(look <= drawn for look in looks) - 1, 0)]
