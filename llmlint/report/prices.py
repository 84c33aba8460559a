"""Prices, and what a change of prices does to a code base → text, json, csv."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from llmlint.money.amounts import dollars
from llmlint.money.cost import as_json
from llmlint.money.price_change import PriceChange, monthly_change
from llmlint.money.rates import Price, Rate
from llmlint.money.usage import Usage
from llmlint.report.spans import cells, visible

HEAD = ("model", "provider", "in", "out", "cache read", "cache write", "batch in/out")
RATES = ("input", "output", "cache_read", "cache_write", "cache_write_1h")


def text(prices: Sequence[Price], told: str, compared: Usage | None) -> str:
    """A table; `compared`: with what 1,000 calls of that size cost, and how many times the cheapest of them."""
    head: list[str] = [*HEAD]
    rows = [_row(price) for price in prices]
    if compared is not None:
        costs = [price.cost(compared) * 1000 for price in prices]
        least = min((cost for cost in costs if cost), default=Decimal(1))
        head += ["1,000 calls", "×"]
        rows = [[*row, dollars(cost), f"{cost / least:.1f}"] for row, cost in zip(rows, costs, strict=True)]
    lines = ["USD per million tokens, " + told, "", *_table([head, *rows])]
    if compared is not None:
        lines += ["", f"1,000 calls of {compared.input_tokens:,} tokens in and {compared.output_tokens:,} out."]
    notes = [f"{visible(price.model)}: {visible(note)}" for price in prices for note in _notes(price)]
    return "\n".join([*lines, *([""] if notes else []), *notes]) + "\n"


def _row(price: Price) -> list[str]:
    rates, batch = price.standard, price.batch
    both = "–" if batch is None else f"{_rate(batch.input)}/{_rate(batch.output) if batch.output else '–'}"
    return [
        visible(price.model), visible(price.provider), _rate(rates.input), _rate(rates.output), _rate(rates.cache_read),
        _rate(rates.cache_write), both,
    ]  # fmt: skip


def _rate(rate: Rate | None) -> str:
    """All its figures: a price is not rounded."""
    if rate is None:
        return "–"
    exact = f"{rate.base.normalize():f}"
    shown = f"{rate.base:.2f}" if rate.base == round(rate.base, 2) else exact if len(exact) < 9 else f"{rate.base:.4f}"
    return shown + ("+" if rate.steps else "")


def _notes(price: Price) -> list[str]:
    steps = [f"{dollars(rate)} in above {start:,} tokens of prompt" for start, rate in price.standard.input.steps]
    assumed = ["batch: half price, as the provider says of all its models"] if price.batch_assumed else []
    own = [] if price.source.startswith("genai-prices") else [f"price from {price.source}"]
    return [*own, *steps, *price.notes, *assumed]


def as_data(prices: Sequence[Price], told: str, compared: Usage | None) -> str:
    rows: list[dict[str, Any]] = []
    for price in prices:
        row: dict[str, Any] = {"model": price.model, "id": price.id, "provider": price.provider, "source": price.source}
        for name in RATES:
            rate: Rate | None = getattr(price.standard, name)
            row[f"{name}_usd_per_mtok"] = None if rate is None else float(rate.base)
        row["above"] = [
            {"prompt_tokens": start, "input_usd_per_mtok": float(rate)} for start, rate in price.standard.input.steps
        ]
        row["batch_multiplier"] = None if price.batch_share is None else float(price.batch_share)
        if compared is not None:
            row["usd_per_1k_calls"] = float(price.cost(compared) * 1000)
        rows.append({**row, "notes": _notes(price)})
    return json.dumps({"schema": 1, "prices": rows, "told": told}, indent=2, ensure_ascii=False) + "\n"


def as_csv(prices: Sequence[Price], told: str, compared: Usage | None) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["model", "provider", *(f"{name}_usd_per_mtok" for name in RATES), "batch_multiplier", "source"])
    for price in prices:
        rates: list[Rate | None] = [getattr(price.standard, name) for name in RATES]
        plain = ["" if rate is None else f"{rate.base.normalize():f}" for rate in rates]
        share = "" if price.batch_share is None else f"{price.batch_share.normalize():f}"
        writer.writerow([price.model, price.provider, *plain, share, price.source])
    return out.getvalue()


FORMATS = {"text": text, "json": as_data, "csv": as_csv}


# a change of prices ---------------------------------------------------------------------------------------------------


def change_text(changes: Sequence[PriceChange], sites: int, name: str) -> str:
    if not changes:
        return f"The prices of {visible(name)} change none of {sites} call sites.\n"
    rows = [["place", "model", "1,000 calls: was", "is", "change", "a month"]]
    for one in changes:
        rows.append([
            visible(one.before.place), visible(one.after.model or one.before.model), _mid(one.before), _mid(one.after),
            "–" if one.per_1k is None else _signed(one.per_1k.mid),
            "–" if one.per_month is None else _signed(one.per_month.mid),
        ])  # fmt: skip
    month = monthly_change(tuple(changes))
    total = "how often they run is not declared" if month is None else f"{_signed(month.mid)} USD a month"
    closing = f"{len(changes)} of {sites} call sites have another price under {visible(name)}: {total}."
    return "\n".join([*_table(rows, plain=2), "", closing]) + "\n"


def change_json(changes: Sequence[PriceChange], sites: int, name: str) -> str:
    data = {
        "schema": 1, "call_sites": sites, "usd_per_month": as_json(monthly_change(tuple(changes))),
        "changed": [
            {
                "path": one.before.site.path, "line": one.before.site.line,
                "model": one.after.model or one.before.model,
                "was_usd_per_1k_calls": as_json(one.before.per_1k_calls),
                "is_usd_per_1k_calls": as_json(one.after.per_1k_calls),
                "delta_usd_per_month": as_json(one.per_month),
            }
            for one in changes
        ],
    }  # fmt: skip
    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"


def _mid(cost: Any) -> str:
    return "no price" if cost.per_1k_calls is None else dollars(cost.per_1k_calls.mid)


def _signed(value: Decimal) -> str:
    return "0" if not value else ("+" if value > 0 else "−") + dollars(abs(value))


def _table(rows: Sequence[Sequence[str]], plain: int = 2) -> list[str]:
    """The first columns are words, the others numbers."""
    widths = [max(cells(row[i]) for row in rows) for i in range(len(rows[0]))]
    out = []
    for row in rows:
        padded = [
            cell + " " * (w - cells(cell)) if i < plain else " " * (w - cells(cell)) + cell
            for i, (cell, w) in enumerate(zip(row, widths, strict=True))
        ]
        out.append("  ".join(padded).rstrip())
    return out
