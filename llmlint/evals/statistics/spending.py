"""Planned looks → the boundary at each, such that looking often does not spend more than alpha."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from llmlint.evals.statistics.normal import density, quantile, upper_tail

Floats = NDArray[np.float64]
NEVER = 8.0  # a boundary that is not reached: less than 1e-15 may be spent


def obrien_fleming_spent(fraction: float, alpha: float) -> float:
    """How much of alpha may be spent, one-sided, when `fraction` of the information is there.

    Lan & DeMets 1983, Biometrika 70:659, the spending function α*₁: 2 − 2Φ(z(α/2) / √t).
    """
    return float(2.0 * upper_tail(quantile(1.0 - alpha / 2.0) / np.sqrt(min(fraction, 1.0))))


def power_spent(fraction: float, alpha: float, power: float) -> float:
    """As `obrien_fleming_spent`, α·tᵖ: clear cases stop earlier. Kim & DeMets 1987, Biometrika 74:149."""
    return float(alpha * min(fraction, 1.0) ** power)


@lru_cache(maxsize=256)
def power_boundaries(fractions: tuple[float, ...], alpha: float, power: float = 2.0) -> tuple[float, ...]:
    """As `obrien_fleming`, by `power_spent`."""
    spent = [0.0, *(power_spent(fraction, alpha, power) for fraction in fractions)]
    return boundaries(fractions, np.diff(spent).tolist())


@lru_cache(maxsize=256)
def obrien_fleming(fractions: tuple[float, ...], alpha: float) -> tuple[float, ...]:
    """The z to be reached at each look, one-sided.

    fractions: shares of the information at each look, rising, the last at most 1. The probability that a standard
    Brownian motion observed there ever reaches its boundary is alpha (its spent part, if the last is below 1).
    Armitage, McPherson & Rowe 1969 (JRSS A 132:235) recursion; Lan & DeMets 1983.
    """
    spent = [0.0, *(obrien_fleming_spent(fraction, alpha) for fraction in fractions)]
    return boundaries(fractions, np.diff(spent).tolist())


def boundaries(fractions: Sequence[float], spend: Sequence[float], points: int = 201) -> tuple[float, ...]:
    """The z at each look at which exactly `spend` more of the error is spent. points: of the grid of integration."""
    bounds: list[float] = []
    grid = weights = np.zeros(0)
    for look, (now, part) in enumerate(zip(fractions, spend, strict=True)):
        if look == 0:
            grid, mass = np.zeros(1), np.ones(1)
            step = np.sqrt(now)
        else:
            mass, step = weights, np.sqrt(now - fractions[look - 1])
        bound = _solved(grid, mass, step, np.sqrt(now), part)
        bounds.append(bound)
        top = bound * np.sqrt(now)
        fresh = np.linspace(top - (bound + NEVER) * np.sqrt(now), top, points)
        kernel = density((fresh[:, None] - grid[None, :]) / step) / step
        weights = (kernel @ mass) * _simpson(fresh)
        grid = fresh
    return tuple(bounds)


def _solved(grid: Floats, mass: Floats, step: float, scale: float, part: float) -> float:
    """The z above which, among what has not crossed before, probability `part` lies: Newton's steps, kept in bounds."""
    low, high, z = -2.0, NEVER, 3.0
    for _ in range(60):
        away = (z * scale - grid) / step
        over = float(mass @ upper_tail(away)) - part
        if high - low < 1e-9 or abs(over) < 1e-9 * part:
            break
        low, high = (z, high) if over > 0 else (low, z)
        slope = float(mass @ density(away)) * scale / step
        ahead = z + over / slope if slope > 1e-300 else math.inf
        z = ahead if low < ahead < high else (low + high) / 2.0
    return z


def _simpson(grid: Floats) -> Floats:
    weights = np.ones(len(grid))
    weights[1:-1:2], weights[2:-1:2] = 4.0, 2.0
    return np.asarray(weights * (grid[1] - grid[0]) / 3.0)
