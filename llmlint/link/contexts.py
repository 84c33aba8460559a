"""A record of a call → where it runs: what repeats it, which entries reach it, who waits, what stands on the way."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from llmlint.facts import ContextFact
from llmlint.light import dataclass
from llmlint.link.answers import REQUESTS
from llmlint.link.callers import Callers, evaluates, is_test
from llmlint.link.edges import Edges, in_lambda
from llmlint.link.entries import Entries
from llmlint.link.frameworks import load_frameworks
from llmlint.link.graphs import Graphs
from llmlint.link.guards import Guard, Guards
from llmlint.link.keys import callers_key, known_callers
from llmlint.link.names import call_name, unit_names
from llmlint.link.paths import Paths, Reach
from llmlint.link.project import FuncInfo, Module, module_of
from llmlint.link.repeats import Repeat, arguments_read, gathered, innermost, repeats, told, until_answer
from llmlint.link.retries import Retries
from llmlint.link.scopes import CallRecord, Loop
from llmlint.link.streams import SENDERS
from llmlint.link.values import Function, alternatives
from llmlint.schedules.records import Start

MAX_ENTRIES = 8
MAX_HOPS = 3  # callers of callers whose loops are looked at
MAX_REACHED = 60
STREAMED = re.compile(r"(^|_)(stream(ed|ing)?|sse|sync|async)(?=_|$)")
# of several offline entries, the one that says most
RANK = {"schedule": 0, "command": 1, "queue": 2, "main": 3}


@dataclass(frozen=True, slots=True)
class Repetition:
    """A loop that sends one request per item. via: the function whose call it repeats; unit: where the loop stands.

    far: it stands more than one caller away. wired: the unit only hands the function on, or builds a graph of it.
    """

    loop: Loop
    module: Module
    unit: FuncInfo | Module
    in_main: bool = False
    line: int = 0
    via: str | None = None
    far: bool = False
    wired: bool = False
    by: CallRecord | None = None  # the call that the loop repeats, where it is not the request itself


class Contexts:
    def __init__(self, run: Callers, starts: Callable[[], Sequence[Start]] = tuple) -> None:
        self.run = run
        self.retries = Retries(run)
        frameworks = load_frameworks()
        edges = Edges(run, frameworks)
        self.edges = edges
        self.graphs = Graphs(edges)
        self.paths = Paths(edges, Entries(edges, frameworks, starts), self.graphs)
        self.guards = Guards(run, frameworks)

    def loops(self, record: CallRecord, tools: bool | None = None, steps: bool | None = None) -> ContextFact:
        """What the loops around it repeat it for. steps: for a request that goes on by itself, whether its steps are
        limited; None for any other."""
        reached = list(self.reached_by(record))
        loops = repeats(reached, tools)
        around = innermost(loops)
        if steps is not None:
            around = Repeat("agent", steps, record, None)
        return ContextFact(
            loop_class=around.kind if around else None,
            loop_bounded=around.bounded if around else None,
            loop_where=told(around) if around and around.node else None,
            retry=self.retries.of(reached, loops),
        )

    def of(self, record: CallRecord, known: ContextFact) -> ContextFact:
        """known: what `loops` told."""
        everywhere = self.paths.to(
            record.function or record.module, record.in_main, record.node.lineno,
            record.function is None and in_lambda(record.module, record.node),
        )  # fmt: skip
        repetition, through = self.repeated(record, everywhere)
        job = self.offline(record, through, everywhere)
        handlers = [r for r in everywhere if is_role(r, "handler") and r.step.waits is not False]
        waiting = [r for r in handlers if r.step.waits]
        terminal = any(is_role(r, "terminal") for r in everywhere)
        offline = job[0] if job is not None else self.nobody_known(
            waiting, [r for r in everywhere if not is_trial(r, record.module)]
        )
        ours = [r for r in waiting if not brings_key(r)]
        strangers = [r for r in ours if not asked_by_few(r)]
        handler, limiter = self.limiter(strangers or ours or waiting)
        if ours and not strangers:
            limiter = replace(limiter, maybe=True)
        ways = waiting or everywhere
        remembered = self.guard("cache", ways, record)
        traced = self.guard("tracer", ways, record)
        if repetition is not None and known.loop_class in (None, "attempts"):
            known = replace(known, loop_class="items", loop_bounded=True, loop_where=None)
        return replace(
            known,
            offline=offline,
            offline_why=job[1] if job is not None else None,
            user_facing=True if waiting or terminal else False if offline and self.only_jobs(everywhere) else None,
            scheduled=job[2] if job is not None else None,
            entry_points=self.entry_points(everywhere),
            loop=self.told(repetition) if repetition is not None else None,
            loop_via=repetition.via if repetition is not None else None,
            loop_handful=repetition.loop.handful if repetition is not None else None,
            loop_until=self.until(record, repetition),
            loop_together=self.together(record, repetition),
            loop_far=repetition.far if repetition is not None else None,
            handler=handler, callers_key=True if waiting and not ours else None,
            streams_beside=True if any(streams_beside(r.step.unit) for r in waiting) else None,
            limited=limiter.found, remembered=remembered.found, traced=traced.found,
            rate_limited=limiter.certain if waiting or limiter.found else None,
            answer_cached=remembered.certain if waiting or remembered.found else None,
            is_traced=traced.certain,
        )  # fmt: skip

    def of_constructor(self, record: CallRecord, known: ContextFact) -> ContextFact:
        """Where a model object is made says nothing of where it is asked, but in a test or an evaluation."""
        path = record.module.path
        if not is_test(path) and not evaluates(path):
            return known
        what = "a test" if is_test(path) else "an evaluation"
        return replace(known, offline=True, offline_why=f"{path} is {what}", user_facing=False)

    # loops ------------------------------------------------------------------------------------------------------------

    def repeated(self, record: CallRecord, everywhere: list[Reach]) -> tuple[Repetition | None, list[Reach]]:
        """The loop that repeats the call, and the entries that reach it through that loop.

        Of several the first that a job runs: the loop and who waits for it are told of one way, not of two.
        """
        first: tuple[Repetition, list[Reach]] | None = None
        for one in self.repetitions(record):
            if one.far and first is not None:
                break  # a nearer loop says more, and takes no walk from each further one
            through = everywhere if one.via is None else self.paths.to(one.unit, one.in_main, one.line, one.wired)
            if any(is_job(r) for r in through):
                return one, through
            first = first or (one, through)
        return first or (None, everywhere)

    def repetitions(self, record: CallRecord) -> Iterator[Repetition]:
        """Loops around the call, around a call of the function it stands in, or a graph's fan-out to it."""
        here = self.per_item(record.loops)
        if here is not None:
            yield Repetition(here, record.module, record.function or record.module)
            return
        info = record.function
        while info is not None:
            callers = self.run.callers(info)
            for caller in callers:
                outer = self.per_item(caller.loops)
                if outer is not None:
                    by = caller.record
                    unit = by.function or by.module
                    yield Repetition(outer, by.module, unit, by.in_main, by.node.lineno, info.qualname, by=by)
            handed, wires = self.edges.handed(info), self.graphs.into(info)
            for edge, wired in (*((e, e.weak) for e in handed), *((e, True) for e in wires)):
                outer = self.per_item(edge.loops)
                if outer is not None:
                    by_name = info.qualname
                    yield Repetition(outer, edge.module, edge.unit, edge.in_main, edge.line, by_name, False, wired)
            info = info.parent if info.parent is not None and info.cls is None and not callers else None
        yield from self.far_repetitions(record)

    def far_repetitions(self, record: CallRecord) -> Iterator[Repetition]:
        """Loops around calls of callers: a wrapper of a wrapper. Further out stand whole jobs per item."""
        for by, hops in self.reached_by(record):
            outer = self.per_item(by.loops) if hops == 2 else None
            if outer is not None:
                unit = by.function or by.module
                yield Repetition(outer, by.module, unit, by.in_main, by.node.lineno, call_name(by.node), True, by=by)

    def until(self, record: CallRecord, repetition: Repetition | None) -> bool | None:
        return until_answer(repetition.by or record, repetition.loop.line) if repetition is not None else None

    def together(self, record: CallRecord, repetition: Repetition | None) -> bool | None:
        """Are the loop's answers put into another request, as summaries of parts into that of the whole?"""
        if repetition is None or repetition.wired:
            return None
        function = repetition.unit if isinstance(repetition.unit, FuncInfo) else None
        inner = repetition.by.node if repetition.by is not None else None if repetition.via else record.node
        found = gathered(repetition.module, function, repetition.loop.line, inner)
        if found is None:
            return None
        names, end = found
        for later in self.run.records(repetition.unit) if names else ():
            if later.module is repetition.module and later.node.lineno > end and arguments_read(later.node) & names:
                own = [c.info for c in alternatives(later.callee) if isinstance(c, Function)]
                if call_name(later.node) in REQUESTS or any(asks(info) for info in own):
                    return True
        return False

    def per_item(self, loops: tuple[Loop, ...]) -> Loop | None:
        """The innermost that goes over data; where none does, over what is written out in the code."""
        found = [loop for loop in reversed(loops) if loop.per_item]
        return next((loop for loop in found if not loop.handful), found[0] if found else None)

    def told(self, repetition: Repetition) -> str:
        loop = repetition.loop
        kind = {"for": "for loop", "map": "map"}.get(loop.what, loop.what)
        return f"{kind} over `{loop.over}` ({repetition.module.told(loop.line)})"

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
                    queue += [(c.record, hops + 1) for c in self.run.callers(info)]
                info = info.parent

    # who waits --------------------------------------------------------------------------------------------------------

    def offline(
        self, record: CallRecord, through: list[Reach], everywhere: list[Reach]
    ) -> tuple[bool, str, dict[str, str] | None] | None:
        """(True, why, the schedule) where nobody waits for the single answer; None where that is not known."""
        path = record.module.path
        if is_test(path):
            return True, f"{path} is a test", None
        asked = any(is_role(r, "handler") and r.step.waits for r in through)
        jobs = [r for r in through if is_job(r) and self.plain(r) and not (asked and is_trial(r, record.module))]
        jobs.sort(key=lambda r: (RANK[r.entry.role] if r.entry else 9, r.step.hops))
        for reach in jobs:
            assert reach.entry is not None
            entry = reach.entry
            if entry.role == "schedule":
                fact = entry.schedule()
                return True, f"runs {fact.get('when', 'on a schedule')} ({entry.where})", fact
            block = "top level" if entry.by == "top level" else "__main__ block"
            what = {"main": f"reached from the {block}", "command": f"reached from a {entry.by} command",
                    "queue": f"reached from a {entry.by} task"}[entry.role]  # fmt: skip
            return True, f"{what} ({entry.where})", None
        queued = next((r for r in through if r.step.queue and r.entry is not None and r.step.waits is False), None)
        waited = any(is_role(r, "handler") and r.step.waits is not False for r in everywhere)
        if queued is not None and not waited:
            assert queued.entry is not None
            return True, f"put into a queue by {queued.entry.function or 'a handler'} ({queued.entry.where})", None
        if not waited:
            units = [r.step.unit for r in everywhere] or [record.function or record.module]
            modules = [module_of(unit) for unit in units]
            if evaluates(path) or all(evaluates(module.path) for module in modules):
                return True, f"{path if evaluates(path) else modules[0].path} is an evaluation", None
        return None

    def plain(self, reach: Reach) -> bool:
        """A script that somebody talks to is no job; nor is a notebook's cell known to be one."""
        entry = reach.entry
        if entry is None or entry.role != "main":
            return True
        units = reach.step.units()
        modules = {module_of(units[0]), module_of(units[-1])}
        return "cell" not in entry.where and not any(self.paths.entries.interactive(m) for m in modules)

    def only_jobs(self, everywhere: list[Reach]) -> bool:
        return not any(is_role(r, "handler") and r.step.waits is not False for r in everywhere)

    def nobody_known(self, waiting: list[Reach], everywhere: list[Reach]) -> bool | None:
        """Not offline: somebody waits, here or at the terminal, and nobody else is known to call it."""
        talks = [r for r in everywhere if is_role(r, "terminal") or (is_role(r, "main") and not self.plain(r))]
        someone = waiting or any(is_role(r, "terminal") for r in talks)
        return False if someone and all(is_role(r, "handler") or r in talks for r in everywhere) else None

    def limiter(self, waiting: list[Reach]) -> tuple[dict[str, str] | None, Guard]:
        """The handler that is told of, and its limiter: of several the first that has none."""
        chosen: tuple[Reach, Guard] | None = None
        for reach in waiting:
            guard = self.guards.on("limiter", reach.step.units())
            if chosen is None or (chosen[1].found is not None and guard.found is None):
                chosen = reach, guard
        if chosen is None:
            return None, Guard(None, True)
        entry = chosen[0].entry
        assert entry is not None
        return {"by": entry.by, "where": entry.where, "function": entry.function}, chosen[1]

    def guard(self, role: str, ways: list[Reach], record: CallRecord) -> Guard:
        units: dict[int, FuncInfo | Module] = {id(u): u for reach in ways for u in reach.step.units()}
        units.setdefault(id(record.function or record.module), record.function or record.module)
        return self.guards.on(role, units.values())

    def entry_points(self, reaches: list[Reach]) -> tuple[str, ...]:
        found = set()
        for reach in reaches:
            unit = reach.step.unit
            module, name = (unit, "<module>") if isinstance(unit, Module) else (unit.module, unit.qualname)
            dotted = module.path.removesuffix(".py").replace("/", ".")
            found.add((reach.entry is None, f"{dotted}:{name}"))
        names = [name for _, name in sorted(found)]
        return tuple(dict.fromkeys(names))[:MAX_ENTRIES]


