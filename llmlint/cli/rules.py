"""`llmlint rules`: a table of all rules, with the severity that the policy gives each."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from llmlint.cli.options import absolute
from llmlint.cli.policy import policy_root

if TYPE_CHECKING:
    from llmlint.judge.policy import Policy
    from llmlint.judge.rules import Rule
    from llmlint.report.spans import Line

HEAD = ("code", "name", "severity", "fix", "what it says")
WIDTH = 80


class DefaultList(click.Group):
    """`llmlint rules` and `llmlint rules PATH` list; what else there is to do with rules is named."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not args or (args[0] not in self.commands and args[0] not in ("-h", "--help")):
            args = ["list", *args]
        return super().parse_args(ctx, args)


@click.group(cls=DefaultList, short_help="List the rules and how the policy has set them, or test them.")
def rules() -> None:
    """List the rules and how the policy has set them, or run their examples.

    \b
    Examples:
      llmlint rules                      the list, as the policy here has set them
      llmlint rules --format json
      llmlint rules test lint/rules      run the examples of your own rules
    """


@rules.command("list")
@click.option("-f", "--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option("--policy", "file", type=click.Path(path_type=Path), metavar="FILE", help="Instead of the nearest one.")
@click.argument("path", default=".", type=click.Path(path_type=Path))
def list_rules(path: Path, file: Path | None, form: str) -> None:
    """List the rules, each with the severity that the policy for PATH gives it.

    \b
    Examples:
      llmlint rules list
      llmlint rules --format json

    fix: `llmlint fix` makes the edit; unsafe: it does with --unsafe.
    """
    from llmlint.judge.judge import check_rule_names
    from llmlint.judge.policy import load_policy
    from llmlint.judge.rules import load_rules
    from llmlint.report.output import show, text_width, write_stdout

    policy = load_policy(policy_root(path), file)
    known = load_rules(policy.rule_folders)
    check_rule_names(policy, known)
    rows = [rule_row(rule, policy) for rule in known]
    if form == "json":
        import json

        write_stdout(json.dumps({"schema": 1, "rules": rows}, indent=2, ensure_ascii=False) + "\n")
        return
    show(_table(rows, text_width(sys.stdout) or WIDTH))


@rules.command("test")
@click.option("--policy", "file", type=click.Path(path_type=Path), metavar="FILE", help="Instead of the nearest one.")
@click.argument("folders", nargs=-1, metavar="[FOLDER]...", type=click.Path(path_type=Path))
def check_examples(folders: tuple[Path, ...], file: Path | None) -> None:
    """Run the examples of the rules in FOLDER: what is bad must be found, what is good must not.

    \b
    Examples:
      llmlint rules test lint/rules
      llmlint rules test lint/rules/gateway.yaml
      llmlint rules test               the built-in rules and those of the policy

    Exit code: 0 all examples show what they should, 1 some do not, 2 a rule cannot be read.
    """
    from llmlint.cli.testing import run_examples
    from llmlint.judge.policy import load_policy

    if folders:
        code = run_examples([absolute(folder) for folder in folders])
    else:
        code = run_examples(load_policy(policy_root(Path()), file).rule_folders, built_in=True)
    click.get_current_context().exit(code)


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
