"""Differences, some from items of one group → standard errors and intervals that reckon with the groups."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from llmlint.evals.statistics.normal import quantile

PRIOR_DRAWS, PRIOR_VARIANCE = 2.0, 0.15


def cluster_standard_error(x: ArrayLike, groups: ArrayLike | None = None) -> float:
    """Standard error of the mean of x (n,), items that share a number in `groups` (n,) being one draw.

    Miller 2024 (arXiv 2411.00640), section 2.2; with the factor G/(G − 1) of Liang & Zeger 1986, Biometrika 73:13.
    Infinite where there are fewer than two draws.
    """
    values = np.asarray(x, dtype=np.float64)
    away = values - values.mean() if len(values) else values
    if groups is not None:
        _, number = np.unique(np.asarray(groups), return_inverse=True)
        away = np.bincount(number, away)
    draws = len(away)
    if draws < 2:
        return math.inf
    return math.sqrt(float((away**2).sum()) * draws / (draws - 1)) / len(values)


def cluster_interval(x: ArrayLike, alpha: float, groups: ArrayLike | None = None) -> tuple[float, float]:
    """The usual two-sided interval for the mean, normal, 1 − alpha, at a number of draws fixed beforehand."""
    values = np.asarray(x, dtype=np.float64)
    half = quantile(1.0 - alpha / 2.0) * cluster_standard_error(values, groups)
    return float(values.mean()) - half, float(values.mean()) + half


def cluster_deviation(x: ArrayLike, groups: ArrayLike | None = None) -> float:
    """Standard deviation of one of n independent draws whose mean would be as uncertain as that of x; never 0."""
    values = np.asarray(x, dtype=np.float64)
    error = cluster_standard_error(values, groups)
    if math.isinf(error):
        return 1.0
    n = len(values)
    return math.sqrt((error**2 * n * n + PRIOR_DRAWS * PRIOR_VARIANCE) / (n + PRIOR_DRAWS))
