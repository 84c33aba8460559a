"""A decorator of the project's own → how it asks again: the loop around its call of what it decorates."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from llmlint.link.flow import Loop, inside, swallowed_by
from llmlint.link.names import call_name
from llmlint.link.nodes import below, children
from llmlint.link.project import FuncInfo
from llmlint.link.repeats import never_counted

DEFS = (ast.FunctionDef, ast.AsyncFunctionDef)
Tries = tuple[Loop, list[ast.ExceptHandler], ast.Call]


def tried_by(maker: FuncInfo) -> Tries | None:
    """(the loop, the failures after which it goes on, the call of what is decorated); None where there is no such."""
    if not isinstance(maker.node, DEFS):
        return None
    nodes = below(maker.node)
    above = {child: parent for parent in nodes for child in children(parent)}
    for call in nodes:
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name):
            outer = list(_around(call, above))
            defs = [i for i, one in enumerate(outer) if isinstance(one, DEFS)]
            if not defs or not any(call.func.id in _parameters(outer[i]) for i in defs[1:]):
                continue  # what it calls was not handed to the decorator
            for loop in outer[: defs[0]]:
                if isinstance(loop, ast.While) or (isinstance(loop, ast.For) and _counts(loop.iter)):
                    handlers = swallowed_by(call, loop, above)
                    return (loop, handlers, call) if handlers else None
    return None


def _around(node: ast.AST, above: dict[ast.AST, ast.AST]) -> Iterator[ast.AST]:
    while (outer := above.get(node)) is not None:
        yield outer
        node = outer


def _counts(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and call_name(node) == "range"


def _parameters(node: ast.AST) -> Iterator[str]:
    if isinstance(node, DEFS):
        yield from (a.arg for a in [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs])


def limit_of(tries: Tries, maker: FuncInfo, decorator: ast.expr) -> tuple[bool | None, int | None]:
    """(is it limited, to how many tries), each None where it is not known."""
    loop, _, call = tries
    if isinstance(loop, ast.While):
        if isinstance(loop.test, ast.Constant) and loop.test.value:
            ends = (n for n in inside(loop.body) if isinstance(n, (ast.Raise, ast.Break, ast.Return)))
            other = any(not any(part is call for part in ast.walk(n)) for n in ends)
            return (None if other else False), None
        return (False if isinstance(loop.test, ast.Compare) and never_counted(loop) else None), None
    assert isinstance(loop.iter, ast.Call)
    if len(loop.iter.args) != 1:
        return True, None
    return True, _number(loop.iter.args[0], maker, decorator)


def _number(node: ast.expr, maker: FuncInfo, decorator: ast.expr) -> int | None:
    """Written there, given to the decorator, or the default of its parameter."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, int) and not isinstance(node.value, bool) else None
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        left, right = _number(node.left, maker, decorator), _number(node.right, maker, decorator)
        return None if left is None or right is None else left + right
    if not isinstance(node, ast.Name) or not isinstance(maker.node, DEFS):
        return None
    arguments = maker.node.args
    every = [*arguments.posonlyargs, *arguments.args]
    at = next((i for i, a in enumerate(every) if a.arg == node.id), None)
    given: ast.expr | None = None
    if isinstance(decorator, ast.Call):
        given = next((k.value for k in decorator.keywords if k.arg == node.id), None)
        if given is None and at is not None and at < len(decorator.args):
            given = decorator.args[at]
        if any(k.arg is None for k in decorator.keywords):
            return None
    if given is None and at is not None and at >= (first := len(every) - len(arguments.defaults)):
        given = arguments.defaults[at - first]
    named = zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
    given = given or next((default for a, default in named if a.arg == node.id), None)
    return _number(given, maker, decorator) if isinstance(given, ast.Constant) else None
