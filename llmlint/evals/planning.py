"""A task, prices and the variance of differences → the items and dollars that a decision takes.

n = (z(1 − α/m) + z(power))² · σ² / margin², the usual size of a paired test of non-inferiority for a candidate that is
truly as good as the reference, with α shared over the m candidates; times `SEQUENTIAL` for looking more than once.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from statistics import NormalDist
from typing import TYPE_CHECKING

from llmlint.evals.records import Outcome

if TYPE_CHECKING:
    from llmlint.evals.forecast import Forecast
    from llmlint.evals.task import Cast, Task

ASSUMED = 0.1  # variance of the difference where nothing is known: binary scores that differ on a tenth of the items
SEQUENTIAL = 1.1
FEWEST = 20  # pairs of a pilot from which a variance is read
LEAST = 0.005  # no pilot is believed that two models always agree


@dataclass(frozen=True, slots=True)
class Plan:
    """One candidate. variance: of its difference to the reference; items: that it needs; usd: of it and the reference
    on so many; enough: the task has them. detectable: the margin that the task's items would do for."""

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
    z = _z(task.alpha, max(1, len(cheaper))) + NormalDist().inv_cdf(power)
    out = []
    for one in sorted(cheaper, key=lambda one: one.usd):
        variance = variances[one.name]
        width = task.margin if task.margin is not None else 0.05
        n = math.ceil(SEQUENTIAL * z**2 * variance / width**2)
        both = one.usd + (reference.usd if reference is not None else Decimal(0))
        detectable = z * math.sqrt(SEQUENTIAL * variance / have)
        out.append(Plan(one.name, variance, n, both * n, n <= have, detectable))
    return out


def _z(alpha: float, candidates: int) -> float:
    return NormalDist().inv_cdf(1 - alpha / candidates)


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
