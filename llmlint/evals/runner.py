"""A task, whom to ask and a caller → the `Run`: ask what the procedure asks, grade, tell, until it is decided."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from llmlint.evals.calling.budget import BudgetSpent
from llmlint.evals.procedure import Ask, ModelPlan, Procedure, Result, Setup, start
from llmlint.evals.providers import HTTP
from llmlint.evals.records import Candidate, Grade, Item, Outcome, Reply, Request
from llmlint.evals.run import End, Run, Scope

if TYPE_CHECKING:
    from llmlint.evals.bill import Bill
    from llmlint.evals.graders import Agreement, TaskGrader
    from llmlint.evals.task import Cast, Task

AHEAD_IN_BATCHES = 0.25  # what so many futures of a decision do not ask for is sent all the same: a batch takes hours
SURE = 8  # priced answers of each model, after which measured costs replace the forecast
NAN = float("nan")


class Caller(Protocol):
    """Who answers requests. ended: by name of a candidate, why it gets no further request; stopped: nobody is asked
    any more.

    answers: in any order, one reply a request; a request that fails is a Reply of status "failed". It raises
    `BudgetSpent` when the next request could go over the budget. After `stop` the rest is left out.
    """

    @property
    def ended(self) -> dict[str, str]: ...

    @property
    def stopped(self) -> bool: ...

    def answers(self, requests: Iterable[Request]) -> AsyncIterator[tuple[Request, Reply]]: ...


@dataclass(frozen=True, slots=True)
class Settings:
    """How a run is made. forecast: USD an item by name of the candidate, before anything was asked; id: the run's.

    full_grid: every model answers every item, whatever is decided earlier. judging: USD that grading an answer is
    forecast to cost, by name of the candidate. forecast_usd: as in `Run`.
    """

    id: str
    forecast: Mapping[str, float]
    batch: bool = False
    budget_usd: Decimal | None = None
    forecast_usd: tuple[Decimal, Decimal] | None = None
    worth: float | None = None  # of `Setup`
    chance: float | None = None
    full_grid: bool = False
    judging: Mapping[str, float] = field(default_factory=dict)


class Runner:
    """One run. `outcomes` grows while it runs; `result()` is what is known at any moment."""

    def __init__(
        self, task: Task, cast: Cast, grader: TaskGrader, caller: Caller, settings: Settings,
        judges: Caller | None = None,
    ) -> None:  # fmt: skip
        """judges: who answers a judge's questions, where that is not `caller` (a batch of one would take hours)."""
        from llmlint.evals.task import request_for

        self.task, self.cast, self.grader, self.caller, self.settings = task, cast, grader, caller, settings
        self.items: list[Item] = task.items()
        self.outcomes: list[Outcome] = []
        self.judges_usd = Decimal(0)
        self.agreement: Agreement | None = None
        self._judges = judges or caller
        self.round: tuple[int, int] = (0, 0)  # answers of this round that are there, and that were asked for
        self._request_for: Callable[[Task, Candidate, Item], Request] = request_for
        self._known: dict[tuple[str, int], Outcome] = {}
        self._began, self._started = time.monotonic(), datetime.now(timezone.utc)
        self._usd: Mapping[str, float] = settings.forecast  # what the decision goes by
        self._procedure = self._plan(self._usd)
        self._replanned = False
        self._at = {item.id: i for i, item in enumerate(self.items)}

    # the loop ---------------------------------------------------------------------------------------------------------

    async def run(self) -> Run:
        """Until it is decided, the budget is spent, or somebody interrupts it: then with what is known."""
        end: End = "decided"
        try:
            if self.settings.full_grid:
                await self._ask_for(self._procedure.everything())
            else:
                await self._probe()
            while asks := self._procedure.asks():
                await self._ask_for([*asks, *self._ahead(asks)])
                if self.caller.stopped:
                    end = "interrupted"
                    break
                self._tell(asks)
                self._end_those_that_ended()
                if not self._replanned:
                    self._replan()
            await self._agree()
        except BudgetSpent:
            end = "budget"
        except (asyncio.CancelledError, KeyboardInterrupt):
            end = "interrupted"
        if end != "decided":
            self._tell_what_came()
        return self.finished(end)

    def _ahead(self, asks: Sequence[Ask]) -> Sequence[Ask]:
        """What will be asked after these anyway: answers over the wire are waited for together."""
        waits = any(one.provider in HTTP for one in self.cast.candidates)
        share = AHEAD_IN_BATCHES if self.settings.batch else 0.0
        return self._procedure.ahead(share) if waits and self._new(asks) else ()

    async def _ask_for(self, asks: Sequence[Ask]) -> None:
        """The reference first where graders compare with its answer."""
        portions = [asks]
        if self.grader.pairwise:
            reference = [one.name == self.cast.reference for one in self.cast.candidates]
            portions = [[a for a in asks if reference[a.model] is first] for first in (True, False)]
        for portion in portions:
            new = self._new(portion)
            self.round = (0, len(new))
            await self._answered(new)

    def _new(self, asks: Sequence[Ask]) -> list[tuple[int, int]]:
        """Model and item of what nobody has asked yet."""
        names = [one.name for one in self.cast.candidates]
        wanted = [(ask.model, item) for ask in asks for item in ask.items]
        return [(model, item) for model, item in wanted if (names[model], item) not in self._known]

    async def _answered(self, wanted: Sequence[tuple[int, int]]) -> None:
        requests = (
            self._request_for(self.task, self.cast.candidates[model], self.items[item]) for model, item in wanted
        )
        grading: set[asyncio.Task[None]] = set()
        try:
            async for request, reply in self.caller.answers(requests):
                if self.grader.asks:
                    grading.add(asyncio.create_task(self._judged(request, reply)))
                else:
                    item = self.items[self._at[request.item]]
                    self._note(request, reply, self.grader.grade(item, reply))
        finally:
            if grading:
                done = await asyncio.gather(*grading, return_exceptions=True)
                for one in done:
                    if isinstance(one, BaseException):
                        raise one

    async def _judged(self, request: Request, reply: Reply) -> None:
        item = self._at[request.item]
        reference = self._known.get((self.cast.reference, item))
        grade = await self.grader.judged(
            self.items[item], reply, self._ask, reference.reply if reference is not None else None
        )
        self._note(request, reply, grade)

    async def _ask(self, request: Request) -> Reply:
        """A judge's question."""
        async for _, reply in self._judges.answers([request]):
            return reply
        return Reply("failed", error="the judge gave no answer")

    async def _agree(self) -> None:
        """The judge grades what people have graded, where the task names such answers."""
        from llmlint.evals.graders import agreement, labels_of

        labels = labels_of(self.task)
        if labels:
            self.agreement = await agreement(labels, self.grader, self._ask)
            self.judges_usd += self.agreement.usd if self.agreement is not None else Decimal(0)

    def _note(self, request: Request, reply: Reply, grade: Grade) -> None:
        name = request.candidate.name
        if reply.status == "failed" and name in self.caller.ended and not reply.attempts:
            return  # it was never sent
        outcome = Outcome(request.item, name, reply, grade)
        self._known[name, self._at[request.item]] = outcome
        self.outcomes.append(outcome)
        self.judges_usd += grade.usd
        self.round = (self.round[0] + 1, self.round[1])

    def _tell(self, asks: Iterable[Ask]) -> None:
        for ask in asks:
            name = self.cast.candidates[ask.model].name
            scores = [self.score(self._known.get((name, item))) for item in ask.items]
            self._procedure.tell(ask.model, ask.items, scores)

    def _tell_what_came(self) -> None:
        """Of a run that was cut short: whole portions, and of the last one what is there. The rest is not left out."""
        while (asks := self._procedure.asks()) and not self._new(asks):
            self._tell(asks)
        missing = set(self._new(asks))
        self._tell(Ask(ask.model, tuple(i for i in ask.items if (ask.model, i) not in missing)) for ask in asks)

    def score(self, outcome: Outcome | None) -> float:
        """What the procedure is told: NaN leaves the pair out."""
        if outcome is None:
            return NAN
        if outcome.reply.status == "failed":
            return 0.0 if self.task.on_error == "wrong" else NAN
        return NAN if outcome.grade.score is None else outcome.grade.score

    def _end_those_that_ended(self) -> None:
        for i, one in enumerate(self.cast.candidates):
            if one.name in self.caller.ended:
                self._procedure.end(i, self.caller.ended[one.name])

    # the plan ---------------------------------------------------------------------------------------------------------

    def _plan(self, usd: Mapping[str, float]) -> Procedure:
        return start(setup_of(self.task, self.cast, usd, self.settings.worth, self.settings.chance))

    async def _probe(self) -> None:
        """How much a model thinks is a guess before it is asked: those that only the guess makes as dear as the
        reference show first, on a few items, what they cost."""
        presumed = presumed_dear(self.cast, self._usd)
        if not presumed:
            return
        names = [one.name for one in self.cast.candidates]
        everything = self._procedure.everything()
        models = [names.index(name) for name in (self.cast.reference, *presumed)]
        await self._ask_for([Ask(model, everything[model].items[:SURE]) for model in models])
        self._plan_anew()

    def _replan(self) -> None:
        """Once every model that is asked has shown what it costs: where that puts them in another order than was
        forecast, the decision starts again with the measured costs. The same seed draws the same items, so no answer is
        lost; scores have no part in it."""
        measured = self.measured_usd()
        asked = {one.candidate for one in self.outcomes} - set(self.caller.ended)
        if not asked <= set(measured):
            return
        self._replanned = True
        alive = [one.name for one in self.cast.candidates if one.name not in self.caller.ended]
        known = {**self._usd, **measured}
        order = sorted(alive, key=lambda name: (self._usd[name], alive.index(name)))
        if order != sorted(alive, key=lambda name: (known[name], alive.index(name))):
            self._plan_anew()

    def _plan_anew(self) -> None:
        self._usd = {**self.settings.forecast, **self.measured_usd()}
        self._procedure = self._plan(self._usd)
        self._end_those_that_ended()

    def measured_usd(self) -> dict[str, float]:
        """USD an item by candidate, of those with enough priced answers."""
        costs: dict[str, list[Decimal]] = {}
        for one in self.outcomes:
            if one.reply.usd is not None and one.reply.status != "failed":
                costs.setdefault(one.candidate, []).append(one.reply.usd)
        enough = min(SURE, len(self.items))
        return {name: float(sum(usd) / len(usd)) for name, usd in costs.items() if len(usd) >= enough}

    # what is known ----------------------------------------------------------------------------------------------------

    def result(self) -> Result:
        return self._procedure.result()

    def expected(self, seconds: float = 1.0) -> Bill:
        """What the run will have cost at its end, by what was seen so far; may be asked from another thread. seconds:
        of processor time, about."""
        from llmlint.evals.bill import bill

        known, spent = dict(self._known), self.spent
        names = [one.name for one in self.cast.candidates]
        scores = np.full((len(names), len(self.items)), NAN)
        paid = np.zeros(scores.shape, dtype=np.bool_)
        for (name, item), outcome in known.items():
            scores[names.index(name), item] = self.score(outcome)
            paid[names.index(name), item] = True
        usd = {**self.settings.forecast, **self.measured_usd()}
        each = [usd[name] + self.settings.judging.get(name, 0.0) for name in names]
        ended = {i: self.caller.ended[name] for i, name in enumerate(names) if name in self.caller.ended}
        setup = setup_of(self.task, self.cast, self._usd, self.settings.worth, self.settings.chance)
        left = bill(
            setup, each, full_grid=self.settings.full_grid, known=scores, paid=paid, ended=ended, seconds=seconds
        )
        return replace(
            left, usd=spent + left.usd, low=spent + left.low, high=spent + left.high, whole=spent + left.whole
        )

    @property
    def spent(self) -> Decimal:
        """USD of this run, judges included."""
        paid = (one.reply.usd for one in self.outcomes if one.reply.usd is not None and not one.reply.stored)
        return sum(paid, self.judges_usd)

    def finished(self, end: End) -> Run:
        """The record of the run."""
        task, result = self.task, self.result()
        ended = dict(self.caller.ended)
        if end == "decided" and self.cast.reference in ended:
            end = "ended"
        saved = (one.reply.usd for one in self.outcomes if one.reply.usd is not None and one.reply.stored)
        asked = {one.item for one in self.outcomes}
        return Run(
            id=self.settings.id, started=self._started.isoformat(timespec="seconds"),
            seconds=time.monotonic() - self._began, scope=scope_of(task, self.cast, self.settings.batch),
            candidates=self.cast.candidates, stand_ins=self.cast.stand_ins, note=self.cast.note, result=result,
            outcomes=tuple(self.outcomes), items={item.id: item for item in self.items if item.id in asked}, end=end,
            ended=ended, usd=self.spent, judges_usd=self.judges_usd, saved_usd=sum(saved, Decimal(0)),
            forecast_usd=self.settings.forecast_usd, budget_usd=self.settings.budget_usd,
            agreement=self.agreement,
        )  # fmt: skip


