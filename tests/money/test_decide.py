"""The way of a decision: every turn of the mission's flow, and what is missing left open."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from llmlint.money.cost import SiteCost, site_cost
from llmlint.money.decide import Answers, Bounds, decide, million, patience, sized
from llmlint.money.prices import price_book
from llmlint.money.traffic import Traffic
from tests.judge.sites import site

BOOK = price_book([{"m": {"input_usd_per_mtok": 1, "output_usd_per_mtok": 5}, "dear": {"input_usd_per_mtok": 10, "output_usd_per_mtok": 50}}])


def cost(calls: int | None, model: str = "m", place: str = "app/a.py", **more: Any) -> SiteCost:
    """A call of 900 tokens in and 100 out."""
    traffic = Traffic(None if calls is None else Decimal(calls), Decimal(900), Decimal(100), source="llmlint.yaml:3")
    return sized(site_cost(site(path=place, model={"values": (model,)}, **more), BOOK, traffic), traffic)


NIGHTLY = {"repeated": True, "batch_api": True, "context": {"offline": True, "offline_why": "run by cron"}}


@pytest.mark.parametrize(
    ("calls", "more", "answers", "outcome", "asks"),
    [
        # a million tokens a day are 1,000 of these calls
        (999, {}, Answers(), "cloud-api", ()),
        (1000, {}, Answers(), "open", ("--privacy",)),
        (1000, {}, Answers(privacy=True), "cloud-with-caching", ()),
        (1000, {}, Answers(privacy=False), "cloud-api", ()),
        (49_999, {}, Answers(privacy=True), "cloud-with-caching", ()),
        (50_000, {}, Answers(), "cloud-with-caching", ()),  # high, and hosting does not pay at this price: nothing to ask
        (1_000_000, {"model": "dear"}, Answers(), "open", ("--cost-sensitive",)),
        (1_000_000, {"model": "dear"}, Answers(cost_sensitive=True), "self-host", ()),
        (1_000_000, {"model": "dear"}, Answers(cost_sensitive=False), "cloud-with-caching", ()),
        (1_000_000, {"model": "unheard-of"}, Answers(), "open", ("prices:",)),
        (None, {}, Answers(), "open", ("--volume",)),
        (None, {}, Answers(volume=Decimal(500_000)), "cloud-api", ()),
        (None, {}, Answers(volume=Decimal(2_000_000), privacy=True), "cloud-with-caching", ()),
        (None, NIGHTLY, Answers(), "batch", ()),  # whatever the volume is
        (1_000_000, NIGHTLY, Answers(), "batch", ()),
        (5, {"kind": "batch"}, Answers(), "batch", ()),
        (10_000, {"endpoint": "local"}, Answers(), "self-host", ()),
    ],
)  # fmt: skip
def test_outcome(calls: int | None, more: dict[str, Any], answers: Answers, outcome: str, asks: tuple[str, ...]) -> None:
    decision = decide("a call", [cost(calls, **more)], answers)
    assert (decision.outcome, tuple(option for option, _ in decision.asks)) == (outcome, asks)
    assert decision.turns and all(turn.answer and turn.because for turn in decision.turns)


@pytest.mark.parametrize(
    ("more", "can", "why"),
    [
        (NIGHTLY, True, "run by cron, in a loop"),
        ({**NIGHTLY, "batch_api": False}, False, "no Batch API"),
        ({**NIGHTLY, "repeated": False}, False, "one request at a time"),
        ({**NIGHTLY, "prompt": {"history": "unbounded"}}, False, "rests on the answer before it"),
        ({**NIGHTLY, "context": {"offline": True, "loop_class": "agent"}}, False, "rests on the answer before it"),
        ({"context": {"user_facing": True, "handler": {"by": "flask", "where": "app.py:3"}}}, False, "waits for it, app.py:3"),
        ({}, None, "nothing says whether somebody waits"),
    ],
)  # fmt: skip
def test_patience(more: dict[str, Any], can: bool | None, why: str) -> None:
    found, because = patience(site(**more))
    assert found is can and why in because


def test_a_group_is_added_up_and_its_batches_are_left_out() -> None:
    members = [cost(600), cost(600, place="app/b.py"), cost(10_000, place="jobs/c.py", **NIGHTLY)]
    decision = decide("team", members, Answers(privacy=True))
    assert decision.outcome == "cloud-with-caching" and decision.tokens_per_day == 1_200_000
    assert decision.turns[0].answer == "partly" and "1 of 3" in decision.turns[0].because


def test_one_unknown_volume_leaves_the_group_open() -> None:
    decision = decide("team", [cost(600), cost(None, place="app/b.py")], Answers())
    assert decision.outcome == "open" and "app/b.py" in decision.turns[-1].because


def test_bounds_are_ones_own() -> None:
    assert decide("a", [cost(1000)], Answers(), Bounds(Decimal(2_000_000), Decimal(5_000_000))).outcome == "cloud-api"


def test_hosting_is_worked_out_for_what_is_really_sent() -> None:
    hosting = decide("a", [cost(1_000_000, "dear")], Answers(cost_sensitive=True)).hosting
    assert hosting is not None and hosting.sums.before == 1_000_000 * 30 * (900 * 10 + 100 * 50) / Decimal(1_000_000)


def test_millions() -> None:
    assert [million(Decimal(n)) for n in (400_000, 1_000_000, 2_345_678)] == ["0.4 million", "1 million", "2.35 million"]
