"""A rule's examples → what is wrong with the rule: a bad example must be found, a good one left alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from llmlint.errors import PolicyError, UserError
from llmlint.facts import FileError
from llmlint.judge.finding import Finding
from llmlint.judge.policy import Policy, RuleSetting
from llmlint.judge.rules import OWN_SCOPES, Example, Rule
from llmlint.light import dataclass


class ExampleError(Exception):
    """An example that cannot be judged: its code does not parse, or its rule fails on it."""


def run_example(rule: Rule, example: Example) -> list[Finding]:
    """What the rule finds in an example's code, under the default policy and the example's own. Raises ExampleError."""
    import tempfile

    import yaml

    from llmlint.judge.judge import judge
    from llmlint.judge.rules import load_rules
    from llmlint.tasks.collect import collect_facts

    with tempfile.TemporaryDirectory(prefix="llmlint-example-") as name:
        root = Path(name).resolve()
        for path, content in example.files.items():
            file = root / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(content, encoding="utf-8")
        policy_file = root / "llmlint.yaml"
        if not policy_file.exists():
            policy_file.write_text(yaml.safe_dump(dict(example.policy)), encoding="utf-8")
        policy = _loaded(root, policy_file)
        setting = policy.setting(rule.name, None)
        if setting.in_force(rule.severity, rule.default_off) == "off":
            on = RuleSetting(rule.severity, setting.parameters)
            policy = replace(policy, rules={**policy.rules, rule.name: on})
        facts = collect_facts([root], replace(policy.scan, cache=False, jobs=1), root=root)
        verdict = judge(facts, policy, load_rules() if rule.scope not in OWN_SCOPES else [rule], whole=True)
    if verdict.errors:
        raise ExampleError("; ".join(_told(e) for e in verdict.errors))
    return [finding for finding in verdict.findings if finding.rule == rule.name]


def _refuse_broken_code(example: Example) -> None:
    """A file that names no SDK is never parsed by a run, and an example that shows nothing would pass."""
    import ast

    for path, content in example.files.items():
        if path.endswith(".py"):
            try:
                ast.parse(content)
            except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
                raise ExampleError(f"{path}:{getattr(error, 'lineno', None) or 1}: does not parse") from None


def _loaded(root: Path, file: Path) -> Policy:
    """The example's policy. Raises ExampleError: the file's place is gone when anybody reads of it."""
    from llmlint.judge.policy import load_policy

    try:
        return load_policy(root, file)
    except PolicyError as error:
        mend = f" ({error.mend})" if error.mend else ""
        raise ExampleError(f"its policy: {error.message}{mend}") from None


def _told(error: FileError) -> str:
    place = f"{error.path}:{error.line}" if error.line else error.path
    return f"{place}: {error.message}"


@dataclass(frozen=True, slots=True)
class Problem:
    """An example that does not show what it should. line: in the rule file, 0 unknown."""

    line: int
    message: str


def check_rule(rule: Rule) -> list[str]:
    """One line for each example that does not show what it should."""
    return [problem.message for problem in problems(rule)]


def problems(rule: Rule) -> Iterator[Problem]:
    """Runs the examples one after another."""
    for kind, examples in (("bad", rule.bad), ("good", rule.good)):
        for i, example in enumerate(examples):
            name = f"{kind} example {i + 1}" + (f" ({example.note})" if example.note else "")
            try:
                _refuse_broken_code(example)
                found = run_example(rule, example)
            except (ExampleError, UserError) as error:
                yield Problem(example.line, f"{name}: {error}")
                continue
            if kind == "bad" and not found:
                yield Problem(example.line, f"{name}: nothing is found")
            if kind == "good" and found:
                place = f"{found[0].path}:{found[0].line}"
                yield Problem(example.line, f"{name}: found by mistake at {place}: {found[0].message}")
