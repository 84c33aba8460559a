"""`.llmlint/decisions/*.yaml` and `evals.decisions` of the policy → what evals have decided, as rules see it."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import field
from datetime import date as Day
from datetime import timedelta
from pathlib import Path
from typing import Any

from llmlint.errors import PolicyError
from llmlint.facts import CallSite
from llmlint.judge.dearer import Listed
from llmlint.judge.helpers import tier_rank
from llmlint.judge.policy import Policy
from llmlint.judge.policy_build import DECISIONS
from llmlint.judge.records import meant
from llmlint.light import dataclass
from llmlint.scan.patterns import matches

MAX_FILES = 1_000
MAX_AGE = 180  # days that a decision holds, where neither the policy nor the decision says otherwise


@dataclass(frozen=True, slots=True)
class Decision:
    """What one eval found. model: the cheapest that is good enough, None where that is undecided.

    match: the call sites that it holds for, as in `traffic` of the policy; without it none is meant. verdict: of
    `model` against `reference`. candidates: what each of them scored and cost, as written in the file. difference,
    interval: of mean scores, in [-1, 1]. expires: the last day that it holds. stand_in: local programs stood in for
    models, so it speaks of no model. where: "path:line".
    """

    task: str
    model: str | None
    date: str
    expires: str
    where: str
    kind: str = ""
    reference: str = ""
    verdict: str = ""
    difference: float | None = None
    interval: tuple[float, float] | None = None
    margin: float | None = None
    n: int | None = None
    stand_in: bool = False
    match: Mapping[str, Any] | None = None
    candidates: tuple[Mapping[str, Any], ...] = ()
    row: Mapping[str, Any] = field(default_factory=dict, repr=False)  # all of it

    def holds(self, day: Day) -> bool:
        return Day.fromisoformat(self.date) <= day <= Day.fromisoformat(self.expires)

    def speaks_of(self, policy: Policy, site: CallSite) -> bool:
        """Is the call site one of those that it was made for?"""
        return not self.stand_in and self.match is not None and meant(self.match, policy, site)

    def overrules(self, site: CallSite, prices: Listed) -> tuple[str, ...]:
        """Those of the call's models that cost more than the decided one, as measured in the eval; for a model that was
        not in it and stands in a tier below the reference's, by prices, and where they do not tell by tiers. Of others
        nothing is known."""
        if self.model is None or self.verdict not in ("", "non-inferior"):
            return ()
        return tuple(name for name in site.model.values if self._is_dearer(name, self.model, prices))

    def _is_dearer(self, name: str, decided: str, prices: Listed) -> bool:
        if same_model(name, decided):
            return False
        costs = {str(row["model"]): row.get("usd_per_1k_items") for row in self.candidates}
        own = next((cost for model, cost in costs.items() if same_model(model, name)), None)
        best = next((cost for model, cost in costs.items() if same_model(model, decided)), None)
        if own is not None and best is not None:
            return bool(own > best)
        if self.reference and same_model(name, self.reference):
            return True
        own_rank, least, most = (tier_rank(_tier(model)) for model in (name, decided, self.reference))
        if own_rank is None or most is None or own_rank >= most:
            return False
        dearer = prices.dearer(name, decided)
        return dearer if dearer is not None else least is not None and least < own_rank

    def compared(self, name: str) -> bool:
        """Was a model in the eval? True where it does not say which were."""
        known = [str(row["model"]) for row in self.candidates] + [m for m in (self.model, self.reference) if m]
        return not (self.reference or self.candidates) or any(same_model(name, other) for other in known)

    def record(self, site: CallSite, day: Day, prices: Listed) -> dict[str, Any]:
        """As rules see it, `policy.decision`."""
        over = self.overrules(site, prices)
        decided = self.verdict not in ("undecided", "failed")
        models = site.model.values
        return {
            "task": self.task, "kind": self.kind, "model": self.model, "reference": self.reference or None,
            "verdict": self.verdict or None, "difference": self.difference, "interval": self.interval,
            "margin": self.margin, "n": self.n, "date": self.date, "expires": self.expires, "holds": self.holds(day),
            "overrules": over, "where": self.where,
            "unknown": tuple(name for name in models if name not in over and not self.compared(name)),
            "settles": decided and self.holds(day) and bool(models) and (
                bool(over) or all(self.model is not None and same_model(name, self.model) for name in models)
            ),
        }  # fmt: skip


def same_model(one: str, other: str) -> bool:
    """Do two ids mean one model, however a gateway or a date dresses them?"""
    from llmlint.sdks.models import lookup

    if one == other:
        return True
    found, second = lookup(one), lookup(other)
    return found is not None and second is not None and found.id == second.id


def _tier(name: str) -> str | None:
    from llmlint.sdks.models import lookup

    info = lookup(name) if name else None
    return info.tier if info else None


def decisions(policy: Policy) -> tuple[Decision, ...]:
    """Every decision of the policy and of its folder, the oldest first. Raises PolicyError with file, line and mend."""
    given = policy.extra.get("evals") or {}
    age = given.get("max_age_days", MAX_AGE)
    rows = [decision_of(row, policy.origin("evals.decisions"), age) for row in given.get("decisions") or ()]
    return tuple(sorted((*rows, *_in_files(policy.decisions, age)), key=lambda one: one.date))


def decision_for(found: Sequence[Decision], policy: Policy, site: CallSite) -> Decision | None:
    """The newest that speaks of a call site."""
    return next((one for one in reversed(found) if one.speaks_of(policy, site)), None)


def _in_files(folder: Path | None, age: float) -> list[Decision]:
    if folder is None or not folder.is_dir():
        return []
    files = sorted(file for file in folder.iterdir() if file.suffix in (".yaml", ".yml") and file.is_file())
    if len(files) > MAX_FILES:
        raise PolicyError(f"more than {MAX_FILES} decisions", str(folder), None, "remove those that are over")
    return [read_decision(file, age) for file in files]


def read_decision(file: Path, age: float = MAX_AGE) -> Decision:
    """One file of a decision. age: days that it holds where it does not say. Raises PolicyError."""
    from llmlint.judge.documents import read_document
    from llmlint.judge.policy_document import display
    from llmlint.judge.policy_schema import policy_schema, problems

    document = read_document(file, PolicyError, "decision")
    shown = display(file)
    lines = {("decision", *keys): line for keys, line in document.lines.items()}
    for problem in problems(document.data, policy_schema()["$defs"]["decision"], ("decision",)):
        key = problem.key
        while key not in lines and key:
            key = key[:-1]
        raise PolicyError(problem.message, shown, lines.get(key, 1), problem.mend)
    row: Mapping[str, Any] = document.data
    _check_patterns(row, shown, document.line(("match", "path")))
    return decision_of(row, f"{shown}:1", age)


def _check_patterns(row: Mapping[str, Any], shown: str, line: int) -> None:
    patterns = (row.get("match") or {}).get("path", ())
    try:
        matches((patterns,) if isinstance(patterns, str) else tuple(patterns), "x")
    except ValueError as error:
        raise PolicyError(f"decision.match.path: {error}", shown, line, "write it as in .gitignore") from None


def decision_of(row: Mapping[str, Any], where: str, age: float = MAX_AGE) -> Decision:
    """A checked record; where: "path:line" of it; age: days that it holds where it does not say."""
    interval = row.get("interval")
    return Decision(
        task=row["task"], model=row["model"], date=row["date"], expires=_end(row, age), where=where,
        kind=row.get("kind", ""), reference=row.get("reference", ""), verdict=row.get("verdict", ""),
        difference=row.get("difference"), margin=row.get("margin"), n=row.get("n"),
        interval=(interval[0], interval[1]) if interval and len(interval) == 2 else None,
        stand_in=row.get("stand_in", False), match=row.get("match"), candidates=tuple(row.get("candidates") or ()),
        row=row,
    )  # fmt: skip


def _end(row: Mapping[str, Any], age: float) -> str:
    """The earlier of what the decision says and what the policy allows."""
    try:
        allowed = (Day.fromisoformat(row["date"]) + timedelta(days=age)).isoformat()
    except OverflowError:
        allowed = Day.max.isoformat()
    return min(str(row.get("expires", allowed)), allowed)


def decision_file(policy: Policy, task: str) -> Path:
    """Where the decision of a task is kept: the task's name, safe for every file system."""
    import re

    folder = policy.decisions or Path(os.getcwd(), DECISIONS)  # noqa: PTH109 - links stay links
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", task).strip("-.") or "task"
    return folder / f"{name[:80]}.yaml"
