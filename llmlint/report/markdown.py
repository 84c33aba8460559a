"""`Verdict` → Markdown for a job summary or a comment; nothing in the scanned code can break out of it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

from llmlint.judge.finding import Finding, Verdict
from llmlint.judge.rules import Rule
from llmlint.report.frames import code_frame
from llmlint.report.places import place, shown_path
from llmlint.report.source import source_lines
from llmlint.report.spans import plain, visible
from llmlint.report.summary import summary

PUNCTUATION = re.compile(r"[\\`*_{}\[\]<>#|~&$]")
LINK = re.compile(r"https?://[^\s()<>\[\]\"'`|\\]+")


def render(verdict: Verdict, rules: Sequence[Rule] = (), base: Path | None = None) -> str:
    """A table in path order, then the code of each file's findings in a fold."""
    lines = ["## llmlint", "", escaped(summary(verdict))]
    if verdict.findings:
        lines += ["", "| place | severity | rule | what |", "| --- | --- | --- | --- |"]
        lines += [_row(f, shown_path(verdict.root, f.path, base)) for f in verdict.findings]
    for path, group in groupby(verdict.findings, key=lambda f: f.path):
        lines += ["", *_details(verdict.root, path, shown_path(verdict.root, path, base), list(group))]
    for title, errors in (
        ("Not analysed", [e for e in verdict.errors if not e.rule]),
        ("Rules that failed", [e for e in verdict.errors if e.rule]),
    ):
        lines += ["", f"### {title}", ""] if errors else []
        for e in errors:
            where = shown_path(verdict.root, e.path, base) + (f":{e.line}" if e.line else "")
            lines.append(f"- {code_span(where)}: {escaped(e.message)}")
    return "\n".join(lines) + "\n"


def _row(f: Finding, path: str) -> str:
    rule = f"{escaped(f.rule)} {escaped(f.code)}"
    if LINK.fullmatch(f.docs):
        rule = f"[{rule}]({f.docs})"
    cells = (code_span(place(f, path)), f.severity, rule, escaped(f.message))
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _details(root: str, path: str, shown: str, findings: Sequence[Finding]) -> list[str]:
    cells = source_lines(Path(root, path))
    lines = ["<details>", f"<summary>{_escaped(visible(shown))}</summary>"]
    for f in findings:
        lines += ["", f"**{escaped(f.code)} {escaped(f.rule)}**: {escaped(f.message)}"]
        frame = plain(code_frame(f, cells.get(f.cell, []), width=120)).rstrip("\n")
        if frame:
            mark = fence(frame)
            lines += ["", f"{mark}text", frame, mark]
        if f.remedy:
            lines += ["", f"Help: {escaped(f.remedy)}"]
    return [*lines, "", "</details>"]


def escaped(text: str) -> str:
    """One line of text that Markdown shows as it is; what stands between single backticks is shown as code.

    Mentions, issue numbers and bare addresses do not come alive: they can come from a stranger's pull request.
    """
    parts = visible(" ".join(text.split())).split("`")
    if len(parts) % 2 == 0:  # an odd backtick pairs with nothing
        return _escaped("`".join(parts))
    return "".join(code_span(part) if i % 2 and part.strip() else _escaped(part) for i, part in enumerate(parts))


def _escaped(text: str) -> str:
    text = PUNCTUATION.sub(lambda m: f"&#{ord(m[0])};", text)
    text = re.sub(r"(?<=@)(?=\w)|(?<=#35;)(?=\d)", "&#8203;", text)
    return re.sub(r"(?i)(?<=:)(?=//)|(?<=www)(?=\.)", "&#8203;", text)


def code_span(text: str) -> str:
    """The text as inline code, in a mark longer than any run of backticks in it."""
    text = visible(" ".join(text.split()))
    mark = "`" * (_longest_run(text) + 1)
    pad = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{mark}{pad}{text}{pad}{mark}"


def fence(code: str) -> str:
    """The mark of a fenced block that `code` cannot close."""
    return "`" * max(3, _longest_run(code) + 1)


def _longest_run(text: str) -> int:
    return max((len(run) for run in re.findall("`+", text)), default=0)
