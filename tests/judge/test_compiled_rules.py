"""The built-in rules are the same, compiled or parsed; what is compiled counts only for the bytes it was made from."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from llmlint.bundled import bundled
from llmlint.judge import compiled_rules, rules
from llmlint.judge.compiled_rules import COMPILED, compile_rules
from llmlint.judge.rules import load_rules, rule_files


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    copy = tmp_path / "rules"
    shutil.copytree(bundled("rules"), copy)
    (copy / COMPILED).write_text(compile_rules(copy, rule_files(copy)))
    monkeypatch.setattr(rules, "bundled", lambda name: copy)
    return copy


def unread(*asked: object) -> None:
    raise AssertionError("the YAML was read")


def test_compiled_they_are_what_the_yaml_says(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    compiled = folder / COMPILED
    parsed_text = compiled.read_text()
    compiled.unlink()
    parsed = load_rules()
    compiled.write_text(parsed_text)
    monkeypatch.setattr(compiled_rules, "read_document", unread)
    read = load_rules()
    assert read == parsed
    assert [rule.lines for rule in read] == [rule.lines for rule in parsed]
    assert [e.line for r in read for e in (*r.bad, *r.good)] == [e.line for r in parsed for e in (*r.bad, *r.good)]


def test_a_changed_added_or_removed_file_is_noticed(folder: Path) -> None:
    first, second = rule_files(folder)[:2]
    first.write_text(first.read_text().replace("severity: warning", "severity: error").replace("severity: info", "severity: error"))
    assert next(r for r in load_rules() if r.path == str(first)).severity == "error"
    second.unlink()
    assert str(second) not in {r.path for r in load_rules()}


@pytest.mark.parametrize("text", ["", "[]", "{}", "null", '{"sha256": 3}'])
def test_what_is_no_compilation_is_passed_over(folder: Path, text: str) -> None:
    (folder / COMPILED).write_text(text)
    assert load_rules()


def test_a_short_compilation_of_the_right_bytes_is_passed_over(folder: Path) -> None:
    whole = json.loads((folder / COMPILED).read_text())
    (folder / COMPILED).write_text(json.dumps({**whole, "documents": whole["documents"][1:]}))
    assert len(load_rules()) == len(rule_files(folder))


def test_no_yaml_is_imported(folder: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from llmlint.judge import rules;"
        f"rules.bundled = lambda name: Path({str(folder)!r}); rules.load_rules(); print('yaml' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "False\n"
