"""A task, prices and the variance of differences → the items and dollars that a decision takes.

For a candidate that is truly as good as the reference, by the formulas of `sizes`, which the tests hold against
simulated decisions. Other candidates share no alpha with it (closed testing), so that their number does not matter.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from llmlint.evals.records import Outcome
from llmlint.evals.statistics.sizes import draws_needed, items_needed

if TYPE_CHECKING:
    from llmlint.evals.forecast import Forecast
    from llmlint.evals.task import Cast, Task

ASSUMED = 0.1  # variance of the difference where nothing is known: binary scores that differ on a tenth of the items
FEWEST = 20  # pairs of a pilot from which a variance is read
MANY = 10**6  # for a figure that is no whole number
LEAST = 0.005  # no pilot is believed that two models always agree


@dataclass(frozen=True, slots=True)
class Plan:
    """One candidate. variance: of its difference to the reference; items: that the decision needs, of a dataset the
    reference's (a candidate may answer all); usd: of both; enough: the task has them. detectable: the margin that the
    task's items would do for, 0 where any."""

    name: str
    variance: float
    items: int
    usd: Decimal
    enough: bool
    detectable: float


def plans(
    task: Task, cast: Cast, forecasts: Mapping[str, Forecast], variances: Mapping[str, float], power: float
) -> list[Plan]:
    """For each candidate that is cheaper than the reference, cheapest first."""
    reference = forecasts.get(cast.reference)
    cheaper = [one for name, one in forecasts.items()
               if name != cast.reference and (reference is None or one.usd < reference.usd)]  # fmt: skip
    have = len(task.rows) if task.columns.cluster is None else len(set(task.groups() or ()))
    out = []
    for one in sorted(cheaper, key=lambda one: one.usd):
        variance = variances[one.name]
        width = task.margin if task.margin is not None else 0.05
        if task.target == "dataset":
            n = draws_needed(width, variance, task.alpha, power, len(task.rows))
            own, detectable = len(task.rows), 0.0
        else:
            n = own = items_needed(width, variance, task.alpha, power) or 0
            detectable = math.sqrt((items_needed(1.0, variance * MANY, task.alpha, power) or 0) / MANY / have)
        usd = one.usd * own + (reference.usd * n if reference is not None else Decimal(0))
        out.append(Plan(one.name, variance, n, usd, task.target == "dataset" or n <= have, detectable))
    return out


def spreads_of(outcomes: Sequence[Outcome], reference: str, names: Sequence[str]) -> dict[str, float]:
    """The variance of each candidate's difference in earlier outcomes; without those that have too few pairs."""
    scores: dict[str, dict[str, float]] = {}
    for one in outcomes:
        if one.grade.score is not None:
            scores.setdefault(one.candidate, {})[one.item] = one.grade.score
    base = scores.get(reference, {})
    out = {}
    for name in names:
        pairs = [score - base[item] for item, score in scores.get(name, {}).items() if item in base]
        if len(pairs) >= FEWEST:
            mean = math.fsum(pairs) / len(pairs)
            out[name] = max(LEAST, math.fsum((d - mean) ** 2 for d in pairs) / (len(pairs) - 1))
    return out
