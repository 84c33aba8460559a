"""`llmlint rule`: one rule explained: why, what it can be told, bad and good code, how to take a finding back."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from textwrap import fill
from typing import TYPE_CHECKING, Any

import click

from llmlint.cli.policy import policy_root
from llmlint.cli.rules import rule_row
from llmlint.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from llmlint.judge.policy import Policy
    from llmlint.judge.rules import Example, Rule

LANGUAGES = {".py": "python", ".ipynb": "json", ".md": "markdown", ".yaml": "yaml", ".yml": "yaml", ".toml": "toml"}
FIXES = {"safe": "`llmlint fix` makes the edit", "unsafe": "`llmlint fix --unsafe` makes the edit", None: "by hand"}


@click.command(short_help="Explain one rule, with examples.")
@click.option("-f", "--format", "form", type=click.Choice(["markdown", "json"]), default="markdown", show_default=True)
@click.option("--policy", "file", type=click.Path(path_type=Path), metavar="FILE", help="Instead of the nearest one.")
@click.argument("name", metavar="NAME|CODE")
def rule(name: str, file: Path | None, form: str) -> None:
    """Explain a rule: why it exists, what it can be told, bad and good code, how to take a finding back.

    \b
    Examples:
      llmlint rule output-cap
      llmlint rule LLM101 --format json
    """
    from llmlint.judge.judge import check_rule_names
    from llmlint.judge.policy import load_policy
    from llmlint.judge.rules import load_rules
    from llmlint.report.output import text_width, write_stdout

    policy = load_policy(policy_root(Path()), file)
    known = load_rules(policy.rule_folders)
    check_rule_names(policy, known)
    found = find_rule(name, known)
    if form == "json":
        write_stdout(json.dumps(as_json(found, policy), indent=2, ensure_ascii=False) + "\n")
    else:
        write_stdout("\n\n".join(_markdown(found, policy, text_width(sys.stdout))) + "\n")


def find_rule(name: str, rules: Sequence[Rule]) -> Rule:
    """By name or code, in any case. Raises UsageError with the one that was meant."""
    from llmlint.judge.policy_schema import nearest

    for each in rules:
        if name.lower() in (each.name.lower(), each.code.lower()):
            return each
    known = [r.name for r in rules] if not name.upper().startswith("LLM") else [r.code.lower() for r in rules]
    raise UsageError(f"there is no rule {name!r}", mend=f"{nearest(name, known)}" if known else "no rules are there")


def as_json(rule: Rule, policy: Policy) -> dict[str, Any]:
    """All that is known of a rule, for programs."""
    return {
        "schema": 1, **rule_row(rule, policy), "own_severity": rule.severity, "why": rule.why,
        "parameters": _parameters(rule, policy),
        "bad": [_example_json(e) for e in rule.bad], "good": [_example_json(e) for e in rule.good],
    }  # fmt: skip


def _example_json(example: Example) -> dict[str, Any]:
    return {"files": dict(example.files), "note": example.note, "policy": dict(example.policy)}


def _parameters(rule: Rule, policy: Policy) -> list[dict[str, Any]]:
    """What the rule can be told: its default, the value in effect and where that comes from."""
    given = policy.setting(rule.name, None).parameters
    return [
        {
            "name": name, "default": p.default, "value": given.get(name, p.default), "description": p.description,
            "origin": policy.origin(f"rules.{rule.name}.{name}") if name in given else "the rule",
        }
        for name, p in rule.parameters.items()
    ]  # fmt: skip


def _markdown(rule: Rule, policy: Policy, width: int) -> Iterator[str]:
    """Paragraphs."""
    row = rule_row(rule, policy)
    yield f"# {rule.name} ({rule.code})"
    yield rule.summary.strip()
    yield f"Severity: {row['severity']} ({row['origin']}). Remedy: {FIXES[row['fix']]}."
    yield "## Why"
    yield from (_filled(paragraph, width) for paragraph in rule.why.strip().split("\n\n"))
    if rule.parameters:
        yield "## Parameters\n\n" + "\n".join(_filled(_parameter_line(p), width) for p in _parameters(rule, policy))
    for title, examples in (("Bad", rule.bad), ("Good", rule.good)):
        yield f"## {title}"
        for example in examples:
            yield from _example(example)
    yield f"## To take a finding back\n\nOn a line of the call, or the line above:\n\n{_suppression(rule)}"
    yield f"For all files, in llmlint.yaml:\n\n{_fence(f'rules: {{{rule.name}: off}}', 'yaml')}"
    if rule.docs:
        yield f"More: {rule.docs}"


def _filled(paragraph: str, width: int) -> str:
    """Prose broken anew for this width; what stands in lines of its own (code, lists, tables) stays as it is."""
    indent = "  " if paragraph.startswith("- ") else ""
    if any(line[:1] in " -|>#`" for line in paragraph[len(indent) :].splitlines()):
        return paragraph
    words = " ".join(paragraph.split())
    return fill(words, width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)


def _parameter_line(p: Mapping[str, Any]) -> str:
    value = json.dumps(p["value"], ensure_ascii=False)
    default = json.dumps(p["default"], ensure_ascii=False)
    changed = f" ({p['origin']}; default {default})" if p["origin"] != "the rule" else ""
    return f"- `{p['name']}`: {value}{changed}. {p['description']}".rstrip()


def _example(example: Example) -> Iterator[str]:
    if example.note:
        yield example.note.strip()
    if example.policy:
        yield f"With the policy\n\n{_fence(json.dumps(dict(example.policy), ensure_ascii=False), 'yaml')}"
    for path, text in example.files.items():
        if len(example.files) > 1:
            yield f"`{path}`"
        yield _fence(text, LANGUAGES.get(Path(path).suffix, ""))


def _suppression(rule: Rule) -> str:
    return _fence(f"# llmlint: ignore[{rule.name}] the reason", "python")


def _fence(text: str, language: str) -> str:
    """A code block that no backticks inside can end."""
    marks = "```"
    while marks in text:
        marks += "`"
    return f"{marks}{language}\n{text.strip(chr(10))}\n{marks}"
