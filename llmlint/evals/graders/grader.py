"""The graders of a task → one that gives each answer a grade, whatever the answer or a grader does."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from llmlint.evals.calling.budget import BudgetSpent
from llmlint.evals.graders.answers import NoJson
from llmlint.evals.records import Candidate, Grade, Item, Reply, Request
from llmlint.evals.user_code import RAISED

if TYPE_CHECKING:
    from llmlint.evals.task import GraderSpec, Task

MAX_ANSWER = 1_000_000  # characters; comparing longer ones takes graders minutes
Ask = Callable[[Request], Awaitable[Reply]]


class Grader(Protocol):
    """One way to grade. objection: why an item cannot be graded this way, None where it can."""

    def objection(self, item: Item) -> str | None: ...

    def grade(self, item: Item, reply: Reply) -> Grade: ...


@runtime_checkable
class AskingGrader(Protocol):
    """One that asks a model or waits for a program. pairwise: it needs the reference's answer to the item too."""

    @property
    def pairwise(self) -> bool: ...

    def objection(self, item: Item) -> str | None: ...

    async def judged(self, item: Item, reply: Reply, ask: Ask, reference: Reply | None) -> Grade: ...

    def questions(self, item: Item, answer: str, reference: bool) -> list[Request]:
        """What is asked of models for one answer of this kind, to be forecast. reference: it is the reference's."""
        ...


@runtime_checkable
class Closing(Protocol):
    """One that has something to end."""

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class TaskGrader:
    """All graders of a task with their weights. What goes wrong is a Grade without score; only BudgetSpent is raised.

    An answer that was refused, cut off, empty or malformed scores 0; one that could not be had ("failed") has no score:
    the task's `on_error` says what becomes of it.
    """

    graders: tuple[tuple[str, float, Grader | AskingGrader], ...]

    @property
    def asks(self) -> bool:
        """Some grader asks a model or runs a program: use `judged`."""
        return any(isinstance(grader, AskingGrader) for _, _, grader in self.graders)

    @property
    def pairwise(self) -> bool:
        """Some grader compares with the reference's answer, which must be there first."""
        return any(isinstance(grader, AskingGrader) and grader.pairwise for _, _, grader in self.graders)

    def judges(self) -> tuple[Candidate, ...]:
        """The models that are asked for judgements, to be priced and reserved for as candidates are."""
        asked = (getattr(grader, "model", None) for _, _, grader in self.graders)
        return tuple(one for one in asked if one is not None)

    def questions(self, item: Item, answer: str, reference: bool) -> list[Request]:
        """What is asked of judges for one answer. reference: it is the reference's."""
        asking = (grader for _, _, grader in self.graders if isinstance(grader, AskingGrader))
        return [request for grader in asking for request in grader.questions(item, answer, reference)]

    def close(self) -> None:
        """Ends the programs that graders have started."""
        for _, _, grader in self.graders:
            if isinstance(grader, Closing):
                grader.close()

    def objection(self, item: Item) -> str | None:
        """Why an item cannot be graded, None where it can."""
        return next((why for _, _, grader in self.graders if (why := grader.objection(item))), None)

    def grade(self, item: Item, reply: Reply) -> Grade:
        """The grade, where no grader asks anybody."""
        early = _unanswered(reply)
        if early is not None:
            return self._with_label(item, reply, early)
        return self._mean([_safely(grader, item, reply) for _, _, grader in self.graders])

    async def judged(self, item: Item, reply: Reply, ask: Ask, reference: Reply | None = None) -> Grade:
        """The grade. ask: how a judge's question is answered; reference: the reference's answer, for pairwise."""
        early = _unanswered(reply)
        if early is not None and reply.status != "failed" and self.pairwise and len(self.graders) == 1:
            draw = reference is None or reference.status not in ("ok", "failed")
            return Grade(0.5 if draw else 0.0)
        if early is not None:
            return self._with_label(item, reply, early)
        grades = []
        for _, _, grader in self.graders:
            if isinstance(grader, AskingGrader):
                grades.append(await _safely_judged(grader, item, reply, ask, reference))
            else:
                grades.append(_safely(grader, item, reply))
        return self._mean(grades)

    def _with_label(self, item: Item, reply: Reply, early: Grade) -> Grade:
        """The class of an unanswered item still counts in the table per class."""
        plain = [grader for _, _, grader in self.graders if not isinstance(grader, AskingGrader)]
        label = _safely(plain[0], item, replace(reply, text="")) if len(self.graders) == 1 and plain else early
        return replace(early, expected=label.expected)

    def _mean(self, grades: Sequence[Grade]) -> Grade:
        usd = sum((grade.usd for grade in grades), Decimal(0))
        if len(grades) == 1:
            return grades[0]
        errors = [grade.error for grade in grades if grade.error]
        parts: dict[str, float] = {}
        for (name, _, _), grade in zip(self.graders, grades, strict=True):
            parts |= {f"{name}.{part}": value for part, value in grade.parts.items()}
            parts |= {} if grade.score is None else {name: grade.score}
        label = next((grade for grade in grades if grade.expected is not None), Grade(None))
        missing = any(grade.score is None for grade in grades)
        total = sum(weight for _, weight, _ in self.graders)
        score = None if missing else sum(w * (g.score or 0) for (_, w, _), g in zip(self.graders, grades, strict=True))
        mean = None if score is None else min(1.0, score / total)
        return Grade(mean, label.expected, label.predicted, parts, "; ".join(errors) or None, usd)


