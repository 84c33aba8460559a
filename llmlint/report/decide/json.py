"""Decisions → JSON, schema version 1."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from llmlint.report.decide import next_step
from llmlint.report.returns.json import number

if TYPE_CHECKING:
    from llmlint.money.decide import Decision

SCHEMA = 1


def render(decisions: Sequence[Decision]) -> str:
    rows = [
        {
            "name": one.name, "outcome": one.outcome, "tokens_per_day": number(one.tokens_per_day),
            "call_sites": [{"path": m.site.path, "line": m.site.line, "cell": m.site.cell} for m in one.members],
            "turns": [asdict(turn) for turn in one.turns],
            "asks": [{"option": option, "leads_to": leads} for option, leads in one.asks],
            "next": next_step(one) or None,
        }
        for one in decisions
    ]  # fmt: skip
    return json.dumps({"schema": SCHEMA, "decisions": rows}, indent=2, ensure_ascii=False) + "\n"
