"""Paired differences → score tests against a boundary, with the variance that the boundary itself implies."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


def null_variance(values: ArrayLike, counts: ArrayLike, mean: ArrayLike, low: float) -> Floats:
    """Variance of one difference under the likeliest distribution whose mean is `mean`.

    The empirical likelihood estimate over the observed values and `low`, the least that a difference can be, whether it
    was observed or not (so that a rare disaster that has not shown yet is reckoned with). Over the values −1, 0, 1
    that is the restricted maximum likelihood estimate of Tango 1998; for graded scores, Owen 1988, Biometrika 75:237.
    values: (v,); counts: (..., v) how often each was observed; mean: (...). Returns (...).
    """
    v = np.asarray(values, dtype=np.float64)
    c = np.asarray(counts, dtype=np.float64)
    b = np.asarray(mean, dtype=np.float64)[..., None]
    n = np.maximum(c.sum(axis=-1, keepdims=True), 1.0)
    away = v - b
    share = c / n
    seen = share > 0
    top = np.where(seen, away, -np.inf).max(axis=-1, keepdims=True)
    floor = np.minimum(low - b, np.where(seen, away, np.inf).min(axis=-1, keepdims=True))
    # 1 + t·away must stay positive over all values, `low` included: t in (−1/top, −1/floor)
    high = np.where(floor < 0, -1.0 / np.minimum(floor, -1e-9), 1e9)
    lower = np.where(top > 0, -1.0 / np.maximum(top, 1e-9), -1e9)
    for _ in range(50):
        t = (lower + high) / 2.0
        drift = (share * away / np.maximum(1.0 + t * away, 1e-12)).sum(axis=-1, keepdims=True)
        lower, high = np.where(drift > 0, t, lower), np.where(drift > 0, high, t)
    t = (lower + high) / 2.0
    weight = share / np.maximum(1.0 + t * away, 1e-12)
    rest = np.maximum(1.0 - weight.sum(axis=-1), 0.0)  # what falls on `low` unobserved
    return np.asarray((weight * away**2).sum(axis=-1) + rest * (floor**2)[..., 0])
