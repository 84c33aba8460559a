"""A judge's scores of all items and people's labels of some → the mean that people would give, with its interval."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from llmlint.evals.statistics.normal import quantile


def prediction_powered_mean(
    labels: ArrayLike, judged: ArrayLike, unlabelled: ArrayLike, alpha: float
) -> tuple[float, float, float]:
    """(mean, low, high): a two-sided 1 − alpha interval for the mean label over the population of all items.

    labels, judged: (n,) people's and the judge's scores of the same items; unlabelled: (N,) the judge's scores of the
    other items. However wrong the judge is, the interval is right; where it agrees with people, it is narrower. The
    judge counts as much as it helps (power tuning). Raises ValueError for fewer than two labels. Angelopoulos et al.
    2023, Science 382:669 (arXiv 2301.09633); Angelopoulos, Duchi & Zrnic 2023, PPI++ (arXiv 2311.01453), section 6.
    """
    y, f, rest = (np.asarray(one, dtype=np.float64) for one in (labels, judged, unlabelled))
    if len(y) != len(f) or len(y) < 2:
        raise ValueError("at least two items that both people and the judge have scored are needed")
    n, more = len(y), len(rest)
    if more:
        variance = float(np.concatenate([f, rest]).var(ddof=1))
        weight = float(np.cov(y, f, ddof=1)[0, 1]) / ((1.0 + n / more) * variance) if variance > 0 else 0.0
        weight = min(max(weight, 0.0), 1.0)
        spread = (y - weight * f).var(ddof=1) / n + weight**2 * rest.var(ddof=1 if more > 1 else 0) / more
        mean = weight * float(rest.mean()) + float((y - weight * f).mean())
    else:
        mean, spread = float(y.mean()), y.var(ddof=1) / n
    half = quantile(1.0 - alpha / 2.0) * math.sqrt(float(spread))
    return mean, mean - half, mean + half
