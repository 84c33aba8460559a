"""Files → modules by dotted name, their definitions, who mentions a name. Reads a file only when asked for it."""

from __future__ import annotations

import ast
import posixpath
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from llmlint.link.listing import Listing
from llmlint.link.nodes import own_nodes
from llmlint.link.underway import Question, patient

if TYPE_CHECKING:
    from llmlint.link.scopes import CallRecord, Frame
    from llmlint.link.values import Value
    from llmlint.scan.source import Source

SMALL_PROJECT = 3_000  # files: so many are searched in no time
FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
ANY_ATTRIBUTE = "*"  # a method that sets attributes whose names it computes
MUTATORS = frozenset(
    {"append", "extend", "insert", "update", "setdefault", "pop", "clear", "remove", "add", "add_argument", "popitem"}
)


@dataclass(eq=False)
class FuncInfo:
    """A function, method or lambda of the project."""

    module: Module
    node: FunctionNode
    qualname: str
    cls: ClassInfo | None = None
    parent: FuncInfo | None = None
    closure: Frame | None = None
    records: list[CallRecord] | None = None
    question: Question = field(default_factory=Question)  # its calls, while they are being collected
    final: Frame | None = None
    params: dict[str, Value] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.qualname.rpartition(".")[2]

    @cached_property
    def decorators(self) -> tuple[str, ...]:
        if isinstance(self.node, ast.Lambda):
            return ()
        return tuple(dotted_name(d.func if isinstance(d, ast.Call) else d) or "" for d in self.node.decorator_list)

    def decorated(self, *names: str) -> bool:
        return any(d.rpartition(".")[2] in names for d in self.decorators)

    @cached_property
    def arguments(self) -> list[ast.arg]:
        a = self.node.args
        return [*a.posonlyargs, *a.args]

    @cached_property
    def nodes(self) -> list[ast.AST]:
        """Every node of its own, header and body, without functions and classes defined in it."""
        return own_nodes(self.node)

    @cached_property
    def is_method(self) -> bool:
        return self.cls is not None and not self.decorated("staticmethod") and bool(self.arguments)

    @cached_property
    def is_generator(self) -> bool:
        return any(isinstance(n, (ast.Yield, ast.YieldFrom)) for n in self.nodes)

    @cached_property
    def mutates(self) -> frozenset[str]:
        """Names of its parameters that it changes in place: `p["k"] = v`, `p.update(…)`, `self.x = v`."""
        names = {a.arg for a in [*self.arguments, *self.node.args.kwonlyargs]}
        out: set[str] = set()
        for node in self.nodes:
            if isinstance(node, (ast.Subscript, ast.Attribute)) and isinstance(node.ctx, (ast.Store, ast.Del)):
                out.add(base_name(node) or "")
            elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in MUTATORS:
                out.add(base_name(node.func) or "")
        return frozenset(out & names)

    @cached_property
    def self_writes(self) -> frozenset[str]:
        """The attributes of its object that it sets: `self.x = …`, `self.x["k"] = …`, `self.x.update(…)`."""
        if not self.is_method:
            return frozenset()
        me = self.arguments[0].arg
        out: set[str] = set()
        for node in self.nodes:
            if isinstance(node, (ast.Subscript, ast.Attribute)) and isinstance(node.ctx, (ast.Store, ast.Del)):
                out.add(first_attribute(node, me) or "")
            elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in MUTATORS:
                out.add(first_attribute(node.func.value, me) or "")
            elif isinstance(node, ast.Call) and is_setattr(node, me):
                out.add(ANY_ATTRIBUTE)
        return frozenset(out - {""})


    @cached_property
    def self_calls(self) -> frozenset[str]:
        """The methods of its object, or of its bases, that it calls: `self.setup()`, `super().__init__()`."""
        if not self.is_method:
            return frozenset()
        me = self.arguments[0].arg
        out: set[str] = set()
        for node in self.nodes:
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                owner = node.func.value
                if isinstance(owner, ast.Call):
                    owner = owner.func
                if isinstance(owner, ast.Name) and owner.id in (me, "super"):
                    out.add(node.func.attr)
        return frozenset(out)


@dataclass(eq=False)
class ClassInfo:
    module: Module
    node: ast.ClassDef
    qualname: str
    outer: Frame | None = None
    frame: Frame | None = None
    bases: tuple[Value, ...] | None = None
    resolving: Question = field(default_factory=patient)  # its bases, while they are being worked out
    line: list[Value] | None = None  # itself and its bases, once they are known
    general: Value | None = None
    question: Question = field(default_factory=patient)  # its general object, while it is being built

    @property
    def name(self) -> str:
        return self.node.name

    @cached_property
    def methods(self) -> dict[str, FuncInfo]:
        out: dict[str, FuncInfo] = {}
        for stmt in flat_statements(self.node.body):
            if isinstance(stmt, (ast.FunctionDef, ast.AsyncFunctionDef)):
                out[stmt.name] = self.module.function(stmt, f"{self.qualname}.{stmt.name}", self)
        return out

    @cached_property
    def fields(self) -> frozenset[str]:
        """Names that its body gives values to."""
        found = [t for s in flat_statements(self.node.body) if isinstance(s, ast.Assign) for t in s.targets]
        found += [s.target for s in flat_statements(self.node.body) if isinstance(s, ast.AnnAssign) and s.value]
        return frozenset(t.id for t in found if isinstance(t, ast.Name))

    @cached_property
    def decorators(self) -> tuple[str, ...]:
        return tuple(dotted_name(d.func if isinstance(d, ast.Call) else d) or "" for d in self.node.decorator_list)


