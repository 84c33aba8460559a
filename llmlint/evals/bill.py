"""A decision, what an answer costs and what was seen so far → what the run will cost, by decisions on made-up scores.

How long a decision takes depends on how good the candidates are. Before anything is known of that, they are drawn from
what candidates usually are beside their reference; what earlier runs or the run itself have seen takes the place of
that as it grows. A few runs are decided on such scores: the forecast is their middle, and where most of them lie.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from llmlint.evals.procedure import Setup, start

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
RUNS, FEWEST = 15, 5
SECONDS = 3.0  # after which no further run is made up, once there are FEWEST
LOW, HIGH = 0.1, 0.9  # of the runs, by what they cost
REFERENCE = (0.75, 0.97)  # between these its mean score usually lies
AWAY, SPREAD = -0.03, 0.045  # how a candidate's mean differs from it, by each tenth of its price; from recordings
WORSE, FAR = 0.3, 0.12  # so many candidates are worse than that, by so much on average
ALIKE = 0.75  # how often two models find an item equally hard
ALIKE_BY = 0.25  # scores that differ by less say the same of an item
PRESUMED = 60  # items that what candidates usually are weighs as much as: so many leave a mean about SPREAD uncertain


@dataclass(frozen=True, slots=True)
class Bill:
    """USD of a run, and the answers that it pays for. usd: within a factor of two of as many made-up runs as can be;
    low, high: eight of ten cost from low to high; whole: what every model on every item would cost.
    """

    usd: Decimal
    low: Decimal
    high: Decimal
    whole: Decimal
    calls: int


def bill(
    setup: Setup, usd: Sequence[float], *, full_grid: bool = False, known: Floats | None = None,
    paid: Bools | None = None, ended: Mapping[int, str] | None = None, once: float = 0.0, seconds: float = SECONDS,
) -> Bill:  # fmt: skip
    """usd: of one answer of each model, graded. known: scores by model and item, NaN where nobody has answered; those
    are what will be told. paid: what costs nothing any more; ended: models that are asked no more; once: USD that are
    paid however early the run stops; seconds: to make runs up, at least FEWEST."""
    left = np.ones((len(usd), setup.items)) if paid is None else (~paid).astype(np.float64)
    each = left * np.asarray(usd)[:, None]
    gone = ended or {}
    each[list(gone)] = 0.0
    whole = Decimal(float(each.sum()) + once)
    if full_grid:
        return Bill(whole, whole, whole, whole, int(left.sum()))
    began, asked = time.monotonic(), list[Bools]()
    while len(asked) < RUNS and (len(asked) < FEWEST or time.monotonic() - began < seconds):
        asked.append(_asked(setup, _scores(setup, known, len(asked)), gone))
    costs = [float(each[one].sum()) + once for one in asked]
    middle = nearest(costs)
    near = [left[one].sum() for one, cost in zip(asked, costs, strict=True) if middle / 2 <= cost <= 2 * middle]
    low, high = (Decimal(float(q)) for q in np.quantile(costs, (LOW, HIGH)))
    return Bill(Decimal(middle), low, high, whole, int(np.median(near)))


def nearest(costs: Sequence[float]) -> float:
    """The figure that as many costs as can be are within a factor of two of; of several such, the middle one."""
    known = np.asarray(costs, dtype=np.float64)
    if known.min() <= 0:
        return float(np.median(known))
    tried = np.geomspace(known.min(), known.max(), 101)
    within = [int(((known >= one / 2) & (known <= 2 * one)).sum()) for one in tried]
    best = tried[np.asarray(within) == max(within)]
    return float(best[len(best) // 2])


def _asked(setup: Setup, scores: Floats, ended: Mapping[int, str]) -> Bools:
    """Which model is asked about which item by a decision on these scores."""
    procedure, asked = start(setup), np.zeros(scores.shape, dtype=np.bool_)
    for model, why in ended.items():
        procedure.end(model, why)
    while asks := procedure.asks():
        for ask in asks:
            items = list(ask.items)
            asked[ask.model, items] = True
            procedure.tell(ask.model, ask.items, scores[ask.model, items].tolist())
    return asked


def _scores(setup: Setup, known: Floats | None, seed: int) -> Floats:
    """(models, items): those known, and for the others what they may be."""
    generator = np.random.default_rng([setup.seed, seed, 7])
    if known is None or np.isnan(known).all():
        return _usual(setup, setup.items, generator, generator.uniform(*REFERENCE), SPREAD)
    rows = known[:, ~np.isnan(known).all(axis=0)]  # the items that somebody has answered
    first = int(np.argmax((~np.isnan(rows)).sum(axis=1)))  # the model that answered most, the reference as a rule
    mean = float(np.nanmean(rows[first]))
    usual = _usual(setup, max(PRESUMED, rows.shape[1]), generator, mean, 0.0)
    pool = np.concatenate([_whole(rows, usual, first, generator), usual[:, :PRESUMED]], axis=1)
    weights = generator.dirichlet(np.ones(pool.shape[1]))  # means are as uncertain as so many items leave them
    drawn = pool[:, generator.choice(pool.shape[1], setup.items, p=weights)]
    return np.where(np.isnan(known), drawn, known)


def _whole(rows: Floats, usual: Floats, first: int, generator: np.random.Generator) -> Floats:
    """Where a model has no score, that of another item on which the `first` scored alike, by chance, or a usual one."""
    out = np.array(rows)
    for row, presumed in zip(out, usual, strict=True):
        have = np.flatnonzero(~np.isnan(row))
        for column in np.flatnonzero(np.isnan(row)):
            near = have[np.abs(rows[first, have] - rows[first, column]) < ALIKE_BY]
            row[column] = row[generator.choice(near)] if len(near) else presumed[column]
    return out


def _usual(setup: Setup, items: int, generator: np.random.Generator, best: float, spread: float) -> Floats:
    """(models, items), 0 or 1: as candidates usually are beside a reference with this mean."""
    shape = (len(setup.models), items)
    usd = np.maximum([model.usd_per_item for model in setup.models], 1e-12)
    away = AWAY * np.log10(usd.max() / usd)
    away = away - (generator.random(len(usd)) < WORSE) * generator.exponential(FAR, len(usd)) * (spread > 0)
    means = np.clip(best + generator.normal(away, spread), 0.02, 0.995)
    names = [model.name for model in setup.models]
    if setup.reference is not None:
        means[names.index(setup.reference)] = best
    ease = np.broadcast_to(generator.random(items), shape)
    hard = np.where(generator.random(shape) < ALIKE, ease, generator.random(shape))
    return np.asarray(hard < means[:, None], dtype=np.float64)
