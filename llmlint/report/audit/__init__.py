"""An `Audit` → a report in the format asked for; each format is a module with `render`, imported when asked for."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from llmlint.judge.audit import Audit, Evidence

# name → module with render(audit, base) -> str
FORMATS: dict[str, str] = {
    "text": "llmlint.report.audit.text",
    "markdown": "llmlint.report.audit.markdown",
    "json": "llmlint.report.audit.json",
    "html": "llmlint.report.audit.html",
}


def render(name: str, audit: Audit, base: Path | None = None) -> str:
    """The report in full. base: the folder that printed paths are relative to; None: the scanned root."""
    text: str = import_module(FORMATS[name]).render(audit, base)
    return text


def shown_place(audit: Audit, evidence: Evidence, base: Path | None) -> str:
    """path:line; in a notebook path:cells[3]:line."""
    from llmlint.report.places import shown_path

    cell = "" if evidence.cell is None else f":cells[{evidence.cell}]"
    return f"{shown_path(audit.root, evidence.path, base)}{cell}:{evidence.line}"


def closing(audit: Audit) -> str:
    """`score 64 of 100: 4 pass, 3 partial, 2 fail, 3 not applicable, 2 not measured`."""
    from llmlint.judge.audit import STATUSES

    counts = {status: sum(a.status == status for a in audit.answers) for status in STATUSES}
    told = ", ".join(f"{count} {status}" for status, count in counts.items() if count)
    score = "no score" if audit.score is None else f"score {audit.score} of 100"
    return f"{score}: {told}; {audit.stats.call_sites:,} call sites in {audit.stats.files:,} files"
