"""Graders of the user's own: a function of a file beside the task, or a program that reads and writes JSON lines."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from llmlint.evals.graders.grader import Ask
from llmlint.evals.line_process import LineProcess, ProgramError
from llmlint.evals.records import Grade, Item, Reply, Request
from llmlint.evals.user_code import RAISED, UserFunction, line_in, raised


@dataclass(frozen=True, slots=True)
class Function:
    """(columns, answer) or (columns, answer, reply) → a number from 0 to 1, true or false, or named scores."""

    function: UserFunction

    def objection(self, item: Item) -> str | None:
        return None

    def grade(self, item: Item, reply: Reply) -> Grade:
        call = self.function.load()
        try:
            given = (dict(item.values), reply.text, reply)[: _takes(call)]
            return grade_of(call(*given))
        except RAISED as error:
            line = line_in(error, self.function.file.resolve())
            place = f"{self.function.file.name}:{line}: " if line else ""
            return Grade(None, error=f"the grader failed: {place}{raised(error)}")


def _takes(call: Any) -> int:
    """How many of the three arguments the function wants: two, unless it names a third."""
    try:
        parameters = list(inspect.signature(call).parameters.values())
    except (TypeError, ValueError):
        return 2
    if any(one.kind is one.VAR_POSITIONAL for one in parameters):
        return 3
    places = [one for one in parameters if one.kind in (one.POSITIONAL_ONLY, one.POSITIONAL_OR_KEYWORD)]
    return 3 if len(places) >= 3 else 2


@dataclass(frozen=True, slots=True)
class Command:
    """A program: one JSON line {item, values, answer, tool_calls} in, one {score, parts?} out."""

    process: LineProcess
    pairwise: bool = False

    def objection(self, item: Item) -> str | None:
        return None

    async def judged(self, item: Item, reply: Reply, ask: Ask, reference: Reply | None) -> Grade:
        question = {"item": item.id, "values": dict(item.values), "answer": reply.text,
                    "tool_calls": [dict(call) for call in reply.tool_calls]}  # fmt: skip
        try:
            return grade_of(await asyncio.to_thread(self.process.ask, question))
        except ProgramError as error:
            return Grade(None, error=f"the grader failed: {error}")

    def questions(self, item: Item, answer: str, reference: bool) -> list[Request]:
        return []

    def close(self) -> None:
        self.process.close()


def command(words: list[str], folder: Path, seconds: float) -> Command:
    return Command(LineProcess(words, folder, seconds))


def grade_of(said: Any) -> Grade:
    """What a function returned or a program wrote → the grade. Raises TypeError, ValueError where it is none."""
    if isinstance(said, Grade):
        return said
    if inspect.isawaitable(said):
        if inspect.iscoroutine(said):
            said.close()
        raise TypeError("a grader is a plain function, not an async one")
    if not isinstance(said, Mapping):
        return Grade(_number(said))
    if said.get("error"):
        return Grade(None, error=" ".join(str(said["error"]).split())[:200])
    if "score" not in said:
        raise ValueError(f"no `score` among {', '.join(map(str, said)) or 'nothing'}")
    named = said.get("parts")
    rest = named if isinstance(named, Mapping) else {k: v for k, v in said.items() if k not in ("score", "parts")}
    parts = {str(name): _number(value) for name, value in rest.items() if isinstance(value, (bool, int, float))}
    return Grade(_number(said["score"]), parts=parts)


def _number(value: Any) -> float:
    if isinstance(value, (bool, int, float)):
        return float(value)
    raise TypeError(f"a score is a number from 0 to 1, not {type(value).__name__}")
