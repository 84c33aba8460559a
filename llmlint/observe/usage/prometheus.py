"""Counters of a Prometheus → rows: one a day and subject, by the names of one of the profiles of `observe.metrics`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal, InvalidOperation
from typing import Any

from llmlint.errors import UsageError
from llmlint.money.usage import Usage
from llmlint.observe.metrics import Profile
from llmlint.observe.usage.http import Server
from llmlint.observe.usage.records import NANO, Refusal, Refused, Row, Subject
from llmlint.observe.usage.store import DAY
from llmlint.observe.usage.values import MAX_COUNT, MAX_NANO, key_of, name

KEYS = ("PROMETHEUS_TOKEN",)
PATH = "/api/v1/query_range"
Found = dict[tuple[int, Subject], dict[str, Decimal]]


def server(base: str, token: str | None) -> Server:
    return Server(base, {"Authorization": f"Bearer {token}"} if token else {}, secret=bool(token))


def prometheus_rows(asked: Server, profile: Profile, since: date, until: date) -> Iterator[Row | Refusal]:
    """The whole days since … until (excluded). Raises UsageError where no series of the profile is there."""
    found: Found = {}
    refused: list[Refusal] = []
    for meaning, selector in profile.series.items():
        for day, subject, value in _query(asked, profile, selector, since, until):
            if not value.is_finite() or value < 0:
                refused.append(Refusal(selector, "a value is negative or no number"))
            else:
                values = found.setdefault((day, subject), {})
                values[meaning] = values.get(meaning, Decimal(0)) + value
    if not found and not refused:
        names = ", ".join(profile.series.values())
        raise UsageError(f"there is no series of {names}", path=asked.shown, mend="try another --metrics")
    yield from refused
    for (day, subject), values in sorted(found.items()):
        if any(values.values()):
            try:
                yield _row(asked, profile, day, subject, values)
            except Refused as why:
                yield Refusal(f"{subject.model} of {_shown(day)}", str(why))


def _query(
    asked: Server, profile: Profile, selector: str, since: date, until: date
) -> Iterator[tuple[int, Subject, Decimal]]:
    """(days since 1970, subject, increase of the day)."""
    by = ", ".join(profile.labels.values())
    first, last = since + timedelta(days=1), until  # what a day added up to is known at its end
    if last < first:
        return
    query = [
        ("query", f"sum by ({by}) (increase({selector}[1d]))"), ("start", _midnight(first)), ("end", _midnight(last)),
        ("step", str(DAY)),
    ]  # fmt: skip
    answer = asked.get(PATH, query)
    if answer.get("status") != "success":
        why = name(answer.get("error")) or "no reason is given"
        raise UsageError(f"the query fails: {why}", path=asked.shown)
    data = answer.get("data")
    if answer.get("isPartial") or not isinstance(data, dict) or data.get("resultType") != "matrix":
        what = "only a part of the data" if answer.get("isPartial") else "another shape than documented"
        raise UsageError(f"the answer to {PATH} has {what}", path=asked.shown)
    for series in data.get("result") or ():
        try:
            labels, values = series["metric"], series["values"]
            subject = _subject(profile, labels)
            for at, value in values:
                yield int(at) // DAY - 1, subject, Decimal(str(value))
        except (TypeError, KeyError, ValueError, InvalidOperation):
            raise UsageError(f"the answer to {PATH} has another shape than documented", path=asked.shown) from None


def _subject(profile: Profile, labels: Mapping[str, Any]) -> Subject:
    words: dict[str, Any] = {dimension: name(labels.get(label)) for dimension, label in profile.labels.items()}
    return Subject(**words, layer="totals", cache_told="cache_read" in profile.series)


def _row(asked: Server, profile: Profile, day: int, subject: Subject, values: Mapping[str, Decimal]) -> Row:
    tokens = {kind: round(values.get(kind, Decimal(0))) for kind in ("input", "output", "cache_read", "cache_write")}
    if max(*tokens.values(), values.get("requests", 0)) > MAX_COUNT or values.get("usd", 0) * NANO > MAX_NANO:
        raise Refused("a value is beyond all measure")
    if profile.prompt_includes_cache:
        tokens["input"] = max(0, tokens["input"] - tokens["cache_read"] - tokens["cache_write"])
    usage = Usage(tokens["input"], tokens["output"], tokens["cache_read"], tokens["cache_write"])
    requests = round(values["requests"]) if "requests" in values else None
    nano = round(values["usd"] * NANO) if "usd" in values else None
    key = key_of("prometheus", asked.shown, profile.name, day, *subject)
    return Row(key, day * DAY, DAY, subject, requests, usage, nano)


def _midnight(day: date) -> str:
    return str(int(datetime(day.year, day.month, day.day, tzinfo=timezone.utc).timestamp()))


def _shown(day: int) -> str:
    return (date(1970, 1, 1) + timedelta(days=day)).isoformat()