def _unanswered(reply: Reply) -> Grade | None:
    if reply.status == "failed":
        return Grade(None, error=f"no answer: {reply.error or 'unknown'}")
    if len(reply.text) > MAX_ANSWER:
        return Grade(0.0, error=f"an answer of {len(reply.text):,} characters, over {MAX_ANSWER:,}, counts as wrong")
    return None if reply.status == "ok" else Grade(0.0)


def _safely(grader: Grader | AskingGrader, item: Item, reply: Reply) -> Grade:
    if isinstance(grader, AskingGrader):
        return Grade(None, error="this grader asks a model, and nobody is there to be asked")
    try:
        return _sound(grader.grade(item, reply))
    except NoJson:
        return Grade(0.0)
    except Exception as error:
        return Grade(None, error=told(error))


async def _safely_judged(
    grader: AskingGrader, item: Item, reply: Reply, ask: Ask, reference: Reply | None
) -> Grade:  # fmt: skip
    try:
        return _sound(await grader.judged(item, reply, ask, reference))
    except BudgetSpent:  # that ends the run, and is no fault of the grader's
        raise
    except RAISED as error:
        return Grade(None, error=told(error))


def _sound(grade: Grade) -> Grade:
    """A score is a number from 0 to 1."""
    score = grade.score
    if score is None or 0 <= score <= 1:
        return grade
    return replace(grade, score=None, error=f"the grader gave {score!r:.40}, not a number from 0 to 1")


def told(error: BaseException) -> str:
    """An exception of somebody's code in one line."""
    text = " ".join(str(error).split())[:200]
    return f"the grader failed: {type(error).__name__}{': ' + text if text else ''}"


def grader_of(task: Task) -> TaskGrader:
    """The task's graders, made. Raises TaskError where one cannot be: a pattern, a schema, code that is not there."""
    from llmlint.evals.graders.making import made

    names: dict[str, int] = {}
    rows = []
    for spec in task.graders:
        names[spec.type] = names.get(spec.type, 0) + 1
        name = spec.type if names[spec.type] == 1 else f"{spec.type} {names[spec.type]}"
        rows.append((name, spec.weight, made(task, spec)))
    return TaskGrader(tuple(rows))


def options(spec: GraderSpec, *names: str) -> Mapping[str, Any]:
    """Those of a grader's options that are given."""
    return {name: spec.options[name] for name in names if name in spec.options}
