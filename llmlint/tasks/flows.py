"""One unit of code + what in it has another value → what that reaches: names that it binds, functions that it calls.

Told without regard to order: a name that is tainted somewhere is tainted everywhere in the unit. A call that gets
something tainted is noted; what it gives back is judged where the function stands. Below a condition that is tainted
every call is noted, for it may not be the one that is taken; below a loop that is, each may run more often.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator

from llmlint.light import dataclass
from llmlint.link.project import MUTATORS

HEADERS = (ast.If, ast.While, ast.For, ast.AsyncFor, ast.With, ast.AsyncWith, ast.Try, ast.Match)
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
DEFINITIONS = (*FUNCTIONS, ast.ClassDef)
OWN = ("self", "cls")
LOOPS = (ast.For, ast.AsyncFor, ast.While)
ALL = "*"
NOT, CHOSEN, OFTEN = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Flow:
    """calls: name as written → does it run more or less often, not only with something else; handed: the same of
    arguments; given: name → which of its arguments are tainted, by place or keyword, `ALL` where it is called itself
    because of a change.

    names: all that is tainted in the end; out: what it gives back, or binds for others, is. attributes: those that it
    sets to something tainted.
    """

    calls: dict[str, bool]
    handed: dict[str, bool]
    given: dict[str, frozenset[int | str]]
    names: frozenset[str]
    out: bool
    attributes: frozenset[str]


def flow(
    nodes: Iterable[ast.AST], tainted: Collection[str], seeds: Collection[int], opaque: Callable[[str], bool],
    rebound: Collection[str], silent: Callable[[str], bool], local: Collection[str],
) -> Flow:  # fmt: skip
    """nodes: the unit's; tainted: names; seeds: the identities of statements that are tainted themselves; opaque: does
    what a function gives back say nothing of what it was given? rebound: tainted names that mean something else now,
    of others only the value has changed. silent: is what a function gives back unknown in any case? local: the names
    that the unit binds."""
    reading = _Reading(set(tainted), frozenset(seeds), opaque, frozenset(rebound), silent, local)
    nodes = list(nodes)
    size = -1
    while size != reading.size:
        size = reading.size
        for node in nodes:
            reading.statement(node, NOT)
    given = {name: frozenset(places) for name, places in reading.given.items()}
    return Flow(
        reading.calls, reading.handed, given, frozenset(reading.names), reading.out, frozenset(reading.attributes)
    )


class _Reading:
    def __init__(
        self, names: set[str], seeds: frozenset[int], opaque: Callable[[str], bool], rebound: frozenset[str],
        silent: Callable[[str], bool], local: Collection[str],
    ) -> None:  # fmt: skip
        self.names, self.seeds, self.opaque, self.rebound, self.silent = names, seeds, opaque, rebound, silent
        self.local = local
        self.calls: dict[str, bool] = {}
        self.handed: dict[str, bool] = {}
        self.given: dict[str, set[int | str]] = {}
        self.attributes: set[str] = set()
        self.out = False

    @property
    def size(self) -> int:
        calls = (*self.calls.values(), *self.handed.values())
        given = sum(map(len, self.given.values()))
        return len(self.names) + len(self.attributes) + len(calls) + sum(calls) + given + self.out

    def statement(self, node: ast.AST, under: int) -> None:
        """under: what stands above it, NOT tainted, a condition (CHOSEN), a loop or a change (OFTEN)."""
        under = OFTEN if id(node) in self.seeds else under
        if isinstance(node, DEFINITIONS):
            for part in (*node.decorator_list, *getattr(node, "bases", ())):
                self.out |= self.holds(part, under)
            for part in node.body:
                self.statement(part, under)
        elif isinstance(node, (*HEADERS, ast.ExceptHandler, ast.match_case)):
            hit = _some([self.holds(part, under) for part in heads(node)])
            inner = max(under, (OFTEN if isinstance(node, LOOPS) else CHOSEN) if hit else NOT)
            for target in targets(node) if inner else ():
                self.bind(target)
            for part in ast.iter_child_nodes(node):
                if isinstance(part, (ast.stmt, ast.ExceptHandler, ast.match_case)):
                    self.statement(part, inner)
        else:
            self._simple(node, under)

    def _simple(self, node: ast.AST, under: int) -> None:
        if isinstance(node, ast.Raise):
            return  # nobody asks a model with an exception
        parts = ast.iter_child_nodes(node) if isinstance(node, ast.stmt) else [node]
        hit = _some([self.holds(part, under) for part in parts]) or under
        if not hit:
            return
        if isinstance(node, (ast.Assign, ast.AnnAssign, ast.AugAssign)):
            value = node.value
            if value is not None and (self._unknown(value) or not (under or self.holds(value, NOT))):
                return  # only its target is tainted already
            for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                self.bind(target)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            self.names.update(
                alias.asname or alias.name.partition(".")[0] for alias in node.names
                if under or "*" in alias.name or self._from(node) or self.holds(alias, NOT)
            )  # fmt: skip
        elif isinstance(node, ast.Return) and not (node.value is not None and self._unknown(node.value)):
            self.out = True

    def _from(self, node: ast.Import | ast.ImportFrom) -> bool:
        """Is the module itself tainted?"""
        return isinstance(node, ast.ImportFrom) and not self.names.isdisjoint((node.module or "").split("."))

    def bind(self, target: ast.AST) -> None:
        if isinstance(target, ast.Name):
            self.names.update({target.id}.difference(OWN))
        elif isinstance(target, ast.Attribute):
            owner = target.value
            while isinstance(owner, (ast.Attribute, ast.Subscript)):
                owner = owner.value
            if isinstance(owner, ast.Name) and owner.id in OWN:
                self.attributes.add(target.attr)
            self.names.add(target.attr)
            self.bind(target.value)
        elif isinstance(target, (ast.Subscript, ast.Starred)):
            self.bind(target.value)
        elif isinstance(target, (ast.Tuple, ast.List)):
            for part in target.elts:
                self.bind(part)

    def holds(self, node: ast.AST, under: int) -> bool:
        """Is its value tainted? Calls that get something tainted, or stand under it, are noted."""
        if isinstance(node, ast.Name):
            return node.id in self.names
        if isinstance(node, ast.Attribute):
            return self.holds(node.value, under) or node.attr in self.names
        if isinstance(node, ast.Call):
            return self._call(node, under)
        if isinstance(node, ast.Constant):
            text = node.value if isinstance(node.value, str) and len(node.value) < 200 else ""
            return text.replace(":", ".").rpartition(".")[2] in self.names
        if isinstance(node, ast.alias):
            return not self.names.isdisjoint(node.name.split("."))
        if isinstance(node, (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)):
            loops = _some([self.holds(g.iter, under) for g in node.generators])
            for generator in node.generators if loops else ():
                self.bind(generator.target)
            return _some([self.holds(part, OFTEN if loops else under) for part in ast.iter_child_nodes(node)])
        found = _some([self.holds(part, under) for part in ast.iter_child_nodes(node)])
        if isinstance(node, ast.NamedExpr) and found:
            self.bind(node.target)
        if isinstance(node, (ast.Yield, ast.YieldFrom)) and found:
            self.out = True
        return found

    def _call(self, node: ast.Call, under: int) -> bool:
        whom = self.holds(node.func, under)
        given = _some([self.holds(part, under) for part in (*node.args, *node.keywords)])
        if whom or given or under:
            for part in (node.func, *node.args, *(k.value for k in node.keywords)):
                name = written(part)
                if name and (part is node.func or under or self.holds(part, NOT)):
                    kept = self.calls if part is node.func else self.handed
                    kept[name] = kept.get(name, False) or under == OFTEN
                    if part is node.func:
                        every = bool(under) or self._other(node.func)
                        self.given.setdefault(name, set()).update({ALL} if every else self._places(node))
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if given and isinstance(node.func, ast.Attribute) and name in MUTATORS:  # items.append(tainted)
            self.bind(node.func.value)
        return not self._unknown(node) and (whom or (given and not self.opaque(name)))

    def _unknown(self, node: ast.AST) -> bool:
        """Is it what a function outside the project gives back, of which nothing is known?"""
        while isinstance(node, (ast.Await, ast.Attribute, ast.Subscript)):
            node = node.value
        if not isinstance(node, ast.Call):
            return False
        if isinstance(node.func, ast.Name):
            return node.func.id not in self.local and node.func.id not in self.names and self.silent(node.func.id)
        if not isinstance(node.func, ast.Attribute):
            return False
        owner = node.func.value  # self.build(…): an attribute may hold a function of the project
        return not (isinstance(owner, ast.Name) and owner.id in OWN) and self.silent(node.func.attr)

    def _other(self, function: ast.expr) -> bool:
        """Can it be another function that is called? One that gives back something else is the same."""
        if isinstance(function, ast.Attribute):
            return function.attr in self.rebound or self.holds(function.value, NOT)
        return isinstance(function, ast.Name) and function.id in self.rebound

    def _places(self, node: ast.Call) -> Iterator[int | str]:
        """Which arguments are tainted; ALL where they are unpacked."""
        for number, part in enumerate(node.args):
            if self.holds(part, NOT):
                yield ALL if any(isinstance(one, ast.Starred) for one in node.args[: number + 1]) else number
        for keyword in node.keywords:
            if self.holds(keyword.value, NOT):
                yield keyword.arg or ALL


def written(node: ast.AST) -> str:
    """`ask` of `ask`, `.ask` of `client.ask`: the one is no method."""
    return f".{node.attr}" if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _some(found: list[bool]) -> bool:
    """All were asked, for asking notes calls."""
    return any(found)


def heads(node: ast.AST) -> Iterator[ast.AST]:
    """What stands in the head of a compound statement."""
    for name in ("test", "iter", "subject", "guard"):
        part = getattr(node, name, None)
        if part is not None:
            yield part
    for item in getattr(node, "items", ()):
        yield item.context_expr


def targets(node: ast.AST) -> Iterator[ast.AST]:
    """What the head of a compound statement binds."""
    if isinstance(node, (ast.For, ast.AsyncFor)):
        yield node.target
    for item in getattr(node, "items", ()):
        if item.optional_vars is not None:
            yield item.optional_vars


def new_statements(mine: Iterable[ast.AST], other: Iterable[ast.AST]) -> frozenset[int]:
    """The statements of one version, by identity, that the other does not have, or not under the same heads."""
    left = Counter(key for node in other for key, _ in _statements(node, ()))
    own = [found for node in mine for found in _statements(node, ())]
    count = Counter(key for key, _ in own)
    return frozenset(id(node) for key, node in own if count[key] > left[key])


def _statements(node: ast.AST, above: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], ast.AST]]:
    """Each simple statement and each head, with all heads above it. A text that stands alone says nothing."""
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return
    if isinstance(node, DEFINITIONS):
        parts = [getattr(node, "args", None), *getattr(node, "bases", ()), *node.decorator_list]
        yield (*above, node.name, *(ast.dump(part) for part in parts if part is not None)), node
        for part in node.body:
            yield from _statements(part, (*above, node.name))
    elif isinstance(node, HEADERS):
        head = type(node).__name__ + " ".join(ast.dump(part) for part in (*heads(node), *targets(node)))
        if not isinstance(node, ast.Try):
            yield (*above, head), node
        for block, body in ast.iter_fields(node):
            for part in body if isinstance(body, list) else ():
                if isinstance(part, (ast.stmt, ast.ExceptHandler, ast.match_case)):
                    yield from _statements(part, (*above, head, block))
    elif isinstance(node, (ast.ExceptHandler, ast.match_case)):
        for part in node.body:
            yield from _statements(part, above)
    else:
        yield (*above, ast.dump(node)), node
