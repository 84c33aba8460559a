"""`llmlint rules`: what is in force, in 80 columns."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from llmlint.cli import main
from llmlint.judge.finding import FixSpec
from llmlint.judge.rules import Example, Parameter, Rule


def make(name: str, code: str, **more: object) -> Rule:
    fields: dict[str, object] = {
        "name": name, "code": code, "severity": "warning", "when": "true", "message": "m", "remedy": "r",
        "summary": "a request without a limit on the length of its answer, by whatever route the limit could reach it",
        "why": "Because.", "parameters": {}, "path": "x.yaml",
        "bad": (Example({"app.py": "bad()\n"}, "It is bad."),), "good": (Example({"app.py": "good()\n"}),),
    }  # fmt: skip
    return Rule(**{**fields, **more})  # type: ignore[arg-type]


RULES = (
    make(
        "output-cap", "LLM101", fix=FixSpec("set-keyword"), docs="https://example.com/cap",
        parameters={"max_tokens": Parameter(1024, "integer", "The limit that a fix sets.")},
    ),
    make("model-tier", "LLM201", fix=FixSpec("set-model", {}, "unsafe")),
    make(
        "semantic-cache", "LLM304", default_off=True, severity="info",
        bad=(Example({"a.py": "x = 1", "b.md": "```\ncode\n```"}, policy={"fail_on": "info"}),),
    ),
)  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("llmlint.judge.rules.load_rules", lambda folders=(): RULES)
    (tmp_path / "llmlint.yaml").write_text(
        'rules:\n  "*": error\n  model-tier: off\n  output-cap: {max_tokens: 7}\nextends: []\n', encoding="utf-8"
    )
    return tmp_path


def run(*args: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(main, args)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.stdout, result.stderr


def test_table(folder: Path) -> None:
    code, out, err = run("rules")
    assert (code, err) == (0, "") and "\x1b" not in out
    lines = out.splitlines()
    assert max(map(len, lines)) <= 80
    assert [line.split()[:4] for line in lines if line.startswith("LLM")] == [
        ["LLM101", "output-cap", "error", "fix"],
        ["LLM201", "model-tier", "off", "unsafe"],
        ["LLM304", "semantic-cache", "off", "a"],
    ]


def test_json(folder: Path) -> None:
    report = json.loads(run("rules", "--format", "json")[1])
    assert report["schema"] == 1
    assert [(r["severity"], r["origin"], r["fix"]) for r in report["rules"]] == [
        ("error", "llmlint.yaml:2", "safe"), ("off", "llmlint.yaml:3", "unsafe"), ("off", "the rule", None),
    ]  # fmt: skip


def test_colour_only_where_wanted(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert "\x1b" in run("rules")[1]
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in run("rules")[1]


def test_help_begins_with_an_example() -> None:
    assert "Examples:\n    llmlint rules" in run("rules", "--help")[1]