@dataclass(eq=False)
class Module:
    """One Python file of the project."""

    project: Project
    path: str
    source: Source
    frame: Frame | None = None
    question: Question = field(default_factory=Question)  # its variables, while its top level is being followed
    functions: dict[int, FuncInfo] = field(default_factory=dict)
    classes: dict[int, ClassInfo] = field(default_factory=dict)

    @property
    def tree(self) -> ast.Module:
        return self.source.tree

    @property
    def package(self) -> str:
        return str(PurePosixPath(self.path).parent)

    def function(
        self, node: FunctionNode, qualname: str, cls: ClassInfo | None = None, parent: FuncInfo | None = None
    ) -> FuncInfo:
        info = self.functions.get(id(node))
        if info is None:
            info = self.functions[id(node)] = FuncInfo(self, node, qualname, cls, parent)
        return info

    def class_(self, node: ast.ClassDef, qualname: str) -> ClassInfo:
        info = self.classes.get(id(node))
        if info is None:
            info = self.classes[id(node)] = ClassInfo(self, node, qualname)
        return info

    @cached_property
    def definitions(self) -> list[FuncInfo]:
        """Every function and method of the file, nested ones too, outer ones first."""
        out: list[FuncInfo] = []

        def walk(body: Iterable[ast.stmt], prefix: str, cls: ClassInfo | None, parent: FuncInfo | None) -> None:
            for stmt in flat_statements(body):
                if isinstance(stmt, (ast.FunctionDef, ast.AsyncFunctionDef)):
                    info = self.function(stmt, prefix + stmt.name, cls, parent)
                    out.append(info)
                    walk(stmt.body, f"{prefix}{stmt.name}.", None, info)
                elif isinstance(stmt, ast.ClassDef):
                    klass = self.class_(stmt, prefix + stmt.name)
                    walk(stmt.body, f"{prefix}{stmt.name}.", klass, parent)

        walk(self.tree.body, "", None, None)
        return out

    @cached_property
    def class_definitions(self) -> list[ClassInfo]:
        self.definitions  # noqa: B018 - registers the classes
        return list(self.classes.values())

    def place(self, line: int) -> str:
        """As facts name a place: "path:line", in a notebook "path:cell:line"."""
        cell, line = self.source.locate(line)
        return f"{self.path}:{line}" if cell is None else f"{self.path}:{cell}:{line}"

    def told(self, line: int) -> str:
        """As messages name a place: "path:line", in a notebook "path: cell 3, line 5"."""
        cell, line = self.source.locate(line)
        return f"{self.path}:{line}" if cell is None else f"{self.path}: cell {cell}, line {line}"


