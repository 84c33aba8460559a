"""`Verdict` → the JSON contract of `llmlint check --format json`, schema version 1."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from llmlint.judge.finding import SCHEMA, Suppressed, Verdict
from llmlint.judge.rules import Rule


def render(verdict: Verdict, rules: Sequence[Rule] = (), base: Path | None = None) -> str:
    """Paths stay relative to the scanned root, whatever `base` is: that is the contract."""
    report = {
        "schema": SCHEMA,
        "findings": [f.to_json() for f in verdict.findings],
        "suppressed": [_suppressed(s) for s in verdict.suppressed],
        "errors": [{"path": e.path, "line": e.line, "message": e.message} for e in verdict.errors],
        "stats": {**asdict(verdict.stats), "seconds": round(verdict.stats.seconds, 3)},
    }
    return json.dumps(report, indent=2) + "\n"


def _suppressed(s: Suppressed) -> dict[str, Any]:
    by: dict[str, Any] = {"kind": s.kind, "line": s.line, "reason": s.reason}
    if s.where:
        by |= {"where": s.where, "owner": s.owner, "until": s.until}
    return {**s.finding.to_json(), "suppression": by}
