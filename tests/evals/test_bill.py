"""What a run is expected to cost: inside the full grid, all of it where everything is asked, the same for one seed."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest

from llmlint.evals.bill import bill, nearest
from llmlint.evals.procedure import ModelPlan, Setup, start

USD = {"big": 0.01, "mid": 0.002, "small": 0.0002}
EACH = list(USD.values())


def setup_of(items: int, target: str) -> Setup:
    return Setup([ModelPlan(name, usd) for name, usd in USD.items()], "big", 0.05, items, target)  # type: ignore[arg-type]


@pytest.mark.parametrize("target", ["dataset", "population"])
def test_a_decision_costs_less_than_the_full_grid(target: str) -> None:
    told = bill(setup_of(400, target), EACH)
    assert float(told.whole) == pytest.approx(sum(EACH) * 400)
    assert 0 < told.low <= told.usd <= told.high <= told.whole and told.usd < told.whole
    assert 60 <= told.calls < 1200
    assert told == bill(setup_of(400, target), EACH)


def test_a_full_grid_costs_all_of_it_less_what_is_paid_and_what_ended() -> None:
    told = bill(setup_of(400, "dataset"), EACH, full_grid=True)
    assert told.low == told.usd == told.high == told.whole == pytest.approx(Decimal(sum(EACH)) * 400)
    paid = np.zeros((3, 400), dtype=np.bool_)
    paid[0, :100] = True
    rest = bill(setup_of(400, "dataset"), EACH, full_grid=True, paid=paid, ended={2: "no access"}, once=1.0)
    assert float(rest.usd) == pytest.approx(300 * 0.01 + 400 * 0.002 + 1)


def test_what_was_seen_takes_the_place_of_what_is_presumed() -> None:
    """With every score known, the forecast is the bill; with some, it is nearer to it than without."""
    setup, generator = setup_of(400, "population"), np.random.default_rng(3)
    scores = (generator.random((3, 400)) < np.array([[0.9], [0.9], [0.4]])).astype(float)
    procedure, billed = start(setup), 0.0
    while asks := procedure.asks():
        for ask in asks:
            procedure.tell(ask.model, ask.items, scores[ask.model, list(ask.items)].tolist())
            billed += EACH[ask.model] * len(ask.items)
    sure = bill(setup, EACH, known=scores)
    assert float(sure.low) == float(sure.high) == pytest.approx(billed) and float(sure.usd) == pytest.approx(billed)
    some = np.where(generator.random((3, 400)) < 0.5, scores, np.nan)
    told = bill(setup, EACH, known=some)
    assert told.low <= told.usd <= told.high and 0.5 <= float(told.usd) / billed <= 2
    nothing = bill(setup, EACH, known=scores, paid=np.ones((3, 400), dtype=np.bool_))
    assert (nothing.usd, nothing.calls) == (0, 0)


def test_the_figure_told_is_near_to_as_many_runs_as_can_be() -> None:
    assert 1.5 <= nearest([1, 2, 3, 40]) <= 2
    assert nearest([0.0, 0.0, 1.0]) == 0.0
