"""A baseline file ↔ the findings that a team has put off: only what is not in it counts.

The file is JSON with one finding a line, sorted, without line numbers, so that a diff shows what came and what went.
"""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from llmlint.errors import BaselineError
from llmlint.judge.finding import Finding, Verdict
from llmlint.judge.known import Known, Split, split, without_known
from llmlint.judge.policy_document import display

SCHEMA = 1
NAME = "llmlint-baseline.json"
MAX_BYTES = 50_000_000
WRITE = "`llmlint baseline write` writes one"


@dataclass(frozen=True, order=True, slots=True)
class Entry:
    """One finding that was put off. path: relative to the baseline's folder; function: for those who read the file."""

    path: str
    rule: str
    function: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Baseline:
    """file: absolute."""

    file: Path
    entries: tuple[Entry, ...] = ()

    @property
    def shown(self) -> str:
        return display(self.file)

    def outside(self, root: str) -> tuple[Entry, ...]:
        """Entries that a run over `root` says nothing of."""
        return tuple(e for e in self.entries if _moved(e.path, self.file.parent, Path(root)).startswith("../"))

    def split(self, findings: Sequence[Finding], root: str, anywhere: Collection[str] = ()) -> Split:
        """Which findings under `root` are not in it."""
        known = [Known(_moved(entry.path, self.file.parent, Path(root)), entry.fingerprint) for entry in self.entries]
        return split(findings, known, lambda path: not os.path.lexists(os.path.join(root, path)), anywhere)  # noqa: PTH118

    def apply(self, verdict: Verdict, anywhere: Collection[str] = (), immune: Collection[str] = ()) -> Verdict:
        """The verdict without what was put off. immune: rules whose findings nobody can put off."""
        found = self.split([f for f in verdict.findings if f.rule not in immune], verdict.root, anywhere)
        return without_known(verdict, found.old, "baseline", "put off in the baseline", self.shown)


def entries_of(findings: Sequence[Finding], root: str, folder: Path) -> tuple[Entry, ...]:
    """Findings under `root` as a baseline in `folder` holds them, sorted."""
    return tuple(sorted(Entry(_moved(f.path, Path(root), folder), f.rule, f.function, f.fingerprint) for f in findings))


def renewed(file: Path, findings: Sequence[Finding], root: str) -> Baseline:
    """What `file` is to hold: these findings, and of what it holds already that which lies outside the root."""
    try:
        before = read_baseline(file)
    except BaselineError:  # also one that is broken: writing it anew is the mend
        before = Baseline(file)
    return Baseline(file, (*before.outside(root), *entries_of(findings, root, file.parent)))


def tightened(baseline: Baseline, findings: Sequence[Finding], root: str, anywhere: Collection[str]) -> Baseline:
    """Without what is no longer found under the root, and with the new names of renamed files. Nothing is added."""
    old = baseline.split(findings, root, anywhere).old
    return Baseline(baseline.file, (*baseline.outside(root), *entries_of(old, root, baseline.file.parent)))


def read_baseline(file: Path) -> Baseline:
    """Raises BaselineError where it is missing or was not written by `text_of`."""
    shown = display(file)
    try:
        if file.stat().st_size > MAX_BYTES:
            raise BaselineError(f"is larger than {MAX_BYTES // 1_000_000} MB", shown, None, WRITE)
        data = file.read_bytes()
    except FileNotFoundError:
        raise BaselineError("there is no such baseline", shown, None, WRITE) from None
    except OSError as error:
        why = (error.strerror or type(error).__name__).lower()
        raise BaselineError(f"cannot be read: {why}", shown, None, WRITE) from None
    try:
        report = json.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise BaselineError("is not UTF-8", shown, None, WRITE) from None
    except json.JSONDecodeError as error:
        raise BaselineError(f"is not JSON: {error.msg}", shown, error.lineno, _mend(data)) from None
    except (ValueError, RecursionError):
        raise BaselineError("is not JSON", shown, None, WRITE) from None
    return Baseline(file, tuple(sorted(_entries(report, shown))))


def text_of(baseline: Baseline) -> str:
    """The file's content."""
    rows = [
        {"path": e.path, "rule": e.rule, "function": e.function, "fingerprint": e.fingerprint}
        for e in sorted(baseline.entries)
    ]
    lines = ",\n".join("    " + json.dumps(row) for row in rows)
    return f'{{\n  "schema": {SCHEMA},\n  "findings": [' + (f"\n{lines}\n  " if rows else "") + "]\n}\n"


def _mend(data: bytes) -> str:
    marks = (b"<<<<<<<", b">>>>>>>")
    return "resolve the merge conflict" if any(mark in data for mark in marks) else WRITE


def _entries(report: Any, shown: str) -> list[Entry]:
    if not isinstance(report, dict) or not isinstance(report.get("findings"), list):
        raise BaselineError("is no baseline of llmlint", shown, None, WRITE)
    if report.get("schema") != SCHEMA:
        raise BaselineError(f"has schema {report.get('schema')!r:.20}, not {SCHEMA}", shown, None, WRITE)
    out = []
    for i, row in enumerate(report["findings"]):
        values = [row.get(key) if isinstance(row, dict) else None for key in ("path", "rule", "fingerprint")]
        function = row.get("function", "") if isinstance(row, dict) else ""
        if not all(isinstance(value, str) and value for value in values) or not isinstance(function, str):
            raise BaselineError(f"findings[{i}] needs path, rule and fingerprint", shown, None, WRITE)
        out.append(Entry(str(values[0]), str(values[1]), function, str(values[2])))
    return out


def _moved(path: str, start: Path, to: Path) -> str:
    """A path relative to one folder as seen from another."""
    if start == to:
        return path
    return os.path.relpath(os.path.join(start, path), to).replace(os.sep, "/")  # noqa: PTH118
