"""A `Run` ↔ what the store keeps of it: so that `eval show`, `export` and `compare` need nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import datetime, timezone
from decimal import Decimal
from typing import Any

from llmlint.evals.graders.agreement import Agreement, Pair
from llmlint.evals.procedure.plan import Estimate, Look, Result, Verdict
from llmlint.evals.records import Candidate, Item, Outcome
from llmlint.evals.run import Run, Scope


def result_of(run: Run) -> dict[str, Any]:
    """JSON of what came out, less the outcomes, which have a table of their own. The inverse is `run_from`."""
    return {
        "result": asdict(run.result), "end": run.end, "ended": dict(run.ended), "seconds": run.seconds,
        "usd": str(run.usd), "judges_usd": str(run.judges_usd), "saved_usd": str(run.saved_usd),
        "forecast_usd": None if run.forecast_usd is None else [str(one) for one in run.forecast_usd],
        "budget_usd": None if run.budget_usd is None else str(run.budget_usd),
        "agreement": None if run.agreement is None else _agreement_row(run.agreement),
        "items": {name: [dict(item.values), item.group] for name, item in run.items.items()},
    }  # fmt: skip


def run_from(
    id: str, started: float, about: Mapping[str, Any], result: Mapping[str, Any], outcomes: Iterable[Outcome]
) -> Run:
    """A run as it was. started: seconds of the epoch."""
    money = {name: Decimal(result[name]) for name in ("usd", "judges_usd", "saved_usd")}
    forecast, budget = result.get("forecast_usd"), result.get("budget_usd")
    scope = dict(about["scope"])
    return Run(
        id=id, started=datetime.fromtimestamp(started, timezone.utc).isoformat(timespec="seconds"),
        seconds=result["seconds"], scope=Scope(**{**scope, "slices": tuple(scope["slices"])}),
        candidates=tuple(Candidate(**one) for one in about["candidates"]), stand_ins=about["stand_ins"],
        note=about["note"], result=_result(result["result"]), outcomes=tuple(outcomes), end=result["end"],
        ended=result["ended"], forecast_usd=None if forecast is None else (Decimal(forecast[0]), Decimal(forecast[1])),
        budget_usd=None if budget is None else Decimal(budget),
        agreement=_agreement(result.get("agreement")),
        items={name: Item(name, values, group) for name, (values, group) in result["items"].items()}, **money,
    )  # fmt: skip


def _agreement_row(agreement: Agreement) -> dict[str, Any]:
    return {**asdict(agreement), "usd": str(agreement.usd)}


def _agreement(row: Mapping[str, Any] | None) -> Agreement | None:
    if row is None:
        return None
    return Agreement(tuple(Pair(**pair) for pair in row["pairs"]), Decimal(row["usd"]), row["failed"])


def _result(row: Mapping[str, Any]) -> Result:
    looks = tuple(Look(**{**look, "interval": tuple(look["interval"])}) for look in row["looks"])
    return Result(**{**row, "candidates": tuple(_verdict(one) for one in row["candidates"]), "looks": looks})


def _verdict(row: Mapping[str, Any]) -> Verdict:
    estimates = {name: Estimate(**_paired(row[name])) for name in ("dataset", "population")}
    return Verdict(**{**_paired(row), **estimates})


def _paired(row: Mapping[str, Any]) -> dict[str, Any]:
    return {**row, "interval": None if row["interval"] is None else tuple(row["interval"])}
