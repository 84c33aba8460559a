"""A `Run` → the decision that a policy reads, and its file, to be committed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llmlint.errors import UserError
from llmlint.evals.conclusion import Conclusion
from llmlint.evals.run import Run, Tally
from llmlint.judge.decisions import MAX_AGE, Decision, decision_file, read_decision
from llmlint.judge.policy import Policy

if TYPE_CHECKING:
    from llmlint.evals.replay import Replayed

HEAD = "# What `llmlint eval` found; commit it. `llmlint check` goes by it (LLM204, LLM205), docs/eval.md says how.\n"
DIGITS = 6
HEADS = ("schema", "task", "kind", "match", "reference")  # before the model


class DecisionError(UserError):
    """A decision could not be written."""


def decision_row(run: Run, conclusion: Conclusion, day: date, max_age: float = MAX_AGE) -> dict[str, Any]:
    """The record of `.llmlint/decisions/NAME.yaml`, in the order in which it is written."""
    scope, chosen = run.scope, conclusion.model
    verdict = run.verdict(chosen)
    model = run.candidate(chosen) if chosen is not None else None
    row: dict[str, Any] = {
        "schema": 1,
        "task": scope.task,
        "kind": scope.kind if scope.kind != "unknown" else None,
        "match": dict(scope.match) or None,
        "reference": _id(run, scope.reference),
        "parameters": dict(model.parameters) or None if model is not None else None,
        "verdict": "undecided" if chosen is None else verdict.verdict if verdict is not None else None,
        "difference": _rounded(verdict.difference) if verdict is not None and run.compared else None,
        "interval": _pair(verdict.interval) if verdict is not None and run.compared else None,
        "margin": scope.margin,
        "floor": scope.floor,
        "alpha": scope.alpha,
        "target": scope.target,
        "n": verdict.n if verdict is not None else None,
        "usd": _rounded(float(run.usd)),
        "seed": scope.seed,
        "candidates": [_candidate(run, name, one) for name, one in run.tallies().items() if one.answered],
        "date": day.isoformat(),
        "expires": _until(day, max_age),
        "dataset_sha256": scope.dataset_sha256 or None,
        "prompt_fingerprint": scope.prompt_fingerprint or None,
        "run": run.id,
        "command": f"llmlint eval {_task_argument(scope.where)}",
        "stand_in": run.stand_ins,
    }
    kept = {key: value for key, value in row.items() if value is not None}
    head: dict[str, Any] = {key: kept.pop(key) for key in HEADS if key in kept}
    return {**head, "model": _id(run, chosen), **kept}


def _task_argument(where: str) -> str:
    """The task as anybody can name it: a bundled one by its name, another by its path where that is relative."""
    from llmlint.bundled import bundled

    path = Path(where)
    if path.is_absolute():
        inside = path.is_relative_to(bundled("evals"))
        return f"evals/{path.parent.name}" if inside else path.name
    return path.as_posix()


def _id(run: Run, name: str | None) -> str | None:
    """The model id as an SDK wants it; a stand-in has only its name."""
    if name is None:
        return None
    candidate = run.candidate(name)
    return candidate.name if candidate.stand_in or candidate.provider in ("callable", "command") else candidate.model


def _candidate(run: Run, name: str, one: Tally) -> dict[str, Any]:
    verdict = run.verdict(name)
    row = {
        "model": _id(run, name),
        "verdict": verdict.verdict if verdict is not None else None,
        "difference": _rounded(verdict.difference) if verdict is not None and run.compared else None,
        "interval": _pair(verdict.interval) if verdict is not None and run.compared else None,
        "quality": _rounded(one.quality),
        "n": one.answered,
        "usd_per_1k_items": _rounded(one.usd_per_1k),
        "stand_in": run.stand_ins or None,
    }
    return {key: value for key, value in row.items() if value is not None}


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, DIGITS)


def _pair(interval: tuple[float, float] | None) -> list[float] | None:
    return None if interval is None else [round(max(-1.0, min(1.0, bound)), 4) for bound in interval]


def decision_text(row: Mapping[str, Any]) -> str:
    """YAML, short lists and tables on one line."""
    import yaml

    lines = [HEAD.rstrip("\n")]
    for key, value in row.items():
        if key == "candidates":
            lines.append("candidates:")
            lines += [f"  - {_flow(one)}" for one in value]
        else:
            lines.append(f"{key}: {_flow(value)}")
    text = "\n".join(lines) + "\n"
    assert yaml.safe_load(text) == dict(row)
    return text


def _flow(value: Any) -> str:
    import yaml

    text: str = yaml.safe_dump(value, default_flow_style=True, width=1_000_000, allow_unicode=True, sort_keys=False)
    return text.removesuffix("\n...\n").strip()


def write_decision(run: Run, conclusion: Conclusion, policy: Policy, day: date) -> tuple[Path | None, str]:
    """(the file, None where none was written; why not, or ""). Raises DecisionError.

    A run that was cut short and decided nothing is no decision. What says less never takes the place of what says more:
    a decision about models stays where stand-ins were asked, and one that holds stays where the new run is undecided
    about the same data and prompt.
    """
    if conclusion.answer == "nothing":
        return None, "nothing was measured"
    if conclusion.model is None and run.end in ("budget", "interrupted"):
        return None, "the run was cut short" if run.end == "interrupted" else "the budget did not suffice to decide"
    file = decision_file(policy, run.scope.task)
    kept = _kept(file, run, conclusion, day)
    if kept:
        return None, kept
    given = policy.extra.get("evals") or {}
    write_row(file, decision_row(run, conclusion, day, given.get("max_age_days", MAX_AGE)))
    return file, ""


def write_row(file: Path, row: Mapping[str, Any]) -> None:
    """Whole or not at all. Raises DecisionError."""
    text = decision_text(row)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        partial = file.with_name(f".{file.name}.part")
        partial.write_text(text, encoding="utf-8")
        partial.replace(file)
    except OSError as error:
        raise DecisionError(f"the decision cannot be written: {error.strerror or error}", path=str(file)) from None


def replayed_row(
    replayed: Replayed, options: Mapping[str, Any], folder: Path, match: Mapping[str, str], day: date,
    max_age: float | None = None,
) -> dict[str, Any]:  # fmt: skip
    """The record of a decision from recorded outcomes. options: of the replay; match: the call sites it is made for."""
    result, chosen = replayed.result, replayed.result.recommendation
    verdict = next((one for one in result.candidates if one.model == chosen), None)
    command = f"llmlint eval --replay {folder} --reference {options['reference']} --margin {options['margin']}"
    row: dict[str, Any] = {
        "schema": 1, "task": replayed.task, "match": dict(match), "reference": options["reference"], "model": chosen,
        "verdict": "undecided" if verdict is None else verdict.verdict,
        "difference": _rounded(verdict.difference) if verdict is not None and options["reference"] else None,
        "interval": _pair(verdict.interval) if verdict is not None and options["reference"] else None,
        "margin": options["margin"], "alpha": options["alpha"], "target": options["target"],
        "n": verdict.n if verdict is not None else None, "usd": _rounded(replayed.usd), "seed": options["seed"],
        "candidates": [
            {"model": one.model, "verdict": one.verdict, "n": one.n,
             "usd_per_1k_items": _rounded(one.usd_per_item * 1000)}
            for one in result.candidates
        ],
        "date": day.isoformat(), "expires": _until(day, MAX_AGE if max_age is None else max_age), "command": command,
    }  # fmt: skip
    return {key: value for key, value in row.items() if value is not None or key == "model"}


def _until(day: date, max_age: float) -> str:
    return (day + timedelta(days=min(max_age, 36_500))).isoformat()


def _kept(file: Path, run: Run, conclusion: Conclusion, day: date) -> str:
    old = known(file)
    if old is None:
        return ""
    if run.stand_ins and not old.stand_in:
        return "the decision on record is about models, this run asked stand-ins"
    same = changed(old, run.scope.dataset_sha256, run.scope.prompt_fingerprint) is None
    if conclusion.model is None and old.model is not None and old.holds(day) and same and old.stand_in == run.stand_ins:
        return "the decision on record holds, this run is undecided"
    return ""


def known(file: Path) -> Decision | None:
    """The decision in a file, None where there is none that can be read."""
    if not file.is_file():
        return None
    try:
        return read_decision(file)
    except UserError:
        return None


def changed(old: Decision, dataset: str, prompt: str) -> str | None:
    """What is not as it was when it was decided; None: all is."""
    data = old.row.get("dataset_sha256") != dataset
    asked = old.row.get("prompt_fingerprint") != prompt
    words = [*(["the data"] if data else []), *(["prompt, graders, models or what is good enough"] if asked else [])]
    return " and ".join(words) or None
