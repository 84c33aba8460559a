"""Syntax around a call → the way from it outwards, what is computed from its answer, and where a loop is left."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Iterator, Sequence

from llmlint.light import dataclass
from llmlint.link.nodes import children, own_nodes
from llmlint.link.project import FuncInfo, Module, dotted_name

Loop = ast.For | ast.AsyncFor | ast.While
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
BLOCKS = ("body", "orelse", "finalbody", "handlers")
MAX_ROUNDS = 6  # of following names from assignment to assignment


def ancestors(node: ast.AST, above: dict[ast.AST, ast.AST]) -> Iterator[ast.AST]:
    """What the node stands in, nearest first, as far as the definition it stands in."""
    while (outer := above.get(node)) is not None and not isinstance(outer, DEFINITIONS):
        yield outer
        node = outer


def inside(body: Iterable[ast.AST]) -> Iterator[ast.AST]:
    """The nodes and everything below them, but for functions and classes defined there."""
    for node in body:
        yield node
        if not isinstance(node, DEFINITIONS):
            yield from own_nodes(node)


def block_of(stmt: ast.AST, outer: ast.AST) -> list[ast.stmt]:
    """The list of statements of `outer` that holds `stmt`."""
    for name in BLOCKS:
        block = getattr(outer, name, None)
        if isinstance(block, list) and any(s is stmt for s in block):
            return block if name != "handlers" else []
    for case in getattr(outer, "cases", None) or ():
        if stmt in case.body:
            return list(case.body)
    return []


def names_in(node: ast.AST) -> frozenset[str]:
    """The plain names and dotted names that the node reads: `x`, `self.done`."""
    out: set[str] = set()
    for part in inside([node]):
        if isinstance(part, ast.Name):
            out.add(part.id)
        elif isinstance(part, ast.Attribute) and (dotted := dotted_name(part)) is not None:
            out.add(dotted)
    return frozenset(out)


def targets(node: ast.expr) -> Iterator[str]:
    """The names that an assignment to `node` binds: `x`, `self.x`, each of a tuple, the base of `x[0]`."""
    if isinstance(node, (ast.Tuple, ast.List)):
        for part in node.elts:
            yield from targets(part)
    elif isinstance(node, (ast.Starred, ast.Subscript)):
        yield from targets(node.value)
    else:
        dotted = dotted_name(node)
        if dotted is not None:
            yield dotted


@dataclass(frozen=True, slots=True)
class Binding:
    """One place where names get their values; reads: the names that the value is made from.

    within: the value becomes a part of what the name holds (`x["k"] = v`, `x.append(v)`), not the whole of it.
    """

    names: tuple[str, ...]
    value: ast.AST
    reads: frozenset[str]
    within: bool = False


@dataclass(frozen=True, slots=True)
class Unit:
    """A function or a module's top level, taken apart once: every node of its own, and where names are bound."""

    nodes: list[ast.AST]
    bindings: list[Binding]


def unit_of(module: Module, function: FuncInfo | None) -> Unit:
    cached: dict[int, Unit] = module.__dict__.setdefault("_taken_apart", {})
    root = function.node if function is not None else module.tree
    found = cached.get(id(root))
    if found is None:
        nodes = list(inside(root.body)) if isinstance(root.body, list) else []
        found = cached[id(root)] = Unit(nodes, bindings_in(nodes, True))
    return found


def parents(module: Module, function: FuncInfo | None) -> dict[ast.AST, ast.AST]:
    """Node → the node it stands in, for a function's own nodes or those of a module's top level."""
    cached: dict[int, dict[ast.AST, ast.AST]] = module.__dict__.setdefault("_parents", {})
    root: ast.AST = function.node if function is not None else module.tree
    found = cached.get(id(root))
    if found is None:
        outer = [root, *unit_of(module, function).nodes]
        found = cached[id(root)] = {child: node for node in outer for child in children(node)}
    return found


def bindings_in(body: Iterable[ast.AST], flat: bool = False) -> list[Binding]:
    """Assignments, `for` targets, `with … as`, `:=`, and what is put into a collection. flat: `body` is every node."""
    out: list[Binding] = []

    def bind(names: Iterable[str], value: ast.AST, within: bool = False) -> None:
        out.append(Binding(tuple(names), value, names_in(value), within))

    own: list[ast.comprehension] = []
    for node in body if flat else inside(body):
        if isinstance(node, ast.Assign):
            stored = any(isinstance(t, ast.Subscript) for t in node.targets)
            bind((n for t in node.targets for n in targets(t)), node.value, stored)
        elif isinstance(node, (ast.AugAssign, ast.NamedExpr)) or (isinstance(node, ast.AnnAssign) and node.value):
            assert node.value is not None
            bind(targets(node.target), node.value)
        elif isinstance(node, (ast.For, ast.AsyncFor)):
            bind(targets(node.target), node.iter)
        elif isinstance(node, ast.comprehension):
            own.append(node)
        elif isinstance(node, ast.withitem) and node.optional_vars is not None:
            bind(targets(node.optional_vars), node.context_expr)
        elif (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in ("append", "extend", "add", "insert", "update", "setdefault", "put")
        ):
            for argument in node.args:
                bind(targets(node.func.value), argument, True)
    taken = {n for b in out for n in b.names}
    for node in own:  # a name of its own, which does not change a variable that is called so
        bind((n for n in targets(node.target) if n not in taken), node.iter)
    return out


