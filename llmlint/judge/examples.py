"""A rule's examples → what is wrong with the rule: a bad example must be found, a good one left alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from llmlint.judge.finding import Finding
from llmlint.judge.policy import RuleSetting
from llmlint.judge.rules import OWN_SCOPES, Example, Rule


class ExampleError(Exception):
    """An example that cannot be judged: its code does not parse, or its rule fails on it."""


def run_example(rule: Rule, example: Example) -> list[Finding]:
    """What the rule finds in an example's code, under the default policy and the example's own. Raises ExampleError."""
    import tempfile

    import yaml

    from llmlint.judge.judge import judge
    from llmlint.judge.policy import load_policy
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
        policy = load_policy(root, policy_file)
        setting = policy.setting(rule.name, None)
        if setting.in_force(rule.severity, rule.default_off) == "off":
            on = RuleSetting(rule.severity, setting.parameters)
            policy = replace(policy, rules={**policy.rules, rule.name: on})
        facts = collect_facts([root], replace(policy.scan, cache=False, jobs=1), root=root)
        verdict = judge(facts, policy, load_rules() if rule.scope not in OWN_SCOPES else [rule], whole=True)
    if verdict.errors:
        raise ExampleError("; ".join(f"{e.path}:{e.line or 0}: {e.message}" for e in verdict.errors))
    return [finding for finding in verdict.findings if finding.rule == rule.name]


def check_rule(rule: Rule) -> list[str]:
    """One line for each example that does not show what it should."""
    return list(_problems(rule))


def _problems(rule: Rule) -> Iterator[str]:
    for kind, examples in (("bad", rule.bad), ("good", rule.good)):
        for i, example in enumerate(examples):
            name = f"{kind} example {i + 1}" + (f" ({example.note})" if example.note else "")
            try:
                found = run_example(rule, example)
            except ExampleError as error:
                yield f"{name}: {error}"
                continue
            if kind == "bad" and not found:
                yield f"{name}: nothing is found"
            if kind == "good" and found:
                yield f"{name}: found by mistake: {found[0].message}"
