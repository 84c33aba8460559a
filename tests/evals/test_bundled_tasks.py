"""The bundled tasks: their data, their stand-ins, and what tells the stand-ins apart."""

from __future__ import annotations

import json
from pathlib import Path
from statistics import fmean

import pytest

from llmlint.bundled import bundled
from llmlint.evals.graders import grader_of
from llmlint.evals.records import Candidate, Reply, Request
from llmlint.evals.stand_ins import Programs
from llmlint.evals.task import Task, load_task, request_for
from llmlint.sdks.models import thinks

TASKS = ("support-triage", "invoice-extraction", "meeting-summary", "sql-codegen")


@pytest.fixture(scope="module", params=TASKS)
def task(request: pytest.FixtureRequest) -> Task:
    return load_task(bundled("evals") / request.param)


def right_answer(task: Task, expected: object) -> str:
    if task.name == "meeting-summary":
        return " ".join(f"{fact}," for fact in expected)  # type: ignore[attr-defined]
    return expected if isinstance(expected, str) else json.dumps(expected)


def test_the_expected_answer_scores_best(task: Task) -> None:
    grader = grader_of(task)
    for item in task.items():
        found = grader.grade(item, Reply("ok", right_answer(task, item.values["expected"])))
        assert found.score == 1 and found.error is None, item.id
        assert (grader.grade(item, Reply("ok", "Sorry, I cannot help with that.")).score or 0) < 0.5


def test_stand_ins_answer_everything_and_differ(task: Task) -> None:
    grader, cast, means = grader_of(task), task.cast({}), {}
    items = task.items()[:120]
    with Programs(task.folder) as programs:
        for candidate in cast.candidates:
            grades = [grader.grade(item, programs.answer(request_for(task, candidate, item))) for item in items]
            assert [grade.error for grade in grades if grade.error] == []
            means[candidate.name] = fmean(grade.score or 0 for grade in grades)
    assert cast.stand_ins and means[cast.reference] == max(means.values())
    assert min(means.values()) < means[cast.reference] - 0.05


def test_stand_ins_see_no_answer(task: Task) -> None:
    for item in task.items():
        assert "expected" not in request_for(task, task.stand_ins[0], item).values


@pytest.mark.parametrize("name", ["support-triage", "sql-codegen"])
def test_stand_ins_are_taught_by_other_examples(name: str) -> None:
    folder = bundled("evals") / name
    texts = [{json.loads(line)["input"] for line in (folder / file).read_text("utf-8").splitlines()}
             for file in ("items.jsonl", "examples.jsonl")]  # fmt: skip
    assert not texts[0] & texts[1]


def test_the_classes_are_even_and_there_is_enough_for_a_decision() -> None:
    task = load_task(bundled("evals") / "support-triage")
    labels = [item.values["expected"] for item in task.items()]
    assert len(labels) >= 300 and all(40 <= labels.count(label) <= 50 for label in set(labels)) and len(set(labels)) == 7
    assert len({item.values["input"] for item in task.items()}) == len(labels)


def sql(answer: str) -> float | None:
    task = load_task(bundled("evals") / "sql-codegen")
    return grader_of(task).grade(task.items()[0], Reply("ok", answer)).score


@pytest.mark.parametrize(
    ("answer", "score"),
    [
        ("```sql\nSELECT count(shop_id) AS n FROM shop WHERE closed_on IS NULL;\n```", 1),
        ("SELECT 7", 0),
        ("DELETE FROM shop", 0),
        ("ATTACH 'x.db' AS x", 0),
        ("PRAGMA query_only = 0", 0),
        ("SELECT 1; SELECT 2", 0),
        ("SELECT load_extension('x')", 0),
        ("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n", 0),
        ("", 0),
    ],
)
def test_a_statement_is_run_safely(answer: str, score: float) -> None:
    assert sql(answer) == score


def test_items_are_as_the_programs_read_them() -> None:
    """The demos read the same files."""
    for name in TASKS:
        rows = [json.loads(line) for line in (bundled("evals") / name / "items.jsonl").read_text("utf-8").splitlines()]
        assert all({"item", "input", "expected"} <= set(row) for row in rows)


def test_requests_fit_the_models(task: Task) -> None:
    for candidate in task.candidates:
        asked = request_for(task, candidate, task.items()[0])
        assert isinstance(asked, Request) and isinstance(candidate, Candidate) and asked.max_tokens
        assert asked.messages[-1]["role"] == "user" and "{{" not in asked.messages[-1]["content"]


def test_no_bundled_file_is_large() -> None:
    assert sum(file.stat().st_size for file in Path(bundled("evals")).rglob("*.jsonl")) < 200_000


def test_every_model_has_a_price_and_a_tier(task: Task) -> None:
    pytest.importorskip("genai_prices")
    from llmlint.money.prices import price_book

    book = price_book([task.prices])
    for one in (*task.candidates, *task.stand_ins):
        assert book.find(one.model, one.provider) is not None and one.tier, one.name
    tiers = [one.tier for one in task.candidates]
    assert next(one.tier for one in task.candidates if one.name == task.reference) == "large" and "small" in tiers


def test_a_model_that_may_think_has_room_for_it(task: Task) -> None:
    for one in task.candidates:
        asked = request_for(task, one, task.items()[0])
        assert not thinks(one.model) or (asked.max_tokens or 0) >= 1024, one.name
