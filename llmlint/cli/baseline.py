"""`llmlint baseline`: the findings of today, put off in a file, so that only new ones count."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from llmlint.cli.options import absolute, scanning_options
from llmlint.cli.scanning import Request, note_errors, scan, unread_code
from llmlint.errors import UsageError

if TYPE_CHECKING:
    from llmlint.judge.baseline import Baseline
    from llmlint.judge.finding import Finding, Verdict
    from llmlint.judge.policy import Policy
    from llmlint.judge.rules import Rule


@click.group(short_help="Put off the findings of today, so that only new ones count.")
def baseline() -> None:
    """Put off the findings of today, so that only new ones count.

    \b
    Examples:
      llmlint baseline write       every finding of today
      llmlint check --baseline llmlint-baseline.json
      llmlint baseline update      drop from the file what has been mended since
    """


FILE = click.option(
    "--baseline", "file", type=click.Path(path_type=Path), metavar="FILE",
    help="[default: the policy's, else llmlint-baseline.json in the folder that is checked]",
)  # fmt: skip


@baseline.command()
@FILE
@scanning_options
def write(file: Path | None, **scanning: Any) -> None:
    """Write every finding of today into the baseline.

    \b
    Examples:
      llmlint baseline write
      llmlint baseline write src --baseline ci/llm-debt.json

    The file names no lines: findings stay known when code moves or files are renamed. One more of the same kind in
    the same function is new.
    """
    from llmlint.judge.baseline import renewed
    from llmlint.report.summary import counted

    found = _judged(Request(**scanning))
    target = found.file(file)
    written = renewed(target, found.findings, found.verdict.root)
    _save(written)
    click.echo(f"wrote {written.shown}: {counted(len(written.entries), 'finding')} put off")
    if found.policy.baseline != target:
        hint = f"baseline: {target.name}" if found.policy.baseline is None else f"--baseline {written.shown}"
        where = "in the policy" if found.policy.baseline is None else "of `llmlint check`"
        click.echo(f"next: `{hint}` {where} makes only new findings count")
    found.close()


@baseline.command()
@FILE
@scanning_options
def update(file: Path | None, **scanning: Any) -> None:
    """Drop from the baseline what is no longer found, and follow renamed files. Nothing is added.

    \b
    Examples:
      llmlint baseline update
      llmlint baseline update --baseline ci/llm-debt.json

    What is new stays a finding: mend it, exempt it, or `llmlint baseline write`.
    """
    from llmlint.judge.baseline import read_baseline, tightened

    found = _judged(Request(**scanning))
    if found.unread:
        found.close()
    before = read_baseline(found.file(file))
    after = tightened(before, found.findings, found.verdict.root, found.of_project)
    if after.entries != before.entries:
        _save(after)
    inside = len(after.entries) - len(after.outside(found.verdict.root))
    gone, new = len(before.entries) - len(after.entries), len(found.findings) - inside
    line = f"{before.shown}: {len(after.entries):,} put off, {gone:,} dropped"
    click.echo(line + (f"; {new:,} new, which `llmlint check` reports" if new else ""))
    found.close()


class _Judged:
    """What a whole run found, without a baseline."""

    def __init__(self, policy: Policy, rules: Sequence[Rule], verdict: Verdict) -> None:
        immune = {rule.name for rule in rules if rule.scope == "exemption"}
        self.policy, self.verdict = policy, verdict
        self.findings: list[Finding] = [f for f in verdict.findings if f.rule not in immune]
        self.of_project = {rule.name for rule in rules if rule.scope == "project"}
        self.unread = unread_code(verdict.errors, policy)

    def file(self, given: Path | None) -> Path:
        from llmlint.judge.baseline import NAME

        return absolute(given) if given else self.policy.baseline or Path(self.verdict.root) / NAME

    def close(self) -> None:
        """Says what could not be analysed and ends with the exit code that it demands."""
        note_errors(self.verdict.errors, self.verdict.root)
        click.get_current_context().exit(self.unread)


def _judged(request: Request) -> _Judged:
    from llmlint.judge.judge import check_rule_names, judge
    from llmlint.judge.rules import load_rules

    paths = [absolute(path) for path in request.paths]
    if len(paths) > 1 or any(path.is_file() for path in paths):
        raise UsageError("a baseline is of one folder", mend="name the folder that `llmlint check` is run on")
    policy, facts = scan(request)
    rules = load_rules(policy.rule_folders)
    check_rule_names(policy, rules)
    return _Judged(policy, rules, judge(facts, policy, rules))


def _save(written: Baseline) -> None:
    from llmlint.judge.baseline import text_of
    from llmlint.report.output import write_file

    write_file(str(written.file), text_of(written))
