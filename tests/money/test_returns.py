"""The models of returns: sums worked by hand, break-even, the value at which each input turns the answer."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmlint.errors import UsageError
from llmlint.money.returns import KINDS, model_of, work_out
from llmlint.money.returns.inputs import DAYS, inputs_of
from llmlint.money.returns.records import Given, Result
from llmlint.money.returns.sensitivity import along
from llmlint.money.returns.working import figure, usd
from llmlint.report.returns import FORMATS, render

MONTH = Decimal(100000) * DAYS
MISSION = {"calls_per_day": 100000, "usd_per_call_before": 3000 / MONTH, "usd_per_call_after": 300 / MONTH, "training_usd": 500}
ENOUGH: dict[str, dict[str, Any]] = {
    "cache": {"calls_per_day": 1000, "prefix_tokens": 4000, "input_usd_per_mtok": 3, "cache_read_usd_per_mtok": "0.3", "cache_write_usd_per_mtok": "3.75"},
    "batch": {"calls_per_day": 1000, "usd_per_call": "0.01"},
    "semantic-cache": {"calls_per_day": 10000, "usd_per_call": "0.01"},
    "fine-tune": MISSION,
    "distil": {"calls_per_day": 10000, "usd_per_call_before": "0.01", "usd_per_call_after": "0.001", "training_usd": 200},
    "self-host": {"calls_per_day": 300000, "usd_per_call_before": "0.003", "input_tokens": 1000, "output_tokens": 200},
    "tier": {"calls_per_day": 1000, "usd_per_call_before": "0.01", "usd_per_call_after": "0.001"},
}  # fmt: skip


def worked_out(kind: str, values: dict[str, Any], horizon: int = 12, claim: int = 3) -> Result:
    told = {one.name: one for one in inputs_of(model_of(kind))}
    known = {name: Given(told[name], Decimal(value)) for name, value in values.items()}
    return work_out(kind, known, Decimal(horizon), Decimal(claim))


def near(a: Decimal | None, b: float) -> bool:
    return a is not None and abs(float(a) - b) <= 1e-6 * max(1.0, abs(b))


def test_the_fine_tuning_of_the_mission_breaks_even_in_six_days_not_in_three_months() -> None:
    result = worked_out("fine-tune", MISSION)
    assert result.answer == "pays"
    assert near(result.sums.net, 2700) and near(result.sums.one_off, 500)
    assert result.payback_days is not None and 5 < result.payback_days < 6
    assert near(result.claim.one_off_usd, 8100)
    of = {flip.name: flip for flip in result.claim.flips}
    assert near(of["training_usd"].at, 8100) and near(of["labelling_usd"].at, 7600)
    assert near(of["usd_per_call_after"].at * MONTH, 3000 - 500 / 3)


@pytest.mark.parametrize(
    ("kind", "changed", "before", "after", "one_off"),
    [
        # 1,000 · 30 · 4,000 tokens = 120 million, at 3 dollars
        ("cache", {"hit_share": "0.9"}, 360, 360 * (0.9 * 0.1 + 0.1 * 1.25), 0),
        ("cache", {"hit_share": "0"}, 360, 360 * 1.25, 0),
        ("cache", {"prefix_tokens": 1000, "hit_share": 1}, 90, 90, 0),  # below the minimum
        ("batch", {}, 300, 150, 0),
        ("batch", {"deferrable_share": "0.5", "upkeep_usd_per_month": 10, "one_off_usd": 100}, 300, 235, 100),
        ("semantic-cache", {"embedding_usd_per_call": 0}, 3000, 2100 + 50, 0),
        ("semantic-cache", {"embedding_usd_per_call": 0, "usd_per_wrong_answer": 1}, 3000, 2100 + 50 + 900, 0),
        ("fine-tune", {"labelling_usd": 100, "engineering_usd": 200, "evaluation_usd": 50}, 3000, 300, 850),
        ("fine-tune", {"trainings_per_year": 2, "hosting_usd_per_month": 40}, 3000, 300 + 1000 / 12 + 40, 500),
        ("distil", {"student_share": "0.9", "usd_per_example": "0.02"}, 3000, 300 + 300, 200 + 100),
        # 300,000 / 86,400 · (1/15 + 200/1,500) s · 3 / 0.7 = 2.98: 3 replicas and a spare one, of 2 cards
        ("self-host", {}, 27000, 8 * 720 * 2.5 + 3000, 10000),
        ("self-host", {"usd_per_mtok": "0.5"}, 27000, 9000000 * 1200 / 1e6 * 0.5 + 3000, 10000),
        ("tier", {"escalated_share": "0.1", "check_usd_per_call": "0.0002"}, 300, 300 * (0.1 + 0.1 + 0.02), 0),
    ],
)  # fmt: skip
def test_sums_by_hand(kind: str, changed: dict[str, Any], before: float, after: float, one_off: float) -> None:
    sums = worked_out(kind, {**ENOUGH[kind], **changed}).sums
    assert near(sums.before, before) and near(sums.after, after) and near(sums.one_off, one_off)


def test_a_prefix_is_kept_as_long_as_requests_come_often_enough() -> None:
    often, seldom = (worked_out("cache", {**ENOUGH["cache"], "calls_per_day": n}) for n in (100_000, 24))
    assert often.answer == "pays" and often.sums.after < often.sums.before * Decimal("0.11")
    assert seldom.answer == "never"  # one an hour finds nothing after five minutes, and writing is dearer than reading
    kept = worked_out("cache", {**ENOUGH["cache"], "calls_per_day": 24, "ttl_minutes": 60, "cache_write_usd_per_mtok": 6})
    assert kept.sums.after < seldom.sums.after


@pytest.mark.parametrize(("one_off", "horizon", "answer"), [(0, 12, "pays"), (27000, 10, "pays"), (27001, 10, "too slow")])
def test_answer(one_off: int, horizon: int, answer: str) -> None:
    assert worked_out("fine-tune", {**MISSION, "training_usd": one_off}, horizon).answer == answer


def test_what_saves_nothing_does_not_pay() -> None:
    result = worked_out("tier", {**ENOUGH["tier"], "usd_per_call_after": "0.01"})
    assert (result.answer, result.payback_days, result.claim.one_off_usd) == ("never", None, None)


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=10, deadline=None)
@given(data=st.data())
def test_the_answer_turns_at_a_flip_and_not_before(kind: str, data: st.DataObject) -> None:
    values: dict[str, Any] = {}
    for one in inputs_of(model_of(kind)):
        if one.name in ENOUGH[kind]:
            scale = Decimal(data.draw(st.integers(1, 400))) / 100
            values[one.name] = Decimal(ENOUGH[kind][one.name]) * scale
    result = worked_out(kind, values)
    built = model_of(kind)(**{one.input.name: one.value for one in result.inputs})
    pays = result.answer == "pays"
    for flip in result.flips:
        value = along(built, flip.name, result.horizon)
        beyond, within = (flip.now + (flip.at - flip.now) * Decimal(share) for share in ("1.000001", "0.999999"))
        if flip.unit != "share" or beyond <= 1:
            assert (value(beyond) >= 0) != pays
        if not next(one for one in inputs_of(type(built)) if one.name == flip.name).whole:
            assert (value(within) >= 0) == pays


@pytest.mark.parametrize("kind", KINDS)
def test_an_input_without_a_flip_turns_nothing(kind: str) -> None:
    """Up to a factor of a hundred, or the ends of a share."""
    result = worked_out(kind, ENOUGH[kind])
    built = model_of(kind)(**{one.input.name: one.value for one in result.inputs})
    flipping = {flip.name for flip in result.flips}
    for one in result.inputs:
        if one.value and one.input.name not in flipping:
            ends = (one.input.low, one.input.high or one.value * 100)
            answers = {replace(built, **{one.input.name: x}).sums().net > 0 for x in ends if x >= one.input.low}
            assert answers == {result.answer == "pays"}, one.input.name


@pytest.mark.parametrize(
    ("kind", "values", "says"),
    [
        ("tier", {}, "`roi tier` needs --calls-per-day (calls a day), --usd-per-call-before"),
        ("batch", {"calls_per_day": 1}, "`roi batch` needs --usd-per-call (USD a call; or --monthly-usd-before"),
        ("batch", {**ENOUGH["batch"], "discount": "1.5"}, "--discount must be between 0 and 1, not 1.5"),
        ("batch", {**ENOUGH["batch"], "calls_per_day": "-1"}, "--calls-per-day must be 0 or more, not -1"),
        ("batch", {**ENOUGH["batch"], "calls_per_day": "NaN"}, "--calls-per-day is no sensible number: NaN"),
        ("batch", {**ENOUGH["batch"], "calls_per_day": "1e-300"}, "--calls-per-day is no sensible number: 1E-300"),
        ("batch", {**ENOUGH["batch"], "calls_per_day": "1e40"}, "--calls-per-day is no sensible number: 1E+40"),
        ("self-host", {**ENOUGH["self-host"], "gpus_per_replica": "1.5"}, "--gpus-per-replica must be a whole number"),
    ],
)
def test_bad_input_is_named(kind: str, values: dict[str, Any], says: str) -> None:
    with pytest.raises(UsageError) as caught:
        worked_out(kind, values)
    assert says in str(caught.value)


@pytest.mark.parametrize("kind", KINDS)
def test_no_calls_no_saving(kind: str) -> None:
    assert worked_out(kind, {**ENOUGH[kind], "calls_per_day": 0}).answer == "never"


@pytest.mark.parametrize(
    ("value", "shown", "dollars"),
    [("0", "0", "0"), ("2699.9999", "2,700", "2,700"), ("0.000098630", "0.00009863", "0.0000986"), ("-1.5", "-1.5", "-1.50"),
     ("12.3456", "12.35", "12.35"), ("300", "300", "300"), ("1234567.8", "1,234,568", "1,234,568"), ("0.1", "0.1", "0.1")],
)  # fmt: skip
def test_figures(value: str, shown: str, dollars: str) -> None:
    assert (figure(Decimal(value)), usd(Decimal(value))) == (shown, dollars)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("value", ["1e15", "1e-15", "0"])
def test_the_ends_of_what_makes_sense_can_be_shown(kind: str, value: str) -> None:
    told = {one.name: one for one in inputs_of(model_of(kind))}
    extreme = {name: min(Decimal(value), told[name].high or Decimal(value)) for name in ENOUGH[kind]}
    result = worked_out(kind, extreme)
    for name in FORMATS:
        text = render(name, result)
        assert text and "Infinity" not in text and "NaN" not in text
