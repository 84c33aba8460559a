"""A task and what an item costs with each candidate → what the run will cost, by decisions on made-up scores.

How long a decision takes depends on how good the candidates are, which nobody knows before. They are drawn from what
candidates usually are beside their reference, a few runs are decided on them, and the forecast is the middle of these.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from llmlint.evals.procedure import Setup, start

if TYPE_CHECKING:
    from llmlint.evals.forecast import Forecast

Floats = NDArray[np.float64]
RUNS = 15
LOW, HIGH = 0.1, 0.9  # of the runs, by what they cost
REFERENCE = (0.75, 0.97)  # between these its mean score usually lies
AWAY, SPREAD = -0.02, 0.045  # how a candidate's mean differs from it, by each tenth of its price; from recordings
ALIKE = 0.75  # how often two models find an item equally hard


@dataclass(frozen=True, slots=True)
class Bill:
    """USD of a run, and the answers that it asks for. low, high: nine runs of ten cost more, or less."""

    usd: Decimal
    low: Decimal
    high: Decimal
    calls: int


def bill(setup: Setup, forecasts: Mapping[str, Forecast], full_grid: bool = False) -> Bill:
    """What the decision that `setup` describes will cost."""
    usd = [float(forecasts[model.name].usd) for model in setup.models]
    if full_grid:
        whole = Decimal(sum(usd)) * setup.items
        return Bill(whole, whole, whole, setup.items * len(usd))
    asked = np.array([_asked(setup, seed) for seed in range(RUNS)])
    low, middle, high = (Decimal(float(q)) for q in np.quantile(asked @ np.array(usd), (LOW, 0.5, HIGH)))
    return Bill(middle, low, high, int(np.median(asked.sum(axis=1))))


def _asked(setup: Setup, seed: int) -> list[int]:
    """By model, how many items a decision on made-up scores asks for."""
    scores, procedure, asked = _scores(setup, seed), start(setup), [0] * len(setup.models)
    while asks := procedure.asks():
        for ask in asks:
            asked[ask.model] += len(ask.items)
            procedure.tell(ask.model, ask.items, scores[ask.model, list(ask.items)].tolist())
    return asked


def _scores(setup: Setup, seed: int) -> Floats:
    """(models, items), 0 or 1."""
    generator, shape = np.random.default_rng([setup.seed, seed, 7]), (len(setup.models), setup.items)
    best = generator.uniform(*REFERENCE)
    usd = np.maximum([model.usd_per_item for model in setup.models], 1e-12)
    away = AWAY * np.log10(usd.max() / usd)
    means = np.clip(best + generator.normal(away, SPREAD), 0.02, 0.995)
    names = [model.name for model in setup.models]
    if setup.reference is not None:
        means[names.index(setup.reference)] = best
    ease = np.broadcast_to(generator.random(shape[1]), shape)
    hard = np.where(generator.random(shape) < ALIKE, ease, generator.random(shape))
    return np.asarray(hard < means[:, None], dtype=np.float64)
