"""Numbers, times and names as sources write them → plain values, or `Refused` with the sentence that says why not."""

from __future__ import annotations

import re
from datetime import datetime, timezone
from decimal import Decimal, InvalidOperation
from hashlib import blake2b
from typing import Any

from llmlint.observe.usage.records import NANO, Refused

EARLIEST = 1_546_300_800  # 2019-01-01: nobody was billed for tokens before
MAX_COUNT = 10**15  # of one record; more is an error of units, and sums must stay within 63 bits
MAX_NANO = 10**16  # ten million dollars in one record
MAX_NAME = 200
CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\u2028\u2029\u202a-\u202e\u2066-\u2069]+")
NUMBER = re.compile(r"\d+")
GROUPED = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d*)?")
FRACTION = re.compile(r"(?<=:\d\d)\.\d+")
SHORT_ZONE = re.compile(r"(?<=:\d\d)[+-]\d\d$")


def count(value: Any, what: str) -> int:
    """A number of tokens or requests; None and "" are 0. Raises Refused where it is negative or no whole number."""
    if value.__class__ is int:
        number = value
    elif value.__class__ is str and len(value) < 17 and value.isascii() and value.isdigit():
        number = int(value)
    elif value is None or value == "":
        return 0
    else:
        number = _whole(value, what)
    if 0 <= number <= MAX_COUNT:
        return number
    raise Refused(f"{what} is negative" if number < 0 else f"{what} is beyond all measure")


def _whole(value: Any, what: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        raise Refused(f"{what} is not a number")
    text = _ungrouped(value, what) if isinstance(value, str) else value
    if isinstance(text, str) and text.isascii() and text.isdigit():
        return int(text) if len(text) < 20 else MAX_COUNT + 1
    try:
        number = Decimal(str(text))
        if not number.is_finite():
            raise Refused(f"{what} is not a number")
        return MAX_COUNT + 1 if number.adjusted() > 18 else round(number)
    except (InvalidOperation, ValueError):
        raise Refused(f"{what} is not a number") from None


def _ungrouped(text: str, what: str) -> str:
    """1,234.5 → 1234.5. A comma elsewhere may stand for the point, which makes a hundredfold difference."""
    text = text.strip()
    if "," in text:
        if not GROUPED.fullmatch(text):
            raise Refused(f"{what} has a comma that does not part thousands: write 1234.5 or 1,234.5")
        text = text.replace(",", "")
    return text.replace("_", "")


def money(value: Any, what: str = "the cost") -> int | None:
    """An amount → billionths of it; None and "" are None: nothing was said."""
    if value is None or value == "":
        return None
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        raise Refused(f"{what} is not a number")
    try:
        amount = Decimal(_ungrouped(value.strip().removeprefix("$"), what) if isinstance(value, str) else str(value))
    except InvalidOperation:
        raise Refused(f"{what} is not a number") from None
    if not amount.is_finite():
        raise Refused(f"{what} is not a number")
    if amount < 0:
        raise Refused(f"{what} is negative")
    if amount.adjusted() > 9:
        raise Refused(f"{what} is beyond all measure")
    nano = round(amount * NANO)
    if nano > MAX_NANO:
        raise Refused(f"{what} is beyond all measure")
    return nano


def moment(value: Any, latest: int, what: str = "the time") -> int:
    """A time → Unix seconds. Text in ISO 8601 (a date is its first second, UTC where no zone is given), or a number of
    seconds, milliseconds, microseconds or nanoseconds. Raises Refused outside of 2019 … `latest`."""
    seconds = _numeric(value, what) if isinstance(value, int | float) else _text_time(str(value), what)
    if seconds > latest:
        raise Refused(f"{what} is in the future: the clock that wrote it is wrong")
    if seconds < EARLIEST:
        raise Refused(f"{what} is before 2019: the clock or the unit is wrong")
    return seconds


def _numeric(value: float, what: str) -> int:
    if isinstance(value, bool) or value != value or value in (float("inf"), float("-inf")):
        raise Refused(f"{what} is not a time")
    for unit in (10**9, 10**6, 10**3):
        if value >= EARLIEST * unit:
            return int(value // unit)
    return int(value)


def _text_time(text: str, what: str) -> int:
    text = text.strip()
    if not text:
        raise Refused(f"{what} is missing")
    if NUMBER.fullmatch(text):
        if len(text) == 8 and text.startswith("20"):  # 20261125
            return _iso(f"{text[:4]}-{text[4:6]}-{text[6:]}", what)
        return _numeric(int(text) if len(text) < 25 else 0, what)
    return _iso(text, what)


def _iso(text: str, what: str) -> int:
    try:
        found = _datetime(text)
    except ValueError:
        raise Refused(f"{what} is not a date or time such as 2026-11-25T08:00:00Z") from None
    if found.tzinfo is None:
        found = found.replace(tzinfo=timezone.utc)
    return int(found.timestamp())


def _datetime(text: str) -> datetime:
    if text[-1] == "Z" or text.endswith(" UTC"):
        text = text.removesuffix("Z").removesuffix(" UTC") + "+00:00"
    try:
        return datetime.fromisoformat(text)
    except ValueError:  # Python 3.10 knows fractions of 3 and 6 digits alone, and no zone without minutes
        return datetime.fromisoformat(SHORT_ZONE.sub(r"\g<0>:00", FRACTION.sub("", text)))


def name(value: Any) -> str:
    """A model, team, path or label: no control characters, at most 200 characters. "" where there is none."""
    if value is None:
        return ""
    text = value if isinstance(value, str) else str(value)
    if not text.isprintable():
        text = CONTROLS.sub(" ", text)
    return text.strip()[:MAX_NAME]


def key_of(*parts: object) -> bytes:
    """16 bytes that are the same for the same parts."""
    return blake2b("\x1f".join(map(str, parts)).encode("utf-8", "surrogatepass"), digest_size=16).digest()
