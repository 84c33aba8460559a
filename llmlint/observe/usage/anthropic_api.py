"""Anthropic's admin API → rows: tokens by day, model, workspace and service tier, and the dollars that were charged."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from llmlint.money.usage import Usage
from llmlint.observe.usage.buckets import rows_of
from llmlint.observe.usage.http import Server, pages
from llmlint.observe.usage.records import Refusal, Refused, Row, Subject
from llmlint.observe.usage.values import count, key_of, money, name

BASE = "https://api.anthropic.com"
KEYS = ("ANTHROPIC_ADMIN_KEY", "ANTHROPIC_ADMIN_API_KEY")
USAGE, COST = "/v1/organizations/usage_report/messages", "/v1/organizations/cost_report"
SPAN = ("starting_at", "ending_at")


def server(base: str, key: str) -> Server:
    return Server(base, {"x-api-key": key, "anthropic-version": "2023-06-01"}, secret=True)


def anthropic_rows(asked: Server, since: date, until: date, latest: int) -> Iterator[Row | Refusal]:
    """Both reports for the days since … until (excluded). Raises UsageError where a report is not whole."""
    span = [("starting_at", f"{since}T00:00:00Z"), ("ending_at", f"{until}T00:00:00Z"), ("limit", "31")]
    groups = [("group_by[]", g) for g in ("model", "workspace_id", "service_tier")]
    for bucket in pages(asked, USAGE, [*span, ("bucket_width", "1d"), *groups]):
        yield from rows_of(bucket, SPAN, latest, _usage)
    for bucket in pages(asked, COST, [*span, ("group_by[]", "workspace_id"), ("group_by[]", "description")]):
        yield from rows_of(bucket, SPAN, latest, _cost)


def _usage(result: dict[str, Any], start: int, seconds: int) -> Row:
    written = result.get("cache_creation")
    written = written if isinstance(written, dict) else {}
    usage = Usage(
        count(result.get("uncached_input_tokens"), "input tokens"), count(result.get("output_tokens"), "output tokens"),
        count(result.get("cache_read_input_tokens"), "cache read tokens"),
        count(written.get("ephemeral_5m_input_tokens"), "cache write tokens"),
        count(written.get("ephemeral_1h_input_tokens"), "cache write tokens"),
    )  # fmt: skip
    subject = Subject(
        "anthropic", name(result.get("model")), team=name(result.get("workspace_id")),
        batch=result.get("service_tier") == "batch", layer="totals", cache_told=True,
    )  # fmt: skip
    tier, window = result.get("service_tier"), result.get("context_window")
    return Row(key_of("anthropic", "usage", start, *subject, tier, window), start, seconds, subject, None, usage)


def _cost(result: dict[str, Any], start: int, seconds: int) -> Row:
    if (result.get("currency") or "USD") != "USD":
        raise Refused("the amount is not in dollars")
    cents = result.get("amount")
    try:
        nano = None if cents is None else money(Decimal(str(cents)) / 100)
    except (InvalidOperation, ValueError):
        raise Refused("the amount is not a number") from None
    if nano is None:
        raise Refused("the result says no amount")
    subject = Subject(
        "anthropic", name(result.get("model")), team=name(result.get("workspace_id")),
        batch=result.get("service_tier") == "batch", layer="bill",
    )  # fmt: skip
    what = (result.get("description"), result.get("token_type"), result.get("context_window"), result.get("cost_type"))
    return Row(key_of("anthropic", "cost", start, *subject, *what), start, seconds, subject, None, Usage(), nano)
