"""Bounded scores in the order they are drawn → wealth of bets against a null hypothesis: evidence at any moment."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
BETS: Floats = np.array([0.02, 0.05, 0.1, 0.18, 0.3, 0.45, 0.65, 0.9])  # shares of the largest bet that cannot ruin


def null_means(x: ArrayLike, mean: float, total: int) -> Floats:
    """What each draw is expected to be, given those before it, if the mean of all `total` is `mean`.

    Draws without replacement from a finite population; a value outside the scores' range: `mean` has become
    impossible. Shape (n,) for x of shape (n,). Waudby-Smith & Ramdas 2020, arXiv 2006.04347, section 2.
    """
    values = np.asarray(x, dtype=np.float64)
    before = np.concatenate([[0.0], np.cumsum(values)[:-1]]) if len(values) else values
    left = total - np.arange(len(values))
    return np.asarray((total * mean - before) / left)


def log_wealth(
    x: ArrayLike, mean: float, low: float, high: float, total: int | None = None, upward: bool = True,
    bets: ArrayLike = BETS,
) -> Floats:  # fmt: skip
    """Log of the wealth after each draw, of bets that the mean lies above `mean` (`upward` False: below).

    Where the mean is `mean` or below (above), the wealth ever reaches 1/α with probability at most α, at any scale of
    the scores. x: (n,) in [low, high]; total: size of the population that is drawn from without replacement, None for
    independent draws. The wealth is an even mixture over constant shares `bets` of the largest bet. Infinite where the
    draws so far make the null hypothesis impossible. Waudby-Smith & Ramdas 2023, JRSS B 86:1, arXiv 2010.09686.
    """
    values = np.asarray(x, dtype=np.float64)
    shares = np.asarray(bets, dtype=np.float64)
    expected = np.full(len(values), mean) if total is None else null_means(values, mean, total)
    if not upward:
        values, expected, low, high = -values, -expected, -high, -low
    impossible = expected < low - 1e-12
    room = np.maximum(expected - low, 1e-12)
    expected = np.minimum(expected, high)  # a null that expects more than there is loses at every draw
    gains = np.log1p(shares[:, None] * np.maximum((values - expected) / room, -1.0))
    wealth = log_mean_exp(np.cumsum(gains, axis=1))
    return np.asarray(np.where(np.maximum.accumulate(impossible), np.inf, wealth))


def log_mean_exp(rows: Floats) -> Floats:
    """log(mean(exp(rows))) over the first axis."""
    top = rows.max(axis=0)
    return np.asarray(top + np.log(np.exp(rows - top).mean(axis=0)))


def block_gains(
    x: ArrayLike, since: int, mean: float, low: float, high: float, total: int | None = None, bets: ArrayLike = BETS
) -> Floats:
    """Log growth of each constant bet on "above `mean`" over the draws x[since:], those before being known. (bets,)."""
    values = np.asarray(x, dtype=np.float64)
    kept = ~np.isnan(values)
    if total is None:
        expected = np.full(len(values), mean)
    else:
        filled = np.where(kept, values, 0.0)
        before = np.concatenate([[0.0], np.cumsum(filled)[:-1]])
        lost = np.concatenate([[0.0], np.cumsum(~kept)[:-1]])
        expected = ((total - lost) * mean - before) / (total - np.arange(len(values)))
    values, expected = values[since:][kept[since:]], expected[since:][kept[since:]]
    if bool((expected < low - 1e-12).any()):
        return np.full(len(np.asarray(bets)), 1e3)
    room = np.maximum(expected - low, 1e-12)
    away = np.maximum((values - np.minimum(expected, high)) / room, -1.0)
    return np.asarray(np.log1p(np.asarray(bets)[:, None] * away).sum(axis=1))
