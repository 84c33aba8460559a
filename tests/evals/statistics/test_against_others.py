"""Each formula beside an independent library or a brute-force search."""

from __future__ import annotations

import math

import pytest

np = pytest.importorskip("numpy")

from llmlint.evals.statistics.betting import DISTANCES, MOST, finite_wealth  # noqa: E402
from llmlint.evals.statistics.clusters import cluster_interval, cluster_standard_error  # noqa: E402
from llmlint.evals.statistics.normal import quantile, upper_tail  # noqa: E402
from llmlint.evals.statistics.ppi import prediction_powered_mean  # noqa: E402
from llmlint.evals.statistics.score import null_variance, score_interval, score_z, tango_z  # noqa: E402
from llmlint.evals.statistics.sizes import items_needed  # noqa: E402
from llmlint.evals.statistics.spending import obrien_fleming  # noqa: E402

TABLES = [(3, 90, 7), (0, 100, 0), (0, 90, 10), (12, 80, 8), (50, 40, 10)]  # only the reference right, both, candidate


@pytest.mark.parametrize("z", [-3.0, 0.0, 1.645, 6.5])
def test_normal_tails(z: float) -> None:
    stats = pytest.importorskip("scipy.stats")
    assert float(upper_tail(z)) == pytest.approx(stats.norm.sf(z), rel=1e-10)
    assert quantile(stats.norm.cdf(min(z, 4))) == pytest.approx(min(z, 4), abs=1e-9)


@pytest.mark.parametrize(("lost", "same", "gained"), TABLES)
def test_tango_and_the_general_score_test_agree_with_a_search(lost: int, same: int, gained: int) -> None:
    n, margin = lost + same + gained, 0.03
    q = np.linspace(1e-9, 1 - 1e-9, 400_001)  # of P(only the reference is right), the restricted likelihood
    p, both = q - margin, 1 - 2 * q + margin
    ok = (p >= 0) & (both >= 0)
    likelihood = sum(c * np.log(np.maximum(v, 1e-300)) for c, v in ((lost, q), (same, both), (gained, p)) if c)
    best = q[np.where(ok, likelihood + 0 * q, -np.inf).argmax()]
    expected = (gained - lost + n * margin) / math.sqrt(n * (2 * best - margin - margin**2))
    assert float(tango_z(gained, lost, n, margin)) == pytest.approx(expected, rel=1e-3)
    assert score_z([-1, 0, 1], [lost, same, gained], -margin, -1) == pytest.approx(expected, rel=1e-3)


def test_tango_interval_of_its_own_paper() -> None:
    # Tango 1998, table I: 0 and 12 of 44 pairs disagree
    low, high = score_interval([-1, 0, 1], [0, 32, 12], -1, 1, 1.959964)
    assert (low, high) == pytest.approx((0.1533, 0.4190), abs=0.012)


def test_null_variance_of_graded_scores_by_a_general_optimiser() -> None:
    optimize = pytest.importorskip("scipy.optimize")
    values = np.round(np.random.default_rng(1).uniform(-0.4, 0.5, 40), 3)
    mean = -0.05
    support = np.append(values, -1.0)  # which was not observed, but can be
    found = optimize.minimize(
        lambda p: -np.log(np.maximum(p[:40], 1e-12)).mean(), np.full(41, 1 / 41), bounds=[(1e-9, 1)] * 41, tol=1e-12,
        jac=lambda p: np.append(-1 / np.maximum(p[:40], 1e-12) / 40, 0.0), options={"maxiter": 1000},
        constraints=[{"type": "eq", "fun": lambda p: p.sum() - 1}, {"type": "eq", "fun": lambda p: p @ support - mean}],
    )  # fmt: skip
    assert found.success
    assert null_variance(values, np.ones(40), mean, -1.0) == pytest.approx(found.x @ (support - mean) ** 2, rel=1e-3)


def test_boundaries_as_published() -> None:
    # Lan & DeMets 1983 spending of O'Brien and Fleming's kind, one-sided 0.025, as in Jennison & Turnbull 1999
    assert obrien_fleming((0.2, 0.4, 0.6, 0.8, 1.0), 0.025) == pytest.approx((4.88, 3.36, 2.68, 2.29, 2.03), abs=0.01)


def test_clustered_standard_error_beside_statsmodels() -> None:
    api = pytest.importorskip("statsmodels.api")
    generator = np.random.default_rng(2)
    groups = np.repeat(np.arange(60), 5)
    x = generator.normal(size=60).repeat(5) + generator.normal(size=300)
    fit = api.OLS(x, np.ones(300)).fit(cov_type="cluster", cov_kwds={"groups": groups})
    assert cluster_standard_error(x, groups) == pytest.approx(fit.bse[0], rel=2e-3)
    assert cluster_interval(x, 0.05)[0] < x.mean() < cluster_interval(x, 0.05)[1]


def test_sample_size_beside_scipy() -> None:
    stats = pytest.importorskip("scipy.stats")
    n = items_needed(0.03, 0.1, 0.05, 0.8, looks=1.0)
    assert n is not None
    assert stats.norm.sf(quantile(0.95) - 0.03 * math.sqrt(n / 0.1)) == pytest.approx(0.8, abs=0.001)
    assert items_needed(-0.01, 0.1, 0.05, 0.8) is None


def test_a_perfect_judge_narrows_and_a_useless_one_does_no_harm() -> None:
    generator = np.random.default_rng(4)
    truth = (generator.random(5000) < 0.7).astype(float)
    labels, noise = truth[:100], generator.random(5000)
    mean, low, high = prediction_powered_mean(labels, truth[:100], truth[100:], 0.05)
    _, alone_low, alone_high = prediction_powered_mean(labels, truth[:100], [], 0.05)
    _, useless_low, useless_high = prediction_powered_mean(labels, noise[:100], noise[100:], 0.05)
    assert high - low < 0.3 * (alone_high - alone_low) and low < 0.7 < high and mean == pytest.approx(0.7, abs=0.03)
    assert useless_high - useless_low == pytest.approx(alone_high - alone_low, rel=0.1)


def test_prediction_powered_mean_beside_the_authors_library() -> None:
    library = pytest.importorskip("ppi_py")
    generator = np.random.default_rng(5)
    y = generator.random(300)
    f, rest = y + generator.normal(0, 0.3, 300), generator.random(4000) + generator.normal(0, 0.3, 4000)
    low, high = library.ppi_mean_ci(y, f, rest, alpha=0.1)
    assert prediction_powered_mean(y, f, rest, 0.1)[1:] == pytest.approx((float(low[0]), float(high[0])), abs=0.003)


def test_wealth_is_the_product_that_it_says() -> None:
    x, mean, total = [0.5, -0.25, 1.0, 0.0], -0.1, 10
    wealths = [1.0] * len(DISTANCES)
    for n, value in enumerate(x):
        seen = x[:n]
        expected = (total * mean - sum(seen)) / (total - n)  # of the next draw, if the mean of all is `mean`
        spread = sum((one - sum(seen) / n) ** 2 for one in seen) if n else 0.0
        deviation = math.sqrt((spread + 10 * 0.1) / (n + 10))
        for k, distance in enumerate(DISTANCES):
            bet = min(distance / deviation / math.sqrt(total) * total / (total - n), MOST / (expected + 1.0))
            wealths[k] *= 1.0 + bet * (value - expected)
    assert np.exp(finite_wealth(x, mean, -1, 1, total)[-1]) == pytest.approx(np.mean(wealths))
