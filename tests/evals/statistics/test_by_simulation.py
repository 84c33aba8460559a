"""What is said to fail with probability alpha fails no oftener, where it is hardest: at the boundary itself."""

from __future__ import annotations

import math

import pytest

np = pytest.importorskip("numpy")

from llmlint.evals.statistics import closed  # noqa: E402
from llmlint.evals.statistics.betting import DISTANCES, finite_wealth, growth  # noqa: E402
from llmlint.evals.statistics.closed import ClosedBets, ClosedScores  # noqa: E402
from llmlint.evals.statistics.ppi import prediction_powered_mean  # noqa: E402
from llmlint.evals.statistics.sequence import betting_interval, mixture_radius  # noqa: E402
from llmlint.evals.statistics.spending import power_boundaries  # noqa: E402

REPEATS = 400
SLACK = 3 * math.sqrt(0.05 * 0.95 / REPEATS)  # three standard errors of a share of 0.05


def finite(generator: np.random.Generator, total: int, mean: float) -> np.ndarray:
    """−1, 0, 1 in random order whose mean is `mean` exactly."""
    lost = total // 10
    gained = lost + round(total * mean)
    x = np.concatenate([np.full(lost, -1.0), np.full(gained, 1.0), np.zeros(total - lost - gained)])
    return generator.permutation(x)


def test_bets_at_the_boundary() -> None:
    generator = np.random.default_rng(0)
    walks = [finite_wealth(finite(generator, 400, -0.05)[:380], -0.05, -1, 1, 400) for _ in range(REPEATS)]
    assert np.mean([walk.max() >= math.log(20) for walk in walks]) <= 0.05 + SLACK
    assert np.mean([math.exp(walk[-1]) for walk in walks]) < 1.5  # on average nothing is won


def test_bets_find_what_is_there() -> None:
    generator = np.random.default_rng(1)
    found = [finite_wealth(finite(generator, 1000, 0.0), -0.05, -1, 1, 1000).max() >= math.log(20) for _ in range(50)]
    assert sum(found) == 50


@pytest.mark.parametrize("upward", [True, False])
def test_one_sequence_refutes_more_of_the_means_that_are_further_away(upward: bool) -> None:
    x = finite(np.random.default_rng(10), 500, 0.0)[:300]
    means = np.linspace(-0.3, 0.3, 25) * (-1 if upward else 1)
    wealths = np.array([finite_wealth(x, mean, -1, 1, 500, upward) for mean in means])
    assert (np.diff(wealths, axis=0)[np.isfinite(wealths[1:])] >= -1e-9).all() and wealths[-1].max() > math.log(20)


def test_betting_intervals_hold_at_a_stop_chosen_by_the_data() -> None:
    generator = np.random.default_rng(2)
    missed = 0
    for _ in range(100):
        x = finite(generator, 300, 0.02)
        away = np.abs(np.cumsum(x)[20:200] / np.arange(21, 201) - 0.02) * np.sqrt(np.arange(21, 201))
        low, high = betting_interval(x[: 21 + int(away.argmax())], -1, 1, 0.05, 300)
        missed += not low <= 0.02 <= high
    assert missed / 100 <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / 100)


def test_the_asymptotic_sequence_holds_at_all_times() -> None:
    generator = np.random.default_rng(3)
    n = np.arange(50, 1000)
    radius = np.array([mixture_radius(int(one), 1.0, 0.05, 400) for one in n])
    walks = np.cumsum(generator.normal(size=(REPEATS, 1000)), axis=1)[:, 49:999] / n
    assert (np.abs(walks) > radius).any(axis=1).mean() <= 0.05 + SLACK


def test_looks_spend_alpha_and_no_more() -> None:
    shares = tuple(float(share) for share in np.geomspace(0.05, 1.0, 20))
    bounds = np.array(power_boundaries(shares, 0.05))
    steps = np.sqrt(np.diff([0.0, *shares]))
    walks = np.cumsum(np.random.default_rng(4).normal(size=(40_000, 20)) * steps, axis=1) / np.sqrt(shares)
    assert (walks >= bounds).any(axis=1).mean() == pytest.approx(0.05, abs=0.004)


def candidates(generator: np.random.Generator, n: int, means: list[float]) -> np.ndarray:
    """Differences of candidates that share a reference, at the means: (candidates, n) of −1, 0, 1."""
    reference = generator.random(n) < 0.9
    return np.array([(generator.random(n) < 0.9 + mean) * 1.0 - reference for mean in means])


