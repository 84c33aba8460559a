"""`Audit` → JSON, schema version 1; paths are relative to the scanned root, whatever `base` is."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from llmlint.judge.audit import SCHEMA

if TYPE_CHECKING:
    from llmlint.judge.audit import Audit


def render(audit: Audit, base: Path | None = None) -> str:
    report = {
        "schema": SCHEMA,
        "score": audit.score,
        "measured": len(audit.measured),
        "items": [
            {
                "number": number, "name": answer.item.name, "title": answer.item.title, "status": answer.status,
                "why": answer.why, "evidence": [asdict(evidence) for evidence in answer.evidence],
                "next": answer.next or None, "rules": list(answer.item.codes),
            }
            for number, answer in enumerate(audit.answers, 1)
        ],
        "errors": [{"path": e.path, "line": e.line, "message": e.message} for e in audit.errors],
        "stats": {**asdict(audit.stats), "seconds": round(audit.stats.seconds, 3)},
    }  # fmt: skip
    return json.dumps(report, indent=2) + "\n"
