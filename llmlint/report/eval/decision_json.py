"""A replayed decision → JSON, schema version 1."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from llmlint.evals.procedure.plan import Verdict
from llmlint.evals.replay import Replayed


def render_replayed(replayed: Replayed, options: Mapping[str, Any]) -> str:
    result = replayed.result
    decided = {
        "schema": 1,
        "task": replayed.task,
        "recommendation": result.recommendation,
        "claim": result.claim,
        **{key: options[key] for key in ("reference", "margin", "floor", "alpha", "target")},
        "calls": replayed.calls,
        "full_grid_calls": replayed.full_calls,
        "usd": round(replayed.usd, 9),
        "full_grid_usd": round(replayed.full_usd, 9),
        "candidates": [_candidate(verdict) for verdict in result.candidates],
        "seed": options["seed"],
    }
    return json.dumps(decided, indent=2, ensure_ascii=False) + "\n"


def _candidate(verdict: Verdict) -> dict[str, Any]:
    return {
        "model": verdict.model,
        "verdict": verdict.verdict,
        "difference": verdict.difference,
        "interval": verdict.interval,
        "n": verdict.n,
        "usd_per_1k_items": round(verdict.usd_per_item * 1000, 9),
        "mean": verdict.mean,
        "reason": verdict.reason,
        "why": verdict.why,
        "needed_items": verdict.needed_items,
        "needed_usd": verdict.needed_usd,
        "supported_margin": verdict.supported_margin,
        "dataset": asdict(verdict.dataset),
        "population": asdict(verdict.population),
    }
