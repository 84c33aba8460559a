"""The normal distribution: cumulative probabilities and quantiles, without scipy."""

from __future__ import annotations

from math import erfc, sqrt
from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
_STANDARD = NormalDist()


def quantile(probability: float) -> float:
    """The z below which a standard normal value lies with `probability`, 0 < probability < 1."""
    return _STANDARD.inv_cdf(probability)


def tail(z: float) -> float:
    """As `upper_tail`, of one value."""
    return 0.5 * erfc(z / sqrt(2.0))


def upper_tail(z: ArrayLike) -> Floats:
    """P(Z > z), accurate far out in the tail. Shape as z."""
    return np.asarray(np.vectorize(tail, otypes=[np.float64])(z))


def density(z: ArrayLike) -> Floats:
    return np.asarray(np.exp(-0.5 * np.square(z)) / np.sqrt(2.0 * np.pi))
