"""`Verdict` → workflow commands that GitHub Actions shows as annotations; they need no write token."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from llmlint.facts import FileError
from llmlint.judge.finding import Finding, Severity, Verdict
from llmlint.judge.rules import Rule
from llmlint.report.places import in_cell, shown_path
from llmlint.report.spans import visible

COMMANDS: Mapping[Severity, str] = {"error": "error", "warning": "warning", "info": "notice"}


def render(verdict: Verdict, rules: Sequence[Rule] = (), base: Path | None = None) -> str:
    """One command a line; nothing at all where there is nothing to say."""
    commands = [_finding(f, shown_path(verdict.root, f.path, base)) for f in verdict.findings]
    commands += [_unread(e, shown_path(verdict.root, e.path, base)) for e in verdict.errors]
    return "".join(command + "\n" for command in commands)


def _finding(f: Finding, path: str) -> str:
    properties: dict[str, str | int] = {"file": path}
    if f.cell is None:  # a notebook's file has other lines than its cells
        properties |= {"line": f.line, "endLine": f.end_line}
        if f.line == f.end_line:  # GitHub refuses columns that span lines
            properties |= {"col": f.column, "endColumn": f.end_column}
    properties["title"] = f"{f.code} {f.rule}"
    text = in_cell(f, f.message) + (f"\n{f.remedy}" if f.remedy else "")
    return _command(COMMANDS[f.severity], properties, text)


def _unread(e: FileError, path: str) -> str:
    properties: dict[str, str | int] = {"file": path} | ({"line": e.line} if e.line else {}) | {"title": "llmlint"}
    return _command("error" if e.grave else "warning", properties, str(e))


def _command(name: str, properties: Mapping[str, str | int], message: str) -> str:
    written = ",".join(f"{key}={_escaped(str(value), property=True)}" for key, value in properties.items())
    return f"::{name} {written}::{_escaped(message)}"


def _escaped(text: str, property: bool = False) -> str:
    """As the toolkit of GitHub Actions escapes: % first, then line ends, in properties also : and the comma.

    Control characters are written out: the same text is in the log that a terminal shows.
    """
    text = "%0A".join(visible(line) for line in text.replace("%", "%25").replace("\r", "%0D").split("\n"))
    return text.replace(":", "%3A").replace(",", "%2C") if property else text
