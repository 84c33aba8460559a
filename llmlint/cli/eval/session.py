"""What the user asked for → everything that a run needs, opened: policy, task, who is asked, prices, store, caller."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from llmlint.errors import UsageError, UserError

if TYPE_CHECKING:
    from llmlint.evals.bill import Bill
    from llmlint.evals.conclusion import Conclusion
    from llmlint.evals.earlier import Earlier
    from llmlint.evals.forecast import Forecast
    from llmlint.evals.records import Candidate
    from llmlint.evals.run import Run
    from llmlint.evals.runner import Runner
    from llmlint.evals.task import Cast, Task
    from llmlint.judge.policy import Policy
    from llmlint.money.prices import PriceBook

Who = Literal["models", "stand_ins"]
Watch = Callable[["Runner"], Any]


@dataclass(frozen=True, slots=True)
class Asked:
    """The options of a run; None: as the task says. store: the file of paid answers."""

    task: Path
    budget: float | None = None
    margin: float | None = None
    floor: float | None = None
    alpha: float | None = None
    target: str | None = None
    seed: int | None = None
    reference: str | None = None
    only: tuple[str, ...] = ()
    who: Who | None = None
    policy_file: Path | None = None
    store: Path | None = None
    batch: bool = False
    fresh: bool = False
    limit: int | None = None
    full_grid: bool = False
    asks: bool = True  # False: it is only planned, for which nobody needs a key


@dataclass(frozen=True, slots=True)
class Prepared:
    """A task that is ready to be run; nothing has been asked."""

    asked: Asked
    policy: Policy
    task: Task
    cast: Cast
    prices: PriceBook
    forecasts: dict[str, Forecast]
    judging: dict[str, Decimal]  # USD that grading an answer costs, by name of the candidate
    earlier: Earlier

    @property
    def budget(self) -> Decimal | None:
        """USD; what stand-ins are declared to cost nobody pays, so that the task's budget does not bind them."""
        if self.asked.budget is not None:
            return Decimal(str(self.asked.budget))
        return None if self.cast.stand_ins else self.task.budget_usd

    def bill(self) -> Bill:
        """What the run will cost, as far as that can be known."""
        from llmlint.evals.bill import bill
        from llmlint.evals.graders import labels_of
        from llmlint.evals.runner import setup_of

        usd = [float(self.forecasts[one.name].usd + self.judging[one.name]) for one in self.cast.candidates]
        once = len(labels_of(self.task)) * float(max(self.judging.values()))
        return bill(
            setup_of(self.task, self.cast, self.usd_per_item), usd, full_grid=self.asked.full_grid,
            known=self.earlier.known, paid=self.earlier.paid, once=once,
        )  # fmt: skip

    @property
    def paid(self) -> int:
        """Answers that the store has."""
        return 0 if self.earlier.paid is None else int(self.earlier.paid.sum())

    @property
    def usd_per_item(self) -> dict[str, float]:
        """By name of the candidate."""
        return {name: float(one.usd) for name, one in self.forecasts.items()}


def need_packages() -> None:
    """Raises UsageError where the extra `eval` is not installed."""
    from importlib.util import find_spec

    if find_spec("numpy") is None:
        raise UsageError("`llmlint eval` needs numpy", mend="pip install 'llmlint[eval]'")


