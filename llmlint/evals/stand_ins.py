"""The providers "callable" and "command": a function or a program of the task's folder answers in a model's place."""

from __future__ import annotations

import asyncio
import inspect
import shlex
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from llmlint.errors import TaskError
from llmlint.evals.forecast import text_tokens
from llmlint.evals.line_process import LineProcess, ProgramError, missing
from llmlint.evals.records import Candidate, Reply, Request
from llmlint.evals.user_code import RAISED, UserFunction, line_in, raised, user_function
from llmlint.money.usage import Usage

PROVIDERS = ("callable", "command")
STATUSES = ("ok", "refused", "truncated", "empty", "malformed", "failed")


def check_program(candidate: Candidate, task: str, folder: Path) -> None:
    """Raises TaskError where the function or the program is not there; runs neither. task: its path, for messages."""
    if candidate.provider == "callable":
        user_function(candidate.model, folder, task, 0)
    why = missing(shlex.split(candidate.model), folder) if candidate.provider == "command" else None
    if why is not None:
        mend = "install it, or write its path relative to the task"
        raise TaskError(f"{candidate.name}: {why}", task, None, mend)


class Programs:
    """Answers the requests to candidates whose provider is "callable" or "command"; runs code of the task's folder.

    A function gets the `Request` and returns a text, a `Reply`, or a mapping with `text` and, where it knows them,
    `input_tokens`, `output_tokens`, `tool_calls` and `status`. A program gets one JSON line {item, values, system,
    messages, parameters, max_tokens} and writes one such mapping. Tokens that are not told are estimated.
    """

    def __init__(self, folder: Path, seconds: float = 60.0) -> None:
        self.folder, self.seconds = folder, seconds
        self._processes: dict[str, LineProcess] = {}
        self._functions: dict[str, UserFunction] = {}

    def __enter__(self) -> Programs:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Ends the programs that were started."""
        for process in self._processes.values():
            process.close()

    def answer(self, request: Request) -> Reply:
        """Never raises: a program that fails gives a Reply with status "failed"."""
        return self._timed(request, self._answer_of(request))

    async def answered(self, request: Request) -> Reply:
        """As `answer`, beside others: programs in a thread, `async def` functions awaited."""
        if request.candidate.provider == "command":
            return await asyncio.to_thread(self.answer, request)
        began = time.perf_counter()
        try:
            said = self._function(request.candidate)(request)
            if inspect.isawaitable(said):
                said = await said
            return _finished(reply_of(said, request), began)
        except RAISED as error:
            return _finished(self._failed(request, error), began)

    def _timed(self, request: Request, said: Any) -> Reply:
        began = time.perf_counter()
        try:
            return _finished(reply_of(said(), request), began)
        except RAISED as error:
            return _finished(self._failed(request, error), began)

    def _answer_of(self, request: Request) -> Any:
        candidate = request.candidate
        if candidate.provider == "command":
            return lambda: self._process(candidate).ask(question_of(request))

        def call() -> Any:
            said = self._function(candidate)(request)
            return asyncio.run(_awaited(said)) if inspect.isawaitable(said) else said

        return call

    def _function(self, candidate: Candidate) -> Any:
        spec = candidate.model
        if spec not in self._functions:
            self._functions[spec] = user_function(spec, self.folder, candidate.name, 0)
        return self._functions[spec].load()

    def _process(self, candidate: Candidate) -> LineProcess:
        key = candidate.model
        if key not in self._processes:
            self._processes[key] = LineProcess(shlex.split(key), self.folder, self.seconds)
        return self._processes[key]

    def _failed(self, request: Request, error: BaseException) -> Reply:
        if isinstance(error, (TaskError, ProgramError)):
            return Reply("failed", error=f"{request.candidate.name}: {error}")
        function = self._functions.get(request.candidate.model)
        line = line_in(error, function.file.resolve()) if function else None
        place = f"{function.file.name}:{line}: " if function and line else ""
        return Reply("failed", error=f"{request.candidate.name}: {place}{raised(error)}")


async def _awaited(said: Any) -> Any:
    return await said


def _finished(reply: Reply, began: float) -> Reply:
    from dataclasses import replace

    return reply if reply.seconds is not None else replace(reply, seconds=time.perf_counter() - began)


def question_of(request: Request) -> dict[str, Any]:
    """What a program is told, as one JSON object."""
    return {
        "item": request.item, "values": dict(request.values), "system": request.system,
        "messages": [dict(message) for message in request.messages],
        "parameters": dict(request.candidate.parameters), "max_tokens": request.max_tokens,
    }  # fmt: skip


def reply_of(said: Any, request: Request) -> Reply:
    """What a function returned or a program wrote → a Reply. Raises TypeError where it is none."""
    if isinstance(said, Reply):
        return said
    row: Mapping[str, Any] = {"text": said} if isinstance(said, str) or said is None else said
    if not isinstance(row, Mapping):
        raise TypeError(f"a text or a mapping is expected, not {type(said).__name__}")
    text, calls = row.get("text") or "", tuple(row.get("tool_calls") or ())
    if not isinstance(text, str):
        raise TypeError(f"`text` must be a text, not {type(text).__name__}")
    status: Any = row.get("status") or ("ok" if text.strip() or calls else "empty")
    if status not in STATUSES:
        raise ValueError(f"`status` is one of {', '.join(STATUSES)}, not {status!r:.40}")
    given = [row.get(name) for name in ("input_tokens", "output_tokens")]
    if any(n is not None and (not isinstance(n, int) or isinstance(n, bool) or n < 0) for n in given):
        raise ValueError("`input_tokens` and `output_tokens` are whole numbers, 0 or more")
    estimated = (_tokens_read(request), text_tokens(text))
    read, written = (own if own is not None else guess for own, guess in zip(given, estimated, strict=True))
    error = None if row.get("error") is None else " ".join(str(row["error"]).split())[:200]
    return Reply(status, text, calls, Usage(input_tokens=read, output_tokens=written), error=error)


def _tokens_read(request: Request) -> int:
    return text_tokens(request.system or "") + sum(text_tokens(message["content"]) for message in request.messages)
