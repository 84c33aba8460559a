"""Where a decision stands → its result: a verdict for each candidate, both targets, the recommendation in words."""

from __future__ import annotations

import math

import numpy as np

from llmlint.evals.procedure.board import Board
from llmlint.evals.procedure.decision import PROVING, Decision, Interval, Rule
from llmlint.evals.procedure.plan import Estimate, Finding, Reason, Result, Setup, Verdict
from llmlint.evals.statistics.sizes import draws_needed, items_needed

Needs = tuple[int | None, float | None]  # items, USD
NOTHING: Needs = (None, None)
REACH = 100  # times what was asked: nobody will ask more
WIDEST = 0.5  # a margin that is no claim about quality any more


def summarize(setup: Setup, board: Board, decision: Decision) -> Result:
    """The result as of now, whether decided or not."""
    recommended = None if decision.recommended is None else board.names[decision.recommended]
    verdicts = tuple(_verdict(setup, board, decision, model) for model in board.candidates)
    return Result(recommended, setup.target, _claim(setup, recommended), verdicts, tuple(decision.looks))


def _verdict(setup: Setup, board: Board, decision: Decision, model: int) -> Verdict:
    dataset, population = _estimates(setup, decision, model)
    estimate = dataset if setup.target == "dataset" else population
    reason, why = decision.ends.get(model, ("running", "not decided yet"))
    if estimate.verdict == "inferior":
        reason, why = "inferior", "does not meet quality"
    scores = board.scores(model)
    mean = float(np.nanmean(scores)) if not np.isnan(scores).all() else None
    n = int((~np.isnan(board.differences(model))).sum())
    needs, supported = NOTHING, None
    if estimate.verdict == "undecided":
        needs, supported = _needed(setup, board, decision, model), _supported(setup, estimate)
    return Verdict(
        board.names[model], estimate.verdict, estimate.difference, estimate.interval, n, mean, float(board.usd[model]),
        reason, _with_needs(reason, why, needs, setup, estimate, supported), dataset, population, *needs, supported,
    )  # fmt: skip


def _with_needs(
    reason: Reason, why: str, needs: Needs, setup: Setup, estimate: Estimate, supported: float | None
) -> str:
    """Why it is open, and what would settle it, or that nothing in reach would."""
    if reason not in ("unlikely", "items-spent", "not-worth"):
        return why
    needed, usd = needs
    if needed is not None and usd is not None:
        return f"{why}; about {needed:,} more items for ${usd:,.2f} would settle it"
    if supported is None or setup.margin is None or estimate.difference is None:
        return why
    if estimate.difference >= -setup.margin:
        why += f"; too near to be settled at a margin of {_points(setup.margin)} points"
    return f"{why}; what was seen supports a margin of {_points(supported)} points"


def _supported(setup: Setup, estimate: Estimate) -> float | None:
    """The least margin at which what was seen is a proof; None where that is no margin anyone would grant."""
    if setup.margin is None or setup.floor is not None or estimate.interval is None:
        return None
    return -estimate.interval[0] if estimate.interval[0] > -WIDEST else None


def _points(share: float) -> str:
    """In percentage points, rounded up."""
    return f"{math.ceil(round(share * 1000, 6)) / 10:g}"


def _estimates(setup: Setup, decision: Decision, model: int) -> tuple[Estimate, Estimate]:
    """Of the dataset, of the population."""
    found = {rule: decision.intervals(model, rule) for rule in decision.rules}
    both = []
    for target in (0, 1):
        known = [(rule, pair[target]) for rule, pair in found.items() if pair is not None]
        verdict = decision.finding(model, known) if len(known) == len(found) else "undecided"
        proved = model in decision.proven and setup.target == ("dataset", "population")[target]
        both.append(_estimate(decision, model, known, "non-inferior" if proved else verdict, proved))
    return both[0], both[1]


def _estimate(
    decision: Decision, model: int, known: list[tuple[Rule, Interval]], verdict: Finding, proved: bool
) -> Estimate:
    if not known:
        return Estimate("undecided", None, None)
    rule, (low, high) = known[0]
    x = decision.values(model, rule)
    x = x[~np.isnan(x)]
    if proved:  # the proof has its own share of alpha: the interval may start at the boundary
        low = max(low, min(rule.boundary, float(x.mean())))
    return Estimate(verdict, float(x.mean()), (low, max(high, low)))


def _needed(setup: Setup, board: Board, decision: Decision, model: int) -> Needs:
    """Further items, and dollars for candidate and reference on them; nothing where so many are out of all reach."""
    alpha = PROVING * setup.alpha / max(len(decision.rules), 1)
    most: int | None = 0
    total: int | None
    seen = 0
    for rule in decision.rules:
        x = decision.values(model, rule)
        x = x[~np.isnan(x)]
        if len(x) < 2:
            return NOTHING
        seen = max(seen, len(x))
        spread = max(float(x.var()), 0.01)
        if board.setup.groups is not None:
            spread *= max(1.0, board.setup.items / len(set(board.setup.groups))) if board.grouped else 1.0
        distance = float(x.mean()) - rule.boundary
        if setup.target == "dataset":  # either answer settles it; the more are known, the less is left
            total = draws_needed(abs(distance), spread, alpha, setup.power, setup.items)
        else:
            total = items_needed(distance, spread, alpha, setup.power)
        most = None if most is None or total is None else max(most, total - len(x))
    if most is None or most > REACH * seen:
        return NOTHING
    both = float(board.usd[model]) + (0.0 if board.compared is None else float(board.usd[board.compared]))
    return max(most, 1), max(most, 1) * both


def _claim(setup: Setup, recommended: str | None) -> str:
    of = f"these {setup.items} items" if setup.target == "dataset" else "what these items were drawn from"
    if recommended is None:
        return f"of no cheaper model it is proven that it meets quality on {of}"
    return f"{recommended} is the cheapest model that is proven to meet quality on {of}"
