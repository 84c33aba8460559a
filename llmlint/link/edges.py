"""A function → who runs it: callers, those who hand it to a pool or a queue, dependencies, texts that name it.

Each edge says whether the one who runs it waits for it: a person waits through calls, not through a queue.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import replace

from llmlint.light import dataclass
from llmlint.link.callers import MAPPERS, RUNNERS, Callers, is_test
from llmlint.link.frameworks import Frameworks
from llmlint.link.loops import source_of
from llmlint.link.mentions import Mention, last_word, mentions, places, taker_name
from llmlint.link.names import call_name, fits, handed_names, may_call, module_aliases, unit_names, units_using
from llmlint.link.project import ClassInfo, FuncInfo, Module
from llmlint.link.scopes import Frame, Loop
from llmlint.link.shortcuts import Shortcuts
from llmlint.link.statements import is_main_test
from llmlint.link.uses import uses
from llmlint.link.values import Class

# handed to these, a function runs beside the one who hands it over
BESIDE = frozenset({
    "Thread", "Process", "create_task", "ensure_future", "start_soon", "spawn", "call_soon", "submit", "apply_async",
    "run_coroutine_threadsafe", "call_later", "Timer", "start_background_task",
})  # fmt: skip
TASKS = frozenset({"create_task", "ensure_future", "run_coroutine_threadsafe", "start_soon"})
COLLECTS = frozenset({
    "gather", "wait", "as_completed", "wait_for", "TaskGroup", "create_task_group", "shield", "result",
})  # fmt: skip
NODES = frozenset({"add_node"})
DEPENDS = frozenset({"Depends", "Security", "Provide"})
INVOKES = frozenset({
    "invoke", "ainvoke", "run", "arun", "fn", "call_local", "apply", "local", "remote", "stream", "astream", "func",
    "coroutine", "submit", "map", "batch", "abatch", "starmap", "on_invoke_tool",
})  # fmt: skip
PER_ITEM = frozenset({"map", "batch", "abatch", "starmap"})
PLAIN = frozenset({"generate_content", "get_response", "to_dict", "from_dict", "add_message", "get_model", "run_async",
                   "get_embedding", "create_completion", "chat_completion", "from_config", "send_message"})  # fmt: skip
# names of methods that many objects have, of the language and of libraries
EVERYBODYS = frozenset({
    *dir(str), *dir(bytes), *dir(dict), *dir(list), *dir(set),
    "run", "execute", "call", "start", "stop", "send", "close", "open", "read", "write", "query", "search", "load",
    "save", "create", "delete", "handle", "invoke", "forward", "fit", "filter", "process", "apply", "submit", "wait",
    "connect", "commit", "fetch", "post", "put", "patch", "request",
})  # fmt: skip
MAX_DEFINITIONS = 12


@dataclass(frozen=True, slots=True)
class Edge:
    """unit: the function, or module top level, that runs it. waits: None where that is unknown. line: of the file."""

    unit: FuncInfo | Module
    module: Module
    line: int
    waits: bool | None = True
    loops: tuple[Loop, ...] = ()
    in_main: bool = False
    queue: str | None = None  # the queue that it is put into
    weak: bool = False  # handed to something of which nothing is known: whether that runs it is not known either


class Edges:
    def __init__(self, run: Callers, frameworks: Frameworks) -> None:
        self.run = run
        self.frameworks = frameworks
        self.shortcuts = Shortcuts(run)
        self._into: dict[int, list[Edge]] = {}
        self._mentions: dict[int, list[Mention]] = {}
        self._unique: dict[int, bool] = {}

    def into(self, info: FuncInfo) -> list[Edge]:
        """Everything that runs the function, nearest files first."""
        found = self._into.get(id(info))
        if found is None:
            found = self._into[id(info)] = [*self.called(info), *self.handed(info), *self.inner(info)]
        return found

    # calls ------------------------------------------------------------------------------------------------------------

    def called(self, info: FuncInfo) -> Iterator[Edge]:
        """Calls of the function, told from names where that can be, else by following the one who calls."""
        if isinstance(info.node, ast.Lambda):
            return
        if info.name == "__call__":
            yield from self.objects_called(info)
        if info.name.startswith("__") and info.name.endswith("__"):
            for caller in self.run.callers(info):
                yield self.edge(caller.record.node, caller.record.module, caller.record.function)
            return
        alone: bool | None = None
        for module in self.run.near_modules(info.name, info.module):
            names = {info.name, *module_aliases(module, info.name)}
            for unit in units_using(module, names):
                used = unit_names(module, unit)
                calls = [c for n in sorted(names) for c in used.calls.get(n, ()) if fits(info, c)]
                if unit is info or not calls or not may_call(info, module, used, names):
                    continue
                function = unit if isinstance(unit, FuncInfo) else None
                unsure = []
                for call in calls:
                    verdict = self.shortcuts.means(info, module, unit, call.func)
                    if verdict is None and isinstance(call.func, ast.Attribute):
                        alone = self.alone(info) if alone is None else alone
                        verdict = True if alone else None
                    if verdict is None:
                        unsure.append(call)
                    elif verdict:
                        yield self.edge(call, module, function)
                if unsure:
                    for record in self.run.records(unit):
                        if record.node in unsure and self.run.as_calls_of(record, info, names):
                            yield self.edge(record.node, module, record.function)

    def objects_called(self, info: FuncInfo) -> Iterator[Edge]:
        """`def evaluate(sampler: Sampler): sampler(messages)`: calls of an object of its class, or of a base of it."""
        assert info.cls is not None
        homes = {b.info.name: b.info for b in self.run.mro(info.cls) if isinstance(b, Class)}
        modules = {m.path: m for name, cls in homes.items() for m in self.run.near_modules(name, cls.module)}
        for module in modules.values():
            for unit in module.definitions:
                for calls in unit_names(module, unit).calls.values():
                    for call in calls:
                        if fits(info, call) and self.shortcuts.object_called(info, module, unit, call.func):
                            yield self.edge(call, module, unit)

    def edge(self, call: ast.Call, module: Module, function: FuncInfo | None) -> Edge:
        waits = self.waits(call, module, function or module)
        queue = "background task" if waits is False else None
        return Edge(function or module, module, call.lineno, waits, (), in_main(module, call), queue)

    def waits(self, call: ast.Call, module: Module, unit: FuncInfo | Module) -> bool | None:
        """Does the one who calls wait for the end? None: it runs beside, and may be collected later."""
        here: ast.AST = call
        parents = places(module).parents
        while True:
            parent = parents.get(id(here))
            if not isinstance(parent, (ast.Call, ast.keyword, ast.Starred)):
                return True
            here = parent
            if isinstance(parent, ast.Call):
                if call_name(parent) not in TASKS:
                    return True
                return True if COLLECTS & unit_names(module, unit).counts.keys() else None

    def alone(self, info: FuncInfo) -> bool:
        """Does a method's name mean this method, or one that it overrides, wherever it stands in the project?"""
        if info.cls is None or info.name.startswith("__") or info.name in EVERYBODYS:
            return False
        if id(info) not in self._unique:
            self._unique[id(info)] = self._alone(info)
        return self._unique[id(info)]

    def _alone(self, info: FuncInfo) -> bool:
        project = self.run.project
        homes: list[str] = []
        for path in project.mentioning(info.name, info.module.path):
            if not is_test(path):
                homes += [path] * project.listing.defined(path, project.read_text)[info.name]
            if len(homes) > MAX_DEFINITIONS:
                return False
        if len(homes) <= 1:
            return "_" in info.name.strip("_") and info.name not in PLAIN
        classes = [c for path in dict.fromkeys(homes) for c in self.classes(path) if info.name in c.methods]
        assert info.cls is not None
        mine = {b.info for b in self.run.mro(info.cls) if isinstance(b, Class) and info.name in b.info.methods}
        related = [c for c in classes
                   if mine & {b.info for b in self.run.mro(c) if isinstance(b, Class)}]  # fmt: skip
        return len(related) == len(homes)

    def classes(self, path: str) -> list[ClassInfo]:
        module = self.run.project.module(path)
        return module.class_definitions if module is not None else []

    # handed over ------------------------------------------------------------------------------------------------------

    def mentions(self, info: FuncInfo) -> list[Mention]:
        """Where the function is handed on, or named by a text."""
        found = self._mentions.get(id(info))
        if found is None:
            found = self._mentions[id(info)] = []
            if not isinstance(info.node, ast.Lambda) and not info.name.endswith("__"):
                for module in self.run.near_modules(info.name, info.module):
                    names = {info.name, *module_aliases(module, info.name)}
                    if self.hands_on(module, names):
                        found += [m for m in mentions(module, names) if self.means(m, info)]
        return found

    def hands_on(self, module: Module, names: set[str]) -> bool:
        if not names.isdisjoint(handed_names(module)):
            return True
        text = module.source.text
        return any(f"{n}'" in text or f'{n}"' in text for n in names)

    def means(self, mention: Mention, info: FuncInfo) -> bool:
        """Is it this function?"""
        if mention.is_text:
            assert isinstance(mention.node, ast.Constant)
            return self.names(str(mention.node.value), info)
        owner = mention.owner
        if isinstance(owner, FuncInfo) and mention.header:
            owner = owner.parent or mention.module
        verdict = self.shortcuts.means(info, mention.module, owner, mention.node)
        if verdict is not None:
            return verdict
        if not self.known(mention):
            return False
        values = self.run.considered(mention.node, self.scope(mention.module, owner))
        return any(self.run.matches(one, info) is not None for one in values)

    def known(self, mention: Mention) -> bool:
        """Is it handed to something that is known to call it? Only then is it worth finding out what it is."""
        if mention.called:
            return mention.chain[-1] in INVOKES or mention.chain[-1] in self.frameworks.later
        name = taker_name(mention.call) if mention.call is not None else ""
        takers = (RUNNERS, MAPPERS, DEPENDS, NODES, self.frameworks.calls, self.frameworks.given)
        return any(name in names for names in takers)

    def scope(self, module: Module, owner: FuncInfo | Module) -> Frame:
        """The variables that code of the owner sees."""
        outer = self.run.module_frame(module)
        if isinstance(owner, FuncInfo):
            self.run.records(owner)
            return Frame(module, None, owner.final or owner.closure or outer)
        return Frame(module, None, outer)

    def names(self, text: str, info: FuncInfo) -> bool:
        """Does "app.tasks.nightly" mean the function? So do the name that its decorator gives it, and its bare name."""
        if text == info.name and info.cls is None:
            return True
        if text in given_names(info):
            return True
        if last_word(text) != info.name:
            return False
        home = re.sub(r"(/__init__)?\.py$", "", info.module.path).replace("/", ".")
        owner = text.replace(":", ".").rpartition(".")[0]
        return home == owner or home.endswith("." + owner) or f"{home}.{info.qualname}".endswith(text.replace(":", "."))

    def handed(self, info: FuncInfo) -> Iterator[Edge]:
        for mention in self.mentions(info):
            call = mention.call
            if call is None:
                continue
            name = taker_name(call)
            if mention.is_text:
                queue = next((f.by for f in self.frameworks.named.get(name, ()) if uses(mention.module, f)), None)
                if queue is not None:
                    yield self.edge_of(mention, False, queue)
            elif name in NODES:
                continue  # graphs.py knows who runs it
            elif mention.called:
                yield from self.asked(mention)
            elif name in DEPENDS:
                if mention.header:
                    yield self.edge_of(mention, True)
            elif name in RUNNERS or name in MAPPERS:
                yield self.passed(mention, name)
            elif name in self.frameworks.calls and any(uses(mention.module, f) for f in self.frameworks.calls[name]):
                continue  # an entry
            else:
                queue = next((f.by for f in self.frameworks.given.get(name, ()) if uses(mention.module, f)), None)
                yield replace(self.edge_of(mention, None if queue is None else False, queue), weak=queue is None)

    def passed(self, mention: Mention, name: str) -> Edge:
        """Handed to a pool, a thread, a background task."""
        if name == "add_task":
            return self.edge_of(mention, False, "background task")
        if name in MAPPERS and mention.call is not None:
            loop = Loop(name, source_of(mention.call.args[-1] if mention.call.args else mention.call.func),
                        mention.call.lineno, True)  # fmt: skip
            return replace(self.edge_of(mention, True), loops=(loop,))
        if name not in BESIDE:
            return self.edge_of(mention, True)
        owner = mention.owner
        used = unit_names(mention.module, owner)
        joined = name in ("Thread", "Process") and any(not call.args for call in used.calls.get("join", ()))
        return self.edge_of(mention, True if joined or COLLECTS & used.counts.keys() else None)

    def asked(self, mention: Mention) -> Iterator[Edge]:
        """`ask.delay(x)` puts it into a queue, `ask.invoke(x)` runs it."""
        method = mention.chain[-1]
        queue = next((f.by for f in self.frameworks.later.get(method, ()) if f.role == "queue"), None)
        if method in INVOKES:
            yield self.edge_of(mention, True)
        elif queue is not None:
            yield self.edge_of(mention, False, queue)

    def edge_of(self, mention: Mention, waits: bool | None, queue: str | None = None) -> Edge:
        owner = mention.owner
        call = mention.call
        assert call is not None
        loops: tuple[Loop, ...] = ()
        if mention.called and mention.chain[-1] in PER_ITEM:
            loops = (Loop("map", mention.chain[-1], call.lineno, True),)
        return Edge(owner, mention.module, call.lineno, waits, loops, in_main(mention.module, call), queue)

    # nested -----------------------------------------------------------------------------------------------------------

    def inner(self, info: FuncInfo) -> Iterator[Edge]:
        """A function that is defined in another one may run where that one does, if nothing else is known.

        It does where it is handed to some function there: `await with_indicator(update, generate)`. As a tool, as a
        callback of an object or returned, it runs later if at all.
        """
        if info.parent is None or info.cls is not None or any(self.called(info)):
            return
        plain = not info.decorators
        takers = [taker_name(m.call) for m in self.mentions(info) if m.call is not None and not m.called]
        soon = plain and any(name[:1].islower() and name not in BESIDE for name in takers)
        yield Edge(info.parent, info.module, info.node.lineno, True if soon else None, weak=not soon)


def given_names(info: FuncInfo) -> frozenset[str]:
    """`@app.task(name="reports.nightly")`"""
    if isinstance(info.node, ast.Lambda):
        return frozenset()
    return frozenset(
        str(k.value.value)
        for d in info.node.decorator_list if isinstance(d, ast.Call)
        for k in d.keywords if k.arg in ("name", "task_name", "actor_name") and isinstance(k.value, ast.Constant)
    )  # fmt: skip


def in_lambda(module: Module, node: ast.AST) -> bool:
    """Does it stand in a lambda, so that whoever calls that runs it?"""
    parents = places(module).parents
    here = parents.get(id(node))
    while here is not None and not isinstance(here, ast.stmt):
        if isinstance(here, ast.Lambda):
            return True
        here = parents.get(id(here))
    return False


def in_main(module: Module, node: ast.AST) -> bool:
    """Under `if __name__ == "__main__":`?"""
    parents = places(module).parents
    here = parents.get(id(node))
    while here is not None:
        if isinstance(here, (ast.FunctionDef, ast.AsyncFunctionDef)):
            return False
        if isinstance(here, ast.If) and is_main_test(here.test):
            return True
        here = parents.get(id(here))
    return False
