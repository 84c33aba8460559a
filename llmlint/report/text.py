"""`Verdict` → text for people: a code frame for each finding, in path order, and one closing line."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path

from llmlint.judge.finding import Finding, Severity, Verdict
from llmlint.judge.rules import Rule
from llmlint.report.frames import code_frame
from llmlint.report.places import place, shown_path, with_shown_paths
from llmlint.report.source import source_lines
from llmlint.report.spans import Line, plain, visible, wrap
from llmlint.report.summary import summary

WIDTH = 80


def render(verdict: Verdict, rules: Sequence[Rule] = (), base: Path | None = None) -> str:
    """Without colours, in 80 columns."""
    return plain(layout(verdict, base, WIDTH))


def layout(verdict: Verdict, base: Path | None, width: int, quiet: bool = False) -> list[Line]:
    """The report as styled lines. quiet: no frames, no closing line; a clean run says nothing."""
    width = sys.maxsize if quiet else width  # one line a finding, for other programs
    verdict = with_shown_paths(verdict, base)
    lines: list[Line] = []
    for path, group in groupby(sorted(verdict.findings, key=_order), key=lambda f: f.path):
        cells = {} if quiet else source_lines(Path(verdict.root, path))
        shown = shown_path(verdict.root, path, base)
        for f in group:
            lines += _head(f, shown, width)
            if not quiet:
                lines += code_frame(f, cells.get(f.cell, []), width)
                lines += [line for note in _notes(f, verdict.root, base) for line in wrap(note, width, "        ")]
                lines.append([])
    lines += _errors(verdict, base, width)
    if not quiet:
        lines.append([("good" if not verdict.findings else "", summary(verdict))])
    return lines


def _order(f: Finding) -> tuple[str, int, int, int, str]:
    return f.path, -1 if f.cell is None else f.cell, f.line, f.column, f.code


def _head(f: Finding, path: str, width: int) -> list[Line]:
    head: Line = [
        ("path", visible(place(f, path))), ("", ": "), (f.severity, f.severity), ("", " "), ("code", f.code), ("", " "),
        ("rule", f.rule), ("", ": "), ("", one_line(f.message)),
    ]  # fmt: skip
    return wrap(head, width, "    ")


def _notes(f: Finding, root: str, base: Path | None) -> Iterator[Line]:
    for path, line, words in f.related:
        yield [("help", "  see: "), ("", f"{visible(shown_path(root, path, base))}:{line}: {one_line(words)}")]
    if f.remedy:
        fixable = [("fixable", " (fixable)")] if f.fixable else []
        yield [("help", "  help: "), ("", one_line(f.remedy)), *fixable]
    if f.saves is not None:
        amount = "" if f.saves.usd_per_month is None else f"${f.saves.usd_per_month:,.2f} a month: "
        yield [("help", "  saves: "), ("", amount + one_line(f.saves.formula))]
    if f.docs:
        yield [("help", "  docs: "), ("dim", visible(f.docs))]


def _errors(verdict: Verdict, base: Path | None, width: int) -> list[Line]:
    lines: list[Line] = []
    for e in sorted(verdict.errors, key=lambda e: e.path):
        severity: Severity = "error" if e.grave else "warning"
        where = visible(shown_path(verdict.root, e.path, base)) + (f":{e.line}" if e.line else "")
        what = f": {one_line(str(e))}"
        lines += wrap([("path", where), ("", ": "), (severity, severity), ("", what)], width, "    ")
    return [*lines, []] if lines else []


def one_line(text: str) -> str:
    """Message text without line ends or control characters: it can carry values from the scanned code."""
    return visible(" ".join(text.split()))
