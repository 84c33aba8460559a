"""One Python file → its units: top-level definitions, methods and statements, with the names that each one mentions."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from llmlint.link.nodes import below
from llmlint.scan.source import Source
from llmlint.tasks.flows import written

PASSAGE = 400  # characters; a longer text names no file and no function


@dataclass(frozen=True)
class Unit:
    """names: what it binds. owner: the class of a method. text: its lines, by which two versions are compared."""

    path: str
    names: frozenset[str]
    nodes: tuple[ast.AST, ...]
    text: str
    owner: str | None = None

    @cached_property
    def mentions(self) -> frozenset[str]:
        """Every name, attribute and imported name in it, and the words of short texts: a task may be named by one."""
        out: set[str] = set()
        for node in self._all:
            kind = type(node)
            if kind is ast.Name:
                out.add(node.id)
            elif kind is ast.Attribute:
                out.add(node.attr)
            elif kind is ast.Import or kind is ast.ImportFrom:
                out.update(part for alias in node.names for part in alias.name.split("."))
                out.update((getattr(node, "module", None) or "").split("."))
            elif kind is ast.Constant and isinstance(node.value, str) and len(node.value) < PASSAGE:
                last = node.value.replace(":", ".").rpartition(".")[2]
                if last.isidentifier():
                    out.add(last)
        return frozenset(out)

    @property
    def _all(self) -> Iterator[Any]:
        """Every node in it."""
        return (node for root in self.nodes for node in below(root))

    @cached_property
    def bound(self) -> frozenset[str]:
        """The parameters and variables in it."""
        return frozenset(
            n.arg if isinstance(n, ast.arg) else n.id for n in self._all
            if isinstance(n, ast.arg) or (isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store))
        )  # fmt: skip

    @cached_property
    def called(self) -> frozenset[str]:
        """Everything that is called in it, or handed to something that is, as `written`."""
        calls = (node for node in self._all if isinstance(node, ast.Call))
        parts = (part for call in calls for part in (call.func, *call.args, *(k.value for k in call.keywords)))
        return frozenset(written(part) for part in parts) - {""}

    @cached_property
    def texts(self) -> tuple[str, ...]:
        """The short texts in it: paths, patterns, suffixes."""
        return tuple(
            node.value for node in self._all
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and len(node.value) < PASSAGE
        )  # fmt: skip


def units_of(source: Source) -> tuple[Unit, ...]:
    return tuple(_units(source))


def _units(source: Source) -> Iterator[Unit]:
    lines = source.text.split("\n")
    for node in source.tree.body:
        if isinstance(node, ast.ClassDef):
            methods = [n for n in node.body if isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef))]
            rest: list[ast.AST] = [n for n in node.body if n not in methods]
            head: list[ast.AST] = [*node.bases, *node.keywords, *node.decorator_list]
            own = "\n".join(_text(lines, n) for n in [*head, *rest])
            yield Unit(source.path, frozenset({node.name}), (*head, *rest), own)
            for method in methods:
                yield Unit(source.path, frozenset({method.name}), (method,), _text(lines, method), node.name)
        elif isinstance(node, (ast.Import, ast.ImportFrom)) and len(node.names) > 1:
            yield from _imports(source.path, node)
        else:
            yield Unit(source.path, frozenset(_bound([node])), (node,), _text(lines, node))


def _imports(path: str, node: ast.Import | ast.ImportFrom) -> Iterator[Unit]:
    """One unit for each name: that one of them changes says nothing of the others."""
    for alias in node.names:
        if isinstance(node, ast.ImportFrom):
            alone: ast.stmt = ast.ImportFrom(node.module, [alias], node.level, lineno=node.lineno, col_offset=0)
        else:
            alone = ast.Import([alias], lineno=node.lineno, col_offset=0)
        yield Unit(path, frozenset(_bound([alone])), (alone,), ast.dump(alone))


def _text(lines: list[str], node: ast.AST) -> str:
    first = min([getattr(node, "lineno", 1), *(d.lineno for d in getattr(node, "decorator_list", ()))])
    return "\n".join(lines[first - 1 : getattr(node, "end_lineno", first)])


def _bound(body: Iterable[ast.AST]) -> Iterator[str]:
    """What a statement binds at the top level, also inside its blocks."""
    for node in body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            yield node.name
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            yield from ((alias.asname or alias.name.partition(".")[0]) for alias in node.names)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        else:
            if isinstance(node, (ast.Subscript, ast.Attribute)) and isinstance(node.ctx, ast.Store):
                base: ast.AST = node
                while isinstance(base, (ast.Subscript, ast.Attribute)):
                    base = base.value
                if isinstance(base, ast.Name):  # SETTINGS["model"] = …
                    yield base.id
            yield from _bound(ast.iter_child_nodes(node))
