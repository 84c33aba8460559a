"""An ast node → the nodes below it, or its children: `ast.walk` and `ast.iter_child_nodes` for loops that run all day.

Those look up each field by its name and go through two generators for it; here the node's own dictionary is read. The
marks Load, Store and Del, of which there is one object for all trees, are left out.
"""

from __future__ import annotations

import ast
from typing import Any

# what stands in an ast node and has nothing below it that is a node
LEAVES = frozenset({
    int, str, float, complex, bool, bytes, type(None), type(...), ast.Load, ast.Store, ast.Del,
})  # fmt: skip
DEFINITIONS = frozenset({ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda})


def children(node: ast.AST) -> list[ast.AST]:
    """The nodes right below, in the order of the fields."""
    out: list[Any] = []
    for value in node.__dict__.values():
        kind = type(value)
        if kind in LEAVES:
            continue
        if kind is list:
            out += [item for item in value if type(item) not in LEAVES]
        else:
            out.append(value)
    return out


def below(root: ast.AST) -> list[ast.AST]:
    """The node and every node below it, in no order that means anything."""
    out = [root]
    for node in out:
        out += children(node)
    return out


def own_nodes(root: ast.AST) -> list[ast.AST]:
    """Every node below `root`, not entering functions or classes defined in it; of siblings the last one first."""
    out: list[ast.AST] = []
    stack = children(root)
    while stack:
        node = stack.pop()
        out.append(node)
        if type(node) not in DEFINITIONS:
            stack += children(node)
    return out
