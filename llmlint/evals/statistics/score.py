"""Differences or scores → score tests and intervals, with the variance that the boundary itself implies."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
STEPS = 60
FEW = 12  # as many distinct values are quicker without arrays


def null_variance(values: ArrayLike, counts: ArrayLike, mean: float, low: float) -> float:
    """Variance around `mean` of one draw under the likeliest distribution whose mean is `mean`.

    The empirical likelihood estimate over the observed values and `low`, the least that a draw can be, observed or not
    (so that a rare disaster which has not shown yet is reckoned with). Over the values −1, 0, 1 that is the restricted
    maximum likelihood estimate of Tango 1998, Statistics in Medicine 17:891; for graded scores see Owen 1988,
    Biometrika 75:237. values, counts: (v,), how often each value was observed.
    """
    v, c = np.asarray(values, dtype=np.float64) - mean, np.asarray(counts, dtype=np.float64)
    v, share = v[c > 0], c[c > 0] / c.sum()
    bottom, top = min(low - mean, float(v.min())), float(v.max())
    if bottom >= 0 or top <= 0:  # no distribution over these values has that mean
        return float((share * v**2).sum())
    if len(v) <= FEW:
        t = _root(v.tolist(), share.tolist(), -1.0 / top, -1.0 / bottom)
    else:
        t = _root_of_many(v, share, bottom, top)
    weight = share / np.maximum(1.0 + t * v, 1e-12)
    rest = max(1.0 - float(weight.sum()), 0.0)  # what falls on `low`, unobserved
    return float((weight * v**2).sum()) + rest * bottom**2


def _root(v: Sequence[float], share: Sequence[float], low: float, high: float) -> float:
    """The t in (low, high) at which Σ share·v / (1 + t·v) is 0, a falling function; the nearer end where it is not."""
    pairs, t = list(zip(v, share, strict=True)), 0.0
    for _ in range(STEPS):
        value = slope = 0.0
        for x, s in pairs:
            part = x / max(1.0 + t * x, 1e-12)
            value += s * part
            slope += s * part * part
        low, high = (t, high) if value > 0 else (low, t)
        ahead = t + value / slope if slope > 0 else high
        step, t = t, ahead if low < ahead < high else (low + high) / 2.0
        if abs(t - step) < 1e-10 * max(1.0, abs(t)):
            break
    return t


def _root_of_many(v: Floats, share: Floats, bottom: float, top: float) -> float:
    """As `_root`, by arrays."""
    low, high, t = -1.0 / top, -1.0 / bottom, 0.0
    for _ in range(STEPS):
        part = v / np.maximum(1.0 + t * v, 1e-12)
        value, slope = float(share @ part), float(share @ part**2)
        low, high = (t, high) if value > 0 else (low, t)
        ahead = t + value / slope if slope > 0 else high
        step, t = t, ahead if low < ahead < high else (low + high) / 2.0
        if abs(t - step) < 1e-10 * max(1.0, abs(t)):
            break
    return t


def score_z(values: ArrayLike, counts: ArrayLike, boundary: float, low: float) -> float:
    """How many standard errors the mean lies above `boundary`, the error being that under the boundary."""
    v, c = np.asarray(values, dtype=np.float64), np.asarray(counts, dtype=np.float64)
    n = float(c.sum())
    away = float((c * v).sum()) / n - boundary
    variance = null_variance(v, c, boundary, low)
    return away * math.sqrt(n / variance) if variance > 0 else math.copysign(math.inf, away) if away else 0.0


def tango_z(gained: ArrayLike, lost: ArrayLike, n: ArrayLike, margin: ArrayLike) -> Floats:
    """The score test of paired binary outcomes at a non-inferiority margin, any shapes that broadcast.

    gained: pairs in which only the candidate is right; lost: only the reference; n: all pairs. Above z(1 − α): the
    candidate's mean is above the reference's less `margin`. Tango 1998, Statistics in Medicine 17:891, eq. 3 to 7.
    """
    b, c = np.asarray(gained, dtype=np.float64), np.asarray(lost, dtype=np.float64)
    total, delta = np.asarray(n, dtype=np.float64), np.asarray(margin, dtype=np.float64)
    # the restricted estimate q of P(only the reference is right) solves 2n·q² + middle·q + last = 0
    middle, last = -(b + c) - (2.0 * total - b + c) * delta, c * delta * (1.0 + delta)
    q = (-middle + np.sqrt(np.maximum(middle**2 - 8.0 * total * last, 0.0))) / (4.0 * total)
    variance = total * (2.0 * q - delta * (1.0 + delta))
    return np.asarray((b - c + total * delta) / np.sqrt(np.maximum(variance, 1e-300)))


def score_interval(
    values: ArrayLike, counts: ArrayLike, low: float, high: float, z: float, z_upper: float | None = None
) -> tuple[float, float]:
    """All means that the score test does not reject: below by z, above by z_upper (as z where None).

    low, high: the range that a draw can have. Over −1, 0, 1 it is the interval of Tango 1998.
    """
    v, c = np.asarray(values, dtype=np.float64), np.asarray(counts, dtype=np.float64)
    lower = _limit(v, c, low, z)
    return lower, -_limit(-v, c, -high, z if z_upper is None else z_upper)


def _limit(values: Floats, counts: Floats, low: float, z: float) -> float:
    """The least mean below the observed one that is not rejected."""
    inside, outside = float((counts * values).sum() / counts.sum()), low
    for _ in range(40):
        middle = (inside + outside) / 2.0
        if score_z(values, counts, middle, low) < z:
            inside = middle
        else:
            outside = middle
        if inside - outside < 1e-7:
            break
    return outside
