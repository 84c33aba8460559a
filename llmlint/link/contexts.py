"""A record of a call → where it runs: which loop repeats it, which entry point reaches it, whether somebody waits."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property

from llmlint.facts import ContextFact
from llmlint.link.callers import Caller, Callers, is_test
from llmlint.link.names import unit_names
from llmlint.link.project import FuncInfo, Module
from llmlint.link.repeats import Repeat, innermost, repeats, told
from llmlint.link.retries import Retries
from llmlint.link.scopes import CallRecord, Loop
from llmlint.schedules.records import Start

MAX_HOPS = 4
MAX_REACHED = 60
# names whose use says that somebody sits in front of the program, or that it serves requests
INTERACTIVE = frozenset({
    "input", "uvicorn", "streamlit", "gradio", "chainlit", "FastAPI", "Flask", "PromptSession", "run_polling",
    "serve_forever", "start_server", "run_server", "launch", "mainloop", "Prompt", "questionary", "inquirer", "web",
    "gevent", "hypercorn", "socketio",
})  # fmt: skip


class Contexts:
    def __init__(self, run: Callers, starts: Callable[[], Sequence[Start]] = tuple) -> None:
        self.run = run
        self.retries = Retries(run)
        self._starts = starts

    @cached_property
    def starts(self) -> dict[tuple[str, str], Start]:
        """(file, function; "" for a file run as a script) → the schedule that enters there."""
        return {(start.path, start.function): start for start in self._starts()}

    def of(
        self, record: CallRecord, kind: str, batched: bool = False, tools: bool | None = None, steps: bool | None = None
    ) -> ContextFact:
        """steps: for a request that goes on by itself, whether its steps are limited; None for any other."""
        loop, via = self.repetition(record)
        why = self.offline(record)
        entries = sorted(
            {
                f"{m.path.removesuffix('.py').replace('/', '.')}:{f.qualname if f else '<module>'}"
                for m, f in self.outermost(record)
            }
        )
        scheduled = self.scheduled(record)
        if why is None and scheduled is not None:
            why = f"run by {scheduled.by} ({scheduled.where})"
        reached = list(self.reached_by(record))
        loops = repeats(reached, tools)
        around = innermost(loops)
        if steps is not None:
            around = Repeat("agent", steps, record, None)
        elif loop is not None and (around is None or around.kind == "attempts"):
            around = Repeat("items", True, record, None)
        return ContextFact(
            scheduled=scheduled.fact() if scheduled is not None else None,
            offline=True if why is not None else None,
            offline_why=why,
            user_facing=False if why is not None else None,
            entry_points=tuple(entries[:8]),
            loop=loop,
            loop_via=via,
            loop_class=around.kind if around else None,
            loop_bounded=around.bounded if around else None,
            loop_where=told(around) if around and around.node else None,
            retry=self.retries.of(reached, loops),
        )

    # loops ------------------------------------------------------------------------------------------------------------

    def repetition(self, record: CallRecord) -> tuple[str | None, str | None]:
        """The loop that sends one request per item: around the call, or around a call of the function it stands in."""
        here = self.per_item(record.loops)
        if here is not None:
            return self.told(here, record.module), None
        info = record.function
        while info is not None:
            for caller in self.run.callers(info):
                outer = self.per_item(caller.loops)
                if outer is not None:
                    return self.told(outer, caller.record.module), info.qualname
            info = (
                info.parent
                if info.parent is not None and info.parent.cls is None and not self.run.callers(info)
                else None
            )
        return None, None

    def per_item(self, loops: tuple[Loop, ...]) -> Loop | None:
        return next((loop for loop in reversed(loops) if loop.per_item), None)

    def told(self, loop: Loop, module: Module) -> str:
        cell, line = module.source.locate(loop.line)
        place = f"{module.path}:{line}" if cell is None else f"{module.path}: cell {cell}, line {line}"
        kind = {"for": "for loop", "map": "map"}.get(loop.what, loop.what)
        return f"{kind} over `{loop.over}` ({place})"

    # who reaches it ---------------------------------------------------------------------------------------------------

    def reached_by(self, record: CallRecord) -> Iterator[tuple[CallRecord, int]]:
        """The record itself and the calls that lead to it, nearest first."""
        seen: set[int] = set()
        queue: list[tuple[CallRecord, int]] = [(record, 0)]
        while queue and len(seen) < MAX_REACHED:
            current, hops = queue.pop(0)
            yield current, hops
            info = current.function
            while info is not None and hops < MAX_HOPS:
                if id(info) not in seen:
                    seen.add(id(info))
                    callers: list[Caller] = self.run.callers(info)
                    queue += [(c.record, hops + 1) for c in callers]
                info = info.parent

    def offline(self, record: CallRecord) -> str | None:
        """Why nobody waits for the single answer, or None where that is not known."""
        if is_test(record.module.path):
            return f"{record.module.path} is a test"
        for current, _ in self.reached_by(record):
            if (current.in_main and current.function is None) or self.is_script_body(current):
                modules = {record.module, current.module}
                if any(self.interactive(m) for m in modules):
                    continue
                cell, line = current.module.source.locate(current.node.lineno)
                if cell is not None:
                    continue
                what = "the __main__ block" if current.in_main else "the top level of a script"
                return f"reached from {what} ({current.module.path}:{line})"
        return None

    def scheduled(self, record: CallRecord) -> Start | None:
        """The schedule whose command, or function, leads to the call."""
        if not self.starts:
            return None
        for current, _ in self.reached_by(record):
            function = current.function.qualname if current.function is not None else ""
            start = self.starts.get((current.module.path, function))
            if start is not None:
                return start
        return None

    def is_script_body(self, record: CallRecord) -> bool:
        return record.in_main

    def interactive(self, module: Module) -> bool:
        names = set(unit_names(module, module).counts)
        for info in module.definitions:
            names |= unit_names(module, info).counts.keys()
        return bool(names & INTERACTIVE)

    def outermost(self, record: CallRecord) -> Iterator[tuple[Module, FuncInfo | None]]:
        for current, _ in self.reached_by(record):
            info = current.function
            if info is None or not self.run.callers(info):
                yield current.module, info
