"""The store: what is found again and what is not, what a killed run has cost, what never comes into it."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import stat
import subprocess
import sys
import time
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from llmlint.evals.calling import Budget, Caller, Settings
from llmlint.evals.records import Candidate, Grade, Outcome, Reply, Request
from llmlint.evals.store import Store, StoreError
from llmlint.money.usage import Usage
from tests.evals.calling.conftest import FakePrices, ask, candidate, requests
from tests.evals.server import Server, serving

REQUEST = Request(Candidate("a", "openai", "gpt-x", "chat"), ({"role": "user", "content": "hi"},), item="1")
REPLY = Reply("ok", "yes", usage=Usage(3, 4), usd=Decimal("0.0012"), seconds=0.5)


def changed(**of_candidate: Any) -> Request:
    return replace(REQUEST, candidate=replace(REQUEST.candidate, **of_candidate))


@pytest.mark.parametrize(
    ("other", "same"),
    [
        (replace(REQUEST, item="2", values={"x": 1}), True),
        (changed(name="b", tier="small", key_env="KEY"), True),
        (changed(provider="azure"), False),
        (changed(base_url="http://elsewhere/v1"), False),
        (changed(model="gpt-y"), False),
        (changed(api="responses"), False),
        (changed(parameters={"temperature": 1}), False),
        (replace(REQUEST, system="Be brief."), False),
        (replace(REQUEST, messages=({"role": "user", "content": "ho"},)), False),
        (replace(REQUEST, tools=({"name": "f", "parameters": {}},)), False),
        (replace(REQUEST, schema={"type": "object"}), False),
        (replace(REQUEST, max_tokens=5), False),
        (replace(REQUEST, repeat=1), False),
    ],
)
def test_an_answer_is_found_by_what_was_asked(tmp_path: Path, other: Request, same: bool) -> None:
    with Store(tmp_path / "evals.db") as store:
        store.put(None, REQUEST, REPLY)
        assert store.get(REQUEST) == replace(REPLY, stored=True)
        assert (store.get(other) is not None) is same


def test_another_address_in_the_environment_is_another_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Store(tmp_path / "evals.db") as store:
        store.put(None, REQUEST, REPLY)
        monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:4000")
        assert store.get(REQUEST) is None


def test_what_a_killed_run_may_have_cost_is_counted(tmp_path: Path) -> None:
    with Store(tmp_path / "evals.db") as store:
        run = store.start_run("t", {})
        store.put(run, REQUEST, REPLY, store.leave(run, "k", Decimal(1)))
        store.leave(run, "k", Decimal("0.5"))  # never came back
        store.arrived(store.leave(run, "k", Decimal("0.25")), run, Decimal("0.25"), "half an answer")
        assert store.spent(run) == Decimal("0.7512")


def test_runs_and_outcomes_come_back_as_they_were(tmp_path: Path) -> None:
    outcome = Outcome("1", "a", replace(REPLY, tool_calls=({"name": "f", "arguments": {"x": 1}},)), Grade(0.5, "a", "b", {"f": 1.0}))
    with Store(tmp_path / "evals.db") as store:
        run = store.start_run("t", {"hash": "x"})
        store.put_outcomes(run, [outcome, outcome])
        store.end_run(run, "done", {"sentence": "s"})
        assert list(store.outcomes(run)) == [outcome]
        assert [(one.state, one.about, one.result) for one in store.runs("t")] == [("done", {"hash": "x"}, {"sentence": "s"})]
        assert store.run("last").id == store.run(run[-6:]).id == run
        with pytest.raises(StoreError, match="no run is 'nothing'"):
            store.run("nothing")


def test_the_file_is_its_owners_alone_and_git_leaves_it(tmp_path: Path) -> None:
    path = tmp_path / ".llmlint" / "evals.db"
    with Store(path) as store:
        store.put(None, REQUEST, REPLY)
        for file in path.parent.glob("evals.db*"):
            assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert "evals.db*" in (path.parent / ".gitignore").read_text().split()


@pytest.mark.parametrize("how", ["readable", "link", "no database", "a folder"])
def test_a_store_that_may_be_anybodys_is_refused(tmp_path: Path, how: str) -> None:
    """Whoever can plant answers decides which model is good enough."""
    path = tmp_path / "evals.db"
    if how == "readable":
        Store(path).close()
        path.chmod(0o644)
    elif how == "link":
        path.symlink_to(tmp_path / "other.db")
    elif how == "no database":
        path.write_text("this is a text" * 100)
        path.chmod(0o600)
    else:
        path.mkdir()
    with pytest.raises(StoreError) as error:
        Store(path)
    assert str(path) in str(error.value) and "\n" not in str(error.value)


def test_no_key_comes_into_the_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_KEY", "sk-secret-abcdefghij")
    with serving(models={"small": "401"}) as server:
        for provider in ("openai", "anthropic"):
            ask(tmp_path, requests(candidate(server.url, "mid", provider, key_env="MY_KEY"), 3))
        result = ask(tmp_path, requests(candidate(server.url, "small", key_env="MY_KEY"), 1))
        assert "sk-secret-abcdefghij" in str(server.books.headers)
    assert "sk-" not in str(result.ended)
    for file in tmp_path.glob("evals.db*"):
        assert b"sk-secret" not in file.read_bytes()


@pytest.mark.parametrize("lean", [True, False])
@pytest.mark.parametrize("provider", ["openai", "anthropic"])
def test_the_environments_keys_do_not_go_to_an_address_that_a_task_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, provider: str, lean: bool
) -> None:
    for name in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN"):
        monkeypatch.setenv(name, "sk-mine-0123456789")
    with serving() as server:
        result = ask(tmp_path, requests(candidate(server.url, "mid", provider), 4), lean=lean)
        assert result.statuses() == {"ok"}
        assert "sk-mine" not in str(server.books.headers)


def test_a_key_that_is_missing_is_said_before_anything_is_asked(tmp_path: Path) -> None:
    with serving() as server:
        asked = [*requests(candidate(server.url, "mid"), 2), *requests(candidate(server.url, "big", key_env="NO_SUCH"), 2)]
        result = ask(tmp_path, asked)
        assert str(result.error) == "big: NO_SUCH is not set (export NO_SUCH=…, or name another by key_env)"
        assert server.bill()["asked"] == 0


WORKER = """
import asyncio, sys
from pathlib import Path
from tests.evals.calling.conftest import FakePrices, QUICK, candidate, requests
from llmlint.evals.calling import Budget, Caller, Settings
from llmlint.evals.store import Store

