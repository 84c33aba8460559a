"""`llmlint check`: paths → facts → verdict → reports and an exit code."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from llmlint.cli.options import Output, absolute, output_options, pair_outputs, scanning_options
from llmlint.cli.scanning import Request, note, note_errors, scan, unread_code, whole
from llmlint.cli.selection import narrow
from llmlint.errors import UsageError
from llmlint.light import dataclass
from llmlint.report import FORMATS, render

if TYPE_CHECKING:
    from llmlint.facts import Facts
    from llmlint.judge.finding import Verdict
    from llmlint.judge.policy import Policy
    from llmlint.judge.rules import Rule

STREAMS = frozenset({"text", "github"})  # GitHub picks its commands out of any other text
FAIL_ON = ("error", "warning", "info", "never")


@click.command(short_help="Find wasted LLM spend in Python code.")
@scanning_options
@output_options(tuple(FORMATS), "text")
@click.option("--select", multiple=True, metavar="RULES", help="Only these rules: names or codes, split by commas.")
@click.option("--ignore", multiple=True, metavar="RULES", help="Not these rules.")
@click.option(
    "--fail-on", type=click.Choice(FAIL_ON), help="Least severity that makes the exit code 1. [default: the policy's]"
)
@click.option("--exit-zero", "fail_on", flag_value="never", help="As --fail-on never.")
@click.option("--ignore-suppressions", is_flag=True, help="Report also what comments in the code take back.")
@click.option("--since", metavar="REV", help="Only what is new against REV; REV...: where this branch left it.")
@click.option(
    "--baseline", type=click.Path(path_type=Path), metavar="FILE",
    help="Only what is not in this file of put-off findings. [default: the policy's]",
)
@click.option("--no-baseline", is_flag=True, help="Also what the policy's baseline puts off.")
@click.option("-q", "--quiet", is_flag=True, help="One line a finding, nothing else.")
def check(
    formats: tuple[Output, ...], output: str | None, select: tuple[str, ...], ignore: tuple[str, ...],
    fail_on: str | None, ignore_suppressions: bool, since: str | None, baseline: Path | None, no_baseline: bool,
    quiet: bool, **scanning: Any,
) -> None:  # fmt: skip
    """Find wasted LLM spend in Python code.

    \b
    Examples:
      llmlint check                                     the current directory
      llmlint check src/ --select output-cap            one rule
      llmlint check -f text -f sarif=llmlint.sarif      two reports at once
      llmlint check --since origin/main...              only what this branch adds

    Exit code: 0 clean, 1 findings at or above --fail-on, 2 a file with LLM calls could not be analysed, or a
    rule failed.
    """
    outputs = pair_outputs(formats, output, STREAMS)
    if baseline and no_baseline:
        raise click.UsageError("--baseline and --no-baseline contradict each other.")
    asked = Question(select, ignore, ignore_suppressions, since, baseline, not no_baseline)
    verdict, rules, fails_at, unread = _judge(Request(**scanning), asked, quiet)
    for wanted in outputs:
        _write(wanted, verdict, rules, quiet)
    if not any(o.file is None and o.format in STREAMS for o in outputs) and not quiet:
        note_errors(verdict.errors, verdict.root)
    code = unread or int(_fails(verdict, fail_on or fails_at))
    click.get_current_context().exit(code)


@dataclass(frozen=True, slots=True)
class Question:
    """What of the findings is asked for."""

    select: Sequence[str]
    ignore: Sequence[str]
    ignore_suppressions: bool
    since: str | None
    baseline: Path | None
    use_baseline: bool


def _judge(request: Request, asked: Question, quiet: bool) -> tuple[Verdict, tuple[Rule, ...], str, int]:
    """The verdict, the rules, the policy's fail_on, and the exit code that unread files demand."""
    from llmlint.judge.judge import check_rule_names, judge
    from llmlint.judge.rules import load_rules

    policy, facts = scan(request, quiet)
    rules = load_rules(policy.rule_folders)
    check_rule_names(policy, rules)
    policy = narrow(policy, rules, asked.select, asked.ignore)
    if asked.ignore_suppressions:
        policy = replace(policy, suppressions=replace(policy.suppressions, allow=False))
    verdict = judge(facts, policy, rules, whole=whole(request, policy))
    verdict = _with_savings(verdict, facts, policy, quiet)
    verdict = _only_new(verdict, policy, rules, facts.read, asked)
    return verdict, rules, policy.fail_on, unread_code(verdict.errors, policy)


def _with_savings(verdict: Verdict, facts: Facts, policy: Policy, quiet: bool) -> Verdict:
    """With dollars a month, where traffic is known: prices are not looked at before."""
    from llmlint.cli.traffic import is_known, known_traffic

    if not verdict.findings or not is_known(policy, facts):
        return verdict
    from llmlint.judge.savings import with_savings
    from llmlint.money.library import PricesMissing

    try:
        return with_savings(verdict, facts, policy, None, known_traffic(policy, facts))
    except (PricesMissing, UsageError) as error:  # a usage store that cannot be read
        if not quiet:
            note(f"what the findings save is not worked out: {error}")
        return verdict


def _only_new(
    verdict: Verdict, policy: Policy, rules: Sequence[Rule], read: Sequence[str], asked: Question
) -> Verdict:
    """Less what is in the baseline and what was there before. That an exemption is over is always said."""
    immune = {rule.name for rule in rules if rule.scope == "exemption"}
    file = (absolute(asked.baseline) if asked.baseline else policy.baseline) if asked.use_baseline else None
    if file is not None:
        from llmlint.judge.baseline import read_baseline

        of_project = {rule.name for rule in rules if rule.scope == "project"}
        verdict = read_baseline(file).apply(verdict, of_project, immune)
    if asked.since is not None:
        from llmlint.judge.since import only_new

        verdict = only_new(verdict, asked.since, policy, rules, read, immune)
    return verdict


def _fails(verdict: Verdict, fail_on: str) -> bool:
    from llmlint.judge.finding import SEVERITIES

    grave = SEVERITIES[: SEVERITIES.index(fail_on) + 1] if fail_on in SEVERITIES else ()
    return any(f.severity in grave for f in verdict.findings)


def _write(wanted: Output, verdict: Verdict, rules: Sequence[Rule], quiet: bool) -> None:
    from llmlint.report.output import write_file, write_stdout

    if wanted.format == "text":
        _write_text(wanted, verdict, quiet)
        return
    from llmlint.report.places import repository_root

    text = render(wanted.format, verdict, rules, repository_root(Path(verdict.root)))
    if wanted.file is None:
        write_stdout(text)
    else:
        write_file(wanted.file, text)


def _write_text(wanted: Output, verdict: Verdict, quiet: bool) -> None:
    from llmlint.report.output import text_width, wants_colour, write_file, write_stdout
    from llmlint.report.spans import plain, print_coloured
    from llmlint.report.text import WIDTH, layout

    if wanted.file is not None:
        write_file(wanted.file, plain(layout(verdict, Path.cwd(), WIDTH, quiet)))
        return
    lines = layout(verdict, Path.cwd(), text_width(sys.stdout), quiet)
    if verdict.findings and wants_colour(sys.stdout):
        print_coloured(lines, sys.stdout)
    else:  # a clean run does not wait for rich
        write_stdout(plain(lines))
