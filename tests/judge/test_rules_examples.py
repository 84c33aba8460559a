"""Every built-in rule finds its bad examples and leaves its good ones alone."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from llmlint.judge.examples import check_rule, run_example
from llmlint.judge.rules import Example, Rule, load_rules
from tests.judge.test_rules import MINIMAL, parse_rule

CASES = [
    pytest.param(rule, kind, example, id=f"{rule.name}-{kind}-{i}")
    for rule in load_rules()
    for kind, examples in (("bad", rule.bad), ("good", rule.good))
    for i, example in enumerate(examples, 1)
]


@pytest.mark.parametrize(("rule", "kind", "example"), CASES)
def test_example(rule: Rule, kind: str, example: Example, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LLMLINT_TODAY", "2026-11-25")  # the day that the examples were written
    found = run_example(rule, example)
    assert bool(found) is (kind == "bad"), [f.message for f in found]


def test_examples_that_show_the_wrong_thing_are_told() -> None:
    rule = parse_rule(MINIMAL)
    assert check_rule(rule) == ["bad example 1: nothing is found"]


def test_the_rule_in_the_documentation_holds() -> None:
    text = (Path(__file__).parents[2] / "docs" / "rules.md").read_text(encoding="utf-8")
    (yaml,) = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
    assert check_rule(parse_rule(yaml)) == []
