"""Sums of usage → a table for people, or JSON, schema version 1."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from llmlint.report.spans import visible

if TYPE_CHECKING:
    from llmlint.observe.usage.spend import Sum
    from llmlint.observe.usage.store import SourceSummary

SCHEMA = 1
NAMELESS = "(not said)"
WIDEST = 34


def as_text(by: str, found: Mapping[str, Sum], sources: Sequence[SourceSummary]) -> str:
    return "\n".join([*_sources(sources), "", *_table(by, found), *_unpriced(found)]) + "\n"


def _sources(sources: Sequence[SourceSummary]) -> Iterator[str]:
    for source in sources:
        first, last = day(source.first), day(source.last)
        yield f"{visible(source.name)}: {source.records:,} records, {first} to {last}, read {day(source.imported_at)}"


def _table(by: str, found: Mapping[str, Sum]) -> Iterator[str]:
    rows = [(by, "requests", "input", "cached", "output", "USD")]
    for name, total in found.items():
        requests = f"{total.requests:,}" if total.requests or not total.uncounted else "?"
        rate = total.cache_hit_rate
        rows.append((
            shortened(name), requests, tokens(total.usage.prompt_tokens), "?" if rate is None else f"{rate:.0%}",
            tokens(total.usage.output_tokens), dollars(total),
        ))  # fmt: skip
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    for row in rows:
        cells = [row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))]
        yield "  ".join(cells).rstrip()


def _unpriced(found: Mapping[str, Sum]) -> Iterator[str]:
    models = sorted({model for total in found.values() for model in total.unpriced_models})
    if models:
        yield ""
        count = tokens(sum(total.unpriced for total in found.values()))
        names = ", ".join(visible(model) or NAMELESS for model in models[:5]) + (" …" if len(models) > 5 else "")
        yield f"no price is known for {count} tokens of {names}: they are in no sum (+)"


def dollars(total: Sum) -> str:
    """With a plus where something has no price, "?" where nothing has."""
    if total.unpriced and not total.usd:
        return "?"
    return f"{total.usd:,.2f}" + ("+" if total.unpriced else "")


def tokens(number: int) -> str:
    """1234567 → "1.2M"."""
    for unit, sign in ((10**9, "G"), (10**6, "M"), (10**3, "k")):
        if number >= unit:
            return f"{number / unit:.1f}{sign}" if number < 100 * unit else f"{number / unit:,.0f}{sign}"
    return str(number)


def shortened(name: str) -> str:
    name = visible(name) or NAMELESS
    return name if len(name) <= WIDEST else name[: WIDEST - 1] + "…"


def day(seconds: int | None) -> str:
    return "?" if seconds is None else datetime.fromtimestamp(seconds, timezone.utc).date().isoformat()


def as_json(by: str, found: Mapping[str, Sum], sources: Sequence[SourceSummary]) -> str:
    report = {
        "schema": SCHEMA, "by": by,
        "sources": [
            {"name": s.name, "records": s.records, "first": day(s.first), "last": day(s.last), "imports": s.imports}
            for s in sources
        ],
        "rows": [{by: name or None, **figures(total)} for name, total in found.items()],
    }  # fmt: skip
    return json.dumps(report, indent=2) + "\n"


def figures(total: Sum) -> dict[str, Any]:
    """usd: null where nothing has a price."""
    rate = total.cache_hit_rate
    return {
        "requests": total.requests if total.requests or not total.uncounted else None, "records": total.records,
        "input_tokens": total.usage.input_tokens, "cache_read_tokens": total.usage.cache_read_tokens,
        "cache_write_tokens": total.usage.cache_write_tokens + total.usage.cache_write_1h_tokens,
        "output_tokens": total.usage.output_tokens, "cache_hit_rate": None if rate is None else round(rate, 4),
        "usd": None if total.unpriced and not total.usd else float(round(total.usd, 6)),
        "stated_usd": float(round(total.stated_usd, 6)), "unpriced_tokens": total.unpriced,
        "unpriced_models": sorted(total.unpriced_models),
    }  # fmt: skip
