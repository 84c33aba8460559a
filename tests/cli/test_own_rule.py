"""A new rule is one new file: a user adds one, and every command knows it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from llmlint.cli import main

RULE = """\
name: no-temperature-zero-on-mini
code: ACME001
summary: A request to a mini model; the team has left those.
severity: error
parameters:
  word: {default: mini, type: string, description: What the team has left.}
when: call.kind == "generate" and call.model.values and param.word in call.model.values[0]
message: "`{{ call.model.values[0] }}` is a {{ param.word }} model"
remedy: take another one
why: The team decided so.
examples:
  bad:
    - code: "import openai\\nopenai.OpenAI().responses.create(model='gpt-5-mini', input='x', max_output_tokens=5)\\n"
    - code: "import openai\\nopenai.OpenAI().responses.create(model='gpt-4o-mini', input='x', max_output_tokens=5)\\n"
    - code: "import litellm\\nlitellm.completion(model='gpt-5-mini', messages=[], max_tokens=5)\\n"
  good:
    - code: "import openai\\nopenai.OpenAI().responses.create(model='gpt-5', input='x', max_output_tokens=5)\\n"
    - code: "import openai\\nopenai.OpenAI().embeddings.create(model='mini', input='x')\\n"
    - code: "x = 'gpt-5-mini'\\n"
"""
APP = "import openai\n\nopenai.OpenAI().responses.create(model='gpt-5-mini', input='x', max_output_tokens=5)\n"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "app.py").write_text(APP)
    (tmp_path / "llmlint.yaml").write_text("rule_folders: [lint/rules]\n")
    (tmp_path / "lint" / "rules").mkdir(parents=True)
    (tmp_path / "lint" / "rules" / "mini.yaml").write_text(RULE)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def llmlint(*args: str) -> Result:
    return CliRunner().invoke(main, list(args))


def test_check_finds_what_it_says(project: Path) -> None:
    done = llmlint("check", "--no-cache", "--format", "json")
    (finding,) = json.loads(done.stdout)["findings"]
    assert (finding["rule"], finding["code"], finding["line"]) == ("no-temperature-zero-on-mini", "ACME001", 3)
    assert finding["message"] == "`gpt-5-mini` is a mini model"
    assert done.exit_code == 1


def test_the_policy_sets_it_like_a_built_in_one(project: Path) -> None:
    (project / "llmlint.yaml").write_text(
        "rule_folders: [lint/rules]\nrules: {no-temperature-zero-on-mini: {severity: info, word: nano}}\n"
    )
    assert llmlint("check", "--no-cache").exit_code == 0
    (project / "llmlint.yaml").write_text(
        "rule_folders: [lint/rules]\nrules: {no-temperature-zero-on-mini: {severity: info}}\n"
    )
    done = llmlint("check", "--no-cache", "--format", "json")
    assert [f["severity"] for f in json.loads(done.stdout)["findings"]] == ["info"]


def test_it_is_listed_explained_and_suppressed(project: Path) -> None:
    assert "ACME001" in llmlint("rules").stdout
    assert "The team decided so." in llmlint("rule", "ACME001").stdout
    (project / "app.py").write_text(APP.rstrip() + "  # llmlint: ignore[ACME001] until the migration\n")
    assert llmlint("check", "--no-cache").exit_code == 0


def test_its_examples_run(project: Path) -> None:
    from llmlint.judge.examples import check_rule
    from llmlint.judge.rules import load_rules

    (rule,) = [r for r in load_rules((project / "lint" / "rules",)) if r.code == "ACME001"]
    assert check_rule(rule) == []


def test_a_mistake_in_it_is_one_line(project: Path) -> None:
    (project / "lint" / "rules" / "mini.yaml").write_text(RULE.replace("call.model.values and", "call.modle.values and"))
    done = llmlint("check", "--no-cache")
    assert done.exit_code == 2
    (line,) = done.stderr.splitlines()
    assert "mini.yaml:7" in line and "modle" in line


def test_where_it_fails_the_other_calls_are_judged(project: Path) -> None:
    shaky = "when: 1 / (call.line - 3) and call.model.values and param.word in call.model.values[0]"
    old = next(line for line in RULE.splitlines() if line.startswith("when: "))
    (project / "lint" / "rules" / "mini.yaml").write_text(RULE.replace(old, shaky))
    (project / "app.py").write_text(APP + APP.splitlines()[-1] + "\n")
    (project / "llmlint.yaml").write_text("rule_folders: [lint/rules]\nunread_files: warning\n")
    done = llmlint("check", "--no-cache", "--format", "json")
    report = json.loads(done.stdout)
    assert [f["line"] for f in report["findings"] if f["code"] == "ACME001"] == [4]
    (error,) = report["errors"]
    assert (error["path"], error["line"]) == ("lint/rules/mini.yaml", 7)
    assert error["message"].endswith("division by zero (on app.py:3)")
    assert done.exit_code == 2
