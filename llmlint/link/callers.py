"""Who calls a function, and with what: parameters take the values that callers pass, hop by hop, on demand."""

from __future__ import annotations

import ast
import re
from dataclasses import replace
from functools import cached_property, partial, reduce

from llmlint.light import dataclass
from llmlint.link.core import CALL_FUEL, Core
from llmlint.link.loops import source_of
from llmlint.link.names import call_name, knows, may_call, module_aliases, unit_names, units_using
from llmlint.link.nodes import below
from llmlint.link.project import ClassInfo, FuncInfo, Module
from llmlint.link.scopes import CallRecord, Frame, Loop
from llmlint.link.underway import UNDERWAY, Question
from llmlint.link.values import (
    UNKNOWN,
    Args,
    Class,
    Const,
    Function,
    Instance,
    Lazy,
    Map,
    OneOf,
    Partial,
    Seq,
    Unknown,
    Value,
    alternatives,
    force,
    join,
    meet_branches,
    one_of_maps,
    raised,
)
from llmlint.scan.discover import is_test as is_test

EVALUATION_PATH = re.compile(
    r"(^|/)((custom_|llm_|run_)?evals?|evaluations?|benchmarks?|bench)/|(^|/)([^/]*_)?evals?(_[^/]*)?\.py$"
    r"|(^|/)(run_)?(evaluate|benchmark)_[^/]*\.py$"
)
MAX_CALLER_FILES = 60
MAX_CALLERS = 200
MAX_HOPS = 6
MAX_CONSTRUCTIONS = 60
WORTH_INDEX = 50  # calls of one unit
# what calls a function that it is handed, once per item
MAPPERS = frozenset({
    "map", "imap", "imap_unordered", "starmap", "map_async", "apply", "applymap", "progress_apply", "thread_map",
    "process_map", "filter", "evaluate", "aevaluate", "evaluate_comparative", "transform", "parallel_map", "amap",
})  # fmt: skip
# what calls a function that it is handed, once
RUNNERS = frozenset({
    "submit", "run_in_executor", "to_thread", "apply_async", "create_task", "Thread", "Process", "run_sync",
    "partial", "delayed", "add_task", "run", "start_soon", "spawn", "call_soon", "run_in_threadpool", "retry",
    "Retrying",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Caller:
    """One call of a function: by whom, with which arguments, in which loops."""

    record: CallRecord
    args: Args
    bound: Value | None
    loops: tuple[Loop, ...]


class Callers(Core):
    """starved: has a function not been followed because too many were? unfinished: whose callers are not all known."""

    hops = 0
    starved = False

    @cached_property
    def unfinished(self) -> set[int]:
        return set()

    @cached_property
    def finding(self) -> dict[int, Question]:
        """The functions whose callers are being looked for, or were without being found to the end."""
        return {}

    # running functions for their own sake -----------------------------------------------------------------------------

    def records(self, unit: FuncInfo | Module) -> list[CallRecord]:
        """The calls met in a function (or at module level), with parameters as their callers pass them."""
        if isinstance(unit, Module):
            return self.module_frame(unit).records
        info = unit
        if info.records is not None:
            return info.records
        if info.question.depth:
            UNDERWAY.cut(info.question)
            return []
        if self.units_left <= 0:
            self.starved = True
            return []
        self.units_left -= 1
        spent, fuel, depth, active = self.spent, self.fuel, self.depth, self.active
        self.spent, self.fuel, self.depth, self.active = 0, CALL_FUEL, 0, ()
        try:
            with UNDERWAY.asked(info.question):
                module = self.module_frame(info.module)
                if info.parent is not None:
                    self.records(info.parent)
                frame = Frame(info.module, info, info.closure or module, root=True)
                frame.vars = self.parameters(info)
                if not isinstance(info.node, ast.Lambda):
                    self.execute(info.node.body, frame)
                info.records = frame.records
                info.final = frame
            return frame.records
        finally:
            self.spent, self.fuel, self.depth, self.active = spent, fuel, depth, active

    def parameters(self, info: FuncInfo) -> dict[str, Value]:
        out: dict[str, Value] = {}
        a = info.node.args
        for i, arg in enumerate(info.arguments):
            if i == 0 and info.is_method and info.cls is not None:
                cls = info.cls
                if info.decorated("classmethod"):
                    out[arg.arg] = Class(cls)
                elif info.name == "__init__":
                    out[arg.arg] = Instance(cls, {})
                else:
                    out[arg.arg] = Lazy(partial(self.general_instance, cls))
            else:
                out[arg.arg] = self.parameter(info, arg.arg)
        for arg in a.kwonlyargs:
            out[arg.arg] = self.parameter(info, arg.arg)
        if a.vararg:
            out[a.vararg.arg] = self.parameter(info, a.vararg.arg)
        if a.kwarg:
            out[a.kwarg.arg] = self.parameter(info, a.kwarg.arg)
        return out

    def parameter(self, info: FuncInfo, name: str) -> Value:
        if name not in info.params:
            info.params[name] = Lazy(lambda: self.passed(info, name))
        return info.params[name]

    def passed(self, info: FuncInfo, name: str) -> Value:
        """The values of one parameter: what callers pass, else its default, else what its annotation promises."""
        quiet = Frame(info.module, None, info.closure or self.module_frame(info.module))
        splat = info.node.args.kwarg is not None and info.node.args.kwarg.arg == name
        values: list[Value] = []
        unknown = False
        if self.hops < MAX_HOPS:
            self.hops += 1
            try:
                callers = self.callers(info)
                unknown = id(info) in self.unfinished
                for caller in callers:
                    bound = self.bind_arguments(info, caller.args, caller.bound, quiet)
                    value = bound.get(name, UNKNOWN)
                    inner = force(value)
                    if isinstance(inner, Unknown) and not inner.path and not splat:
                        unknown = True
                    else:
                        values.append(value)
            finally:
                self.hops -= 1
        else:
            UNDERWAY.cut()
        if info.node.args.vararg is not None and info.node.args.vararg.arg == name:
            sequences: list[Value] = [v for v in map(force, values) if isinstance(v, Seq)]
            return reduce(meet_branches, sequences) if sequences and not unknown else Seq((), True)
        if splat:
            return joined_maps([force(v) for v in values]) if values else Map({}, True)
        annotation = next((x.annotation for x in [*info.arguments, *info.node.args.kwonlyargs] if x.arg == name), None)
        promised = force(self.from_annotation(annotation, quiet)) if annotation is not None else UNKNOWN
        if values and not unknown:
            return join(values)
        default = self.default_of(info, name)
        if not values:
            if default is None:
                return promised
            if isinstance(default, Const) and default.value is None and not isinstance(promised, Unknown):
                return join([without_const_none(promised), default])
            if isinstance(default, Map):
                return replace(default, open=True)  # a dict that may be given is one that may hold more
            if isinstance(promised, Unknown) or isinstance(default, Const):
                return default
            return join([default, promised])
        if isinstance(promised, Unknown):
            return join([*values, UNKNOWN])
        return join([*values, promised])

    def default_of(self, info: FuncInfo, name: str) -> Value | None:
        a = info.node.args
        names = [x.arg for x in info.arguments]
        defaults: dict[str, ast.expr] = dict(zip(reversed(names), reversed(a.defaults), strict=False))
        defaults.update({k.arg: d for k, d in zip(a.kwonlyargs, a.kw_defaults, strict=False) if d is not None})
        option = click_default(info, name)
        if option is not None:
            quiet = Frame(info.module, None, self.module_frame(info.module))
            return raised(self.evaluate(option, quiet), "config")
        if name not in defaults:
            return None
        return force(self.default(defaults[name], info))

    # callers ----------------------------------------------------------------------------------------------------------

    def callers(self, info: FuncInfo) -> list[Caller]:
        cached: dict[int, list[Caller]] = self.__dict__.setdefault("_callers", {})
        if id(info) in cached:
            return cached[id(info)]
        question = self.finding.setdefault(id(info), Question())
        if question.depth:
            UNDERWAY.cut(question)
            return []
        was, self.starved = self.starved, False
        with UNDERWAY.asked(question):
            found = self.find_callers(info)
        if self.starved:
            self.unfinished.add(id(info))
        self.starved = self.starved or was
        if question.kept:
            cached[id(info)] = found
        return found

    def find_callers(self, info: FuncInfo) -> list[Caller]:
        if isinstance(info.node, ast.Lambda):
            return []
        by_class = info.cls is not None and info.name in ("__init__", "__call__", "__post_init__")
        name = info.cls.name if by_class and info.cls is not None else info.name
        if name.startswith("__") or (name in ("main",) and info.cls is not None):
            return []
        out: list[Caller] = []
        for module in self.near_modules(name, info.module):
            names = {name, *module_aliases(module, name)}
            if by_class:
                names |= {info.name, "cls"}  # super().__init__(…) of a subclass, cls(…) in a class method
            for unit in units_using(module, names):
                if unit is info or not may_call(info, module, unit_names(module, unit), names):
                    continue
                for record in self.records_of(unit, names):
                    out += self.as_calls_of(record, info, names)
                    if len(out) >= MAX_CALLERS:
                        return out
        return out

    def records_of(self, unit: FuncInfo | Module, names: set[str]) -> list[CallRecord]:
        """The unit's calls that can be calls of one of the names, or hand it on, in order."""
        records = self.records(unit)
        if len(records) < WORTH_INDEX:
            return records
        cached: dict[int, tuple[list[CallRecord], dict[str | None, list[int]]]] = self.__dict__.setdefault("_named", {})
        known = cached.get(id(records))
        if known is None or len(known[0]) != len(records):
            index: dict[str | None, list[int]] = {}
            for number, record in enumerate(records):
                index.setdefault(call_name(record.node), []).append(number)
            known = cached[id(records)] = records, index
        found = {number for name in (*names, None, *MAPPERS, *RUNNERS) for number in known[1].get(name, ())}
        return [records[number] for number in sorted(found)]

    def constructions(self, cls: ClassInfo) -> list[Args]:
        """What is passed wherever an object of exactly this class is made."""
        out: list[Args] = []
        for module in self.near_modules(cls.name, cls.module):
            names = {cls.name, *module_aliases(module, cls.name)}
            for unit in units_using(module, names):
                for record in self.records(unit):
                    if call_name(record.node) not in names:
                        continue
                    if any(isinstance(c, Class) and c.info is cls for c in alternatives(record.callee)):
                        out.append(record.args)
                if len(out) >= MAX_CONSTRUCTIONS:
                    return out
        return out

    def near_modules(self, name: str, home: Module) -> list[Module]:
        paths = self.project.mentioning(name, home.path)
        folders = home.path.split("/")

        def distance(path: str) -> tuple[int, str]:
            parts = path.split("/")
            shared = 0
            while shared < min(len(parts), len(folders)) and parts[shared] == folders[shared]:
                shared += 1
            return (-shared, path)

        out: list[Module] = []
        if not is_test(home.path):
            # what a test passes is no fact of the program
            paths = [p for p in paths if not is_test(p)]
        large = self.project.scope(home.path) is not None
        for path in sorted(paths, key=distance)[: MAX_CALLER_FILES * (3 if large else 1)]:
            if large and not self.may_import(path, home):
                continue
            module = self.project.module(path)
            if module is not None and (not large or knows(module, home)):
                out.append(module)
        return out[:MAX_CALLER_FILES]

    def may_import(self, path: str, home: Module) -> bool:
        """Can the file know `home`, as far as its text tells? To parse hundreds that do not is dear."""
        if path.rpartition("/")[0] == home.path.rpartition("/")[0]:
            return True
        imports = self.project.listing.imports(path, self.project.read_text)
        if imports is None:
            return False
        parts = home.path.removesuffix(".py").removesuffix(".ipynb").removesuffix("/__init__").split("/")
        if imports.relative and path.partition("/")[0] == parts[0]:
            return True
        return any(
            part in imports.words if part.isidentifier() else
            any(re.search(rf"\b{re.escape(part)}\b", line) for line in imports.lines)
            for part in parts
        )  # fmt: skip

    def as_calls_of(self, record: CallRecord, info: FuncInfo, names: set[str]) -> list[Caller]:
        out: list[Caller] = []
        called = call_name(record.node)
        if called in names or called is None:
            for callee in alternatives(record.callee):
                bound = self.matches(callee, info)
                if bound is not None and not self.replaced(record.function, record.node.func, info):
                    extra = callee.args if isinstance(callee, Partial) else Args()
                    args = Args((*extra.pos, *record.args.pos), extra.kw.merged(record.args.kw), record.args.open)
                    out.append(Caller(record, args, bound[0], record.loops))
                    break
        if called in MAPPERS or called in RUNNERS:
            passed = [*record.args.pos, *(e.value for e in record.args.kw.entries.values())]
            passed += [item for v in passed if isinstance(v, Seq) for item in v.items]  # evaluators=[correct, brief]
            for i, value in enumerate(passed):
                if not isinstance(value, (Function, Partial, Lazy, OneOf, Class, Instance)):
                    continue
                for callee in alternatives(value):
                    bound = self.matches(callee, info)
                    if bound is None:
                        continue
                    loops = record.loops
                    rest = list(record.args.pos[i + 1 :]) if i < len(record.args.pos) else []
                    if called in MAPPERS:
                        over = (
                            record.node.args[i + 1]
                            if i + 1 < len(record.node.args) and not isinstance(record.node.args[i + 1], ast.Starred)
                            else record.node.func
                        )
                        loops = (*loops, Loop(called or "map", source_of(over), record.node.lineno, True))
                        rest = [self.elements(r) for r in rest]
                    extra = callee.args if isinstance(callee, Partial) else Args()
                    kw = record.args.kw if called in RUNNERS else Map()
                    out.append(
                        Caller(
                            record,
                            Args((*extra.pos, *rest), extra.kw.merged(kw), not rest and called in MAPPERS),
                            bound[0],
                            loops,
                        )
                    )
        return out

    def matches(self, callee: Value, info: FuncInfo) -> tuple[Value | None] | None:
        """(the object it is bound to,) where calling `callee` runs `info`; None where it does not."""
        if isinstance(callee, Partial):
            return self.matches(force(callee.func), info)
        if isinstance(callee, Function):
            if callee.info is info:
                return (callee.bound,)
            return self.overrides(callee, info)
        if isinstance(callee, Class) and info.name in ("__init__", "__post_init__"):
            return (Instance(callee.info, {}),) if self.find_method(callee.info, info.name) is info else None
        if (
            isinstance(callee, Instance)
            and info.name == "__call__"
            and self.find_method(callee.cls, "__call__") is info
        ):
            return (callee,)
        return None

    def replaced(self, caller: FuncInfo | None, func: ast.expr, info: FuncInfo) -> bool:
        """Is it `self.ask(…)` in a method of a base class that the class of `info` has a version of its own of?

        Then the call runs with objects of other classes, never with `info`; unless that version goes on to `super()`.
        """
        me = func.value if isinstance(func, ast.Attribute) else None
        own = method_of(caller, me.id) if caller is not None and isinstance(me, ast.Name) else None
        if own is None or own.cls is None or info.cls is None or own.cls is info.cls:
            return False
        if not any(isinstance(b, Class) and b.info is own.cls for b in self.mro(info.cls)):
            return False
        version = self.find_method(info.cls, own.name)
        return version is not None and version is not own and not goes_up(version)

    def overrides(self, callee: Function, info: FuncInfo) -> tuple[Value | None] | None:
        """As `matches`, for a call through a base class: the object may be one of the overriding class."""
        other, bound = callee.info, force(callee.bound) if callee.bound is not None else None
        if other.cls is None or info.cls is None or other.name != info.name or info.name == "__init__":
            return None
        if not isinstance(bound, Instance):
            return None
        bases = [b.info for b in self.mro(info.cls) if isinstance(b, Class)]
        return (bound,) if other.cls in bases and bound.cls in bases else None


def method_of(unit: FuncInfo | Module, name: str) -> FuncInfo | None:
    """The method, around the unit or the unit itself, whose object is called `name`."""
    while isinstance(unit, FuncInfo):
        if unit.is_method and unit.arguments[0].arg == name:
            return unit
        if any(a.arg == name for a in unit.arguments) or unit.parent is None:
            return None
        unit = unit.parent
    return None


def goes_up(method: FuncInfo) -> bool:
    """Does it call the version that it overrides?"""
    return any(isinstance(n, ast.Name) and n.id in ("super", "__class__") for n in below(method.node))


def joined_maps(values: list[Value]) -> Value:
    maps = [v for v in values if isinstance(v, Map)]
    if not maps:
        return Map({}, True)
    joined = one_of_maps(maps)
    return Map(joined.entries, joined.open or len(maps) < len(values))


def without_const_none(value: Value) -> Value:
    kept = [v for v in alternatives(value) if not (isinstance(v, Const) and v.value is None)]
    return join(kept) if kept else UNKNOWN


def click_default(info: FuncInfo, name: str) -> ast.expr | None:
    """The default of `@click.option("--model", default=…)` for a parameter."""
    if isinstance(info.node, ast.Lambda):
        return None
    for decorator in info.node.decorator_list:
        if not (
            isinstance(decorator, ast.Call)
            and isinstance(decorator.func, ast.Attribute)
            and decorator.func.attr in ("option", "argument")
        ):
            continue
        flags = [a.value for a in decorator.args if isinstance(a, ast.Constant) and isinstance(a.value, str)]
        if any(f.lstrip("-").replace("-", "_") == name for f in flags):
            return next((k.value for k in decorator.keywords if k.arg == "default"), None)
    return None


def evaluates(path: str) -> bool:
    """Does the file measure models or prompts, by its name or its folder's?"""
    return EVALUATION_PATH.search(path) is not None
