"""What is said to fail with probability alpha fails no oftener, where it is hardest: at the boundary itself."""

from __future__ import annotations

import math

import pytest

np = pytest.importorskip("numpy")

from llmlint.evals.statistics.betting import BETS, block_gains, log_wealth  # noqa: E402
from llmlint.evals.statistics.closed import ClosedBets, ClosedScores  # noqa: E402
from llmlint.evals.statistics.ppi import prediction_powered_mean  # noqa: E402
from llmlint.evals.statistics.sequence import betting_interval, mixture_radius  # noqa: E402
from llmlint.evals.statistics.several import moment_selected, simultaneous_intervals, step_down  # noqa: E402
from llmlint.evals.statistics.spending import power_boundaries  # noqa: E402

REPEATS = 400
SLACK = 3 * math.sqrt(0.05 * 0.95 / REPEATS)  # three standard errors of a share of 0.05


def finite(generator: np.random.Generator, total: int, mean: float) -> np.ndarray:
    """−1, 0, 1 in random order whose mean is `mean` exactly."""
    lost = total // 10
    gained = lost + round(total * mean)
    x = np.concatenate([np.full(lost, -1.0), np.full(gained, 1.0), np.zeros(total - lost - gained)])
    return generator.permutation(x)


@pytest.mark.parametrize("total", [None, 400])
def test_bets_at_the_boundary(total: int | None) -> None:
    generator = np.random.default_rng(0)
    ever = 0
    for _ in range(REPEATS):
        x = finite(generator, 400, -0.05) if total else generator.choice([-1.0, 0.0, 1.0], 400, p=[0.125, 0.8, 0.075])
        ever += log_wealth(x[:380], -0.05, -1, 1, total).max() >= math.log(20)
    assert ever / REPEATS <= 0.05 + SLACK


def test_bets_find_what_is_there() -> None:
    generator = np.random.default_rng(1)
    found = [log_wealth(finite(generator, 1000, 0.0), -0.05, -1, 1, 1000).max() >= math.log(20) for _ in range(50)]
    assert sum(found) == 50


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
        for model in range(len(means)):
            test.add(model)
        for look, bound in zip(looks, bounds, strict=True):
            order = np.argsort(-x[:, :before].mean(axis=1)).tolist()
            test.block(order, {k: float(x[k, before:look].sum()) for k in order})
            test.look({k: float((x[k, :look] ** 2).mean()) for k in order}, look - 30, bound)
            before = look
        wrong += any(test.proven(k) for k in range(len(means)))
    assert wrong / REPEATS <= 0.05 + SLACK


@pytest.mark.parametrize("means", [[-0.05] * 4, [-0.05, -0.3, -0.3]])
def test_a_closed_test_by_bets_errs_no_oftener_than_alpha(means: list[float]) -> None:
    generator = np.random.default_rng(6)
    wrong = 0
    for _ in range(200):
        x = candidates(generator, 300, means)
        test = ClosedBets(len(BETS))
        for model in range(len(means)):
            test.add(model)
        for before in range(20, 300, 20):
            order = np.argsort(-x[:, :before].mean(axis=1)).tolist()
            test.bet(order, {k: block_gains(x[k, : before + 20], before, -0.05, -1, 1) for k in order})
        wrong += any(test.evidence(k) >= math.log(20) for k in range(len(means)))
    assert wrong / 200 <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / 200)


def test_a_bad_candidate_costs_a_good_one_nothing() -> None:
    x = candidates(np.random.default_rng(7), 2000, [0.0, -0.4, -0.4, -0.4])
    alone, together = ClosedBets(len(BETS)), ClosedBets(len(BETS))
    alone.add(0)
    for model in range(4):
        together.add(model)
    for before in range(40, 2000, 40):
        gains = {k: block_gains(x[k, : before + 40], before, -0.05, -1, 1) for k in range(4)}
        alone.bet([0], gains)
        together.bet([0, 1, 2, 3], gains)
    assert together.evidence(0) == pytest.approx(alone.evidence(0)) and alone.evidence(0) > math.log(20)


def test_step_down_and_simultaneous_intervals() -> None:
    generator = np.random.default_rng(8)
    correlation = 0.5 * np.eye(6) + 0.5
    root = np.linalg.cholesky(correlation)
    false = missed = 0
    for _ in range(60):
        z = root @ generator.normal(size=6)
        false += bool(step_down(z, correlation, 0.05).any())
        rows = generator.normal(size=(200, 6)) @ root.T
        limits = simultaneous_intervals(rows, 0.05)
        missed += bool(((limits[:, 0] > 0) | (limits[:, 1] < 0)).any())
    most = 0.05 + 3 * math.sqrt(0.05 * 0.95 / 60)
    assert false / 60 <= most and missed / 60 <= most
    assert step_down([5.0, 2.0, -1.0], np.eye(3), 0.05).tolist() == [True, True, False]  # 2.0 < the bar of three
    assert moment_selected([0.0, -1.0, -4.0], 1000).tolist() == [True, True, False]


def test_prediction_powered_intervals_hold_with_a_biased_judge() -> None:
    generator = np.random.default_rng(9)
    missed = 0
    for _ in range(REPEATS):
        truth = (generator.random(1200) < 0.6).astype(float)
        judge = np.clip(truth * 0.5 + 0.45 + generator.normal(0, 0.1, 1200), 0, 1)
        _, low, high = prediction_powered_mean(truth[:200], judge[:200], judge[200:], 0.05)
        missed += not low <= 0.6 <= high
    assert missed / REPEATS <= 0.05 + SLACK
