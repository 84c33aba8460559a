"""A difference, its variance and the error that is allowed → how many items a decision takes."""

from __future__ import annotations

import math
from statistics import NormalDist

# what the decision's own procedure takes, measured by simulation, beside one test at a number of draws fixed beforehand
LOOKS = 1.7  # of a population: looks, first draws that prove nothing, candidates given up
BETS = 2.5  # of a dataset, before it counts that the items are finitely many


def items_needed(distance: float, variance: float, alpha: float, power: float, looks: float = LOOKS) -> int | None:
    """Draws after which a one-sided test at alpha finds, with probability `power`, a mean `distance` over its boundary.

    variance: of one draw; looks: what looking more than once costs, as a factor. None where the distance is 0 or less:
    no number would do. n = (z(1 − α) + z(power))²·σ²/distance²; Julious 2004, Statistics in Medicine 23:1921.
    """
    if distance <= 0:
        return None
    z = NormalDist().inv_cdf(1.0 - alpha) + NormalDist().inv_cdf(power)
    return math.ceil(looks * z * z * variance / distance**2)


def draws_needed(distance: float, variance: float, alpha: float, power: float, items: int) -> int:
    """The same for the mean of `items` themselves: all of them settle it, and the more are drawn, the less is open."""
    endless = items_needed(distance, variance, alpha, power, BETS)
    return items if endless is None else min(math.ceil(endless / (1.0 + endless / items)), items)
