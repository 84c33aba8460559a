"""The loop of an eval: what is asked, what becomes of what comes back, and what is said in the end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from llmlint.evals.calling.budget import BudgetSpent
from llmlint.evals.conclusion import conclude, money, needed_words, ratio_words
from llmlint.evals.graders import grader_of
from llmlint.evals.records import Reply, Request
from llmlint.evals.run import Run
from llmlint.evals.runner import Runner, Settings
from llmlint.evals.saved import result_of, run_from
from llmlint.evals.task import Cast, Task, load_task
from llmlint.money.usage import Usage

USD = {"big": "0.01", "mid": "0.002", "small": "0.0002"}
Answer = Callable[[Request], Reply]


def task_of(folder: Path, items: int = 400, extra: str = "", inputs: str = "") -> Task:
    rows = "".join(f'{{"id": "i{i}", "text": "t{i}{inputs}", "label": "{"ab"[i % 2]}"}}\n' for i in range(items))
    (folder / "items.jsonl").write_text(rows, encoding="utf-8")
    candidates = "".join(f"- {{model: {name}, provider: openai, base_url: 'http://x'}}\n" for name in USD)
    text = (
        "name: letters\ntask: classification\ndata: {file: items.jsonl, id: id, expected: label}\n"
        f"prompt: 'Which letter is {{{{ text }}}}?'\ncandidates:\n{candidates}reference: big\ngraders: exact\n{extra}"
    )
    (folder / "task.yaml").write_text(text, encoding="utf-8")
    return load_task(folder)


def cast_of(task: Task) -> Cast:
    return Cast(task.candidates, "big")


class Fake:
    """A caller that answers at once; `stop_after`, `spent_after`: so many answers."""

    def __init__(self, answer: Answer, stop_after: int = 10**9, spent_after: int = 10**9) -> None:
        self.answer, self.stop_after, self.spent_after = answer, stop_after, spent_after
        self.ended: dict[str, str] = {}
        self.stopped = False
        self.asked: list[tuple[str, str]] = []

    async def answers(self, requests: Iterable[Request]) -> AsyncIterator[tuple[Request, Reply]]:
        for request in requests:
            if len(self.asked) >= self.stop_after:
                self.stopped = True
                return
            if len(self.asked) >= self.spent_after:
                raise BudgetSpent("the budget is spent")
            self.asked.append((request.candidate.name, request.item))
            yield request, self.answer(request)


def right(request: Request, wrong_every: dict[str, int] | None = None) -> Reply:
    """The right letter, but for every n-th item of a model."""
    number, name = int(request.item[1:]), request.candidate.name
    n = (wrong_every or {}).get(name, 0)
    letter = "ab"[number % 2] if not n or (number * 7919) % n else "c"
    return Reply("ok", letter, usage=Usage(100, 1), usd=Decimal(USD[name]), seconds=0.2)


def run(task: Task, caller: Fake, forecast: dict[str, float] | None = None, **settings: Any) -> Run:
    usd = forecast or {name: float(value) for name, value in USD.items()}
    runner = Runner(task, cast_of(task), grader_of(task), caller, Settings("run-1", usd, **settings))
    return asyncio.run(runner.run())


def test_the_cheapest_good_model_is_found_and_nothing_is_asked_twice(tmp_path: Path) -> None:
    caller = Fake(lambda request: right(request, {"small": 3}))
    found = run(task_of(tmp_path, extra="quality: {margin: 0.05}\ntraffic: {items_per_day: 1000}\n"), caller)
    said = conclude(found)
    assert (said.answer, said.model) == ("recommended", "mid")
    assert "mid meets quality (+0.0 pt" in said.sentence
    assert "at 1/5 of the cost of big" in said.sentence
    assert "a month at the declared traffic" in said.sentence
    assert len(caller.asked) == len(set(caller.asked)) == len(found.outcomes) < 1200
    assert found.usd == sum(Decimal(USD[name]) for name, _ in caller.asked)
    assert said.exit_code(found) == 0
    assert said.exit_code(found, ["app.py:1"]) == 1


def test_the_bill_is_forecast_again_by_what_was_seen(tmp_path: Path) -> None:
    task = task_of(tmp_path, items=100, extra="quality: {margin: 0.1}\n")
    runner = Runner(task, cast_of(task), grader_of(task), Fake(right), Settings("r", {k: float(v) for k, v in USD.items()}))
    before = runner.expected()
    found = asyncio.run(runner.run())
    after = runner.expected()
    assert 0 < before.low <= before.usd <= before.whole == pytest.approx(Decimal("0.0122") * 100)
    assert after.usd == after.low == after.high == found.usd


def test_how_many_items_would_settle_it(tmp_path: Path) -> None:
    found = run(task_of(tmp_path, items=60), Fake(right))
    open_one = replace(found.result.candidates[0], needed_items=1_104, needed_usd=2.5)
    assert needed_words(open_one) == "about 1,104 more items for $2.50 would settle it"
    assert needed_words(replace(open_one, needed_items=1, needed_usd=0.0)) == "about 1 more item would settle it"


def test_the_same_seed_asks_the_same(tmp_path: Path) -> None:
    task = task_of(tmp_path)
    first, second = Fake(right), Fake(right)
    assert run(task, first).result == run(task, second).result
    assert first.asked == second.asked


def test_measured_costs_take_the_place_of_a_wrong_forecast(tmp_path: Path) -> None:
    caller = Fake(right)  # the forecast has small dearest of all: it thinks before it answers, as it turns out not
    task = task_of(tmp_path, extra="quality: {margin: 0.05}\n")
    thinking = [replace(one, parameters={"reasoning_effort": "high"}) if one.name == "small" else one for one in task.candidates]
    task = replace(task, candidates=tuple(thinking))
    found = run(task, caller, {"big": 0.01, "mid": 0.002, "small": 0.02})
    assert found.result.recommendation == "small"
    assert len(caller.asked) == len(set(caller.asked))


@pytest.mark.parametrize(("on_error", "quality"), [("leave_out", 1.0), ("wrong", 0.9)])
def test_an_answer_that_could_not_be_had_is_no_wrong_answer_unless_the_task_says_so(
    tmp_path: Path, on_error: str, quality: float
) -> None:
    def answer(request: Request) -> Reply:
        if request.candidate.name == "mid" and int(request.item[1:]) % 10 == 0:
            return Reply("failed", error="503: overloaded")
        return right(request, {"small": 2})

    found = run(task_of(tmp_path, extra=f"quality: {{margin: 0.2}}\non_error: {on_error}\n"), Fake(answer))
    verdict, mine = found.verdict("mid"), found.tally("mid")
    assert verdict is not None and verdict.mean == pytest.approx(quality, abs=0.05)
    assert mine.counts["failed"] == mine.missing > 0
    assert mine.quality == 1.0
    assert mine.wrong_quality == pytest.approx(0.9, abs=0.05)


@pytest.mark.parametrize("status", ["refused", "truncated", "empty", "malformed"])
def test_what_a_model_did_not_answer_well_is_wrong_and_told_apart(tmp_path: Path, status: Any) -> None:
    def answer(request: Request) -> Reply:
        reply = right(request)
        return replace(reply, status=status) if request.candidate.name == "small" else reply

    found = run(task_of(tmp_path), Fake(answer))
    mine = found.tally("small")
    assert mine.counts[status] == mine.answered > 0
    assert mine.quality == 0.0


def test_a_model_that_ends_is_left_and_the_others_go_on(tmp_path: Path) -> None:
    caller = Fake(right)

    def answer(request: Request) -> Reply:
        if request.candidate.name == "small":
            caller.ended["small"] = "no access (401)"
            return Reply("failed", error="no access (401)", attempts=0)
        return right(request)

    caller.answer = answer
    found = run(task_of(tmp_path, extra="quality: {margin: 0.05}\n"), caller)
    assert found.result.recommendation == "mid"
    assert found.ended == {"small": "no access (401)"}
    assert found.tally("small").answered == 0


def test_nothing_measured_never_ends_well(tmp_path: Path) -> None:
    found = run(task_of(tmp_path, items=30), Fake(lambda _: Reply("failed", error="500: no")))
    said = conclude(found)
    assert said.exit_code(found) == 2
    assert "nothing was measured" in said.sentence and "500: no" in said.sentence


def test_the_reference_alone_is_nothing(tmp_path: Path) -> None:
    caller = Fake(right)

    def answer(request: Request) -> Reply:
        if request.candidate.name == "big":
            caller.ended["big"] = "the quota is spent"
            return Reply("failed", error="quota", attempts=0)
        return right(request)

    caller.answer = answer
    found = run(task_of(tmp_path, items=60), caller)
    said = conclude(found)
    assert said.exit_code(found) == 2
    assert "quota is spent" in said.sentence


@pytest.mark.parametrize(("limit", "end", "code"), [("stop_after", "interrupted", 130), ("spent_after", "budget", 3)])
def test_a_run_that_is_cut_short_says_what_is_known(tmp_path: Path, limit: str, end: str, code: int) -> None:
    found = run(task_of(tmp_path), Fake(right, **{limit: 25}))
    said = conclude(found)
    assert (found.end, said.answer, said.exit_code(found)) == (end, "undecided", code)
    assert len(found.outcomes) == 25
    nothing = run(task_of(tmp_path), Fake(right, **{limit: 0}))
    assert conclude(nothing).exit_code(nothing) == (130 if code == 130 else 2)


def test_a_full_grid_asks_everything_whatever_is_decided(tmp_path: Path) -> None:
    caller = Fake(lambda request: right(request, {"small": 3}))
    found = run(task_of(tmp_path, items=200, extra="quality: {margin: 0.1}\n"), caller, full_grid=True)
    assert len(caller.asked) == len(set(caller.asked)) == 600
    assert found.result.recommendation == "mid"


@pytest.mark.parametrize("limit", ["stop_after", "spent_after"])
def test_what_came_before_a_run_was_cut_short_counts_and_the_rest_is_not_left_out(tmp_path: Path, limit: str) -> None:
    task = task_of(tmp_path, items=100, extra="target: dataset\n")
    found = run(task, Fake(right, **{limit: 90}), full_grid=True)  # all of them are big's but for none of mid's
    assert [one.n for one in found.result.candidates] == [0, 0]
    found = run(task, Fake(right, **{limit: 150}), full_grid=True)  # half of mid's
    mid = found.verdict("mid")
    assert mid is not None and mid.n == 20, "the first portion"
    assert mid.interval is not None and mid.interval[0] < -0.3, "none of the other items counts as left out"


def test_worse_models_are_said_to_be_worse(tmp_path: Path) -> None:
    task = task_of(tmp_path, items=600, extra="quality: {margin: 0.05}\ntarget: dataset\n")
    found = run(task, Fake(lambda request: right(request, {"mid": 2, "small": 2})))
    said = conclude(found)
    assert said.answer in ("kept", "undecided")
    if said.answer == "kept":
        assert said.model == "big" and "stay with big" in said.sentence


def test_a_run_comes_back_from_the_store_as_it_was(tmp_path: Path) -> None:
    from llmlint.cli.eval.session import about_run

    task = task_of(tmp_path, items=50)
    found = replace(run(task, Fake(right)), started="2026-11-25T22:00:00+00:00")
    import json

    about = json.loads(json.dumps(about_run(found.scope, cast_of(task)), default=str))
    result = json.loads(json.dumps(result_of(found), default=str))
    again = run_from("run-1", 1795644000.0, about, result, found.outcomes)
    assert again == replace(found, started=again.started)
    assert again.started == "2026-11-25T22:00:00+00:00"


@pytest.mark.parametrize(
    ("usd", "said"),
    [("0", "$0"), ("2310.4", "$2,310"), ("1.066", "$1.07"), ("0.1", "$0.10"), ("0.0042", "$0.0042"), ("0.00001", "$1.0e-05")],
)  # fmt: skip
def test_money(usd: str, said: str) -> None:
    assert money(Decimal(usd)) == said


@pytest.mark.parametrize(("ratio", "said"), [(0.025, "1/40"), (0.5, "1/2"), (0.83, "83 %"), (0.0, "none")])
def test_ratios(ratio: float, said: str) -> None:
    assert ratio_words(ratio) == said
