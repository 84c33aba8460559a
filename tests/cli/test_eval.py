"""The verbs of `llmlint eval` on a task with stand-ins: what they print, and with which exit code."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from llmlint.cli import main
from tests.evals.letters import LOCAL, TASK, write_letters


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)
    write_letters(tmp_path, 300, '"c" if int(request.item[1:]) % 50 == 0 else request.values["text"]')
    return tmp_path


def llmlint(*arguments: str) -> Result:
    done = CliRunner().invoke(main, ["eval", *arguments])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.output
    return done


def test_the_way_of_a_run(folder: Path) -> None:
    done = llmlint("task.yaml", "-f", "text", "-f", "json=r.json", "-f", "junit=r.xml", "-f", "markdown=r.md", "-f", "html=r.html")
    assert done.exit_code == 0, done.output
    assert done.stdout.rstrip().splitlines()[-1].startswith("cheap (stand-in) meets quality")
    assert all((folder / f"r.{suffix}").stat().st_size > 200 for suffix in ("json", "xml", "md", "html"))
    assert (folder / ".llmlint" / ".gitignore").read_text().split() == ["evals.db*", "reports/"]

    listed = json.loads(llmlint("runs", "--format", "json").stdout)["runs"]
    assert [one["recommendation"] for one in listed] == ["cheap"]
    assert "letters: cheap" in llmlint("runs").stdout
    shown = json.loads(llmlint("show", listed[0]["run"][-6:], "--format", "json").stdout)
    first = json.loads((folder / "r.json").read_text())
    assert shown == first

    rows = list(csv.DictReader(io.StringIO(llmlint("export", "--format", "csv").stdout)))
    assert len(rows) == first["calls"] and {row["stand_in"] for row in rows} == {"True"}
    compared = json.loads(llmlint("compare", "last", "last", "--format", "json").stdout)
    assert {one["difference"] for one in compared["models"]} == {0.0}

    again = llmlint("task.yaml", "--ci")
    assert (again.exit_code, "nobody was asked" in again.stdout) == (0, True)
    (folder / "task.yaml").write_text(TASK.replace("Which", "What"), encoding="utf-8")
    changed = llmlint("task.yaml", "--ci")
    assert ": prompt, graders, models or what is good enough; it is" in changed.output and "meets quality" in changed.stdout
    assert "the data" not in changed.output


def test_quiet_is_the_sentence_alone(folder: Path) -> None:
    done = llmlint("task.yaml", "-q", "--no-decision")
    assert len(done.stdout.splitlines()) == 1
    assert not (folder / ".llmlint" / "decisions").exists()


def test_a_dry_run_asks_nobody(folder: Path) -> None:
    done = llmlint("task.yaml", "--dry-run")
    assert done.exit_code == 0 and "per 1,000 items" in done.stdout
    assert not (folder / ".llmlint").exists()
    for right, wrong, said in (
        ("local:cheap", "local:cheep", "has no 'cheep'"), ("exact", "judge", "judge claude-sonnet-5-5: ANTHROPIC_API_KEY is not set"),
    ):  # fmt: skip
        (folder / "task.yaml").write_text(TASK.replace(right, wrong), encoding="utf-8")
        done = llmlint("task.yaml", "--dry-run")
        assert (done.exit_code, said in done.output) == (2, True), done.output


def test_a_program_that_only_fails_gives_up_and_says_why(folder: Path) -> None:
    (folder / "local.py").write_text(LOCAL.replace("return CHEAP", "raise ValueError('no luck')"))
    (folder / "task.yaml").write_text(TASK + "on_error: wrong\n", encoding="utf-8")
    done = llmlint("task.yaml", "--no-report", "--no-decision")
    assert done.exit_code == 3, "an outage proves nothing"
    assert "cheap (stand-in) gave up: 8 requests in a row failed" in done.stdout and "no luck" in done.stdout


def test_a_floor_is_about_scores_and_not_about_differences(folder: Path) -> None:
    (folder / "task.yaml").write_text(TASK.replace("{margin: 0.1}", "{floor: 0.5}"), encoding="utf-8")
    said = llmlint("task.yaml", "--no-report").stdout
    assert "cheap (stand-in) meets quality (9" in said and " pt" not in said and "floor 50 %" in said
    decision = (folder / ".llmlint" / "decisions" / "letters.yaml").read_text("utf-8")
    assert "difference" not in decision and "floor: 0.5" in decision


def test_what_is_paid_for_is_not_forecast_again_and_batches_that_save_nothing_are_told(folder: Path) -> None:
    (folder / "task.yaml").write_text(TASK.replace("stand_ins:\n", "").replace("  reference: dear\n  candidates:", "reference: dear\ncandidates:"))
    llmlint("task.yaml", "--no-report", "--no-decision", "--limit", "30", "--full-grid")
    said = llmlint("task.yaml", "--dry-run", "--batch").stdout
    assert "60 of the answers are paid for" in said and "no Batch API, asked one by one: dear, cheap" in said
    assert "60 of the answers" not in llmlint("task.yaml", "--dry-run", "--fresh").stdout


def test_a_budget_that_pays_for_nothing_is_an_error(folder: Path) -> None:
    done = llmlint("task.yaml", "--budget", "0.0000001")
    assert done.exit_code == 2 and "the budget of" in done.stdout, done.output


def test_a_plan_goes_by_the_last_run(folder: Path) -> None:
    assumed = json.loads(llmlint("plan", "task.yaml", "--format", "json").stdout)
    assert "assumed" in assumed["source"]
    llmlint("task.yaml", "-q")
    known = json.loads(llmlint("plan", "task.yaml", "--format", "json").stdout)
    assert "variance that run" in known["source"]
    assert known["candidates"][0]["needed_items"] < assumed["candidates"][0]["needed_items"]
    narrow = json.loads(llmlint("plan", "task.yaml", "--margin", "0.01", "--format", "json").stdout)
    assert narrow["candidates"][0]["needed_items"] > known["candidates"][0]["needed_items"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--seed", "1"], "nothing to decide from"), (["nowhere.yaml"], "there is no such task"), (["show"], "there is no store of runs"),
        (["task.yaml", "--only", "cheep"], "the task has no candidate 'cheep'"),
        (["task.yaml", "--only", "dear"], "it is the reference"), (["task.yaml", "--budget", "nan"], "not nan"),
        (["task.yaml", "--models"], "names no models"), (["task.yaml", "-f", "text", "-f", "json"], "cannot share"),
        (["plan", "task.yaml", "--run", "x"], "no run is 'x'"),
    ],
)  # fmt: skip
def test_mistakes_are_one_line(folder: Path, arguments: list[str], said: str) -> None:
    done = llmlint(*arguments)
    assert done.exit_code == 2 and said in done.output, done.output
    assert "Traceback" not in done.output


def test_a_decision_about_models_outlives_a_run_of_stand_ins(folder: Path) -> None:
    file = folder / ".llmlint" / "decisions" / "letters.yaml"
    file.parent.mkdir(parents=True)
    text = 'schema: 1\ntask: letters\nmodel: claude-haiku-4-5\ndate: "2026-11-01"\n'
    file.write_text(text, encoding="utf-8")
    done = llmlint("task.yaml")
    assert "no decision written: the decision on record is about models" in done.output
    assert file.read_text(encoding="utf-8") == text
