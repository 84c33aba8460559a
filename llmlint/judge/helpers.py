"""The filters, tests and functions that a rule may use: plain data in, bounded plain data out."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, timezone
from typing import Any

from llmlint.facts import Tier

MAX_TEXT = 10_000
MAX_NUMBER = 10**15
UNITS = {"second": 1 / 60, "minute": 1.0, "hour": 60.0, "day": 1440.0, "week": 10080.0}
TIERS: tuple[Tier, ...] = ("small", "medium", "large", "frontier")


class Refused(Exception):
    """A rule asked for something that has no answer, or for too much."""


def bounded(value: Any) -> Any:
    """The value, or Refused where it is too long or too large."""
    if isinstance(value, str) and len(value) > MAX_TEXT:
        raise Refused(f"the text is longer than {MAX_TEXT} characters")
    if isinstance(value, complex) or (isinstance(value, (int, float)) and not abs(value) <= MAX_NUMBER):
        raise Refused("the number is too large")
    return value


def scalar_text(value: Any) -> Any:
    """How a value prints: null as "unknown"; a list must be joined first."""
    if value is None:
        return "unknown"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (dict, tuple, list)):
        raise Refused("a list or record cannot be printed: use `join`, or name a property")
    return value  # an undefined one raises by itself when it becomes a text


def _items(value: Any) -> Sequence[Any]:
    if value is None:
        return ()
    if isinstance(value, (tuple, list, str)):
        return value
    if isinstance(value, dict):
        return tuple(value)
    raise Refused("a list is needed here")


def _text(value: Any) -> str:
    return str(bounded(str(scalar_text(value))))


def _join(value: Any, by: str = "") -> str:
    items = [_text(item) for item in _items(value)]
    if sum(map(len, items)) + len(by) * len(items) > MAX_TEXT:
        raise Refused(f"the text is longer than {MAX_TEXT} characters")
    return by.join(items)


def _replace(value: Any, old: str, new: str) -> str:
    text = _text(value)
    if len(text) + text.count(old) * (len(new) - len(old)) > MAX_TEXT:
        raise Refused(f"the text is longer than {MAX_TEXT} characters")
    return text.replace(old, new)


def _default(value: Any, otherwise: Any = "") -> Any:
    from jinja2 import Undefined

    return otherwise if value is None or isinstance(value, Undefined) else value


def _round(value: Any, digits: int = 0) -> Any:
    if value is None:
        return None
    out = round(value, max(-15, min(digits, 15)))
    return int(out) if digits <= 0 else out


def _number(kind: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def convert(value: Any) -> Any:
        if value is None:
            return None
        if isinstance(value, str) and len(value) > 40:
            raise Refused("the number is too large")
        return bounded(kind(value))

    return convert


def _map(value: Any, attribute: str | None = None) -> tuple[Any, ...]:
    """`list | map(attribute="output_cap.state")`: that property of every record."""
    if not isinstance(attribute, str):
        raise Refused('`map` needs attribute="a.b"')
    return tuple(_property(item, attribute) for item in _items(value))


def _property(record: Any, dotted: str) -> Any:
    for name in dotted.split("."):
        if record is None:
            return None
        if type(record) is not dict or name not in record:
            raise Refused(f"there is no `{name}` here")
        record = record[name]
    return record


def _select(keep: bool) -> Callable[..., tuple[Any, ...]]:
    def select(value: Any, test: str = "true", *args: Any) -> tuple[Any, ...]:
        if test not in TESTS:
            raise Refused(f"there is no test `{test}`")
        return tuple(item for item in _items(value) if TESTS[test](item, *args) is keep)

    return select


def _without_null(function: Callable[[Iterable[Any]], Any]) -> Callable[[Any], Any]:
    def apply(value: Any) -> Any:
        items = [item for item in _items(value) if item is not None]
        return function(items) if items else None

    return apply


def _unique(value: Any) -> tuple[Any, ...]:
    return tuple(dict.fromkeys(_items(value)))


def _defined(value: Any) -> bool:
    from jinja2 import Undefined

    return not isinstance(value, Undefined)


TESTS: dict[str, Callable[..., bool]] = {
    "defined": _defined,
    "none": lambda v: v is None,
    "true": lambda v: v is True,
    "false": lambda v: v is False,
    "string": lambda v: isinstance(v, str),
    "number": lambda v: type(v) in (int, float),
    "in": lambda v, items: items is not None and v in items,
    "equalto": lambda v, other: bool(v == other),
    "startswith": lambda v, start: isinstance(v, str) and v.startswith(start),
    "endswith": lambda v, end: isinstance(v, str) and v.endswith(end),
}

FILTERS: dict[str, Callable[..., Any]] = {
    "length": lambda v: len(_items(v)),
    "first": lambda v: next(iter(_items(v)), None),
    "last": lambda v: next(iter(_items(v)[-1:]), None),
    "sort": _without_null(lambda items: tuple(sorted(items))),
    "unique": _unique,
    "join": _join,
    "map": _map,
    "select": _select(True),
    "reject": _select(False),
    "min": _without_null(min),
    "max": _without_null(max),
    "sum": _without_null(lambda items: bounded(math.fsum(items))),
    "lower": lambda v: _text(v).lower(),
    "upper": lambda v: _text(v).upper(),
    "trim": lambda v: _text(v).strip(),
    "replace": _replace,
    "default": _default,
    "int": _number(int),
    "float": _number(float),
    "abs": lambda v: None if v is None else abs(v),
    "round": _round,
}


def plural(count: int | None, one: str, many: str = "") -> str:
    """1 → "1 call"; 2 → "2 calls"; null → "an unknown number of calls"."""
    many = many or one + "s"
    if count is None:
        return f"an unknown number of {many}"
    return f"{count:,} {one if count == 1 else many}"


def tokens(count: int | None) -> str:
    """1270 → "1,270 tokens"."""
    return plural(None if count is None else round(count), "token")


def dollars(amount: float | None) -> str:
    """0.0123 → "$0.0123"; 1234.5 → "$1,234.50"."""
    if amount is None:
        return "unknown dollars"
    return f"${amount:,.2f}" if abs(amount) >= 1 or amount == 0 else f"${amount:.2g}"


def listed(items: Any, limit: int = 3) -> Any:
    """("a", "b") → "`a` and `b`"; more than `limit`: "`a`, `b`, `c` and 2 more"."""
    every = [f"`{_text(item)}`" for item in _items(items)]
    rest = len(every) - max(1, limit)
    shown = [*every[: max(1, limit)], f"{rest} more"] if rest > 0 else every
    return bounded(" and ".join([", ".join(shown[:-1]), shown[-1]] if len(shown) > 1 else shown))


def tier_rank(tier: str | None) -> int | None:
    """small 0, medium 1, large 2, frontier 3; null for anything else."""
    return TIERS.index(tier) if tier in TIERS else None


def lowest_tier(model: Mapping[str, Any]) -> Tier | None:
    """The lowest tier among `call.model.values`; null where the tier of one is not known."""
    values = model["values"]
    if len(values) <= 1:
        tier: Tier | None = model["tier"]
        return tier
    found = [_looked_up(value) for value in values]
    ranks = [tier_rank(info.tier) if info else None for info in found]
    return None if None in ranks else TIERS[min(rank for rank in ranks if rank is not None)]


def same_maker(models: Any, model: str | None) -> tuple[str, ...]:
    """Those of `models` that come from the maker of `model`, in their order."""
    info = _looked_up(model)
    if info is None:
        return ()
    return tuple(m for m in _items(models) if (other := _looked_up(m)) is not None and other.provider == info.provider)


def minutes(every: Any) -> float | None:
    """How many minutes lie between two runs of a schedule: "*/15 * * * *" → 15; null where that cannot be told."""
    from llmlint.link.rhythm import said

    text = _text(every) if isinstance(every, str) and "," not in every.partition(" ")[0] else ""
    words = (said(text) or text).split()
    if len(words) == 1:
        return UNITS.get({"hourly": "hour", "daily": "day", "nightly": "day", "weekly": "week"}.get(words[0], ""))
    if words[:1] != ["every"] or len(words) not in (2, 3):
        return None
    count = words[1] if len(words) == 3 else "1"
    unit = UNITS.get(words[-1].rstrip("s"))
    return float(count) * unit if unit is not None and count.isdecimal() and len(count) < 6 else None


def limit_keyword(call: Mapping[str, Any]) -> str | None:
    """The keyword that limits the answer; other makers' servers behind OpenAI's SDK know the older one only."""
    keyword: str | None = call["output_cap"]["keyword"]
    models = call["model"]["values"]
    if keyword != "max_completion_tokens" or call["provider"] == "azure-openai":  # there the names are one's own
        return keyword
    return keyword if len(same_maker(models, "gpt-5")) == len(models) else "max_tokens"


def thinks(models: Any) -> bool:
    """Can one of these models think before it answers without being asked to? True where none is known."""
    from llmlint.sdks.models import thinks as model_thinks

    names = _items(models)
    return not names or any(not isinstance(name, str) or model_thinks(name) for name in names)


def today() -> date:
    """The day by which retirements are judged; LLMLINT_TODAY (2026-11-25) sets it, so that a run can be repeated."""
    given = os.environ.get("LLMLINT_TODAY", "")
    try:
        return date.fromisoformat(given) if given else datetime.now(timezone.utc).date()
    except ValueError:
        raise Refused(f"LLMLINT_TODAY is no date: {given!r:.40}") from None


def days_left(model: str | None) -> int | None:
    """Days until a model is retired by its provider, negative once it is; null where no date is known."""
    info = _looked_up(model)
    return (date.fromisoformat(info.retires) - today()).days if info is not None and info.retires else None


def retiring(models: Any, days: int) -> tuple[str, ...]:
    """Those of `models` that are retired, or will be within so many days."""
    return tuple(m for m in _items(models) if (left := days_left(m)) is not None and left <= days)


def retires(model: str | None) -> str | None:
    """The ISO date on which a model is retired; null where none is known."""
    info = _looked_up(model)
    return info.retires if info is not None else None


def retires_early(model: str | None) -> bool:
    """Is the date that of another, which outlives it: of `gemini-2.5-flash`, for `gemini-2.5-flash-preview-05-20`?"""
    info = _looked_up(model)
    return info is not None and info.early


def successor(model: str | None) -> str | None:
    """The model that the provider puts in its place; null where none is known."""
    info = _looked_up(model)
    return info.successor if info is not None else None


def where(calls: Any, attribute: str, *values: Any) -> tuple[Any, ...]:
    """`where(calls, "kind", "generate", "embed")`: those of the records whose property is one of the values."""
    return tuple(item for item in _items(calls) if _property(item, attribute) in values)


def recorded(roi: Any, kind: str) -> tuple[Any, ...]:
    """Those of `policy.roi` that are of a kind ("fine-tune", "distil", "self-host") and hold at the declared volume."""
    return tuple(row for row in _items(roi) if row["kind"] == kind and row["holds"])


def lapsed(roi: Any, kind: str) -> tuple[Any, ...]:
    """Those of a kind that no longer hold; `lapsed` of each says why."""
    return tuple(row for row in _items(roi) if row["kind"] == kind and not row["holds"])


def paid_back(roi: Any, kind: str, months: float) -> tuple[Any, ...]:
    """Those of `recorded` that pay what they cost within so many months; what gives no numbers is not among them."""
    rows = recorded(roi, kind)
    return tuple(row for row in rows if row["payback_months"] is not None and row["payback_months"] <= months)


def _looked_up(model: Any) -> Any:
    from llmlint.sdks.models import lookup

    return lookup(model) if isinstance(model, str) else None


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "plural": plural, "tokens": tokens, "dollars": dollars, "listed": listed, "tier_rank": tier_rank,
    "lowest_tier": lowest_tier, "same_maker": same_maker, "limit_keyword": limit_keyword, "thinks": thinks,
    "days_left": days_left, "retiring": retiring, "retires": retires, "retires_early": retires_early,
    "successor": successor, "where": where, "recorded": recorded, "lapsed": lapsed, "paid_back": paid_back,
    "minutes": minutes,
}  # fmt: skip
