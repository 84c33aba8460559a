"""OpenAI's admin API → rows: tokens and requests by day, model and project, and the dollars that were charged."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timezone
from functools import partial
from typing import Any

from llmlint.money.usage import Usage
from llmlint.observe.usage.buckets import rows_of
from llmlint.observe.usage.http import Server, pages
from llmlint.observe.usage.records import Refusal, Refused, Row, Subject
from llmlint.observe.usage.values import count, key_of, money, name

BASE = "https://api.openai.com"
KEYS = ("OPENAI_ADMIN_KEY",)
COSTS = "/v1/organization/costs"
KINDS = ("completions", "embeddings")
SPAN = ("start_time", "end_time")


def server(base: str, key: str) -> Server:
    return Server(base, {"Authorization": f"Bearer {key}"}, secret=True)


def openai_rows(asked: Server, since: date, until: date, latest: int) -> Iterator[Row | Refusal]:
    """Usage and costs for the days since … until (excluded). Raises UsageError where a report is not whole."""
    span = [("start_time", _seconds(since)), ("end_time", _seconds(until)), ("bucket_width", "1d"), ("limit", "31")]
    for kind in KINDS:
        groups = ("model", "project_id", "batch") if kind == "completions" else ("model", "project_id")
        query = [*span, *(("group_by", group) for group in groups)]
        for bucket in pages(asked, f"/v1/organization/usage/{kind}", query):
            yield from rows_of(bucket, SPAN, latest, partial(_usage, kind=kind))
    for bucket in pages(asked, COSTS, [*span, ("group_by", "line_item"), ("group_by", "project_id")]):
        yield from rows_of(bucket, SPAN, latest, _cost)


def _seconds(day: date) -> str:
    return str(int(datetime(day.year, day.month, day.day, tzinfo=timezone.utc).timestamp()))


def _usage(result: dict[str, Any], start: int, seconds: int, kind: str) -> Row:
    """OpenAI counts what came from the cache, and what was written into it, as input too."""
    read = count(result.get("input_cached_tokens"), "cached tokens")
    written = count(result.get("input_cache_write_tokens"), "cache write tokens")
    fresh = count(result.get("input_tokens"), "input tokens") - read - written
    if fresh < 0:
        raise Refused("more tokens came from the cache than were read at all")
    usage = Usage(fresh, count(result.get("output_tokens"), "output tokens"), read, written)
    subject = Subject(
        "openai", name(result.get("model")), team=name(result.get("project_id")), batch=result.get("batch") is True,
        layer="totals", cache_told=kind == "completions",
    )  # fmt: skip
    number = result.get("num_model_requests")
    requests = None if number is None else count(number, "requests")
    return Row(key_of("openai", kind, start, *subject), start, seconds, subject, requests, usage)


def _cost(result: dict[str, Any], start: int, seconds: int) -> Row:
    amount = result.get("amount")
    if not isinstance(amount, dict):
        raise Refused("the result says no amount")
    if str(amount.get("currency") or "usd").upper() != "USD":
        raise Refused("the amount is not in dollars")
    nano = money(amount.get("value"))
    if nano is None:
        raise Refused("the result says no amount")
    item = name(result.get("line_item"))  # "gpt-5-2025-08-07, input"
    subject = Subject(
        "openai", item.partition(",")[0].strip(), team=name(result.get("project_id")), layer="bill",
    )  # fmt: skip
    return Row(key_of("openai", "cost", start, *subject, item), start, seconds, subject, None, Usage(), nano)
