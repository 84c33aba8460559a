"""Exemptions of the policy → what they cover, up to which day, and what is said of those that are over or idle."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from llmlint.errors import PolicyError
from llmlint.facts import Facts, FileError
from llmlint.judge.finding import Verdict
from llmlint.judge.judge import check_rule_names, judge
from llmlint.judge.policy import Policy, RuleSetting
from llmlint.judge.rules import load_rules
from llmlint.judge.suppress import Sources
from tests.judge.sites import site

RULES = load_rules()
TODAY = date(2026, 11, 25)
SITES = (site("app.py", 3), site("jobs/a.py", 5, function="Job.run"))


def policy(prefix: str = "", rules: dict[str, RuleSetting] | None = None, **changes: Any) -> Policy:
    row = {"rule": "output-cap", "path": "app.py", "reason": "short", "owner": "ann", "until": "2026-12-31", **changes}
    return Policy(rules or {}, origins={"exemptions[0]": "llmlint.yaml:7"}, extra={"exemptions": [row]}, prefix=prefix)


def judged(policy: Policy, whole: bool = True, errors: tuple[FileError, ...] = ()) -> Verdict:
    facts = Facts(str(Path.cwd()), SITES, errors)
    return judge(facts, policy, RULES, Sources(lambda path: None, ()), whole=whole, today=TODAY)


@pytest.mark.parametrize(("given", "covered"), [
    ({}, ["app.py"]),
    ({"path": "*.py"}, ["app.py", "jobs/a.py"]),
    ({"path": ["jobs/**", "other.py"]}, ["jobs/a.py"]),
    ({"path": "**", "function": "run"}, ["jobs/a.py"]),
    ({"path": "**", "function": "Job.run"}, ["jobs/a.py"]),
    ({"path": "**", "function": "Job"}, []),
    ({"rule": "batch", "path": "**"}, []),
    ({"path": "/app.py"}, ["app.py"]),
    ({"path": "src/app.py", "prefix": "src/"}, ["app.py"]),
    ({"until": "2026-11-25"}, ["app.py"]),
    ({"until": "2026-11-24"}, []),
])  # fmt: skip
def test_what_is_covered(given: dict[str, Any], covered: list[str]) -> None:
    verdict = judged(policy(**given))
    assert [s.finding.path for s in verdict.suppressed] == covered
    assert [f.path for f in verdict.findings if f.rule == "output-cap"] == [
        s.path for s in SITES if s.path not in covered
    ]


def test_a_covered_finding_says_why_and_who_answers_for_it() -> None:
    (taken,) = judged(policy()).suppressed
    assert (taken.kind, taken.reason, taken.where, taken.owner, taken.until) == (
        "exemption", "short", "llmlint.yaml:7", "ann", "2026-12-31",
    )  # fmt: skip


def test_one_that_is_over_is_an_error_at_its_line_of_the_policy() -> None:
    over = [f for f in judged(policy(until="2026-11-24"), whole=False).findings if f.rule == "exemption-expired"]
    assert [(f.severity, f.path, f.line) for f in over] == [("error", "llmlint.yaml", 7)]
    assert "ended on 2026-11-24 (owner ann: short); 1 finding of it counts again" in over[0].message


@pytest.mark.parametrize(("given", "whole", "unread", "said"), [
    ({"path": "gone.py"}, True, (), ["exemption-unused"]),
    ({"path": "gone.py"}, False, (), []),
    ({"path": "gone.py"}, True, ("gone.py",), []),
    ({"rule": "batch"}, True, (), ["exemption-unused"]),
    ({"rule": "batch", "rules": {"batch": RuleSetting("off")}}, True, (), []),
    ({"path": "gone.py", "until": "2020-01-01"}, True, ("gone.py",), ["exemption-expired"]),
    ({}, True, (), []),
])  # fmt: skip
def test_what_is_said_of_idle_ones(given: dict[str, Any], whole: bool, unread: tuple[str, ...], said: list[str]) -> None:
    errors = tuple(FileError(path, None, "broken") for path in unread)
    found = judged(policy(**given), whole, errors).findings
    assert [f.rule for f in found if f.rule.startswith("exemption")] == said


def test_of_a_rule_that_is_not_there() -> None:
    with pytest.raises(PolicyError) as raised:
        check_rule_names(policy(rule="output-cup"), RULES)
    assert str(raised.value) == "llmlint.yaml:7: there is no rule `output-cup` (did you mean `output-cap`?)"
