"""Scores in the order they were drawn → intervals that hold at every moment at once."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from llmlint.evals.statistics.betting import finite_wealth


def betting_interval(x: ArrayLike, low: float, high: float, alpha: float, total: int) -> tuple[float, float]:
    """The means against which bets have not reached 2/alpha on either side: holds at every n, at any scale.

    x: (n,) in [low, high], without replacement from `total` values; NaN: missing, left out of the mean. Waudby-Smith &
    Ramdas 2023, JRSS B 86:1 (arXiv 2010.09686), section 5.
    """
    values = np.asarray(x, dtype=np.float64)
    kept = values[~np.isnan(values)]
    if not len(kept):
        return low, high
    bar, middle, known = math.log(2.0 / alpha), float(kept.mean()), float(kept.sum())
    left = total - len(values)
    count = len(kept) + left
    least, most = (known + left * low) / count, (known + left * high) / count  # what is left could still bring about
    return (
        _limit(values, least, middle, low, high, total, bar, True),
        _limit(values, most, middle, low, high, total, bar, False),
    )


def _limit(
    x: np.typing.NDArray[np.float64], outside: float, inside: float, low: float, high: float, total: int, bar: float,
    upward: bool,
) -> float:  # fmt: skip
    """Where, between a refuted mean and one that is not, the bets reach the bar. The refuted side is returned."""
    for _ in range(18):
        middle = (outside + inside) / 2.0
        if abs(outside - inside) < 1e-6:
            break
        if float(finite_wealth(x, middle, low, high, total, upward).max()) >= bar:
            outside = middle
        else:
            inside = middle
    return outside


def mixture_radius(n: int, deviation: float, alpha: float, tuned: int) -> float:
    """Half the width of an asymptotic confidence sequence for a mean, two-sided, narrowest at about `tuned` draws.

    deviation: standard deviation of one draw. Waudby-Smith, Arbour, Sinha, Kennedy & Ramdas 2021 (arXiv 2103.06476),
    theorem 2.2, with ρ² after its appendix C.3.
    """
    rho2 = (-2.0 * math.log(alpha) + math.log(-2.0 * math.log(alpha)) + 1.0) / max(tuned, 1)
    return deviation * math.sqrt(2.0 * (n * rho2 + 1.0) / (n * n * rho2) * math.log(math.sqrt(n * rho2 + 1.0) / alpha))
