"""What a run is expected to cost: inside the full grid, all of it where everything is asked, the same for one seed."""

from __future__ import annotations

from decimal import Decimal

import pytest

from llmlint.evals.bill import bill
from llmlint.evals.forecast import Forecast
from llmlint.evals.procedure import ModelPlan, Setup
from llmlint.money.usage import Usage

USD = {"big": Decimal("0.01"), "mid": Decimal("0.002"), "small": Decimal("0.0002")}
FORECASTS = {name: Forecast(name, Usage(), usd, usd) for name, usd in USD.items()}


def setup_of(items: int, target: str) -> Setup:
    models = [ModelPlan(name, float(usd)) for name, usd in USD.items()]
    return Setup(models, "big", 0.05, items, target)  # type: ignore[arg-type]


@pytest.mark.parametrize("target", ["dataset", "population"])
def test_a_decision_costs_less_than_the_full_grid(target: str) -> None:
    told = bill(setup_of(400, target), FORECASTS)
    whole = sum(USD.values()) * 400
    assert 0 < told.low <= told.usd <= told.high <= whole * Decimal("1.000001") and told.usd < whole
    assert 60 <= told.calls < 1200
    assert told == bill(setup_of(400, target), FORECASTS)


def test_a_full_grid_costs_all_of_it() -> None:
    told = bill(setup_of(400, "dataset"), FORECASTS, full_grid=True)
    assert told.low == told.usd == told.high == pytest.approx(sum(USD.values()) * 400) and told.calls == 1200
