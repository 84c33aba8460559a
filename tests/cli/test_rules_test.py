"""`llmlint rules test`: the examples of anybody's rules, each failure with its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.pipeline import run
from tests.cli.test_own_rule import RULE


@pytest.fixture
def lint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "lint").mkdir()
    return tmp_path / "lint"


@pytest.mark.parametrize(("change", "code", "said"), [
    (("", ""), 0, "1 rule, 6 examples: all right"),
    (("model='gpt-4o-mini'", "model='gpt-4o'"), 1,
     "lint/mini.yaml:14: no-temperature-zero-on-mini: bad example 2: nothing is found"),
    (("model='gpt-5',", "model='gpt-5-mini',"), 1,
     "lint/mini.yaml:17: no-temperature-zero-on-mini: good example 1: found by mistake at app.py:2: `gpt-5-mini` is a mini model"),
    (("x = 'gpt-5-mini'", "x = ("), 1, "good example 3: app.py:1: does not parse"),
    (("  good:\n", "  good:\n    - {code: x, policy: {tiers: {chat: smal}}}\n"), 1,
     "lint/mini.yaml:17: no-temperature-zero-on-mini: good example 1: its policy: tiers.chat: 'smal' is not a tier (did you mean 'small'?)"),
    (("call.kind", "call.kid"), 2, "lint/mini.yaml:7: rule `no-temperature-zero-on-mini`, when: `call` has no `kid`"),
    (("ACME001", "LLM101"), 2, "lint/mini.yaml:2: the code `LLM101` is taken by output-cap (built in)"),
    (("severity: error", "severity: fatal"), 2, "lint/mini.yaml:4: `severity` cannot be 'fatal'"),
])  # fmt: skip
def test_own_rules(lint: Path, change: tuple[str, str], code: int, said: str) -> None:
    (lint / "mini.yaml").write_text(RULE.replace(*change) if change[0] else RULE)
    done = run("rules", "test", "lint")
    assert (done.exit_code, said in done.stdout) == (code, True), done.output


def test_all_that_is_broken_is_told_at_once(lint: Path) -> None:
    for name in ("a", "b"):
        (lint / f"{name}.yaml").write_text("name: x\n")
    done = run("rules", "test", "lint/a.yaml", "lint/b.yaml")
    assert done.exit_code == 2 and "lint/a.yaml:1: " in done.stdout and "lint/b.yaml:1: " in done.stdout
    assert done.stdout.endswith("0 rules, 0 examples; 2 rules broken\n")


@pytest.mark.parametrize(("place", "words"), [("nowhere", "there is no such folder"), ("lint", "holds no rule")])
def test_places_without_rules(lint: Path, place: str, words: str) -> None:
    done = run("rules", "test", place)
    assert done.exit_code == 2 and f"llmlint: {place}: {words}" in done.stderr


def test_a_folder_called_as_the_command_is_listed_with_a_path(lint: Path) -> None:
    (lint.parent / "test").mkdir()
    assert "LLM101" in run("rules", "./test").stdout
    assert "LLM101" in run("rules", "list").stdout == run("rules").stdout
