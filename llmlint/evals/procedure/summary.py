"""Where a decision stands → its result: a verdict for each candidate, both targets, the recommendation in words."""

from __future__ import annotations

import numpy as np

from llmlint.evals.procedure.board import Board
from llmlint.evals.procedure.decision import PROVING, Decision, Interval, Rule
from llmlint.evals.procedure.plan import Estimate, Finding, Reason, Result, Setup, Verdict
from llmlint.evals.statistics.sizes import draws_needed, items_needed


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
    needed, usd = _needed(setup, board, decision, model) if estimate.verdict == "undecided" else (None, None)
    return Verdict(
        board.names[model], estimate.verdict, estimate.difference, estimate.interval, n, mean, float(board.usd[model]),
        reason, _with_needs(reason, why, needed, usd), dataset, population, needed, usd,
    )  # fmt: skip


def _with_needs(reason: Reason, why: str, needed: int | None, usd: float | None) -> str:
    if reason not in ("unlikely", "items-spent", "not-worth") or needed is None or usd is None:
        return why
    return f"{why}; about {needed:,} more items for ${usd:,.2f} would settle it"


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


def _needed(setup: Setup, board: Board, decision: Decision, model: int) -> tuple[int | None, float | None]:
    """Further items, and dollars for candidate and reference on them."""
    alpha = PROVING * setup.alpha / max(len(decision.rules), 1)
    most: int | None = 0
    total: int | None
    for rule in decision.rules:
        x = decision.values(model, rule)
        x = x[~np.isnan(x)]
        if len(x) < 2:
            return None, None
        spread = max(float(x.var()), 0.01)
        if board.setup.groups is not None:
            spread *= max(1.0, board.setup.items / len(set(board.setup.groups))) if board.grouped else 1.0
        distance = float(x.mean()) - rule.boundary
        if setup.target == "dataset":  # either answer settles it; the more are known, the less is left
            total = draws_needed(abs(distance), spread, alpha, setup.power, setup.items)
        else:
            total = items_needed(distance, spread, alpha, setup.power)
        most = None if most is None or total is None else max(most, total - len(x))
    if most is None:
        return None, None
    both = float(board.usd[model]) + (0.0 if board.compared is None else float(board.usd[board.compared]))
    return max(most, 1), max(most, 1) * both


def _claim(setup: Setup, recommended: str | None) -> str:
    of = f"these {setup.items} items" if setup.target == "dataset" else "what these items were drawn from"
    if recommended is None:
        return f"of no cheaper model it is proven that it meets quality on {of}"
    return f"{recommended} is the cheapest model that is proven to meet quality on {of}"
