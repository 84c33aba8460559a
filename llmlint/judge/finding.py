"""What judging facts gives: findings, those that were suppressed and why, and all of it together as a `Verdict`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Any, Literal

from llmlint.facts import FileError, ScanStats
from llmlint.light import dataclass

SCHEMA = 1

Severity = Literal["error", "warning", "info"]
SuppressedBy = Literal["inline", "file", "exemption", "baseline", "since"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "info")  # gravest first


@dataclass(frozen=True, slots=True)
class FixSpec:
    """The edit that a rule offers: an operator of `llmlint.fixes.operators` and its arguments.

    safety: `llmlint fix` makes the safe ones, the unsafe ones on request.
    """

    operator: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    safety: Literal["safe", "unsafe"] = "safe"


@dataclass(frozen=True, slots=True)
class Saving:
    """Dollars a month that following the remedy saves, and how that was worked out. None: traffic is not declared."""

    usd_per_month: float | None
    formula: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing worth saying. Lines and columns are 1-based; `path` is relative to the scanned root.

    message says what is wrong here, with this call's own values; remedy what to write instead. fingerprint stays the
    same when lines move and files are renamed; two files can share one. related: other places that explain it, as
    (path, line, words). function: the qualified name around it. paths: the paths that message and remedy name.
    """

    rule: str
    code: str
    severity: Severity
    path: str
    line: int
    end_line: int
    column: int
    end_column: int
    message: str
    remedy: str
    cell: int | None = None
    fix: FixSpec | None = None
    saves: Saving | None = None
    docs: str = ""
    fingerprint: str = ""
    related: tuple[tuple[str, int, str], ...] = ()
    function: str = ""
    paths: tuple[str, ...] = ()

    @property
    def fixable(self) -> bool:
        """A safe fix exists: `llmlint fix` without --unsafe makes it."""
        return self.fix is not None and self.fix.safety == "safe"

    def to_json(self) -> dict[str, Any]:
        """The contract's JSON object."""
        return {
            "rule": self.rule, "code": self.code, "severity": self.severity, "path": self.path, "line": self.line,
            "end_line": self.end_line, "column": self.column, "end_column": self.end_column, "cell": self.cell,
            "message": self.message, "remedy": self.remedy, "fixable": self.fixable,
            "saves": {"usd_per_month": self.saves.usd_per_month, "formula": self.saves.formula} if self.saves else None,
            "docs": self.docs, "fingerprint": self.fingerprint,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Suppressed:
    """A finding that does not count.

    kind: "inline" and "file": a comment in the code, on the call or for the whole file, at `line`; "exemption": in the
    policy; "baseline": put off; "since": it was there before. where: "llmlint.yaml:12", the baseline, the revision.
    """

    finding: Finding
    kind: SuppressedBy
    line: int | None = None
    reason: str | None = None
    where: str | None = None
    owner: str | None = None
    until: str | None = None  # the last day that an exemption holds


@dataclass(frozen=True, slots=True)
class Verdict:
    """All that `llmlint check` has to report. `root` is the absolute folder that paths are relative to."""

    root: str
    findings: tuple[Finding, ...] = ()
    suppressed: tuple[Suppressed, ...] = ()
    errors: tuple[FileError, ...] = ()
    stats: ScanStats = field(default_factory=ScanStats)
