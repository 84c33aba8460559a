"""What both sequences share: rules, scores of a rule, which candidate ended how, what was seen when."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Generator, Iterable
from dataclasses import dataclass

import numpy as np

from llmlint.evals.procedure.board import Board, Floats
from llmlint.evals.procedure.plan import Ask, Finding, Look, Reason
from llmlint.evals.statistics.sequence import mixture_radius

Steps = Generator[list[Ask], None, None]
Interval = tuple[float, float]
PROVING = 0.95  # share of alpha for proofs that a model meets quality; the rest is the intervals'
PRIOR_DRAWS, PRIOR_VARIANCE = 20.0, 0.15  # what a variance is thought to be before much was seen; steers, never decides


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing that must hold of a mean: of differences to the reference (`paired`), or of scores."""

    boundary: float
    paired: bool

    @property
    def low(self) -> float:
        """The least that a difference or score can be."""
        return -1.0 if self.paired else 0.0


class Decision(ABC):
    """One sequence. `steps` asks, and goes on when everything asked for has been told."""

    def __init__(self, board: Board) -> None:
        setup = board.setup
        self.board = board
        self.ends: dict[int, tuple[Reason, str]] = {}
        self.proven: set[int] = set()
        self.looks: list[Look] = []
        default = 0.07 if setup.target == "dataset" else 0.03
        self.chance = default if setup.chance is None else setup.chance
        default = 0.008 if setup.target == "dataset" else 0.12
        self.worth = default if setup.worth is None else setup.worth
        self.recommended: int | None = None
        self._moments: dict[tuple[int, Rule], tuple[int, tuple[int, float, float]]] = {}  # as of so many asked
        self.rules = [Rule(setup.floor, paired=False)] if setup.floor is not None else []
        if board.compared is not None and setup.margin is not None:
            self.rules.insert(0, Rule(-setup.margin, paired=True))

    @abstractmethod
    def steps(self) -> Steps:
        """Yields what is to be asked until all is decided."""

    @abstractmethod
    def intervals(self, model: int, rule: Rule) -> tuple[Interval, Interval] | None:
        """Where the mean of the dataset and that of the population lie. None: nothing was told."""

    def interval_alpha(self) -> float:
        """What one interval may err, so that all of them together err with (1 − PROVING)·alpha."""
        intervals = max(len(self.board.cheaper), 1) * max(len(self.rules), 1)
        return (1.0 - PROVING) * self.board.setup.alpha / intervals

    def finding(self, model: int, intervals: Iterable[tuple[Rule, Interval]]) -> Finding:
        """What intervals say by themselves."""
        pairs = list(intervals)
        if pairs and all(interval[0] >= rule.boundary - 1e-9 for rule, interval in pairs):
            return "non-inferior"
        return "inferior" if any(interval[1] < rule.boundary - 1e-9 for rule, interval in pairs) else "undecided"

    def values(self, model: int, rule: Rule, draws: int | None = None) -> Floats:
        """Differences or scores in the order of the draws, NaN where there is none."""
        return self.board.differences(model, draws) if rule.paired else self.board.scores(model, draws)

    def end(self, model: int, reason: Reason, why: str) -> None:
        self.ends.setdefault(model, (reason, why))

    def going(self, models: Iterable[int]) -> list[int]:
        """Those of `models` that have not ended; the caller's ends are taken note of."""
        board = self.board
        for model, why in board.ended.items():
            self.end(model, "ended", why)
        if board.compared is not None and board.compared in board.ended:
            for model in board.candidates:
                self.end(model, "ended", f"the reference ended: {board.ended[board.compared]}")
        return [model for model in models if model not in self.ends]

    def end_dearer(self) -> None:
        """Candidates that cannot save anything are not asked."""
        board = self.board
        for model in set(board.candidates) - set(board.cheaper):
            self.end(model, "not-cheaper", "costs as much as the reference, or more: nothing to save")

    def asks(self, models: Iterable[int], draws: int) -> list[Ask]:
        """The next scores of `models`, and of the reference where they are compared with it."""
        wanted = list(models)
        compared = self.board.compared
        return self.board.asks([compared, *wanted] if compared is not None and wanted else wanted, draws)

    def prove(self, model: int) -> None:
        """Notes that a candidate meets quality; those that are dearer get no further call."""
        board = self.board
        self.proven.add(model)
        self.end(model, "proven", "meets quality")
        if self.recommended is None or board.usd[model] < board.usd[self.recommended]:
            self.recommended = model
        for dearer in self.going(board.cheaper):
            if board.usd[dearer] >= board.usd[model]:
                self.end(dearer, "dearer-than-proven", f"{board.names[model]} is cheaper and proven")

    def saving(self, model: int, proven: int | None = None) -> float:
        """What it would save beside the cheapest proven one, or the reference, as a share of the dearest price."""
        proven = self.recommended if proven is None else proven
        board = self.board
        dearest = float(board.usd.max() if board.reference is None else board.usd[board.reference])
        back = dearest if proven is None else float(board.usd[proven])
        return (back - float(board.usd[model])) / dearest if dearest > 0 else 0.0

    def moments(self, model: int, rule: Rule) -> tuple[int, float, float]:
        """Draws, their sum over the boundary, and a variance around it that a few draws do not make zero."""
        asked = int(self.board.asked[model])
        if rule.paired and self.board.compared is not None:
            asked = min(asked, int(self.board.asked[self.board.compared]))
        known = self._moments.get((model, rule))
        if known is not None and known[0] == asked:
            return known[1]
        y = self.values(model, rule)[:asked] - rule.boundary
        y = y[~np.isnan(y)]
        variance = (float(y @ y) + PRIOR_DRAWS * PRIOR_VARIANCE) / (len(y) + PRIOR_DRAWS)
        self._moments[model, rule] = asked, (len(y), float(y.sum()), variance)
        return self._moments[model, rule][1]

    def promise(self, model: int, rule: Rule) -> float:
        """How good it looks, in standard deviations over the boundary, drawn to zero while little is known."""
        n, total, variance = self.moments(model, rule)
        return total / (n + PRIOR_DRAWS) / math.sqrt(variance)

    def note(self, models: Iterable[int]) -> None:
        """One point of the chart over time for each model."""
        alpha = self.board.setup.alpha / max(len(self.board.cheaper), 1)
        for model in models:
            n, total, variance = self.moments(model, self.rules[0])
            if n:
                mean = total / n + self.rules[0].boundary
                radius = mixture_radius(n, math.sqrt(variance), alpha, self.board.setup.items)
                low, high = max(mean - radius, self.rules[0].low), min(mean + radius, 1.0)
                self.looks.append(Look(self.board.names[model], n, mean, (low, high)))
