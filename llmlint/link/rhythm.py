"""How often, as code writes it → as a person says it: `crontab(hour=3)` → "nightly"."""

from __future__ import annotations

import ast
import re

from llmlint.link.mentions import crontab
from llmlint.link.project import dotted_name

PRESETS = {"@hourly": "hourly", "@daily": "daily", "@midnight": "nightly", "@weekly": "weekly", "@monthly": "monthly",
           "@yearly": "yearly", "@annually": "yearly", "@continuous": "continuously"}  # fmt: skip
CALENDAR = {name.lstrip("@"): told for name, told in PRESETS.items()}  # as systemd writes them
NIGHT = frozenset({*map(str, range(7)), *(f"0{h}" for h in range(7)), "22", "23"})
LIMIT = 60
CHAINED = re.compile(
    r"every\((\d*)\)(?:\.\w+\(\d+\))?\.(second|minute|hour|day|week)s?\b(?:\.at\(['\"](\d\d))?"
)
PAIR = re.compile(r"\b(\w+)=['\"]?([\w*/,-]+)")
RATE = re.compile(r"rate\((\d+) (\w+?)s?\)")
QUOTED = re.compile(r"""(['"])((?:[\d*/,-]+\s+){4}[\w*/,-]+)\1""")  # modal.Cron('0 3 * * *')
EVERY_DAY = re.compile(r"\*-\*-\* (\d\d):\d\d(:\d\d)?")  # systemd
AT = re.compile(r"\b(hour|minute|day_of_week|weekday)=")  # a time of the clock; `hours=` is a distance
TIMERS = ("cron", "trigger", "timedelta", "interval", "every", "period")


def written(node: ast.expr) -> str:
    """The expression on one line, shortened; a text without its quotes."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        text = node.value
    else:
        try:
            text = " ".join(ast.unparse(node).split())
        except (RecursionError, ValueError):
            return "…"
    return text if len(text) <= LIMIT else text[: LIMIT - 1] + "…"


def said(every: str) -> str | None:
    """"nightly", "hourly", "every 10 minutes" …; None where that cannot be told."""
    text = every.strip().strip("'\"")
    known = PRESETS.get(text) or CALENDAR.get(text)
    if known is not None:
        return known
    if rate := RATE.fullmatch(text):
        return of_unit(int(rate[1]), rate[2])
    if text.startswith("cron(") and text.endswith(")"):
        return of_cron(text[5:-1].split()[:5])
    fields = text.split()
    if len(fields) in (5, 6) and crontab(ast.Constant(text)):
        return of_cron(fields[-5:])
    if quoted := QUOTED.search(text):
        return of_cron(quoted[2].split())
    if clock := EVERY_DAY.fullmatch(text):
        return "nightly" if clock[1] in NIGHT else "daily"
    return of_keywords(text)


def of_cron(fields: list[str]) -> str | None:
    """minute hour day month weekday"""
    if len(fields) != 5:
        return None
    minute, hour, day, month, weekday = (f.replace("?", "*") for f in fields)
    if minute.startswith("*/"):
        return f"every {minute[2:]} minutes"
    if minute == "*":
        return "every minute"
    if hour == "*":
        return "hourly"
    if hour.startswith(("*/", "0/")):
        return f"every {hour[2:]} hours"
    if month != "*" and day != "*":
        return "yearly"
    if day != "*":
        return "monthly"
    if weekday not in ("*", "0-6", "1-7", "*/1"):
        return "on workdays" if weekday.upper() in ("1-5", "MON-FRI") else "weekly"
    return "nightly" if hour in NIGHT else "daily"


def of_keywords(text: str) -> str | None:
    """`crontab(hour=3, minute=0)`, `timedelta(days=1)`, `hours=6`, `every().day.at('03:00')`."""
    pairs = {key.removesuffix("s"): value.rstrip(",") for key, value in PAIR.findall(text)}
    if "cron" in text.lower() or AT.search(text):
        fields = [pairs.get("minute", "*" if "crontab(" in text else "0"), pairs.get("hour", "*"),
                  pairs.get("day_of_month", pairs.get("day", "*")), pairs.get("month_of_year", pairs.get("month", "*")),
                  pairs.get("day_of_week", pairs.get("weekday", "*"))]  # fmt: skip
        return of_cron(fields)
    for unit in ("week", "day", "hour", "minute", "second"):
        if unit in pairs:
            return of_unit(int(pairs[unit]), unit) if pairs[unit].isdigit() else None
    chained = CHAINED.search(text)
    if chained is not None:
        count, unit, at = chained.groups()
        if (not count or count == "1") and unit == "day" and at in NIGHT:
            return "nightly"
        return of_unit(int(count or 1), unit)
    if re.search(r"every\(\)\.(mon|tues|wednes|thurs|fri|satur|sun)day", text):
        return "weekly"
    seconds = re.fullmatch(r"(\d+(?:\.\d+)?)", text)
    return of_seconds(float(seconds.group(1))) if seconds else None


def of_unit(count: int, unit: str) -> str:
    """(1, "day") → "daily", (2, "hour") → "every 2 hours" """
    if count != 1:
        return f"every {count} {unit}s"
    return {"week": "weekly", "day": "daily", "hour": "hourly"}.get(unit, f"every {unit}")


def of_seconds(number: float) -> str:
    known = {3600: "hourly", 86400: "daily", 604800: "weekly", 60: "every minute"}
    if number in known:
        return known[int(number)]
    for unit, size in (("days", 86400), ("hours", 3600), ("minutes", 60)):
        if number >= size and number % size == 0:
            return f"every {int(number // size)} {unit}"
    return f"every {number:g} seconds"


def of_call(call: ast.Call, keys: tuple[str, ...]) -> str | None:
    """What the call says of how often: the keywords among `keys`, "0" and "1" are positional arguments."""
    given = {k.arg: k.value for k in call.keywords if k.arg in keys and not is_none(k.value)}
    if given:
        parts = [written(v) if len(given) == 1 and k not in UNITS else f"{k}={written(v)}" for k, v in given.items()]
        kinds = [str(a.value) for a in call.args if isinstance(a, ast.Constant) and a.value in ("cron", "interval")]
        return ", ".join([*kinds[:1], *parts])
    for key in keys:
        if key.isdigit() and int(key) < len(call.args):
            node = call.args[int(key)]
            name = (dotted_name(node.func) or "").lower() if isinstance(node, ast.Call) else ""
            if crontab(node) or any(w in name for w in TIMERS):
                return written(node)
            if isinstance(node, ast.Constant) and type(node.value) in (int, float):
                return written(node)
            if isinstance(node, (ast.Call, ast.Attribute)) and "every" in written(node):
                return written(node)
    return None


UNITS = frozenset({"hour", "hours", "minute", "minutes", "second", "seconds", "day", "days", "week", "weeks",
                   "day_of_week", "weekday", "month"})  # fmt: skip


def is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None
