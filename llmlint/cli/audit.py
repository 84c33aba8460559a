"""`llmlint audit`: paths → facts and findings → the checklist, item by item, with a score."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from llmlint.cli.options import Output, output_options, pair_outputs, scanning_options
from llmlint.cli.scanning import Request, scan, unread_code
from llmlint.report.audit import FORMATS, render

if TYPE_CHECKING:
    from llmlint.judge.audit import Audit

FAIL_ON = ("fail", "partial", "never")


@click.command(short_help="Go through the fourteen items of the cost checklist, with evidence and a score.")
@scanning_options
@output_options(tuple(FORMATS), "text")
@click.option(
    "--fail-on", type=click.Choice(FAIL_ON), default="fail", show_default=True,
    help="Least status that makes the exit code 1.",
)
@click.option("--exit-zero", "fail_on", flag_value="never", help="As --fail-on never.")
def audit(formats: tuple[Output, ...], output: str | None, fail_on: str, **scanning: Any) -> None:
    """Go through the fourteen items of the cost checklist, with evidence and a score.

    \b
    Examples:
      llmlint audit                                    the current directory
      llmlint audit --format html=audit.html           a page to hand on
      llmlint audit src/ -f markdown --exit-zero       for a job summary

    What code cannot show (an alert set up by hand, a review that was held) is declared in the policy under
    `attestations`, and goes stale.

    Exit code: 0 nothing fails, 1 an item fails (--fail-on), 2 a file with LLM calls could not be analysed.
    """
    from llmlint.judge.audit import audit as audited
    from llmlint.judge.judge import check_rule_names
    from llmlint.judge.rules import load_rules

    outputs = pair_outputs(formats, output)
    policy, facts = scan(Request(**scanning))
    rules = load_rules(policy.rule_folders)
    check_rule_names(policy, rules)
    found = audited(facts, policy, rules)
    for wanted in outputs:
        _write(wanted, found)
    statuses = {"fail": ("fail",), "partial": ("fail", "partial"), "never": ()}[fail_on]
    fails = any(answer.status in statuses for answer in found.answers)
    click.get_current_context().exit(unread_code(found.errors, policy) or int(fails))


def _write(wanted: Output, found: Audit) -> None:
    from llmlint.report.output import show, text_width, write_file, write_stdout

    if wanted.format == "text" and wanted.file is None:
        from llmlint.report.audit.text import layout

        show(layout(found, Path.cwd(), text_width(sys.stdout)))
        return
    from llmlint.report.places import repository_root

    base = Path.cwd() if wanted.format == "text" else repository_root(Path(found.root))
    text = render(wanted.format, found, base)
    if wanted.file is None:
        write_stdout(text)
    else:
        write_file(wanted.file, text)