def prepare(asked: Asked) -> Prepared:
    """Reads and checks everything that can be wrong before a request leaves."""
    need_packages()
    from llmlint.evals.earlier import earlier
    from llmlint.evals.forecast import forecast, judging
    from llmlint.evals.graders import grader_of
    from llmlint.evals.runner import with_settings
    from llmlint.evals.store import DEFAULT
    from llmlint.evals.task import load_task
    from llmlint.judge.policy import load_policy
    from llmlint.money.prices import price_book

    if asked.budget is not None and asked.budget != asked.budget:
        raise UsageError("--budget must be a number, not nan", mend="for example --budget 5")
    policy = load_policy(Path.cwd(), asked.policy_file)
    given = policy.extra.get("evals") or {}
    task = load_task(asked.task, {name: given[name] for name in ("margin", "alpha", "target") if name in given})
    task = with_settings(
        task, margin=asked.margin, floor=asked.floor, alpha=asked.alpha, target=asked.target, seed=asked.seed
    )
    if asked.limit is not None:
        task = replace(task, rows=task.rows[: asked.limit])
    cast = _narrowed(task.cast(who=asked.who) if asked.asks else task.planned(asked.who), asked)
    prices = price_book([policy.extra.get("prices") or {}, task.prices], policy.origin)
    grader = grader_of(task)
    if asked.asks:
        _refuse_who_cannot_be_asked(task, (*cast.candidates, *grader.judges()))
    known = earlier(asked.store or DEFAULT, task, cast, asked.fresh)
    forecasts = forecast(task, cast, prices, asked.batch, known.written)
    costs = judging(task, cast, grader, prices, forecasts)
    if asked.batch and not cast.stand_ins:
        cast = replace(cast, note="; ".join([*([cast.note] if cast.note else []), *_without_batch(cast, prices)]))
    return Prepared(asked, policy, task, cast, prices, forecasts, costs, known)


def _without_batch(cast: Cast, prices: PriceBook) -> Iterator[str]:
    """Whose batches save nothing, in words."""
    from llmlint.evals.providers import BATCHED

    single = [one.name for one in cast.candidates if one.provider not in BATCHED]
    found = [(one.name, prices.find(one.model, one.provider)) for one in cast.candidates if one.name not in single]
    full = [name for name, price in found if price is not None and price.batch is None]
    if single:
        yield f"no Batch API, asked one by one: {', '.join(single)}"
    if full:
        yield f"batches counted at the full price, as `price` has no `batch_multiplier: 0.5`: {', '.join(full)}"


def _refuse_who_cannot_be_asked(task: Task, asked: Sequence[Candidate]) -> None:
    from llmlint.evals.providers import HTTP
    from llmlint.evals.providers.clients import check_client
    from llmlint.evals.stand_ins import check_program

    for one in asked:
        if one.provider in HTTP:
            check_client(one)
        else:
            check_program(one, task.path, task.folder)


def _narrowed(cast: Cast, asked: Asked) -> Cast:
    """Only the candidates that were asked for, and the reference."""
    names = [one.name for one in cast.candidates]
    wanted = [*asked.only, *([asked.reference] if asked.reference else [])]
    for name in wanted:
        if name not in names:
            raise UsageError(f"the task has no candidate {name!r}", mend=f"one of {', '.join(names)}")
    reference = asked.reference or cast.reference
    if reference and set(asked.only) == {reference}:
        raise UsageError(f"--only {reference} leaves nobody to compare: it is the reference", mend="name a candidate")
    kept = tuple(one for one in cast.candidates if not asked.only or one.name in (*asked.only, reference))
    return replace(cast, candidates=kept, reference=reference)


def run(ready: Prepared, watch: Watch | None = None) -> tuple[Run, Conclusion]:
    """Asks, decides and keeps the run in the store. watch: a coroutine function that is handed the runner and runs
    beside it until it is cancelled."""
    from llmlint.evals.conclusion import conclude

    found = asyncio.run(_run(ready, watch))
    return found, conclude(found)


