from __future__ import annotations

import json
from pathlib import Path

import pytest

from llmlint.facts import CallSite, CapFact, FileError, ModelFact, PromptFact, TaskFact
from tests.cli.pipeline import Pipeline, run


def site(path: str, line: int, cell: int | None = None) -> CallSite:
    return CallSite(
        path, line, line, 5, 9, "generate", "anthropic", "messages.create", cell, model=ModelFact(("m-1", "m-2")),
        output_cap=CapFact("set", 1024), prompt=PromptFact(10, 3, text="SECRET PROMPT"), task=TaskFact("summarization"),
    )  # fmt: skip


@pytest.fixture
def pipeline(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Pipeline:
    monkeypatch.chdir(tmp_path)
    sites = (site("b.ipynb", 1, 2), site("b.ipynb", 9, 0), site("a.py", 7), site("a.py", 3))
    return Pipeline(call_sites=sites).install(monkeypatch)


@pytest.mark.parametrize("options", [[], ["--format", "jsonl"], ["-f", "auto"]])
def test_json_lines_sorted_by_path_cell_line(options: list[str], pipeline: Pipeline) -> None:
    result = run("facts", *options)
    rows = [json.loads(line) for line in result.stdout.splitlines()]
    assert [(r["path"], r["cell"], r["line"]) for r in rows] == [
        ("a.py", None, 3), ("a.py", None, 7), ("b.ipynb", 0, 9), ("b.ipynb", 2, 1),
    ]  # fmt: skip
    assert rows[0]["schema"] == 1 and rows[0]["output_cap"]["value"] == 1024
    assert "SECRET" not in result.output and result.exit_code == 0


def test_table(pipeline: Pipeline) -> None:
    lines = run("facts", "--format", "table").stdout.splitlines()
    assert lines[0].split() == ["place", "call", "model", "output", "limit", "task"]
    assert lines[1].split() == ["a.py:3", "anthropic", "messages.create", "m-1", "|", "m-2", "1024", "summarization"]
    assert lines[3].startswith("b.ipynb:cells[0]:9 ") and lines[-1] == "4 call sites in 3 files, 0.2 s"
    pipeline.call_sites = ()
    assert run("facts", "--format", "table").stdout == "0 call sites in 3 files, 0.2 s\n"


def test_unread_files_are_named_on_stderr_and_make_it_2(pipeline: Pipeline) -> None:
    pipeline.errors = (FileError("bad.py", 3, "invalid syntax", True),)
    result = run("facts")
    assert (result.exit_code, result.stderr) == (2, "llmlint: bad.py:3: error: not analysed: invalid syntax\n")


def test_output_to_a_file(pipeline: Pipeline, tmp_path: Path) -> None:
    assert run("facts", "-o", "facts.jsonl").stdout == ""
    assert len((tmp_path / "facts.jsonl").read_text().splitlines()) == 4
