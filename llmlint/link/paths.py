"""A function → the entries that reach it, each with the way that it takes and whether somebody waits at its start."""

from __future__ import annotations

import ast
from collections import deque
from collections.abc import Iterator
from dataclasses import replace

from llmlint.light import dataclass
from llmlint.link.edges import Edges
from llmlint.link.entries import Entries, Entry
from llmlint.link.graphs import Graphs
from llmlint.link.names import unit_names
from llmlint.link.nodes import below
from llmlint.link.project import FuncInfo, Module, dotted_name, module_of

MAX_HOPS = 12
MAX_STEPS = 160


@dataclass(frozen=True, slots=True)
class Step:
    """One function on the way, seen from the request: `before` is nearer to it."""

    unit: FuncInfo | Module
    waits: bool | None = True
    in_main: bool = False
    line: int = 0
    before: Step | None = None
    hops: int = 0
    queue: str | None = None
    weak: bool = False  # somewhere on the way it is only handed on
    wired: bool = False  # somewhere on the way it is a node of a graph, which others run

    def units(self) -> list[FuncInfo | Module]:
        out: list[FuncInfo | Module] = []
        step: Step | None = self
        while step is not None:
            out.append(step.unit)
            step = step.before
        return out


@dataclass(frozen=True, slots=True)
class Reach:
    """An entry and the last step of the way to it. entry None: nothing is known that calls the function there."""

    entry: Entry | None
    step: Step


class Paths:
    def __init__(self, edges: Edges, entries: Entries, graphs: Graphs) -> None:
        self.edges = edges
        self.entries = entries
        self.graphs = graphs
        self._from: dict[tuple[int, bool, bool], list[Reach]] = {}
        self._asks: dict[int, bool] = {}

    def to(self, unit: FuncInfo | Module, in_main: bool = False, line: int = 0, wired: bool = False) -> list[Reach]:
        """Every entry that reaches the function or the module's top level, nearest first.

        wired: the unit only hands on what is asked about, or builds a graph of it.
        """
        key = (id(unit), in_main, wired)
        found = self._from.get(key)
        if found is None:
            found = self._from[key] = list(self.walk(Step(unit, True, in_main, line, wired=wired)))
        return found

    def walk(self, start: Step) -> Iterator[Reach]:
        seen: set[tuple[int, bool | None, bool]] = {(id(start.unit), start.waits, False)}
        queue = deque([start])
        steps = 0
        while queue and steps < MAX_STEPS:
            step = queue.popleft()
            steps += 1
            entries = list(self.at(step))
            for entry in entries:
                yield Reach(entry, step)
            if isinstance(step.unit, Module):
                if not entries:
                    yield Reach(None, step)
                continue
            if any(e.role == "handler" for e in entries):
                continue
            calls = self.edges.into(step.unit) if step.hops < MAX_HOPS else []
            wires = self.graphs.into(step.unit) if step.hops < MAX_HOPS else []
            if not calls and not wires and not entries:
                yield Reach(None, step)
            for edge, wired in [*((e, step.wired) for e in calls), *((e, True) for e in wires)]:
                waits = both(edge.waits, step.waits)
                weak = edge.weak or step.weak
                key = (id(edge.unit), waits, weak)
                if key not in seen:
                    seen.add(key)
                    queued = edge.queue or step.queue
                    hops = step.hops + 1
                    queue.append(Step(edge.unit, waits, edge.in_main, edge.line, step, hops, queued, weak, wired))

    def at(self, step: Step) -> Iterator[Entry]:
        if isinstance(step.unit, Module):
            for entry in self.entries.of_module(step.unit, step.in_main, not (step.weak or step.wired)):
                told = ":" in entry.where or not step.line
                yield entry if told else replace(entry, where=f"{entry.where}:{self.line(step)}")
            return
        yield from self.entries.of(step.unit)
        if self.asks(step.unit):
            yield Entry("terminal", "terminal", f"{step.unit.module.path}:{step.unit.node.lineno}", step.unit.qualname)
        if step.in_main:
            yield from self.entries.of_module(step.unit.module, True)

    def asks(self, info: FuncInfo) -> bool:
        """Does a person at the terminal wait, or does a function of the module show them the answer piece by piece?"""
        found = self._asks.get(id(info))
        if found is None:
            found = self._asks[id(info)] = asks(info) or any(map(shows_argument, handed_arguments(info)))
        return found

    def line(self, step: Step) -> int:
        return module_of(step.unit).source.locate(step.line)[1]


def both(one: bool | None, other: bool | None) -> bool | None:
    """Does somebody wait through both? A queue on the way decides."""
    return False if False in (one, other) else None if None in (one, other) else True


def asks(info: FuncInfo) -> bool:
    """Is a person at the terminal asked, or shown an answer piece by piece?"""
    calls = unit_names(info.module, info).calls
    if any(isinstance(call.func, ast.Name) for call in calls.get("input", ())):
        return True
    if any(dotted_name(call.func) in ("click.prompt", "typer.prompt", "Prompt.ask") for name in ("prompt", "ask")
           for call in calls.get(name, ())):  # fmt: skip
        return True
    return any(True for _ in shown(info))


def handed_arguments(info: FuncInfo) -> Iterator[FuncInfo]:
    """The functions of the module that it calls with something."""
    called = [call for calls in unit_names(info.module, info).calls.values() for call in calls]
    names = {call.func.id for call in called if isinstance(call.func, ast.Name) and call.args}
    return (f for f in info.module.definitions if f.name in names and f.cls is None and f.parent is None)


def shows_argument(info: FuncInfo) -> bool:
    """`def show(pieces): for piece in pieces: print(piece, end="")`"""
    names = {a.arg for a in info.arguments}
    return any(isinstance(loop.iter, ast.Name) and loop.iter.id in names for loop in shown(info))


def shown(info: FuncInfo) -> Iterator[ast.For | ast.AsyncFor]:
    """The loops of the function whose pieces are printed one after another on one line."""
    calls = unit_names(info.module, info).calls
    printed = [call for name in ("print", "echo") for call in calls.get(name, ())]
    if printed and not isinstance(info.node, ast.Lambda):
        for node in info.nodes:
            if isinstance(node, (ast.For, ast.AsyncFor)) and shows_pieces(node, printed):
                yield node


def shows_pieces(node: ast.For | ast.AsyncFor, printed: list[ast.Call]) -> bool:
    """`for piece in answer: print(piece, end="")`: somebody reads along."""
    if not isinstance(node.target, ast.Name):
        return False
    body = {id(n) for s in node.body for n in below(s)}
    return any(
        id(call) in body
        and any(k.arg in ("end", "nl") and isinstance(k.value, ast.Constant) and not k.value.value
                for k in call.keywords)
        and any(isinstance(n, ast.Name) and n.id == node.target.id for a in call.args for n in below(a))
        for call in printed
    )  # fmt: skip
