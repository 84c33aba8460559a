"""Requests against a server that fails as real ones do: what becomes of each, what it costs, what is paid twice."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from llmlint.evals.calling import BudgetSpent
from llmlint.evals.records import Candidate, Reply
from tests.evals.calling.conftest import ask, candidate, requests
from tests.evals.server import said, serving

FORMATS = [("openai", "chat"), ("openai", "responses"), ("anthropic", "messages")]
MIXED = {"429": 0.1, "500": 0.08, "529": 0.05, "half": 0.04, "reset": 0.03}


@pytest.mark.parametrize("lean", [True, False], ids=["lean", "sdk"])
@pytest.mark.parametrize(("provider", "api"), FORMATS)
def test_each_format_brings_the_answers_and_the_bill(tmp_path: Path, provider: str, api: str, lean: bool) -> None:
    with serving() as server:
        asked = requests(candidate(server.url, "mid", provider, api), 30, system="Say one label.")
        result = ask(tmp_path, asked, lean=lean)
        assert {item: one.text for (_, item), one in result.replies.items()} == {
            one.item: said("mid", one.messages[0]["content"]) for one in asked
        }
        assert result.budget.spent == Decimal(server.bill()["usd"])
        assert result.budget.reserved == 0
        again = ask(tmp_path, asked, lean=lean)
        assert all(one.stored for one in again.replies.values())
        assert server.bill()["asked"] == 30


@pytest.mark.parametrize(("provider", "api"), FORMATS)
def test_no_item_is_lost_to_mixed_faults_and_each_wait_is_kept(tmp_path: Path, provider: str, api: str) -> None:
    with serving(faults=MIXED) as server:
        result = ask(tmp_path, requests(candidate(server.url, "mid", provider, api), 300))
        assert (len(result.replies), result.statuses(), result.ended) == (300, {"ok"}, {})
        bill = server.bill()
        assert (bill["twice"], bill["not_waited"]) == (0, 0)
        assert bill["waited"] >= 10
        assert result.budget.spent >= Decimal(bill["usd"])  # what never came whole is counted as the worst case


@pytest.mark.parametrize("fault", ["refusal", "truncated", "empty"])
@pytest.mark.parametrize(("provider", "api"), FORMATS)
def test_ends_of_answers_are_told_apart(tmp_path: Path, provider: str, api: str, fault: str) -> None:
    with serving(models={"mid": fault}) as server:
        result = ask(tmp_path, requests(candidate(server.url, "mid", provider, api), 3))
        assert result.statuses() == {{"refusal": "refused"}.get(fault, fault)}
        assert result.budget.spent == Decimal(server.bill()["usd"]) > 0


@pytest.mark.parametrize(("provider", "api"), FORMATS)
def test_tools_come_back_as_calls(tmp_path: Path, provider: str, api: str) -> None:
    tool = {"name": "label", "description": "Labels it", "parameters": {"type": "object", "properties": {}}}
    with serving(models={"mid": "tool"}) as server:
        result = ask(tmp_path, requests(candidate(server.url, "mid", provider, api), 1, tools=(tool,)))
        (reply,) = result.replies.values()
        assert (reply.status, reply.tool_calls[0]["name"]) == ("ok", "label")
        assert set(reply.tool_calls[0]["arguments"]) == {"is"}
        assert "label" in str(server.books.bodies[0]["tools"])


@pytest.mark.parametrize(("provider", "api"), FORMATS)
def test_what_is_no_json_where_json_was_asked_for_is_malformed(tmp_path: Path, provider: str, api: str) -> None:
    schema = {"type": "object", "properties": {"label": {"type": "string"}}}
    with serving(models={"mid": "no_json"}) as server:
        result = ask(tmp_path, requests(candidate(server.url, "mid", provider, api), 2, schema=schema))
        assert result.statuses() == {"malformed"}
        assert "label" in str(server.books.bodies[0])


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        ("401", "no access (401)"),
        ("403", "no access (403)"),
        ("404", "not found (404)"),
        ("quota", "the quota is spent"),
        ("credit", "the quota is spent"),
        ("400", "turned down"),
        ("html", "8 answers in a row were none of this API: 200 with text/html"),
        ("500", "no answer in"),
        ("hang", "no answer in"),
        ("reset", "no answer in"),
    ],
)
def test_a_model_that_cannot_answer_ends_alone(tmp_path: Path, fault: str, why: str) -> None:
    with serving(models={"small": fault}) as server:
        # a time-out that is short enough to be waited for is too short for the other on a machine that is busy
        other = Candidate("mid", "callable", "mid") if fault == "hang" else candidate(server.url, "mid")
        asked = [*requests(candidate(server.url, "small"), 100), *requests(other, 50)]
        # how many attempts go into a span of silence depends on the machine; without one they are counted alone
        local = {"callable": lambda _: Reply("ok", "alpha")}
        result = ask(tmp_path, asked, local=local, timeout=0.5 if fault == "hang" else 10, attempts=50, outage=0)
        assert why in result.ended["small"] and "\n" not in result.ended["small"]
        assert "1234567890" not in result.ended["small"]
        assert {one.status for (name, _), one in result.replies.items() if name == "mid"} == {"ok"}
        failed = [one for (name, _), one in result.replies.items() if name == "small"]
        assert {one.status for one in failed} == {"failed"} and len(failed) == 100
        assert server.bill()["by_model"].get("small", 0) <= 64 + 20  # what flies at most, and the attempts it takes
        if fault in ("401", "403", "404", "quota", "credit"):
            assert server.bill()["by_model"]["small"] <= 16


def test_too_many_requests_for_ever_ends_the_model(tmp_path: Path) -> None:
    with serving(models={"small": "429"}) as server:
        result = ask(tmp_path, requests(candidate(server.url, "small"), 20), patience=0.5)
        assert "no answer for" in result.ended["small"]
        assert server.bill()["not_waited"] == 0


def test_a_wait_of_a_day_is_not_waited_for(tmp_path: Path) -> None:
    with serving(models={"small": "429"}, retry_after="86400") as server:
        result = ask(tmp_path, requests(candidate(server.url, "small"), 20))
        assert result.ended["small"].startswith("asks to wait for 86400 s")


def test_pages_instead_of_answers_end_in_malformed(tmp_path: Path) -> None:
    with serving(models={"small": "html"}) as server:
        result = ask(tmp_path, requests(candidate(server.url, "small"), 1), attempts=3)
        (reply,) = result.replies.values()
        assert reply.status == "malformed" and reply.error is not None and "text/html" in reply.error
        assert result.budget.spent == result.budget.uncertain > 0


def test_ten_megabytes_are_an_answer(tmp_path: Path) -> None:
    with serving(models={"small": "huge"}) as server:
        result = ask(tmp_path, requests(candidate(server.url, "small"), 2))
        assert [len(one.text) for one in result.replies.values()] == [10_000_000] * 2


@pytest.mark.parametrize(("provider", "api"), FORMATS)
def test_a_usage_that_cannot_be_read_counts_as_the_worst_and_is_said(tmp_path: Path, provider: str, api: str) -> None:
    with serving(models={"mid": "bad_usage"}) as server:
        result = ask(tmp_path, requests(candidate(server.url, "mid", provider, api), 40))
        assert result.statuses() == {"ok"}
        assert all(one.note is not None and "worst case" in one.note for one in result.replies.values())
        assert result.budget.spent == result.budget.uncertain > Decimal(server.bill()["usd"])


@pytest.mark.parametrize("usd", ["0.0005", "0.01", "0.05"])
def test_the_budget_holds_with_sixty_in_flight(tmp_path: Path, usd: str) -> None:
    with serving(faults=MIXED, latency=0.01) as server:
        result = ask(tmp_path, requests(candidate(server.url, "big"), 400), usd=usd, at_once=60)
        assert isinstance(result.error, BudgetSpent)
        assert Decimal(server.bill()["usd"]) <= result.budget.spent <= Decimal(usd)
        assert result.statuses() <= {"ok"}
        assert result.budget.reserved == 0
        again = ask(tmp_path, requests(candidate(server.url, "big"), 400), usd="0.00001")
        assert len(again.replies) == len(result.replies)  # what was paid was kept


def test_a_model_without_a_price_is_refused_before_the_first_call(tmp_path: Path) -> None:
    with serving() as server:
        asked = [*requests(candidate(server.url, "mid"), 5), *requests(candidate(server.url, "novel"), 5)]
        result = ask(tmp_path, asked)
        assert "no price is known for 'novel'" in str(result.error)
        assert server.bill()["asked"] == 0


def test_the_same_question_at_once_is_paid_once(tmp_path: Path) -> None:
    with serving(latency=0.05) as server:
        asked = requests(candidate(server.url, "mid"), 1) * 10
        ask(tmp_path, asked)
        assert server.bill()["asked"] == 1


def test_concurrency_finds_its_way_up_and_down(tmp_path: Path) -> None:
    with serving(latency=0.15) as server:
        ask(tmp_path, requests(candidate(server.url, "mid"), 500))
        assert server.bill()["most_at_once"] >= 30
    with serving(latency=0.02, capacity=4, retry_after=None) as server:
        result = ask(tmp_path / "down", requests(candidate(server.url, "mid"), 150), patience=30)
        assert result.statuses() == {"ok"} and len(result.replies) == 150
        assert server.bill()["kinds"]["429"] < 300


def test_an_address_where_nobody_is_ends_soon(tmp_path: Path) -> None:
    result = ask(tmp_path, requests(candidate("http://127.0.0.1:9", "mid"), 20), outage=60)
    assert "no answer in" in result.ended["mid"]
    assert result.budget.spent == 0
