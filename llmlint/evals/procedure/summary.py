"""Where a decision stands → its result: a verdict for each candidate, both targets, the recommendation in words."""

from __future__ import annotations

import numpy as np

from llmlint.evals.procedure.board import Board
from llmlint.evals.procedure.decision import Decision
from llmlint.evals.procedure.plan import Result, Setup, Verdict


def summarize(setup: Setup, board: Board, decision: Decision) -> Result:
    """The result as of now, whether decided or not."""
    recommended = None if decision.recommended is None else board.names[decision.recommended]
    verdicts = tuple(_verdict(board, decision, model) for model in board.candidates)
    return Result(recommended, setup.target, _claim(setup, recommended), verdicts, tuple(decision.looks))


def _verdict(board: Board, decision: Decision, model: int) -> Verdict:
    estimate = decision.estimate(model)
    scores = board.scores(model)
    n = int((~np.isnan(board.differences(model))).sum())
    reason, why = decision.ends.get(model, ("running", "not decided yet"))
    mean = float(np.nanmean(scores)) if not np.isnan(scores).all() else None
    return Verdict(
        board.names[model], estimate.verdict, estimate.difference, estimate.interval, n, mean,
        float(board.usd[model]), reason, why, estimate, estimate,
    )  # fmt: skip


def _claim(setup: Setup, recommended: str | None) -> str:
    of = f"these {setup.items} items" if setup.target == "dataset" else "what these items were drawn from"
    if recommended is None:
        return f"of no cheaper model it is proven that it meets quality on {of}"
    return f"{recommended} is the cheapest model that is proven to meet quality on {of}"
