"""`Audit` → text for people, in 80 columns: each item with its status, what it rests on and the next step."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from llmlint.report.audit import closing, shown_place
from llmlint.report.spans import Line, plain, visible, wrap
from llmlint.report.text import one_line

if TYPE_CHECKING:
    from llmlint.judge.audit import Answer, Audit

WIDTH = 80
MARKS = {"pass": "pass", "partial": "partial", "fail": "FAIL", "not applicable": "n/a", "not measured": "?"}
STYLES = {"pass": "good", "partial": "warning", "fail": "error", "not applicable": "dim", "not measured": "dim"}
INDENT = " " * 12


def render(audit: Audit, base: Path | None = None) -> str:
    return plain(layout(audit, base, WIDTH))


def layout(audit: Audit, base: Path | None, width: int) -> list[Line]:
    """The report as styled lines."""
    lines: list[Line] = []
    for number, answer in enumerate(audit.answers, 1):
        lines += _item(audit, number, answer, base, width)
    for e in audit.errors:
        where = visible(e.path) + (f":{e.line}" if e.line else "")
        lines += wrap([("warning", "not analysed"), ("", f": {where}: {one_line(e.message)}")], width, "    ")
    return [*lines, [], *wrap([("rule", closing(audit))], width, "    ")]


def _item(audit: Audit, number: int, answer: Answer, base: Path | None, width: int) -> list[Line]:
    mark = MARKS[answer.status]
    head: Line = [
        ("", f"{number:>2}  "), (STYLES[answer.status], mark), ("", " " * (8 - len(mark))),
        ("rule", answer.item.title), ("dim", f" ({answer.item.name})"),
    ]  # fmt: skip
    lines = wrap(head, width, INDENT)
    lines += wrap([("", INDENT + one_line(answer.why))], width, INDENT)
    for evidence in answer.evidence:
        where = visible(shown_place(audit, evidence, base))
        lines += wrap([("", INDENT), ("path", where), ("", f" {one_line(evidence.words)}")], width, INDENT + "  ")
    if answer.next:
        lines += wrap([("", INDENT), ("help", "next: "), ("", answer.next)], width, INDENT + "      ")
    return lines
