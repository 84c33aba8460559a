"""A function or a module's top level → the entries that it is: a route, a bot's command, a schedule, a queue's task."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property

from llmlint.light import dataclass
from llmlint.link.callers import is_test
from llmlint.link.edges import Edges
from llmlint.link.frameworks import ANY, Framework, Frameworks
from llmlint.link.mentions import Mention, crontab, places, taker, taker_name
from llmlint.link.names import call_name, module_units, unit_names
from llmlint.link.project import FuncInfo, Module, dotted_name
from llmlint.link.rhythm import of_call, said, written
from llmlint.link.scopes import Frame
from llmlint.link.uses import belongs, libraries, uses
from llmlint.link.values import Class, Const, External, Function, Instance, Made, Unknown, Value
from llmlint.schedules.records import Start

VERBS = frozenset({"get", "post", "put", "patch", "delete", "route", "websocket", "api_route"})
# names whose use says that somebody sits in front of the program, or that it serves requests
INTERACTIVE = frozenset({
    "uvicorn", "streamlit", "gradio", "chainlit", "FastAPI", "Flask", "PromptSession", "run_polling",
    "serve_forever", "start_server", "run_server", "launch", "mainloop", "Prompt", "questionary", "inquirer", "web",
    "gevent", "hypercorn", "socketio",
})  # fmt: skip
PROCESS = re.compile(r"\b(subprocess|Popen|create_subprocess_\w+)\b")


@dataclass(frozen=True, slots=True)
class Entry:
    """role: handler, schedule, queue, command, or "main": a script. every: how often, as written."""

    role: str
    by: str
    where: str
    function: str = ""
    every: str | None = None

    @property
    def offline(self) -> bool:
        return self.role != "handler"

    def schedule(self) -> dict[str, str]:
        """As a fact; "when" is how a person says it."""
        out = {"by": self.by, "where": self.where}
        if self.every:
            when = said(self.every)
            if when is not None or not self.every.replace(".", "_").isidentifier():  # a variable's name says nothing
                out["every"] = self.every
            if when is not None:
                out["when"] = when
        return out


class Entries:
    """starts: where schedules that are kept in other files than Python enter the code."""

    def __init__(self, edges: Edges, frameworks: Frameworks, starts: Callable[[], Sequence[Start]] = tuple) -> None:
        self.edges = edges
        self.run = edges.run
        self.frameworks = frameworks
        self._starts = starts
        self._of: dict[int, tuple[Entry, ...]] = {}
        self._interactive: dict[int, bool] = {}
        self._started: dict[int, bool] = {}

    @cached_property
    def starts(self) -> dict[tuple[str, str], Start]:
        """(file, function; "" for a file run as a script) → the schedule that enters there."""
        return {(start.path, start.function): start for start in self._starts()}

    def of(self, info: FuncInfo) -> tuple[Entry, ...]:
        found = self._of.get(id(info))
        if found is None:
            by_clock = tuple(self.configured(info.module, info.qualname))
            asked = (e for e in self.find(info) if not by_clock or e.role != "handler")  # a route that a clock asks
            found = self._of[id(info)] = tuple(dict.fromkeys((*asked, *by_clock)))
        return found

    def find(self, info: FuncInfo) -> Iterator[Entry]:
        if not isinstance(info.node, ast.Lambda):
            for decorator in info.node.decorator_list:
                yield from self.decorated(info, decorator)
            yield from self.inherited(info)
            yield from self.conventional(info)
        for mention in self.edges.mentions(info):
            yield from self.registered(info, mention)

    def configured(self, module: Module, function: str = "") -> Iterator[Entry]:
        """What other files than Python schedule."""
        start = self.starts.get((module.path, function))
        if start is not None:
            yield Entry("schedule", start.by, start.where, function, start.every or None)

    def of_module(self, module: Module, in_main: bool, runs: bool = False) -> Iterator[Entry]:
        """What runs a module's top level, or its main block. runs: the top level itself sends the request."""
        yield from self.configured(module)
        visited = [framework for framework in self.frameworks.scripts if uses(module, framework)]
        for framework in visited:
            yield Entry("handler", framework.by, module.path)
        if visited or self.interactive(module):
            return
        if in_main and self.started(module):
            return
        if in_main or module.path.endswith("__main__.py"):
            yield Entry("main", "script", module.path)
        elif runs and not module.path.endswith(("__init__.py", ".ipynb")):
            yield Entry("main", "top level", module.path)

    def started(self, module: Module) -> bool:
        """Does other code of the project run the file as a process of its own? Then that knows who waits."""
        found = self._started.get(id(module))
        if found is None:
            name = module.path.rpartition("/")[2]
            project = self.run.project
            texts = (project.read_text(path) or "" for path in project.mentioning(name[:-3], module.path)
                     if path != module.path and not is_test(path))  # fmt: skip
            found = self._started[id(module)] = any(
                (f'{name}"' in text or f"{name}'" in text) and PROCESS.search(text) for text in texts
            )
        return found

    def interactive(self, module: Module) -> bool:
        found = self._interactive.get(id(module))
        if found is None:
            mentions = [unit_names(module, unit) for unit in module_units(module)]
            names = set(libraries(module)).union(*(m.counts.keys() for m in mentions))
            asks = any(isinstance(call.func, ast.Name) for m in mentions for call in m.calls.get("input", ()))
            found = self._interactive[id(module)] = asks or bool(names & INTERACTIVE)
        return found

    # decorators -------------------------------------------------------------------------------------------------------

    def decorated(self, info: FuncInfo, decorator: ast.expr) -> Iterator[Entry]:
        target = decorator.func if isinstance(decorator, ast.Call) else decorator
        name = (dotted_name(target) or "").rpartition(".")[2] or getattr(target, "attr", "")
        known = self.frameworks.decorators.get(name, ())
        for framework in known:
            if info.name in framework.never:
                return
            if self.means(target, framework, info.module):
                entry = self.entry(framework, info, decorator, decorator)
                if entry is not None:
                    yield entry
                    return
        if name in VERBS and isinstance(decorator, ast.Call) and decorator.args and isinstance(target, ast.Attribute):
            path = decorator.args[0]
            if isinstance(path, ast.Constant) and isinstance(path.value, str) and path.value.startswith("/"):
                yield Entry("handler", "http", info.module.told(decorator.lineno), info.qualname)

    def means(self, target: ast.expr, framework: Framework, module: Module) -> bool:
        """Is `target` (a decorator, a function that is called) the framework's?"""
        frame = Frame(module, None, self.run.module_frame(module))
        owner = target.value if isinstance(target, ast.Attribute) else target
        last = (dotted_name(owner) or "").rpartition(".")[2]
        if isinstance(owner, ast.Call):
            last = call_name(owner) or ""
        if framework.owners and isinstance(target, ast.Attribute) and last not in framework.owners:
            return False
        if ANY in framework.modules:
            return True
        verdicts = {self.of_framework(v, framework) for v in self.run.considered(owner, frame)}
        if True in verdicts:
            return True
        return None in verdicts and uses(module, framework)

    def of_framework(self, value: Value, framework: Framework) -> bool | None:
        """None: that cannot be told."""
        if isinstance(value, Made):
            return belongs(value.dotted, framework)
        if isinstance(value, External):  # a name that nothing binds at the module's top level is looked for there
            return belongs(value.dotted, framework) if not value.dotted.startswith("builtins.") else None
        if isinstance(value, Instance):
            bases = [v.dotted for v in self.run.mro(value.cls) if isinstance(v, External)]
            return any(belongs(b, framework) for b in bases) if bases else False
        if isinstance(value, (Function, Class)):
            return False
        unknown = isinstance(value, Unknown) or (isinstance(value, Const) and value.value is None)
        return None if unknown else False

    def entry(self, framework: Framework, info: FuncInfo, node: ast.AST, call: ast.expr) -> Entry | None:
        every = of_call(call, framework.every) if isinstance(call, ast.Call) else None
        if isinstance(call, ast.Call) and call_name(call) == "do" and isinstance(call.func, ast.Attribute):
            every = written(call.func.value)
        if every is None and framework.needs_every:
            return None
        role: str = framework.role
        if every is None and framework.beside:
            every = self.beside(framework, info)
            role = role if every is not None else "queue"
        return Entry(role, framework.by, info.module.told(getattr(node, "lineno", 1)), info.qualname, every)

    def beside(self, framework: Framework, info: FuncInfo) -> str | None:
        """How often the DAG runs that the task belongs to."""
        for name in framework.beside:
            for use in places(info.module).names.get(name, ()):
                parent = places(info.module).parents.get(id(use))
                if isinstance(parent, ast.Call) and parent.func is use:
                    every = of_call(parent, framework.every)
                    if every is not None:
                        return every
        return None

    # classes, conventions ---------------------------------------------------------------------------------------------

    def inherited(self, info: FuncInfo) -> Iterator[Entry]:
        """A method that a base class of some framework calls."""
        cls = info.cls
        if cls is None or info.name.startswith("_"):
            return
        if info.name not in self.frameworks.inherited and ANY not in self.frameworks.inherited:
            return
        for value in self.run.mro(cls):
            dotted = value.dotted if isinstance(value, External) else None
            yield from self.of_base(info, dotted, dotted.rpartition(".")[2] if dotted else "")
        for base in cls.node.bases:
            yield from self.of_base(info, None, (dotted_name(base) or "").rpartition(".")[2])

    def of_base(self, info: FuncInfo, dotted: str | None, name: str) -> Iterator[Entry]:
        for framework, methods in self.frameworks.of_base(name) if name else ():
            if info.name not in methods and ANY not in methods:
                continue
            if belongs(dotted, framework) or ANY in framework.modules if dotted else uses(info.module, framework):
                yield Entry(framework.role, framework.by, info.module.told(info.node.lineno), info.qualname)

    def conventional(self, info: FuncInfo) -> Iterator[Entry]:
        """`def lambda_handler(event, context)`"""
        for framework in self.frameworks.functions.get(info.name, ()):
            wanted = framework.functions[info.name]
            if tuple(a.arg.strip("_") for a in info.arguments[: len(wanted)]) != wanted or info.parent is not None:
                continue
            if not uses(info.module, framework):
                continue
            words = places(info.module).texts
            if not framework.speaks or any(w in words for w in framework.speaks):
                yield Entry("handler", framework.by, info.module.told(info.node.lineno), info.qualname)
            elif "Records" in words or "detail" in words:
                yield Entry("queue", framework.by, info.module.told(info.node.lineno), info.qualname)

    # registered -------------------------------------------------------------------------------------------------------

    def registered(self, info: FuncInfo, mention: Mention) -> Iterator[Entry]:
        call = mention.call
        if mention.is_text:
            yield from self.named(info, mention)
        if call is None or (mention.is_text and not mention.called):
            return
        if mention.called:
            names = self.frameworks.later.get(mention.chain[-1], ())
            found = [f for f in names if f.role == "schedule" and uses(mention.module, f)]
        else:
            target = taker(call)
            names = self.frameworks.calls.get(taker_name(call), ())
            found = [f for f in names if self.means(target, f, mention.module)]
        for framework in found:
            entry = self.entry(framework, info, call, call)
            if entry is not None:
                place = mention.module.told(call.lineno)
                yield Entry(entry.role, entry.by, place, info.qualname, entry.every)
                return

    def named(self, info: FuncInfo, mention: Mention) -> Iterator[Entry]:
        """{"task": "app.tasks.nightly", "schedule": crontab(hour=3)}, ("0 3 * * *", "app.cron.nightly")"""
        table, module = mention.table, mention.module
        place = module.told(mention.node.lineno)
        if isinstance(table, ast.Dict):
            keys = {k.value: v for k, v in zip(table.keys, table.values, strict=True) if isinstance(k, ast.Constant)}
            for key, value in keys.items():
                if value is not mention.node:
                    continue
                for framework in self.frameworks.tables.get(str(key), ()):
                    every = next((keys[e] for e in framework.tables["every"] if e in keys), None)
                    if every is not None:
                        yield Entry(framework.role, framework.by, place, info.qualname, written(every))
                        return
        elif table is not None and table.elts and any(crontab(e) for e in table.elts):
            every = next(e for e in table.elts if crontab(e))
            yield Entry("schedule", "crontab", place, info.qualname, written(every))
        elif mention.call is not None:
            for framework in self.frameworks.named.get(call_name(mention.call) or "", ()):
                if framework.role == "schedule" and uses(module, framework):
                    every_said = of_call(mention.call, framework.every)
                    yield Entry("schedule", framework.by, place, info.qualname, every_said)
                    return