async def _run(ready: Prepared, watch: Watch | None) -> Run:
    from llmlint.evals.batches import BatchCaller
    from llmlint.evals.calling import Budget, Caller
    from llmlint.evals.calling import Settings as CallSettings
    from llmlint.evals.graders import grader_of
    from llmlint.evals.runner import Runner, Settings, scope_of
    from llmlint.evals.stand_ins import Programs
    from llmlint.evals.store import DEFAULT, Store, new_run

    task, cast = ready.task, ready.cast
    grader = grader_of(task)
    _refuse_what_cannot_be_graded(task, grader.objection)
    bill = ready.bill()
    with Store(ready.asked.store or DEFAULT) as store, Programs(task.folder) as programs:
        about = about_run(scope_of(task, cast, ready.asked.batch), cast)
        run_id = new_run()
        local = {"callable": programs.answered, "command": programs.answered}
        budget = Budget(ready.budget)
        one_by_one = Caller(store, budget, ready.prices, CallSettings(fresh=ready.asked.fresh), run_id, local)
        caller = BatchCaller(one_by_one) if ready.asked.batch else one_by_one
        caller.check((*cast.candidates, *grader.judges()))
        store.start_run(task.name, about, run_id)
        settings = Settings(
            run_id, ready.usd_per_item, ready.asked.batch, ready.budget, (bill.usd, bill.whole),
            full_grid=ready.asked.full_grid, judging={name: float(usd) for name, usd in ready.judging.items()},
        )  # fmt: skip
        runner = Runner(task, cast, grader, caller, settings, one_by_one)
        watching = asyncio.create_task(watch(runner)) if watch is not None else None
        try:
            with caller.stopping_on_interrupt(_stopping):
                found = await runner.run()
        finally:
            if watching is not None:
                watching.cancel()
            await caller.close()
            grader.close()
        found = _with_uncertain(found, budget.spent)
        store.put_outcomes(run_id, list(found.outcomes))
        from llmlint.evals.saved import result_of

        store.end_run(run_id, "done" if found.end in ("decided", "ended") else "stopped", result_of(found))
    return found


def _stopping(in_flight: int) -> None:
    """What is told after the first Ctrl-C."""
    from llmlint.cli.scanning import note

    if in_flight:
        answers = "1 answer" if in_flight == 1 else f"{in_flight:,} answers"
        note(f"stopping: waiting for {answers} on the way; Ctrl-C again leaves them, counted at the most they can cost")


def _with_uncertain(found: Run, spent: Decimal) -> Run:
    """What attempts may have cost whose answer, or whose usage, never came, is spent too."""
    from llmlint.evals.conclusion import money

    extra = spent - found.usd
    if extra <= 0:
        return found
    words = f"{money(extra)} is counted, as the worst case, for attempts whose answer or usage never came"
    return replace(found, usd=spent, note=f"{found.note}; {words}" if found.note else words)


def about_run(scope: Any, cast: Cast) -> dict[str, Any]:
    """What the store keeps of a run's setting: enough to show it again. No secrets: keys are named, never held."""
    from dataclasses import asdict

    return {
        "scope": asdict(scope), "candidates": [asdict(one) for one in cast.candidates], "stand_ins": cast.stand_ins,
        "note": cast.note,
    }  # fmt: skip


def _refuse_what_cannot_be_graded(task: Task, objection: Callable[[Any], str | None]) -> None:
    for item in task.items():
        why = objection(item)
        if why is not None:
            raise UserError(f"item {item.id!r} cannot be graded: {why}", path=task.path)


def overruled(ready: Prepared, found: Run, conclusion: Conclusion) -> list[str]:
    """The places in the code where a dearer model than the decided one is in use: "app.py:12 asks claude-opus-4-7"."""
    from llmlint.cli.scanning import Request, scan
    from llmlint.evals.decision_file import decision_row
    from llmlint.judge.decisions import decision_of
    from llmlint.judge.records import today

    if conclusion.model is None or not ready.task.match or ready.cast.stand_ins:
        return []
    made = decision_of(decision_row(found, conclusion, today()), found.scope.where)
    policy, facts = scan(Request((), ready.asked.policy_file), quiet=True)
    return in_use(made, policy, facts.call_sites)


def in_use(made: Any, policy: Policy, sites: Sequence[Any]) -> list[str]:
    """Of the call sites those that a decision speaks of and whose every model it overrules."""
    from llmlint.judge.dearer import Listed

    out, prices = [], Listed(policy)
    for site in sites:
        if site.kind == "generate" and site.model.values and made.speaks_of(policy, site):
            dearer = made.overrules(site, prices)
            if len(dearer) == len(site.model.values):
                out.append(f"{site.place} asks {', '.join(dearer)}")
    return out
