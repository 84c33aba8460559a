"""Batches at half price: answered, repeated where lines fail, adopted after a kill, never submitted twice."""

from __future__ import annotations

import time
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from llmlint.evals.calling import BudgetSpent
from llmlint.evals.store import Store
from tests.evals.calling.conftest import ask, candidate, requests
from tests.evals.server import said, serving

FORMATS = [("openai", "chat"), ("openai", "responses"), ("anthropic", "messages")]


batched = partial(ask, batches=True)


@pytest.mark.parametrize(("provider", "api"), FORMATS)
def test_batches_bring_the_answers_at_half_price(tmp_path: Path, provider: str, api: str) -> None:
    with serving(batch_seconds=0.1, batch_faults=0.2) as server:
        asked = requests(candidate(server.url, "mid", provider, api), 60)
        result = batched(tmp_path, asked)
        assert result.error is None
        assert {item: one.text for (_, item), one in result.replies.items() if one.status == "ok"} == {
            one.item: said("mid", one.messages[0]["content"]) for one in asked if result.replies["mid", one.item].status == "ok"
        }
        assert sum(one.status == "ok" for one in result.replies.values()) >= 56 and len(result.replies) == 60
        assert result.budget.spent == Decimal(server.bill()["usd"]) > 0
        assert (server.bill()["batches"], server.bill()["twice"], result.budget.reserved) == (3, 0, 0)
        batched(tmp_path, [one for one in asked if result.replies["mid", one.item].status == "ok"])
        assert server.bill()["batches"] == 3


@pytest.mark.parametrize(("provider", "api"), FORMATS)
def test_a_batch_in_flight_is_adopted(tmp_path: Path, provider: str, api: str) -> None:
    with serving(batch_seconds=1.0) as server:
        asked = requests(candidate(server.url, "mid", provider, api), 20)
        first = batched(tmp_path, asked, stop_after=0.6)
        assert (len(first.replies), server.bill()["batches"]) == (0, 1)
        assert first.budget.spent == first.budget.uncertain > 0
        second = batched(tmp_path, [*asked, *requests(candidate(server.url, "mid", provider, api), 5, first=20)])
        assert len(second.replies) == 25 and second.statuses() == {"ok"}
        assert (server.bill()["batched"], server.bill()["twice"]) == (25, 0)


@pytest.mark.parametrize("arrived", [True, False])
@pytest.mark.parametrize(("provider", "api"), FORMATS)
def test_a_kill_between_sending_and_knowing_sends_nothing_twice(
    tmp_path: Path, provider: str, api: str, arrived: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    with serving(batch_seconds=0.3) as server:
        asked = requests(candidate(server.url, "mid", provider, api), 20)
        with monkeypatch.context() as patch:
            put = Store.put_batch

            def dies(self: Store, row: Any) -> None:
                if row.state != "sending" or not arrived:
                    put(self, row) if row.state == "sending" else None
                    raise Killed
                put(self, row)

            patch.setattr(Store, "put_batch", dies)
            with pytest.raises(Killed):
                batched(tmp_path, asked)
        # somebody else's batch of the same size stands beside it
        body = {"model": "mid", "max_tokens": 5, "messages": [{"role": "user", "content": "?"}]}
        path = "/v1/messages" if provider == "anthropic" else "/v1/chat/completions"
        kind = "messages" if provider == "anthropic" else "openai"
        server.start_batch([{"custom_id": f"other-{n}", "path": path, "body": body} for n in range(20)], kind)
        before = server.bill()["batches"]
        assert before == 1 + arrived
        result = batched(tmp_path, asked)
        assert result.statuses() == {"ok"} and len(result.replies) == 20
        assert server.bill()["batches"] == before + (not arrived)


def test_a_budget_sends_as_much_as_it_holds(tmp_path: Path) -> None:
    with serving(batch_seconds=0.05) as server:
        result = batched(tmp_path, requests(candidate(server.url, "big"), 200), usd="0.05")
        assert isinstance(result.error, BudgetSpent)
        assert Decimal(server.bill()["usd"]) == result.budget.spent <= Decimal("0.05")
        assert 0 < len(result.replies) < 200


def test_no_access_ends_the_model_and_others_go_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(batch_seconds=0.05) as server:
        dead = candidate("http://127.0.0.1:9", "small")
        began = time.monotonic()
        result = batched(tmp_path, [*requests(dead, 5), *requests(candidate(server.url, "mid"), 5)], patience=0.3, failures=3)
        assert set(result.ended) == {"small"} and time.monotonic() - began < 60
        assert {name: one.status for (name, _), one in result.replies.items()} == {"small": "failed", "mid": "ok"}
