"""A finding's path, cell and line → the place as each reader wants it: relative to a folder, escaped, in one word."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from pathlib import Path

from llmlint.judge.finding import Finding, Suppressed, Verdict


def shown_path(root: str, path: str, base: Path | None) -> str:
    """`path` (relative to root) relative to base, with "/"; where it is not below base, absolute."""
    if base is None or str(base) == root:
        return path
    full = os.path.join(root, path)  # noqa: PTH118 - a path with half characters survives as text
    relative = os.path.relpath(full, base)
    kept = full if relative.split(os.sep, 1)[0] == os.pardir else relative
    return kept.replace(os.sep, "/")


def with_shown_paths(verdict: Verdict, base: Path | None) -> Verdict:
    """The verdict with the paths in messages and remedies as `shown_path` shows them: all agree."""
    if base is None or str(base) == verdict.root:
        return verdict
    return replace(
        verdict,
        findings=tuple(_rebased(f, verdict.root, base) for f in verdict.findings),
        suppressed=tuple(replace(s, finding=_rebased(s.finding, verdict.root, base)) for s in verdict.suppressed),
    )


def _rebased(finding: Finding, root: str, base: Path) -> Finding:
    if not finding.paths:
        return finding
    names = "|".join(re.escape(path) for path in sorted(finding.paths, key=len, reverse=True))
    whole = re.compile(rf"(?<![\w./-])(?:{names})(?![\w/-]|\.\w)")  # one pass: what was put in is not looked at again
    texts = (finding.message, finding.remedy)
    message, remedy = (whole.sub(lambda found: shown_path(root, found[0], base), text) for text in texts)
    return replace(finding, message=message, remedy=remedy)


def place(finding: Finding, path: str) -> str:
    """path:line:column; in a notebook path:cells[3]:line:column, the index over all cells from 0."""
    cell = "" if finding.cell is None else f":cells[{finding.cell}]"
    return f"{path}{cell}:{finding.line}:{finding.column}"


def in_cell(finding: Finding, text: str) -> str:
    """The text, led by where it is when the file's own lines cannot say so."""
    return text if finding.cell is None else f"cells[{finding.cell}], line {finding.line}: {text}"


def justification(s: Suppressed) -> str | None:
    """Why a finding does not count, with whom to ask, until when, and where that is written."""
    owner = f"owner {s.owner}, until {s.until}" if s.owner else ""
    more = "; ".join(part for part in (owner, s.where) if part)
    return f"{s.reason} ({more})" if s.reason and more else s.reason


def repository_root(root: Path) -> Path:
    """The folder that a service which shows the report takes paths from: the checkout, else where the command runs."""
    for folder in (root, *root.parents):
        if (folder / ".git").exists():
            return folder
    here = Path.cwd()
    return here if root.is_relative_to(here) else root
