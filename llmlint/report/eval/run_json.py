"""A `Run` → JSON, schema version 1: what a replayed decision has, and what only a run knows."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from llmlint.evals.conclusion import Conclusion
from llmlint.evals.run import Run, Tally
from llmlint.report.eval.view import full_grid


def render(run: Run, conclusion: Conclusion) -> str:
    return json.dumps(run_json(run, conclusion), indent=2, ensure_ascii=False) + "\n"


def run_json(run: Run, conclusion: Conclusion) -> dict[str, Any]:
    tallies, scope = run.tallies(), run.scope
    whole = full_grid(run, tallies)
    return {
        "schema": 1,
        "task": scope.task,
        "kind": scope.kind,
        "recommendation": run.result.recommendation,
        "answer": conclusion.answer,
        "sentence": conclusion.sentence,
        "claim": run.result.claim,
        **{name: getattr(scope, name) for name in ("reference", "margin", "floor", "alpha", "target")},
        "calls": len(run.outcomes),
        "new_calls": run.calls,
        "full_grid_calls": scope.items * len(run.candidates),
        "usd": _usd(run.usd + run.saved_usd),
        "new_usd": _usd(run.usd),
        "judges_usd": _usd(run.judges_usd),
        "full_grid_usd": None if whole is None else _usd(whole),
        "forecast_usd": None if run.forecast_usd is None else [_usd(one) for one in run.forecast_usd],
        "budget_usd": None if run.budget_usd is None else _usd(run.budget_usd),
        "saves_usd_per_month": None if conclusion.saves is None else round(float(conclusion.saves), 2),
        "cost_ratio": conclusion.ratio,
        "candidates": [_candidate(run, name, one) for name, one in tallies.items()],
        "seed": scope.seed,
        "items": scope.items,
        "run": run.id,
        "started": run.started,
        "seconds": round(run.seconds, 3),
        "end": run.end,
        "ended": dict(run.ended),
        "stand_ins": run.stand_ins,
        "note": run.note,
        "dataset_sha256": scope.dataset_sha256,
        "prompt_fingerprint": scope.prompt_fingerprint,
    }


def _candidate(run: Run, name: str, one: Tally) -> dict[str, Any]:
    candidate, verdict = run.candidate(name), run.verdict(name)
    usd = one.usd_per_1k if one.usd_per_1k is not None else verdict.usd_per_item * 1000 if verdict else None
    return {
        "model": name,
        "id": candidate.model,
        "provider": candidate.provider,
        "reference": name == run.scope.reference,
        "verdict": verdict.verdict if verdict else None,
        "difference": verdict.difference if verdict else None,
        "interval": verdict.interval if verdict else None,
        "n": verdict.n if verdict else one.answered,
        "usd_per_1k_items": None if usd is None else round(usd, 9),
        "mean": one.quality,
        "mean_missing_as_wrong": one.wrong_quality,
        "reason": verdict.reason if verdict else None,
        "why": verdict.why if verdict else None,
        "needed_items": verdict.needed_items if verdict else None,
        "needed_usd": verdict.needed_usd if verdict else None,
        "supported_margin": verdict.supported_margin if verdict else None,
        "dataset": asdict(verdict.dataset) if verdict else None,
        "population": asdict(verdict.population) if verdict else None,
        "statuses": dict(one.counts),
        "not_graded": one.ungraded,
        "seconds": None if one.seconds is None else {"median": one.seconds[0], "p95": one.seconds[1]},
        "spent_usd": _usd(one.spent),
        "usage": asdict(one.usage),
        "stand_in": candidate.stand_in,
    }


def _usd(value: Any) -> float:
    return round(float(value), 9)
