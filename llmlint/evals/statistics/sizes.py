"""A difference, its variance and the error that is allowed → how many items a decision takes, and its chances."""

from __future__ import annotations

import math

from llmlint.evals.statistics.normal import quantile, upper_tail


def items_needed(distance: float, variance: float, alpha: float, power: float, looks: float = 1.1) -> int | None:
    """Draws after which a one-sided test at alpha finds, with probability `power`, a mean `distance` over its boundary.

    variance: of one draw; looks: what looking more than once costs, as a factor. None where the distance is 0 or less:
    no number would do. n = (z(1 − α) + z(power))²·σ²/distance²; Julious 2004, Statistics in Medicine 23:1921.
    """
    if distance <= 0:
        return None
    z = quantile(1.0 - alpha) + quantile(power)
    return math.ceil(looks * z * z * variance / distance**2)


def conditional_power(z: float, share: float, bound: float, trend: float | None = None) -> float:
    """Probability that a test which stands at z after `share` of the draws is at `bound` or above after all.

    trend: the z that the whole sample would show on average; None: what was seen goes on. Lan & Wittes 1988,
    Biometrics 44:579.
    """
    if share >= 1.0:
        return float(z >= bound)
    reached = z * math.sqrt(share)
    drift = z / math.sqrt(share) if trend is None else trend
    return float(upper_tail((bound - reached - drift * (1.0 - share)) / math.sqrt(1.0 - share)))


def predictive_power(z: float, share: float, bound: float) -> float:
    """As `conditional_power`, over what the trend may be by the draws so far, a flat prior before them.

    Spiegelhalter, Freedman & Blackburn 1986, Controlled Clinical Trials 7:8.
    """
    if share >= 1.0:
        return float(z >= bound)
    return float(upper_tail((bound - z / math.sqrt(share)) / math.sqrt((1.0 - share) / share)))
