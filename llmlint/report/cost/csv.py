"""`Ledger` → CSV for a spreadsheet: one row a call site, or a group; a formula in a cell is text."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

from llmlint.money.amounts import Span
from llmlint.money.cost import SiteCost
from llmlint.money.ledger import Ledger

SITES = (
    "path", "line", "cell", "function", "provider", "api", "model", "task", "usd_per_1k_calls", "low", "high", "label",
    "calls_per_day", "volume_label", "usd_per_month", "month_low", "month_high", "no_price_because",
)  # fmt: skip
GROUPS = (
    "call_sites", "priced", "with_traffic", "usd_per_1k_calls_of_each", "usd_per_month", "month_low", "month_high",
)  # fmt: skip


def render(ledger: Ledger, base: Path | None, explain: bool = False, width: int = 100) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    if ledger.by == "site":
        writer.writerow(SITES)
        writer.writerows([_plain(cell) for cell in _site(one)] for one in ledger.costs)
    else:
        writer.writerow((ledger.by, *GROUPS))
        for group in ledger.groups:
            mid = "" if group.per_1k is None else _number(group.per_1k.mid)
            row = (group.name, group.sites, group.priced, group.counted, mid, *_span(group.per_month))
            writer.writerow([_plain(cell) for cell in row])
    return out.getvalue()


def _site(one: SiteCost) -> Iterator[object]:
    site, thousand = one.site, one.per_1k_calls
    yield from (site.path, site.line, "" if site.cell is None else site.cell, site.function, site.provider, site.api)
    yield from (one.model or " ".join(site.model.values), site.task.type, *_span(thousand))
    yield from (one.label if thousand is not None else "", _number(one.calls_per_day), one.volume_label or "")
    yield from (*_span(one.per_month), one.reason)


def _span(span: Span | None) -> tuple[str, str, str]:
    return ("", "", "") if span is None else (_number(span.mid), _number(span.low), _number(span.high))


def _number(value: Decimal | None) -> str:
    """Plain digits, at most eight after the point."""
    return "" if value is None else f"{round(value, 8).normalize():f}"


def _plain(cell: object) -> object:
    """A spreadsheet would run what begins like a formula."""
    return "'" + cell if isinstance(cell, str) and cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell
