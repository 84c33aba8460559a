"""Bounded scores in the order they are drawn → wealth of bets against a null hypothesis: evidence at any moment."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
DISTANCES: Floats = np.array([1.5, 3.0, 6.0, 12.0])  # of a mean from the null, in standard errors of all values' mean
MOST = 0.9  # share of the largest bet that cannot ruin
PRIOR_DRAWS, PRIOR_VARIANCE = 10.0, 0.1


def finite_wealth(y: ArrayLike, mean: float, low: float, high: float, total: int, upward: bool = True) -> Floats:
    """Log of the wealth after each of the draws y (n,) of bets that the mean of all `total` values lies above `mean`.

    y: drawn without replacement, in [low, high], NaN: missing, left out of the mean. `upward` False: below. Where the
    mean does not lie there, the wealth ever reaches 1/α with probability at most α, at any scale of the scores. It
    falls as `mean` rises, so that one sequence refutes any number of means at once. Infinite where the draws so far
    make the null hypothesis impossible. Waudby-Smith & Ramdas 2023, JRSS B 86:1, arXiv 2010.09686, section 5.
    """
    if not upward:
        y, mean, low, high = -np.asarray(y, dtype=np.float64), -mean, -high, -low
    return log_mean_exp(np.cumsum(growth(y, mean, low, high, total), axis=1))


def growth(y: ArrayLike, mean: float, low: float, high: float, total: int, since: int = 0) -> Floats:
    """Log growth of each bet on "above `mean`", as `finite_wealth`, at each of the draws y[since:]. (distances, draws).

    A bet is the best one if the mean lay a distance above `mean`: distance over variance, by the draws before
    (Waudby-Smith & Ramdas 2023, section 3.2). It grows as the values run out, for the fewer are left, the further must
    their mean be from what is expected of it.
    """
    values = np.asarray(y, dtype=np.float64) - mean
    values, low, high = np.where(np.isnan(values), 0.0, values), low - mean, high - mean
    drawn = np.arange(since, len(values), dtype=np.float64)
    left = total - drawn
    before, squares = _before(values, since), _before(values**2, since)
    spread = np.maximum(squares - before**2 / np.maximum(drawn, 1.0), 0.0)
    variance = (spread + PRIOR_DRAWS * PRIOR_VARIANCE) / (drawn + PRIOR_DRAWS)
    null = np.minimum(-before / left, high)  # a null that expects more than there is loses at every draw
    bets = DISTANCES[:, None] * (np.sqrt(total / variance) / left)
    bets = np.minimum(bets, MOST / np.maximum(null - low, 1e-9))
    gains = np.log1p(bets * (values[since:] - null))
    gains[:, np.maximum.accumulate(null < low - 1e-9)] = np.inf
    return np.asarray(gains)


def _before(values: Floats, since: int) -> Floats:
    """The sum of those before each, from the draw `since` on."""
    sums = np.zeros(len(values) - since)
    sums[1:] = values[since:-1]
    sums[:1] = values[:since].sum()
    return np.cumsum(sums)


def log_mean_exp(rows: Floats) -> Floats:
    """log(mean(exp(rows))) over the first axis."""
    top = rows.max(axis=0)
    with np.errstate(invalid="ignore"):  # where all is infinite
        found = top + np.log(np.exp(rows - top).mean(axis=0))
    return np.asarray(np.where(np.isinf(top), top, found))