class Project:
    """The files of a scan by path relative to the root, and modules by import name."""

    def __init__(
        self,
        root: str,
        listing: Listing,
        load: Callable[[str], Source | None],
        read_text: Callable[[str], str | None],
        mention: Callable[[frozenset[str], Sequence[str]], Mapping[str, list[str]]],
    ) -> None:
        self.root = root
        self.listing = listing
        self.files = listing.files
        self.python_files = listing.python
        self._load = load
        self.read_text = read_text
        self._mention = mention
        self._modules: dict[str, Module | None] = {}
        self.used: set[str] = set()  # every path whose content was looked at
        self.asked: tuple[str, ...] = ()  # the files that the run is about
        self._asked: dict[str, bool] = {}

    def module(self, path: str) -> Module | None:
        if path not in self._modules:
            source = self._load(path)
            self._modules[path] = Module(self, path, source) if source is not None else None
            self.used.add(path)
        return self._modules[path]

    def ask(self, files: Iterable[str]) -> None:
        """From now on the run is about these files too."""
        self.asked += tuple(files)
        self._asked.clear()

    def text_size(self) -> int:
        """Characters of all files that are held."""
        return sum(len(module.source.text) for module in self.loaded())

    def loaded(self) -> list[Module]:
        return [m for m in self._modules.values() if m is not None]

    def find(self, dotted: str, importer: str) -> str | None:
        """The path of the module that `import dotted` in file `importer` means, or None if it is none of the project's.

        Absolute names are matched against the ends of paths, so that `src/` layouts and monorepos need no
        configuration; of several the one nearest to the importer is taken.
        """
        if not dotted:
            return None
        parts = dotted.split(".")
        wanted = "/".join(parts)
        best: tuple[int, int, str] | None = None
        near = importer.split("/")[:-1]
        for path in self.listing.by_tail.get(parts[-1], ()):
            stem = path[: -len("/__init__.py")] if path.endswith("/__init__.py") else path[:-3]
            if stem != wanted and not stem.endswith("/" + wanted):
                continue
            prefix = stem[: len(stem) - len(wanted)].strip("/").split("/") if stem != wanted else []
            prefix = [p for p in prefix if p]
            shared = 0
            while shared < len(prefix) and shared < len(near) and prefix[shared] == near[shared]:
                shared += 1
            distance = len(prefix) - shared
            # a lone file deep in another tree is not what `import json` means
            if distance > 1 or (
                distance == 1
                and len(parts) == 1
                and prefix[-1] not in ("src", "lib", "python", "app", "backend", "server")
            ):
                continue
            rank = (distance, -shared, path)
            if best is None or rank < best:
                best = rank
        return best[2] if best else None

    def relative(self, importer: str, level: int, dotted: str) -> str | None:
        """The path that `from ..dotted import` means (level dots)."""
        folder = PurePosixPath(importer).parent
        for _ in range(level - 1):
            folder = folder.parent
        base = folder / dotted.replace(".", "/") if dotted else folder
        for candidate in (f"{base}.py", f"{base}/__init__.py"):
            candidate = candidate.removeprefix("./")
            if candidate in self.files:
                return candidate
        return None

    def mentioning(self, name: str, home: str) -> list[str]:
        """Paths of the Python files whose bytes contain `name` and that can know what is defined in `home`, sorted."""
        scope = self.scope(home)
        key = (scope[0], self.is_asked(scope[0]), name) if scope else ("", False, name)
        known = self.listing.mentions.get(key)
        if known is None:
            files = self.python_files if scope is None else scope[1]
            known = self.listing.mentions[key] = sorted(self._mention(frozenset({name}), files).get(name, ()))
        return known

    def naming(self, words: frozenset[str]) -> Mapping[str, list[str]]:
        """word → the Python files that contain it, sorted, of the whole project; one pass for all of them."""
        return self._mention(words, self.python_files)

    def scope(self, home: str) -> tuple[str, Sequence[str]] | None:
        """(the top package of `home`, its files and those that name it); None: the whole project, where that is small.

        In a large repository, code that uses a package stands in it or imports it by name.
        """
        if len(self.python_files) <= SMALL_PROJECT:
            return None
        folder = posixpath.dirname(home)
        while folder and f"{posixpath.dirname(folder)}/__init__.py".lstrip("/") in self.files:
            folder = posixpath.dirname(folder)
        top = folder if f"{folder}/__init__.py" in self.files else home
        # who else uses it is asked of what the run is about, not of every library that it wanders into
        key = top, self.is_asked(top)
        if key not in self.listing.scopes:
            name = posixpath.basename(top).removesuffix(".py")
            inside = [p for p in self.python_files if p == top or p.startswith(top + "/")]
            if key[1]:
                inside += self._mention(frozenset({name}), self.python_files).get(name, ())
            self.listing.scopes[key] = sorted(set(inside))
        return top, self.listing.scopes[key]

    def is_asked(self, top: str) -> bool:
        """Is the run about files of this package?"""
        if top not in self._asked:
            self._asked[top] = any(path == top or path.startswith(top + "/") for path in self.asked)
        return self._asked[top]


def module_of(unit: FuncInfo | Module) -> Module:
    """The file that a function stands in, or whose top level the unit is."""
    return unit if isinstance(unit, Module) else unit.module


def is_setattr(node: ast.Call, name: str | None = None) -> bool:
    """`setattr(name, …, …)`; of anything where no name is given."""
    if not (isinstance(node.func, ast.Name) and node.func.id == "setattr" and len(node.args) == 3):
        return False
    return name is None or (isinstance(node.args[0], ast.Name) and node.args[0].id == name)


def dotted_name(node: ast.AST) -> str | None:
    """`a.b.c` as written, or None where the expression is no plain dotted name."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if isinstance(node, ast.Name):
        parts.append(node.id)
        return ".".join(reversed(parts))
    return None


def base_name(node: ast.AST) -> str | None:
    while isinstance(node, (ast.Attribute, ast.Subscript)):
        node = node.value
    return node.id if isinstance(node, ast.Name) else None


def first_attribute(node: ast.AST, name: str) -> str | None:
    """`x` of `self.x`, `self.x.y` and `self.x["k"]`."""
    attribute: str | None = None
    while isinstance(node, (ast.Attribute, ast.Subscript)):
        if isinstance(node, ast.Attribute):
            attribute = node.attr
        node = node.value
    return attribute if isinstance(node, ast.Name) and node.id == name else None


def flat_statements(body: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements of a body and of its `if`, `try`, `with` and loop blocks, not of definitions in it."""
    stack = list(reversed(list(body)))
    while stack:
        stmt = stack.pop()
        yield stmt
        if isinstance(stmt, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            continue
        inner: list[ast.stmt] = []
        for block in ("body", "orelse", "finalbody"):
            inner += getattr(stmt, block, None) or []
        for handler in getattr(stmt, "handlers", None) or []:
            inner += handler.body
        for case in getattr(stmt, "cases", None) or []:
            inner += case.body
        stack += reversed(inner)