def presumed_dear(cast: Cast, usd: Mapping[str, float]) -> list[str]:
    """Candidates that are forecast to cost as much as the reference, and think. usd: of an item, by name."""
    from llmlint.evals.forecast import thinks

    if cast.reference not in usd:
        return []
    dear = usd[cast.reference]
    return [c.name for c in cast.candidates if c.name != cast.reference and usd[c.name] >= dear and thinks(c)]


def setup_of(
    task: Task, cast: Cast, usd: Mapping[str, float], worth: float | None = None, chance: float | None = None
) -> Setup:
    """What is to be decided. usd: of an item, by name of the candidate."""
    return Setup(
        models=[ModelPlan(one.name, usd[one.name]) for one in cast.candidates], reference=cast.reference or None,
        margin=task.margin, items=len(task.rows), target=task.target, alpha=task.alpha, groups=task.groups(),
        floor=task.floor, seed=task.seed, power=task.power, worth=worth, chance=chance,
    )  # fmt: skip


def fingerprint(task: Task, cast: Cast) -> str:
    """Changes with whatever was asked, of whom, and with what is good enough; the data has a hash of its own."""
    from llmlint.evals.task import digest

    graders = [[spec.type, spec.weight, dict(spec.options)] for spec in task.graders]
    asked = [[one.provider, one.model, one.api, dict(one.parameters), one.base_url] for one in cast.candidates]
    wanted = [cast.reference, task.margin, task.floor, task.alpha, task.target]
    return digest([task.prompt_hash, graders, asked, wanted])


def scope_of(task: Task, cast: Cast, batch: bool = False) -> Scope:
    """What a run of the task is about."""
    return Scope(
        task=task.name, kind=task.kind, where=task.path, reference=cast.reference or None, margin=task.margin,
        floor=task.floor, alpha=task.alpha, target=task.target, seed=task.seed, items=len(task.items()),
        on_error=task.on_error, dataset_sha256=task.data_hash, prompt_fingerprint=fingerprint(task, cast),
        items_per_month=task.items_per_month, match=task.match, expected=task.columns.expected,
        slices=task.columns.slices, batch=batch,
    )  # fmt: skip


def with_settings(task: Task, **given: object) -> Task:
    """The task with what the command line says instead; None: as the task says."""
    changes: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    return replace(task, **changes)