@pytest.mark.parametrize("means", [[-0.05] * 6, [-0.05, -0.3, -0.3], [-0.05] * 3 + [-0.2]])
def test_a_closed_test_by_scores_errs_no_oftener_than_alpha(means: list[float]) -> None:
    generator = np.random.default_rng(5)
    looks = [60, 120, 240, 400]
    bounds = power_boundaries(tuple((look - 30) / 370 for look in looks), 0.05)
    wrong = 0
    for _ in range(REPEATS):
        x = candidates(generator, 400, means) + 0.05
        test, before = ClosedScores(), 30
        for look, bound in zip(looks, bounds, strict=True):
            order = np.argsort(-x[:, :before].mean(axis=1)).tolist()
            test.block(order, {k: float(x[k, before:look].sum()) for k in order})
            test.look({k: float((x[k, :look] ** 2).mean()) for k in order}, look - 30, bound)
            before = look
        wrong += any(test.proven(k) for k in range(len(means)))
    assert wrong / REPEATS <= 0.05 + SLACK


def blocks(x: np.ndarray, step: int, most: int) -> list[np.ndarray]:
    """Log growth of the bets on each row in each block of draws: (rows, bets) each."""
    grown = np.array([growth(row[:most], -0.05, -1, 1, len(row)) for row in x])
    return [grown[:, :, start : start + step].sum(axis=2) for start in range(step, most, step)]


@pytest.mark.parametrize("means", [[-0.05] * 4, [-0.05, -0.3, -0.3]])
def test_a_closed_test_by_bets_errs_no_oftener_than_alpha(means: list[float]) -> None:
    generator = np.random.default_rng(6)
    wrong = 0
    for _ in range(200):
        x = np.array([generator.permutation(finite(generator, 400, max(mean, -0.1))) for mean in means])
        test = ClosedBets(len(DISTANCES))
        for number, gains in enumerate(blocks(x, 20, 300), start=1):
            order = np.argsort(-x[:, : number * 20].mean(axis=1)).tolist()
            test.bet(order, dict(enumerate(gains)))
        wrong += any(test.evidence(k) >= math.log(20) for k in range(len(means)))
    assert wrong / 200 <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / 200)


@pytest.mark.parametrize("kind", [ClosedBets, ClosedScores])
def test_more_candidates_than_there_is_room_for(kind: type, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(closed, "MOST", 3)
    generator, wrong = np.random.default_rng(11), 0
    playing = [[0, 1, 2], [1, 3, 4], [5, 0, 6], [7, 1, 0], [2, 5, 3], [0, 1, 2]]  # some come back
    bounds = power_boundaries(tuple(share / 6 for share in range(1, 7)), 0.05)
    for _ in range(REPEATS):
        x = np.array([finite(generator, 300, -0.05) for _ in range(8)])
        gains, claimed = blocks(x, 40, 280), set()
        test = ClosedBets(len(DISTANCES)) if kind is ClosedBets else ClosedScores()
        for number, (play, bound) in enumerate(zip(playing, bounds, strict=True)):
            start = 40 * (number + 1)
            order = sorted(play, key=lambda k: -float(x[k, :start].sum()))
            if isinstance(test, ClosedBets):
                test.bet(order, {k: gains[number][k] for k in order})
                claimed |= {k for k in order if test.evidence(k) >= math.log(20)}
            else:
                test.block(order, {k: float((x[k, start : start + 40] + 0.05).sum()) for k in order})
                test.look(dict.fromkeys(range(8), 0.15), start, bound)
                claimed |= {k for k in order if test.proven(k)}
            assert set(order) <= set(test.members) and len(test.members) <= 3
        wrong += bool(claimed)
    assert wrong / REPEATS <= 0.05 + SLACK


def test_a_bad_candidate_costs_a_good_one_nothing() -> None:
    x = candidates(np.random.default_rng(7), 2000, [0.0, -0.4, -0.4, -0.4])
    alone, together = ClosedBets(len(DISTANCES)), ClosedBets(len(DISTANCES))
    for gains in blocks(x, 40, 1600):
        alone.bet([0], {0: gains[0]})
        together.bet([0, 1, 2, 3], dict(enumerate(gains)))
    assert together.evidence(0) == pytest.approx(alone.evidence(0)) and alone.evidence(0) > math.log(20)


def test_prediction_powered_intervals_hold_with_a_biased_judge() -> None:
    generator = np.random.default_rng(9)
    missed = 0
    for _ in range(REPEATS):
        truth = (generator.random(1200) < 0.6).astype(float)
        judge = np.clip(truth * 0.5 + 0.45 + generator.normal(0, 0.1, 1200), 0, 1)
        _, low, high = prediction_powered_mean(truth[:200], judge[:200], judge[200:], 0.05)
        missed += not low <= 0.6 <= high
    assert missed / REPEATS <= 0.05 + SLACK
