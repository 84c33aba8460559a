"""Response headers → how long to wait: Retry-After, and what is left of the rate limits."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime

KINDS = ("requests", "tokens", "input-tokens", "output-tokens")
LONGEST = 120.0  # seconds that an empty allowance is believed; a Retry-After is believed always
_PIECE = re.compile(r"([\d.]+)(ms|h|m|s)")
_UNIT = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}


def retry_after(headers: Mapping[str, str], now: datetime | None = None) -> float | None:
    """Seconds to wait as the server wants it; None: it says nothing that can be understood."""
    fine = _number(headers.get("retry-after-ms"))
    if fine is not None:
        return fine / 1000
    text = headers.get("retry-after")
    plain = _number(text)
    if plain is not None or text is None:
        return plain
    try:
        date = parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return None
    return max(0.0, (_aware(date) - (now or datetime.now(timezone.utc))).total_seconds())


def exhausted(headers: Mapping[str, str], now: datetime | None = None) -> float:
    """Seconds until a limit of which nothing is left is filled again; 0 where something is left or nothing is said."""
    wait = 0.0
    for kind in KINDS:
        for left, reset in (
            (f"x-ratelimit-remaining-{kind}", f"x-ratelimit-reset-{kind}"),
            (f"anthropic-ratelimit-{kind}-remaining", f"anthropic-ratelimit-{kind}-reset"),
        ):
            if left in headers and _number(headers[left]) == 0:
                wait = max(wait, _until(headers.get(reset, ""), now))
    return min(wait, LONGEST)


def _until(text: str, now: datetime | None) -> float:
    pieces = _PIECE.findall(text)
    if pieces and "".join(number + unit for number, unit in pieces) == text:
        return sum((_number(number) or 0.0) * _UNIT[unit] for number, unit in pieces)
    plain = _number(text)
    if plain is not None:
        return plain
    try:
        date = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        return 0.0
    return max(0.0, (_aware(date) - (now or datetime.now(timezone.utc))).total_seconds())


def _aware(date: datetime) -> datetime:
    return date if date.tzinfo else date.replace(tzinfo=timezone.utc)


def _number(text: str | None) -> float | None:
    try:
        value = float(text) if text is not None else math.nan
    except ValueError:
        return None
    return value if math.isfinite(value) and value >= 0 else None
