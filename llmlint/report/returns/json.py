"""`Result` → JSON, schema version 1. Amounts are numbers in USD, to ten digits that count; a month has 30 days."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from llmlint.report.returns.words import claim, headline

if TYPE_CHECKING:
    from llmlint.money.returns.records import Flip, Result

SCHEMA = 1


def render(result: Result) -> str:
    sums = result.sums
    report = {
        "schema": SCHEMA,
        "kind": result.kind,
        "answer": result.answer,
        "summary": headline(result),
        "monthly_usd_before": number(sums.before),
        "monthly_usd_after": number(sums.after),
        "net_usd_per_month": number(sums.net),
        "one_off_usd": number(sums.one_off),
        "break_even_months": number(sums.payback_months),
        "break_even_days": number(result.payback_days),
        "horizon_months": number(result.horizon),
        "total_usd": number(result.total),
        "formula": [{"name": s.name, "formula": s.formula, "usd": number(s.value)} for s in sums.steps],
        "inputs": [
            {"name": one.input.name, "value": number(one.value), "unit": one.input.unit, "label": one.label,
             "source": one.source or None}
            for one in result.inputs
        ],
        "flips": [flip(one) for one in result.flips],
        "sensitivity": [
            {"input": one.name, "low": number(one.low), "high": number(one.high),
             "total_usd_at_low": number(one.at_low), "total_usd_at_high": number(one.at_high)}
            for one in result.swings
        ],
        "claim": {
            "months": number(result.claim.months), "one_off_usd": number(result.claim.one_off_usd),
            "flips": [flip(one) for one in result.claim.flips], "summary": claim(result) or None,
        },
        "note": result.note or None,
    }  # fmt: skip
    return json.dumps(report, indent=2, ensure_ascii=False) + "\n"


def flip(one: Flip) -> dict[str, Any]:
    now, at, factor = number(one.now), number(one.at), number(one.factor)
    return {"input": one.name, "unit": one.unit, "now": now, "at": at, "factor": factor}


def number(value: Decimal | None) -> float | int | None:
    """For JSON: whole numbers without a point, others to ten digits that count."""
    if value is None:
        return None
    rounded = float(f"{value:.10g}")
    return int(rounded) if rounded.is_integer() else rounded
