"""`llmlint fix`: paths → findings → the safe edits made in the files, or shown as a diff."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from llmlint.cli.options import scanning_options
from llmlint.cli.scanning import Request, note, note_errors, scan, unread_code
from llmlint.cli.selection import narrow

if TYPE_CHECKING:
    from llmlint.fixes.apply import Skipped
    from llmlint.fixes.files import FileEdit
    from llmlint.judge.finding import Verdict


@click.command(short_help="Rewrite the code where a finding has a safe remedy.")
@scanning_options
@click.option("--select", multiple=True, metavar="RULES", help="Only these rules: names or codes, split by commas.")
@click.option("--ignore", multiple=True, metavar="RULES", help="Not these rules.")
@click.option("--unsafe", is_flag=True, help="Also edits that may change what the program answers: read the diff.")
@click.option("--diff", is_flag=True, help="Print the edits as a diff and write nothing; exit code 1 if there are any.")
def fix(select: tuple[str, ...], ignore: tuple[str, ...], unsafe: bool, diff: bool, **scanning: Any) -> None:
    """Rewrite the code where a finding has a safe remedy.

    \b
    Examples:
      llmlint fix src/ --diff       show what would change
      llmlint fix src/              change it

    A file that changes meanwhile, is read-only or would not parse afterwards is left alone, and that is said.
    """
    from llmlint.judge.judge import judge
    from llmlint.judge.rules import load_rules

    policy, facts = scan(Request(**scanning))
    rules = load_rules(policy.rule_folders)
    policy = narrow(policy, rules, select, ignore)
    verdict = judge(facts, policy, rules)
    edits = _edits(verdict, unsafe)
    edits = _show(edits, verdict.root) if diff else _write(edits, verdict.root)
    note_errors(verdict.errors, verdict.root)
    changed = any(edit.applied for edit in edits)
    click.get_current_context().exit(unread_code(verdict.errors, policy) or int(diff and changed))


def _edits(verdict: Verdict, unsafe: bool) -> list[FileEdit]:
    from llmlint.fixes.files import edit_file

    fixable = sorted((f for f in verdict.findings if f.fix is not None), key=lambda f: f.path)
    return [
        edit_file(Path(verdict.root, path), list(group), unsafe)
        for path, group in groupby(fixable, key=lambda f: f.path)
    ]


def _show(edits: Sequence[FileEdit], root: str) -> list[FileEdit]:
    from llmlint.fixes.files import diff_edit
    from llmlint.report.output import write_stdout

    for edit in edits:
        if edit.applied:
            write_stdout(diff_edit(edit, _shown(edit, root)))
    _explain(edits, root)
    note(_summary(edits, "would fix"))
    return list(edits)


def _write(edits: Sequence[FileEdit], root: str) -> list[FileEdit]:
    from dataclasses import replace

    from llmlint.fixes.apply import Skipped
    from llmlint.fixes.files import write_edit
    from llmlint.report.spans import visible
    from llmlint.report.summary import counted

    done: list[FileEdit] = []
    for edit in edits:
        reason = write_edit(edit) if edit.applied else None
        if reason is not None:
            lost = tuple(Skipped(f, reason) for f in edit.applied)
            edit = replace(edit, after=edit.before, applied=(), skipped=(*edit.skipped, *lost))
        elif edit.applied:
            click.echo(f"{visible(_shown(edit, root))}: {counted(len(edit.applied), 'finding')} fixed")
        done.append(edit)
    _explain(done, root)
    click.echo(_summary(done, "fixed"))
    return done


def _explain(edits: Sequence[FileEdit], root: str) -> None:
    """Why findings with a remedy were left alone; that some are offered only with --unsafe is in the summary."""
    from llmlint.report.places import place

    for edit in edits:
        for skipped in _refused(edit):
            f = skipped.finding
            note(f"{place(f, _shown(edit, root))}: {f.code} {f.rule} not fixed: {skipped.reason}")


def _refused(edit: FileEdit) -> list[Skipped]:
    from llmlint.fixes.apply import NEEDS_UNSAFE

    return [s for s in edit.skipped if s.reason != NEEDS_UNSAFE]


def _summary(edits: Sequence[FileEdit], verb: str) -> str:
    from llmlint.report.summary import counted

    applied = sum(len(edit.applied) for edit in edits)
    refused = sum(len(_refused(edit)) for edit in edits)
    unsafe = sum(len(edit.skipped) for edit in edits) - refused
    files = sum(1 for edit in edits if edit.applied)
    line = f"{verb} {counted(applied, 'finding')} in {counted(files, 'file')}" if applied else "nothing to fix"
    line += f"; {refused:,} not fixed" if refused else ""
    return line + (f"; {unsafe:,} more with --unsafe" if unsafe else "")


def _shown(edit: FileEdit, root: str) -> str:
    from llmlint.report.places import shown_path

    return shown_path(root, str(edit.file.relative_to(root)), Path.cwd())
