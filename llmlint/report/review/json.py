"""`Review` → JSON, schema version 1."""

from __future__ import annotations

import json
from dataclasses import asdict
from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from llmlint.observe.review.records import Review

SCHEMA = 1


def render(review: Review) -> str:
    from llmlint.observe.review.records import TARGET

    spend = review.spend
    report: dict[str, Any] = {
        "schema": SCHEMA, "date": review.day.isoformat(), "spend": None, "spend_unknown": review.why or None,
        "opportunities": [asdict(one) for one in review.opportunities],
        "opportunities_usd_per_month": review.together_usd,
        "since": None if review.since is None else {**asdict(review.since), "promised_usd": review.since.promised_usd},
        "stale": [asdict(one) for one in review.stale],
        "audit": {
            "score": review.audit.score,
            "items": [
                {"name": a.item.name, "status": a.status, "why": a.why, "next": a.next or None}
                for a in review.audit.answers
            ],
        },
    }  # fmt: skip
    if spend is not None:
        report["spend"] = {
            **asdict(spend), "cache_target": TARGET, "usd_per_month": spend.usd_per_month,
            "usd_per_1k_requests": spend.usd_per_1k,
        }  # fmt: skip
    return json.dumps(report, indent=2, default=_plain) + "\n"


def _plain(value: Any) -> Any:
    return float(round(value, 6)) if isinstance(value, Decimal) else str(value)