def brings_key(reach: Reach) -> bool:
    """Does the handler take the key out of the request?"""
    return isinstance(reach.step.unit, FuncInfo) and callers_key(reach.step.unit)


def asked_by_few(reach: Reach) -> bool:
    """Does the handler turn all but a few away?"""
    return isinstance(reach.step.unit, FuncInfo) and known_callers(reach.step.unit)


def streams_beside(handler: FuncInfo | Module) -> bool:
    """Does the handler itself, what it calls in its file, or `chat_stream` beside `chat` answer piece by piece?"""
    if isinstance(handler, Module):
        return False
    called = unit_names(handler.module, handler).calls
    for other in handler.module.definitions:
        near = other is handler or other.name in called or plain_name(other.name) == plain_name(handler.name)
        if near and any(SENDERS.search(name) for name in unit_names(other.module, other).counts):
            return True
    return False


def asks(info: FuncInfo) -> bool:
    """Does the function itself send a request, as far as names tell?"""
    return bool(unit_names(info.module, info).calls.keys() & REQUESTS)


def plain_name(name: str) -> str:
    """`chat` of `chat_stream` and of `stream_chat`."""
    return STREAMED.sub("", name).strip("_")


def is_trial(reach: Reach, module: Module) -> bool:
    """The main block of the very module that others import: it tries what they serve."""
    by_main = reach.entry is None or reach.entry.role == "main"
    return by_main and reach.step.in_main and module_of(reach.step.unit) is module


def is_job(reach: Reach) -> bool:
    """Something that runs it while nobody waits. A script that only hands it on does not run it."""
    return reach.entry is not None and reach.entry.role in RANK and not (reach.step.weak and reach.entry.role == "main")


def is_role(reach: Reach, role: str) -> bool:
    return reach.entry is not None and reach.entry.role == role