def follows(
    call: ast.AST, body: list[ast.stmt], above: dict[ast.AST, ast.AST], flags: bool = True
) -> frozenset[str]:
    """The names that are computed from the call's answer, also the flags that are set where it is tested."""
    choices = [n for n in inside(body) if isinstance(n, ast.If)] if flags else []
    tested = [(n.test, bindings_in([*n.body, *n.orelse])) for n in choices]
    return computed_from({call, *ancestors(call, above)}, bindings_in(body), tested)


def computed_from(
    around: Collection[ast.AST], bound: Sequence[Binding], tested: Sequence[tuple[ast.expr, Sequence[Binding]]] = ()
) -> frozenset[str]:
    """The names that are bound to one of the expressions, or to what reads such a name. tested: (the test of an `if`,
    what is bound in it): constants that are set where such a name is tested follow too."""
    found: set[str] = set()
    for _ in range(MAX_ROUNDS):
        before = len(found)
        for binding in bound:
            if binding.value in around or binding.reads & found:
                found.update(binding.names)
        for test, inner in tested:
            if names_in(test) & found:
                found.update(n for b in inner if isinstance(b.value, ast.Constant) for n in b.names)
        if len(found) == before:
            break
    return frozenset(found - {"self", "cls"})


# where a loop is left -------------------------------------------------------------------------------------------------


def exits(loop: Loop, above: dict[ast.AST, ast.AST]) -> Iterator[tuple[ast.stmt, list[ast.expr], bool]]:
    """(statement that leaves the loop, the tests it depends on, whether it stands in an `except`)."""
    for node in inside(loop.body):
        if not isinstance(node, (ast.Break, ast.Return, ast.Raise)):
            continue
        tests: list[ast.expr] = []
        handled = False
        other = False
        inner: ast.AST = node
        for outer in ancestors(node, above):
            if outer is loop:
                break
            if isinstance(outer, (ast.If, ast.While)):
                tests.append(outer.test)
            elif isinstance(outer, ast.Match):
                tests.append(outer.subject)
            elif isinstance(outer, ast.ExceptHandler):
                handled = True
            if isinstance(outer, (ast.For, ast.AsyncFor, ast.While)) and isinstance(node, ast.Break):
                other = other or block_of(inner, outer) is outer.body
            if isinstance(outer, ast.Try) and isinstance(node, ast.Raise) and inner in outer.body and outer.handlers:
                other = True  # caught on the way
            inner = outer
        if not other:
            yield node, tests, handled


def leaves(block: list[ast.stmt], far: bool = False) -> bool:
    """Does the block end the loop it stands in, whatever happens? far: one further out, which `break` does not end."""
    for stmt in block:
        if isinstance(stmt, (ast.Return, ast.Raise)):
            return True
        if isinstance(stmt, ast.Break):
            return not far
        if isinstance(stmt, ast.Continue):
            return False
        if isinstance(stmt, ast.If) and stmt.orelse and leaves(stmt.body, far) and leaves(stmt.orelse, far):
            return True
        if isinstance(stmt, (ast.With, ast.AsyncWith)) and leaves(stmt.body, far):
            return True
        if isinstance(stmt, ast.Try) and (leaves(stmt.body, far) or (bool(stmt.orelse) and leaves(stmt.orelse, far))):
            return True
    return False


def straight_out(call: ast.AST, loop: ast.AST, above: dict[ast.AST, ast.AST]) -> bool:
    """Does the straight way on from the call leave the loop, so that only a failure leads round again?"""
    inner: ast.AST = call
    between = [n for n in _below(call, loop, above) if isinstance(n, (ast.For, ast.AsyncFor, ast.While))]
    for outer in ancestors(call, above):
        if outer is loop:
            block = block_of(inner, outer)
            return isinstance(inner, ast.Return) or leaves(block[_at(block, inner) + 1 :])
        if isinstance(inner, ast.stmt):
            if isinstance(inner, ast.Return):
                return True
            block = block_of(inner, outer)
            rest = block[_at(block, inner) + 1 :]
            if isinstance(outer, ast.Try) and block is outer.body:
                rest = [*rest, *outer.orelse]
            if leaves(rest, far=bool(between)):
                return True
            if rest and any(isinstance(s, ast.Continue) for s in rest):
                return False
        if between and outer is between[0]:
            del between[0]
        inner = outer
    return False


def _below(node: ast.AST, top: ast.AST, above: dict[ast.AST, ast.AST]) -> Iterator[ast.AST]:
    """What the node stands in, innermost first, as far as `top`, which is left out."""
    for outer in ancestors(node, above):
        if outer is top:
            return
        yield outer


def _at(block: list[ast.stmt], stmt: ast.AST) -> int:
    return next((i for i, s in enumerate(block) if s is stmt), len(block))


def swallowed_by(call: ast.AST, loop: ast.AST, above: dict[ast.AST, ast.AST]) -> list[ast.ExceptHandler]:
    """The `except` blocks between the call and the loop that do not leave the loop: after them it goes on."""
    out: list[ast.ExceptHandler] = []
    inner: ast.AST = call
    for outer in ancestors(call, above):
        if isinstance(outer, ast.Try) and any(s is inner for s in outer.body):
            out += [h for h in outer.handlers if not leaves(h.body)]
        if outer is loop:
            break
        inner = outer
    return out
