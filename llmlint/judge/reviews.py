"""`.llmlint/reviews.json` ↔ the reviews that were held: when, by whom, and what stood there, for the next one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, field
from datetime import date
from pathlib import Path
from typing import Any

from llmlint.errors import PolicyError
from llmlint.light import dataclass

SCHEMA = 1
KEPT = 40  # ten years of quarters
MEND = "restore it from git, or remove it"


@dataclass(frozen=True, slots=True)
class PastReview:
    """usd_per_month: of the time reviewed; usd_per_1k: of a thousand requests; each None where unknown. findings:
    fingerprint → {"code", "rule", "path", "usd_per_month"} of what stood open, the last None where unknown."""

    date: str
    owner: str
    usd_per_month: float | None = None
    usd_per_1k: float | None = None
    cache_hit_rate: float | None = None
    findings: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


def past_reviews(file: Path) -> tuple[PastReview, ...]:
    """The oldest first; none where there is no file. Raises PolicyError where it is broken."""
    try:
        text = file.read_text("utf-8")
    except FileNotFoundError:
        return ()
    except (OSError, ValueError) as error:
        reason = (getattr(error, "strerror", None) or "it is not UTF-8").lower()
        raise PolicyError(f"the reviews cannot be read: {reason}", str(file), None, MEND) from None
    try:
        data = json.loads(text)
        if data["schema"] > SCHEMA:
            raise PolicyError("these reviews were written by a newer llmlint", str(file), None, "update llmlint")
        return tuple(sorted((_review(row) for row in data["reviews"]), key=lambda one: one.date))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise PolicyError("this is no record of reviews", str(file), 1, MEND) from None


def _review(row: Mapping[str, Any]) -> PastReview:
    numbers = {n: row.get(n) for n in ("usd_per_month", "usd_per_1k", "cache_hit_rate")}
    if any(not (v is None or isinstance(v, int | float)) for v in numbers.values()):
        raise ValueError
    found = {str(k): dict(v) for k, v in (row.get("findings") or {}).items()}
    if any(not isinstance(f.get("usd_per_month"), int | float | None) for f in found.values()):
        raise ValueError
    day = date.fromisoformat(row["date"]).isoformat()
    if not isinstance(row["owner"], str):
        raise ValueError
    return PastReview(day, row["owner"], **numbers, findings=found)


def with_review(file: Path, review: PastReview) -> str:
    """The text of the file with one more, in place of one of the same day."""
    kept = [one for one in past_reviews(file) if one.date != review.date][-KEPT + 1 :]
    rows = sorted((*kept, review), key=lambda one: one.date)
    return json.dumps({"schema": SCHEMA, "reviews": [asdict(one) for one in rows]}, indent=1) + "\n"
