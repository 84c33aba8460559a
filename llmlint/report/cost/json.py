"""`Ledger` → JSON, schema version 1; dollars as numbers, each with what it rests on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from llmlint.money.amounts import Tokens
from llmlint.money.cost import SiteCost, as_json
from llmlint.money.ledger import Ledger

SCHEMA = 1


def render(ledger: Ledger, base: Path | None, explain: bool = False, width: int = 100) -> str:
    """Paths are relative to the scanned root, as in `llmlint facts`."""
    data = {
        "schema": SCHEMA, "prices": ledger.prices, "prices_checked": str(ledger.checked) if ledger.checked else None,
        "own_prices": ledger.own, "usd_per_month": as_json(ledger.per_month),
        "call_sites": [_site(one) for one in ledger.costs],
        "groups": [
            {
                "by": ledger.by, "name": group.name, "call_sites": group.sites, "priced": group.priced,
                "with_traffic": group.counted, "usd_per_month": as_json(group.per_month),
                "usd_per_1k_calls_of_each": as_json(group.per_1k),
            }
            for group in ledger.groups
        ],
        "idle_traffic": list(ledger.idle),
    }  # fmt: skip
    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"


def _site(one: SiteCost) -> dict[str, Any]:
    site = one.site
    return {
        "path": site.path, "line": site.line, "cell": site.cell, "function": site.function, "kind": site.kind,
        "provider": site.provider, "api": site.api, "models": list(site.model.values), "model": one.model or None,
        "task": site.task.type, "usd_per_call": as_json(one.per_call), "usd_per_1k_calls": as_json(one.per_1k_calls),
        "usd_per_month": as_json(one.per_month), "label": one.label if one.per_call is not None else None,
        "calls_per_day": None if one.calls_per_day is None else float(one.calls_per_day),
        "volume_label": one.volume_label, "input": _tokens(one.input), "output": _tokens(one.output),
        "cached_tokens": float(one.caching.tokens.mid), "cache_hits": float(one.caching.hits.mid),
        "batched": one.batched, "price_source": one.source or None, "formula": one.formula or None,
        "assumptions": list(one.assumptions), "no_price_because": one.reason or None,
        "possible": [
            {
                "name": option.name, "usd_per_call": as_json(option.per_call),
                "usd_per_month": as_json(one.monthly(option.per_call)), "if": option.if_,
            }
            for option in one.options
        ],
    }  # fmt: skip


def _tokens(tokens: Tokens | None) -> dict[str, Any] | None:
    return None if tokens is None else {**(as_json(tokens.span) or {}), "label": tokens.basis, "why": tokens.why}
