"""z values of several candidates on the same items → which stand out, with the error shared by all."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


def max_quantile(correlation: ArrayLike, alpha: float, draws: int = 20_000, seed: int = 0) -> float:
    """The z that the largest of correlated standard normal values exceeds with probability alpha, by simulation.

    correlation: (k, k). Independent: the Šidák bound; fully dependent: the bound of one.
    """
    matrix = np.asarray(correlation, dtype=np.float64)
    values, vectors = np.linalg.eigh(matrix)
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    normal = np.random.default_rng(seed).normal(size=(draws, len(matrix)))
    return float(np.quantile((normal @ root.T).max(axis=1), 1.0 - alpha))


def moment_selected(z: ArrayLike, n: int) -> NDArray[np.bool_]:
    """The candidates that are not far inside the null: z > −√(2 ln ln n). Others need no share of alpha at a fixed n.

    Andrews & Soares 2010, Econometrica 78:119, by the law of the iterated logarithm. (k,) → (k,).
    """
    return np.asarray(np.asarray(z) > -math.sqrt(2.0 * math.log(max(math.log(max(n, 3)), 1.0))))


def step_down(z: ArrayLike, correlation: ArrayLike, alpha: float) -> NDArray[np.bool_]:
    """Which z are significant, with probability at most alpha of any false one. (k,), (k, k) → (k,).

    The largest against the maximum of all; once it is out, the next against the maximum of the rest. Romano & Wolf
    2005, Econometrica 73:1237, with normal values in the place of the bootstrap.
    """
    values, matrix = np.asarray(z, dtype=np.float64), np.asarray(correlation, dtype=np.float64)
    out = np.zeros(len(values), dtype=bool)
    while not out.all():
        rest = np.flatnonzero(~out)
        bar = max_quantile(matrix[np.ix_(rest, rest)], alpha)
        above = rest[values[rest] >= bar]
        if not len(above):
            break
        out[above] = True
    return out


def simultaneous_intervals(x: ArrayLike, alpha: float) -> Floats:
    """Intervals of the means of k columns that all hold at once with probability 1 − alpha. (n, k) → (k, 2).

    n is fixed beforehand and rows are independent; the width is that of the largest |t| of correlated columns. Romano &
    Wolf 2005, section 4; Hothorn, Bretz & Westfall 2008, Biometrical Journal 50:346.
    """
    rows = np.asarray(x, dtype=np.float64)
    n, k = rows.shape
    deviation = np.maximum(rows.std(axis=0, ddof=1), 1e-12)
    away = (rows - rows.mean(axis=0)) / deviation
    correlation = (away.T @ away) / (n - 1) + np.diag([1e-9] * k)
    both = np.block([[correlation, -correlation], [-correlation, correlation]])
    half = max_quantile(both, alpha) * deviation / math.sqrt(n)
    return np.column_stack([rows.mean(axis=0) - half, rows.mean(axis=0) + half])
