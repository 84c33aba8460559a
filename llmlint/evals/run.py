"""What one run of an eval found: the record that decision files, reports and exit codes are made of."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal

from llmlint.evals.graders.agreement import Agreement, Corrected, corrected
from llmlint.evals.procedure.plan import Result, Verdict
from llmlint.evals.records import Candidate, Item, Outcome
from llmlint.money.usage import Usage

# why a run came to its end. "decided": nothing more to ask; "budget": the next request could have gone over it;
# "interrupted": by the user; "ended": no model that could be compared was left
End = Literal["decided", "budget", "interrupted", "ended"]
STATUSES = ("ok", "refused", "truncated", "empty", "malformed", "failed")


@dataclass(frozen=True, slots=True)
class Tally:
    """One candidate in numbers. counts: outcomes by status; ungraded: answers that the grader could not judge.

    quality: mean score of what was answered and graded; wrong_quality: with every missing answer counted as wrong.
    usd_per_1k: at what its answers cost, also those that an earlier run paid for; None where no price is known.
    seconds: median and 95th percentile of the answers that were waited for in this run.
    """

    name: str
    counts: Mapping[str, int]
    ungraded: int
    quality: float | None
    wrong_quality: float | None
    usd_per_1k: float | None
    spent: Decimal
    seconds: tuple[float, float] | None
    usage: Usage

    @property
    def answered(self) -> int:
        return sum(self.counts.values())

    @property
    def missing(self) -> int:
        """Items without an answer or without a grade."""
        return self.counts.get("failed", 0) + self.ungraded


@dataclass(frozen=True, slots=True)
class Scope:
    """What a run was about: the task's settings in effect, as reports name them.

    where: the task file; match: the call sites that it stands for. items: how many there are in the data.
    """

    task: str
    kind: str
    where: str
    reference: str | None
    margin: float | None
    floor: float | None
    alpha: float
    target: str
    seed: int
    items: int
    on_error: str
    dataset_sha256: str = ""
    prompt_fingerprint: str = ""
    items_per_month: float | None = None
    match: Mapping[str, Any] = field(default_factory=dict)
    expected: str | None = None  # the column of the right answers
    slices: tuple[str, ...] = ()
    batch: bool = False


@dataclass(frozen=True, slots=True)
class Run:
    """One run. started: ISO time, UTC. usd: spent in this run, judges included; judges_usd: of it for judging.

    saved_usd: what answers from earlier runs had cost; forecast_usd: what was expected before, and for
    every model on every item.
    ended: models that were given up, and why. items: those that somebody was asked about, by id.
    """

    id: str
    started: str
    seconds: float
    scope: Scope
    candidates: tuple[Candidate, ...]
    stand_ins: bool
    note: str
    result: Result
    outcomes: tuple[Outcome, ...] = field(repr=False)
    items: Mapping[str, Item] = field(repr=False, default_factory=dict)
    end: End = "decided"
    ended: Mapping[str, str] = field(default_factory=dict)
    usd: Decimal = Decimal(0)
    judges_usd: Decimal = Decimal(0)
    saved_usd: Decimal = Decimal(0)
    forecast_usd: tuple[Decimal, Decimal] | None = None
    budget_usd: Decimal | None = None
    agreement: Agreement | None = None  # of the judge with people, where the task has answers that people graded

    def tally(self, name: str) -> Tally:
        return tally(name, [one for one in self.outcomes if one.candidate == name])

    def tallies(self) -> dict[str, Tally]:
        """By candidate, in the order of the task."""
        mine: dict[str, list[Outcome]] = {one.name: [] for one in self.candidates}
        for outcome in self.outcomes:
            mine[outcome.candidate].append(outcome)
        return {name: tally(name, rows) for name, rows in mine.items()}

    def corrected(self, name: str) -> Corrected | None:
        """The mean score of a candidate as people would give it; None where there is nothing to correct it by."""
        scores = [one.grade.score for one in self.outcomes if one.candidate == name and one.grade.score is not None]
        return None if self.agreement is None else corrected(scores, self.agreement, name, self.scope.alpha)

    def candidate(self, name: str) -> Candidate:
        return next(one for one in self.candidates if one.name == name)

    def verdict(self, name: str | None) -> Verdict | None:
        return next((one for one in self.result.candidates if one.model == name), None)

    @property
    def compared(self) -> bool:
        """Are differences to the reference decided on? Otherwise verdicts are of mean scores alone."""
        return self.scope.reference is not None and self.scope.margin is not None

    @property
    def calls(self) -> int:
        """Answers that were asked for in this run and not taken from an earlier one."""
        return sum(not one.reply.stored for one in self.outcomes)

    @property
    def measured(self) -> bool:
        """Is there at least one answer with a grade?"""
        return any(one.grade.score is not None and one.reply.status != "failed" for one in self.outcomes)


def tally(name: str, outcomes: Sequence[Outcome]) -> Tally:
    """Adds up the outcomes of one candidate."""
    counts = dict.fromkeys(STATUSES, 0)
    usage, spent, priced, cost = Usage(), Decimal(0), 0, Decimal(0)
    scores: list[float] = []
    seconds: list[float] = []
    ungraded = 0
    for one in outcomes:
        counts[one.reply.status] += 1
        usage = usage + one.reply.usage
        if one.reply.usd is not None:
            cost += one.reply.usd
            priced += one.reply.status != "failed"
            spent += Decimal(0) if one.reply.stored else one.reply.usd
        if one.reply.seconds is not None and not one.reply.stored and one.reply.status != "failed":
            seconds.append(one.reply.seconds)
        if one.reply.status != "failed":
            if one.grade.score is None:
                ungraded += 1
            else:
                scores.append(one.grade.score)
    return Tally(
        name, counts, ungraded,
        math.fsum(scores) / len(scores) if scores else None,
        math.fsum(scores) / len(outcomes) if outcomes else None,
        float(cost / priced * 1000) if priced else None, spent, _quantiles(seconds), usage,
    )  # fmt: skip


def _quantiles(seconds: list[float]) -> tuple[float, float] | None:
    if not seconds:
        return None
    ordered = sorted(seconds)
    return ordered[(len(ordered) - 1) // 2], ordered[min(len(ordered) - 1, math.ceil(0.95 * len(ordered)) - 1)]
