"""Is it true of these items? Draws without replacement, exact bets, up the ladder of prices as far as is needed."""

from __future__ import annotations

import math

import numpy as np

from llmlint.evals.procedure.board import Board
from llmlint.evals.procedure.decision import PROVING, Decision, Interval, Rule, Steps
from llmlint.evals.statistics.betting import BETS, block_gains
from llmlint.evals.statistics.closed import ClosedBets
from llmlint.evals.statistics.clusters import cluster_deviation
from llmlint.evals.statistics.normal import upper_tail
from llmlint.evals.statistics.sequence import betting_interval, mixture_radius

FIRST, FIRST_SHARE = 20, 0.015  # every candidate answers so many items before any is preferred
LEAST_STEP, GROWTH = 8, 1.06  # from one look to the next
ENOUGH = 0.9  # so probable must it be that one of those in play is adequate; a dearer one waits
LOST = 0.01  # no candidate is more probably adequate than this: the reference stays


class DatasetDecision(Decision):
    """Cheap candidates that may be adequate are in play; the bets of `ClosedBets` prove them, exactly, at any draw.

    Who is in play is chosen by what was seen before and may be anything: the proofs do not depend on it.
    """

    def __init__(self, board: Board) -> None:
        super().__init__(board)
        self.tests = [ClosedBets(len(BETS)) for _ in self.rules]
        self.bar = math.log(len(self.rules) / (PROVING * board.setup.alpha))

    def steps(self) -> Steps:
        self.end_dearer()
        board = self.board
        draws = min(max(FIRST, int(FIRST_SHARE * board.draws)), board.draws)
        yield self.asks(self.going(board.cheaper()), draws)
        while draws < board.draws and (play := self._in_play(draws)):
            yield self.asks(play, draws)  # one that comes back into play is brought up to date
            ranking = [self._ranking(play, rule) for rule in self.rules]
            before, draws = draws, min(max(draws + LEAST_STEP, int(draws * GROWTH)), board.draws)
            yield self.asks(play, draws)
            play = self.going(play)
            for rule, test, order in zip(self.rules, self.tests, ranking, strict=True):
                self._bet(rule, test, [model for model in order if model in play], before, draws)
            for model in play:
                if all(test.evidence(model) >= self.bar for test in self.tests):
                    self.prove(model)
            self.note(play)
        self._finish(draws)

    def _ranking(self, play: list[int], rule: Rule) -> list[int]:
        return sorted(play, key=lambda model: -self.promise(model, rule))

    def _bet(self, rule: Rule, test: ClosedBets, order: list[int], before: int, draws: int) -> None:
        gains = {}
        for model in order:
            if model not in test.members:
                test.add(model)
            x = self.values(model, rule, draws)
            gains[model] = block_gains(x, before, rule.boundary, rule.low, 1.0, self.board.draws)
        test.bet(order, gains)

    def _in_play(self, draws: int) -> list[int]:
        """The cheapest that may be adequate, until one of them probably is; then those worth the further draws."""
        left = 1.0 - draws / self.board.draws
        chances = {model: self._chance(model) for model in self.going(self.board.cheaper())}
        hopeful = [model for model, chance in chances.items() if chance >= self.chance]
        if self.recommended is not None:
            return [model for model in hopeful if self.saving(model) * chances[model] >= self.worth * left]
        play, none = [], 1.0
        for model in hopeful:
            play.append(model)
            none *= 1.0 - chances[model]
            if none < 1.0 - ENOUGH:
                break
        if not play and chances:
            best = max(chances, key=lambda model: chances[model])
            play = [best] if chances[best] > LOST else []
        return play

    def _chance(self, model: int) -> float:
        """Roughly the probability that it is adequate on all items, by what was seen."""
        worst = 1.0
        for rule in self.rules:
            n, total, variance = self.moments(model, rule)
            left = max(1.0 - n / self.board.draws, 1e-9)
            worst = min(worst, float(upper_tail(-total / math.sqrt(max(n, 1) * variance * left))))
        return worst

    def _finish(self, draws: int) -> None:
        """Those that answered every item are known exactly; says why the others were left."""
        board = self.board
        for model in self.going(board.cheaper()):
            x = [self.values(model, rule) for rule in self.rules]
            if board.told(model) == board.draws and all(
                (~np.isnan(v)).any() and np.nanmean(v) >= rule.boundary - 1e-12
                for v, rule in zip(x, self.rules, strict=True)
            ):
                self.prove(model)
        for model in self.going(board.cheaper()):
            if not (~np.isnan(self.values(model, self.rules[0]))).any():
                self.end(model, "no-data", "no item that it and the reference both answered")
            elif self.recommended is not None and self._chance(model) >= self.chance:
                other = board.names[self.recommended]
                self.end(model, "not-worth", f"{other} is proven, and what is left to save is not worth the calls")
            elif board.told(model) < board.draws:
                self.end(model, "unlikely", f"hardly adequate, by the first {board.told(model)} items")
            else:
                self.end(model, "items-spent", "every item was used")

    def intervals(self, model: int, rule: Rule) -> tuple[Interval, Interval] | None:
        board, alpha = self.board, self.interval_alpha()
        x = self.values(model, rule)
        kept = np.flatnonzero(~np.isnan(x))
        n, total = len(kept), board.draws - board.left_out(model, x)
        if not n:
            return None
        x = x[kept]
        mean = float(x.mean())
        here = (mean, mean) if n >= total else betting_interval(x, rule.low, 1.0, alpha, total)
        groups = None if board.setup.groups is None else np.asarray(board.setup.groups)[board.order[kept]]
        radius = mixture_radius(n, cluster_deviation(x, groups), alpha, board.setup.items)
        return here, (max(mean - radius, rule.low), min(mean + radius, 1.0))
