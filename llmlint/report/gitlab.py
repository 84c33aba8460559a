"""`Verdict` → GitLab's Code Quality report: a JSON array of issues."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

from llmlint.facts import FileError
from llmlint.judge.finding import Finding, Severity, Verdict
from llmlint.judge.rules import Rule
from llmlint.report.places import in_cell, shown_path

SEVERITIES: Mapping[Severity, str] = {"error": "major", "warning": "minor", "info": "info"}


def render(verdict: Verdict, rules: Sequence[Rule] = (), base: Path | None = None) -> str:
    """GitLab takes two issues with one fingerprint for one: a repeated fingerprint is counted up."""
    issues = [_finding(f, shown_path(verdict.root, f.path, base)) for f in verdict.findings]
    issues += [_unread(e, shown_path(verdict.root, e.path, base)) for e in verdict.errors]
    seen: dict[str, int] = {}
    for issue in issues:
        print_ = issue["fingerprint"]
        seen[print_] = seen.get(print_, 0) + 1
        if seen[print_] > 1:
            issue["fingerprint"] = _digest(print_, str(seen[print_]))
    return json.dumps(issues, indent=2) + "\n"


def _finding(f: Finding, path: str) -> dict[str, Any]:
    return {
        "description": f"{f.code} {f.rule}: {in_cell(f, f.message)}" + (f" {f.remedy}" if f.remedy else ""),
        "check_name": f.rule,
        "fingerprint": f.fingerprint or _digest(f.code, f.path, str(f.cell), str(f.line), f.message),
        "severity": SEVERITIES[f.severity],
        "location": {"path": path, "lines": {"begin": f.line, "end": f.end_line}},
    }


def _unread(e: FileError, path: str) -> dict[str, Any]:
    return {
        "description": str(e),
        "check_name": e.rule or "unread-file",
        "fingerprint": _digest(e.rule or "unread-file", e.path),
        "severity": "major" if e.grave else "minor",
        "location": {"path": path, "lines": {"begin": e.line or 1}},
    }


def _digest(*parts: str) -> str:
    return sha256("\0".join(parts).encode("utf-8", "backslashreplace")).hexdigest()[:32]
