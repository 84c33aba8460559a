"""Is it true of these items? Draws without replacement, exact bets, up the ladder of prices as far as is needed."""

from __future__ import annotations

import math

import numpy as np

from llmlint.evals.procedure.anchor import Anchor
from llmlint.evals.procedure.board import Board
from llmlint.evals.procedure.decision import PROVING, Decision, Interval, Rule, Steps
from llmlint.evals.statistics.betting import DISTANCES, growth
from llmlint.evals.statistics.closed import MOST, ClosedBets
from llmlint.evals.statistics.clusters import cluster_deviation
from llmlint.evals.statistics.normal import tail
from llmlint.evals.statistics.sequence import betting_interval, mixture_radius

FIRST, FIRST_SHARE = 20, 0.01  # every candidate answers so many items before any is preferred
LEAST_STEP, GROWTH = 8, 1.06  # from one look to the next
ENOUGH = 0.9  # so probable must it be that one of those in play is adequate; a dearer one waits
LOST = 0.01  # no candidate is more probably adequate than this: the reference stays
ANCHORED = 0.9  # share of alpha for proofs by the reference's mean, the rest is for those by differences
CHEAP = 0.35  # of the reference's price: a dearer one does not answer all items, it is proven by differences
FAR = 1.5  # standard errors of the reference's mean that a proof takes at least: nearer ones are not tried
OWN = Rule(0.0, paired=False)  # a candidate's scores by themselves
DOUBT = 10.0  # draws in which a candidate's mean is thought to be at the boundary, before it answers all items