async def main():
    with Store(sys.argv[2]) as store:
        caller = Caller(store, Budget(), FakePrices(), Settings(**QUICK))
        with caller.stopping_on_interrupt():
            async for request, reply in caller.answers(requests(candidate(sys.argv[1]), 400)):
                print(request.item, flush=True)
        await caller.close()
    print("stopped" if caller.stopped else "done")

asyncio.run(main())
"""


@pytest.mark.parametrize("ending", [signal.SIGKILL, signal.SIGINT])
def test_what_was_told_is_kept_and_only_what_was_in_flight_is_paid_again(tmp_path: Path, ending: signal.Signals) -> None:
    path = tmp_path / "evals.db"
    with serving(latency=0.05) as server:
        worker = subprocess.Popen([sys.executable, "-c", WORKER, server.url, str(path)], stdout=subprocess.PIPE, text=True)
        assert worker.stdout is not None
        told = [worker.stdout.readline().strip() for _ in range(60)]
        worker.send_signal(ending)
        told += worker.communicate(timeout=60)[0].split()
        deadline = time.monotonic() + 10
        while server.books.at_once and time.monotonic() < deadline:
            time.sleep(0.02)
        with Store(path) as store:
            kept = {row["item"] for row in store.answers()}
        in_flight = sqlite3.connect(path).execute("select count(*) from underway").fetchone()[0]
        assert set(told) - {"stopped"} <= kept and len(kept) < 400
        if ending == signal.SIGINT:
            assert (told[-1], in_flight, worker.returncode) == ("stopped", 0, 0)
        result = ask(tmp_path, requests(candidate(server.url), 400))
        assert len(result.replies) == 400
        assert server.bill()["twice"] <= in_flight <= 64




def test_a_second_interrupt_leaves_what_is_in_flight_at_the_most_it_can_cost(tmp_path: Path) -> None:
    told: list[int] = []

    async def interrupt_once_asked(server: Server) -> None:
        while not server.bill()["asked"]:
            await asyncio.sleep(0.01)
        for _ in range(2):
            os.kill(os.getpid(), signal.SIGINT)
            await asyncio.sleep(0.05)

    async def interrupted(server: Server) -> Budget:
        budget, asked = Budget(), requests(candidate(server.url), 3)
        with Store(tmp_path / "evals.db") as store:
            caller = Caller(store, budget, FakePrices(), Settings(timeout=600), "r")
            with caller.stopping_on_interrupt(told.append):
                pressing = asyncio.create_task(interrupt_once_asked(server))
                replies = [one async for one in caller.answers(asked)]
                await pressing
            await caller.close()
            assert (replies, store.spent("r")) == ([], budget.spent)
        return budget

    with serving(models={"mid": "hang"}) as server:
        budget = asyncio.run(interrupted(server))
        assert budget.spent == budget.uncertain > 0 == budget.reserved
        assert told == [3]
