"""`llmlint rules`: a table of all rules, with the severity that the policy gives each."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from llmlint.cli.policy import policy_root

if TYPE_CHECKING:
    from llmlint.judge.policy import Policy
    from llmlint.judge.rules import Rule
    from llmlint.report.spans import Line

HEAD = ("code", "name", "severity", "fix", "what it says")
WIDTH = 80


@click.command(short_help="List the rules and how the policy has set them.")
@click.option("-f", "--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option("--policy", "file", type=click.Path(path_type=Path), metavar="FILE", help="Instead of the nearest one.")
@click.argument("path", default=".", type=click.Path(path_type=Path))
def rules(path: Path, file: Path | None, form: str) -> None:
    """List the rules, each with the severity that the policy for PATH gives it.

    \b
    Examples:
      llmlint rules
      llmlint rules --format json

    fix: `llmlint fix` makes the edit; unsafe: it does with --unsafe.
    """
    from llmlint.judge.judge import check_rule_names
    from llmlint.judge.policy import load_policy
    from llmlint.judge.rules import load_rules
    from llmlint.report.output import text_width, wants_colour, write_stdout
    from llmlint.report.spans import plain, print_coloured

    policy = load_policy(policy_root(path), file)
    known = load_rules(policy.rule_folders)
    check_rule_names(policy, known)
    rows = [rule_row(rule, policy) for rule in known]
    if form == "json":
        import json

        write_stdout(json.dumps({"schema": 1, "rules": rows}, indent=2, ensure_ascii=False) + "\n")
        return
    lines = _table(rows, text_width(sys.stdout) or WIDTH)
    if wants_colour(sys.stdout):
        print_coloured(lines, sys.stdout)
    else:
        write_stdout(plain(lines))


def rule_row(rule: Rule, policy: Policy) -> dict[str, Any]:
    """What the table and programs get to know of a rule. fix: "safe", "unsafe" or None."""
    setting = policy.setting(rule.name, None)
    severity = setting.in_force(rule.severity, rule.default_off)
    named = f"rules.{rule.name}.severity"
    origin = named if named in policy.origins else "rules.*.severity"
    return {
        "code": rule.code, "name": rule.name, "severity": severity,
        "origin": policy.origin(origin) if origin in policy.origins and severity == setting.severity else "the rule",
        "fix": rule.fix.safety if rule.fix else None, "summary": rule.summary, "docs": rule.docs,
    }  # fmt: skip


def _table(rows: Sequence[dict[str, Any]], width: int) -> list[Line]:
    """Aligned columns; the last one is broken over several lines where it does not fit."""
    from llmlint.report.spans import cells, visible, wrap

    shown = [[visible(str(r[k] or "")) for k in ("code", "name", "severity", "fix", "summary")] for r in rows]
    for row in shown:
        row[3] = {"safe": "fix"}.get(row[3], row[3])
    widths = [max(cells(row[i]) for row in [HEAD, *shown]) for i in range(4)]
    indent = " " * (sum(widths) + 2 * len(widths))
    lines: list[Line] = []
    for styles, cell in [(("dim",) * 5, HEAD), *((("code", "rule", r[2], "fixable", ""), tuple(r)) for r in shown)]:
        line: Line = []
        for style, text, w in zip(styles, cell, [*widths, 0], strict=True):
            line += [(style, text), ("", " " * (w - cells(text) + 2) if w else "")]
        lines += wrap(line, width, indent)
    return lines
