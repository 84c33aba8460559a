"""`llmlint policy show` and `check` as users and scripts run them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from llmlint.cli import main
from llmlint.judge.policy import load_policy

POLICY = """\
extends: strict
rules:
  output-cap: {severity: info, max_tokens: 5}
  "*": warning
paths:
  - match: x/**
    rules: {output-cap: off, batch: {severity: off}}
llm_calls: [a.b]
traffic: [{match: {path: app/**}, calls_per_day: 5}]
budgets: {monthly_usd: 3}
exemptions: [{rule: batch, path: b, reason: "größer: #1", owner: o, until: 2027-03-31}]
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*args: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(main, args)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.stdout, result.stderr


def test_show_names_origins(folder: Path) -> None:
    (folder / "llmlint.yaml").write_text(POLICY, encoding="utf-8")
    code, out, _ = run("policy", "show")
    assert code == 0
    rows = {text.strip(): origin for text, _, origin in (line.partition("  # ") for line in out.splitlines()) if origin}
    assert rows["max_tokens: 5"] == "llmlint.yaml:3"
    assert rows["classification: small"] == "default (built in)"
    assert rows["require_reason: true"] == "strict (built in)"
    assert rows["monthly_usd: 3"] == "llmlint.yaml:10"
    assert rows["- match: [x/**]"] == "llmlint.yaml:6"
    assert rows["- a.b"] == "llmlint.yaml:8"
    assert rows["include: []"] == "built in"


def test_what_show_prints_is_the_same_policy(folder: Path) -> None:
    (folder / "llmlint.yaml").write_text(POLICY, encoding="utf-8")
    (folder / "shown.yaml").write_text(run("policy", "show")[1], encoding="utf-8")
    first, second = load_policy(folder), load_policy(folder, folder / "shown.yaml")
    assert replace(first, origins={}, source=None) == replace(second, origins={}, source=None)


def test_show_json(folder: Path) -> None:
    (folder / "llmlint.yaml").write_text(POLICY, encoding="utf-8")
    report = json.loads(run("policy", "show", "--format", "json")[1])
    assert (report["schema"], report["source"]) == (1, "llmlint.yaml")
    assert report["policy"]["rules"]["output-cap"] == {"severity": "info", "max_tokens": 5}
    assert report["policy"]["exemptions"][0]["until"] == "2027-03-31"
    assert report["origins"]["rules.output-cap.max_tokens"] == "llmlint.yaml:3"
    assert report["origins"]["include"] == "built in"
    assert yaml.safe_load(run("policy", "show")[1]) == report["policy"]


def test_show_without_a_file(folder: Path) -> None:
    code, out, err = run("policy", "show")
    assert code == 0 and err == "" and "\x1b" not in out
    assert "fail_on: warning" in out and "default (built in)" in out


def test_show_of_what_is_not_there(folder: Path) -> None:
    assert run("policy", "show", "none") == (2, "", "llmlint: none: there is no such path\n")
    code, _, err = run("policy", "show", "--policy", "none.yaml")
    assert code == 2 and err.startswith("llmlint: none.yaml: there is no such file (")


def test_check(folder: Path) -> None:
    assert run("policy", "check")[:2] == (
        0, "no policy file at or above this folder: the built-in pack default is in effect\n",
    )  # fmt: skip
    (folder / "llmlint.yaml").write_text(POLICY, encoding="utf-8")
    assert run("policy", "check") == (0, "llmlint.yaml: ok\n", "")


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("fail_n: x\nrules:\n  a: eror\n", [1, 3]),
        ("extends: [\n", [2]),
        ("include: [a, '!']\npaths:\n- match: '[z-a]'\n  rules: {}\n", [1, 3]),
        ("extends: ./none.yaml\n", [1]),
        ("rule_folders:\n- none\n", [2]),
        ("paths:\n- match: a\n  rules:\n    output-cpa: off\n", [4]),
        ("rules:\n  output-cap: {severity: error,\n    tokens: 5}\n", [3]),
    ],
)
def test_check_names_every_mistake(folder: Path, text: str, lines: list[int]) -> None:
    (folder / "llmlint.yaml").write_text(text, encoding="utf-8")
    code, out, err = run("policy", "check", "llmlint.yaml")
    assert (code, out) == (2, "")
    assert [int(line.split(":")[2]) for line in err.splitlines()] == lines


@pytest.mark.parametrize("args", [["policy"], ["policy", "show"], ["policy", "check"]])
def test_help_begins_with_an_example(args: list[str]) -> None:
    code, out, _ = run(*args, "--help")
    assert code == 0 and f"Examples:\n    llmlint {args[0]}" in out


@pytest.mark.parametrize("command", [("policy", "show"), ("policy", "check"), ("rules",), ("rule", "output-cap")])
def test_a_misspelt_rule_is_told_by_whatever_shows_the_policy(command: tuple[str, ...], folder: Path) -> None:
    (folder / "llmlint.yaml").write_text("rules: {output-cup: off}\n", encoding="utf-8")
    code, out, err = run(*command)
    assert (code, out) == (2, "")
    assert err == "llmlint: llmlint.yaml:1: there is no rule `output-cup` (did you mean `output-cap`?)\n"