class DatasetDecision(Decision):
    """Cheap candidates that may be adequate are in play, while the reference's mean becomes known.

    Two proofs, whose wealths are added, each with its share of alpha: by the reference's mean (`Anchor`) once a
    candidate has answered all items, and by differences (`ClosedBets`). A candidate is asked all items when it would
    then be proven, if the rest is as what was seen, and no cheaper one is worth waiting for. Who is in play, and who is
    asked all, is chosen by what was seen before and may be anything: the proofs are exact whatever is chosen.
    """

    def __init__(self, board: Board) -> None:
        super().__init__(board)
        self.anchor = Anchor(board)
        self.tests = [ClosedBets(len(DISTANCES)) for _ in self.rules]
        self.bar = math.log(len(self.rules) / (PROVING * board.setup.alpha))
        share = ANCHORED if self._cheap(board.cheaper) else 0.0
        self._by_anchor, self._by_differences = math.log(max(share, 1e-300)), math.log(1.0 - share)
        self.whole: list[int] = []  # candidates that were asked every item

    def steps(self) -> Steps:
        self.end_dearer()
        board = self.board
        draws = min(max(FIRST, int(FIRST_SHARE * board.draws)), board.draws)
        yield self.asks(self.going(board.cheaper), draws)
        while True:
            sure = self._sure(draws)
            if play := self._in_play(draws, sure):
                yield self.asks(play, draws)  # one that comes back into play is brought up to date
                ranking = [self._ranking(play, rule) for rule in self.rules]
                before, draws = draws, min(max(draws + LEAST_STEP, int(draws * GROWTH)), board.draws)
                yield self.asks(play, draws)
                play = self.going(play)
                for rule, test, order in zip(self.rules, self.tests, ranking, strict=True):
                    self._bet(rule, test, [model for model in order if model in play], before, draws)
                self.note(play)
            elif sure is not None:
                yield board.asks([sure], board.draws)
                self.whole.append(sure)
            else:
                break
            for model in self.going(board.cheaper):
                if self._is_proven(model, draws):
                    self.prove(model)
        self._finish(draws)

    def _ranking(self, play: list[int], rule: Rule) -> list[int]:
        return sorted(play, key=lambda model: -self.promise(model, rule))

    def _bet(self, rule: Rule, test: ClosedBets, order: list[int], before: int, draws: int) -> None:
        gains = {}
        for model in order:
            x = self.values(model, rule, draws)
            gains[model] = growth(x, rule.boundary, rule.low, 1.0, self.board.draws, before).sum(axis=1)
        test.bet(order, gains)

    def _is_proven(self, model: int, draws: int) -> bool:
        if draws < self.board.draws and model not in self.whole and model not in self.tests[0].members:
            return False  # nothing was bet on it
        return all(
            self._evidence(model, rule, test, draws) >= self.bar
            for rule, test in zip(self.rules, self.tests, strict=True)
        )

    def _evidence(self, model: int, rule: Rule, test: ClosedBets, draws: int) -> float:
        """Log of the wealth that speaks for it; infinite where all is known."""
        board = self.board
        if draws >= board.draws and board.told(model) >= board.draws:
            x = self.values(model, rule)
            known = bool((~np.isnan(x)).any()) and float(np.nanmean(x)) >= rule.boundary - 1e-12
            return math.inf if known else -math.inf
        paired = test.evidence(model) + self._by_differences
        own = board.scores(model)
        if model not in self.whole or np.isnan(own).any():
            return paired
        if not rule.paired:
            return math.inf if own.mean() >= rule.boundary - 1e-12 else -math.inf
        anchored = self.anchor.refuted(float(own.mean()) - rule.boundary, draws) + self._by_anchor
        return float(np.logaddexp(paired, anchored))

    def _cheap(self, models: list[int]) -> list[int]:
        """Those that may answer all items."""
        usd, compared = self.board.usd, self.board.compared
        return [] if compared is None else [model for model in models if usd[model] <= CHEAP * usd[compared]]

    def _sure(self, draws: int) -> int | None:
        """The cheapest candidate that would be proven if it had answered all items, the rest as what was seen."""
        board = self.board
        n, reference, variance = self.anchor.moments(draws)
        if not n:
            return None
        error = math.sqrt(variance / n * (1.0 - n / board.draws))
        for model in self._cheap(self.going(board.cheaper)):
            if model not in self.whole and self._seems(model, reference, error, draws):
                return model
        return None

    def _seems(self, model: int, reference: float, error: float, draws: int) -> bool:
        """Whether a candidate would be proven if its other scores were as those so far."""
        n, total, _ = self.moments(model, OWN)
        if not n:
            return False
        for rule in self.rules:
            bound = rule.boundary + (reference if rule.paired else 0.0)
            mean = (total + DOUBT * bound) / (n + DOUBT)
            if mean <= bound + (FAR * error if rule.paired else 0.0):
                return False
            if rule.paired and self.anchor.refuted(mean - rule.boundary, draws) + self._by_anchor < self.bar:
                return False
        return True

    def _in_play(self, draws: int, sure: int | None) -> list[int]:
        """The cheapest that may be adequate, until one of them probably is; then those worth the further draws.

        sure: the one that can be had without further draws.
        """
        board, left = self.board, 1.0 - draws / self.board.draws
        if left <= 0.0:
            return []
        found = self.recommended if sure is None else sure
        chances = {
            model: self._chance(model, draws)
            for model in self.going(board.cheaper)
            if found is None or board.usd[model] < board.usd[found]
        }
        hopeful = [model for model, chance in chances.items() if chance >= self.chance]
        if found is not None:
            return [one for one in hopeful if self.saving(one, found) * chances[one] >= self.worth * left][:MOST]
        play, none = [], 1.0
        for model in hopeful:
            play.append(model)
            none *= 1.0 - chances[model]
            if none < 1.0 - ENOUGH or len(play) == MOST:
                break
        if not play and chances:
            best = max(chances, key=lambda model: chances[model])
            play = [best] if chances[best] > LOST else []
        return play

    def _chance(self, model: int, draws: int) -> float:
        """Roughly the probability that it is adequate on all items, by what was seen."""
        worst = 1.0
        for rule in self.rules:
            if model in self.whole and rule.paired:
                n, mean, variance = self.anchor.moments(draws)
                over = float(np.nanmean(self.board.scores(model))) - rule.boundary - mean
            else:
                n, total, variance = self.moments(model, rule)
                over = total / max(n, 1)
            left = max(1.0 - n / self.board.draws, 1e-9)
            worst = min(worst, tail(-over * math.sqrt(n / (variance * left))))
        return worst

    def _finish(self, draws: int) -> None:
        """Says why the others were left."""
        board = self.board
        for model in self.going(board.cheaper):
            if not (~np.isnan(self.values(model, self.rules[0]))).any():
                self.end(model, "no-data", "no item that it and the reference both answered")
            elif self.recommended is not None and self._chance(model, draws) >= self.chance:
                other = board.names[self.recommended]
                self.end(model, "not-worth", f"{other} is proven, and what is left to save is not worth the calls")
            elif draws < board.draws or board.told(model) < board.draws:
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
