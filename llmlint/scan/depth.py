"""An ast tree → is it nested deeper than the evaluator can follow?

Walking every node costs more than parsing did, so only statements are walked. A statement's own expressions cannot be
deeper than its header has characters (`-----x` nests once a character), and nearly all headers are short.
"""

from __future__ import annotations

import ast
import re

LEVELS = 900
TERMS = 50_000  # of one sum
LINE_END = re.compile(r"\r\n|\r|\n")
BLOCKS = ("body", "orelse", "finalbody", "handlers", "cases")


def too_deep(tree: ast.Module, text: str, levels: int = LEVELS) -> int | None:
    """The line of a statement deeper than `levels`, or None. A left-leaning `+` chain is one level."""
    if len(text) < levels:
        return None
    starts = [0, *(m.end() for m in LINE_END.finditer(text))]
    stack: list[tuple[ast.AST, int]] = [(stmt, 1) for stmt in tree.body]
    while stack:
        node, depth = stack.pop()
        if depth > levels:
            return getattr(node, "lineno", None)
        blocks = [child for name in BLOCKS for child in _list(node, name)]
        if isinstance(node, ast.stmt):
            end = starts[node.end_lineno - 1] + (node.end_col_offset or 0) if node.end_lineno else len(text)
            start = starts[node.lineno - 1]
            if end - start > levels - depth and _deep_header(node, levels - depth):
                return node.lineno
        elif not isinstance(node, ast.ExceptHandler) and _deep_header(node, levels - depth):  # a match case
            return getattr(node, "lineno", None)
        stack += [(child, depth + 1) for child in blocks]
    return None


def _list(node: ast.AST, name: str) -> list[ast.AST]:
    found = getattr(node, name, None)
    return found if isinstance(found, list) else []  # the body of a lambda is an expression


def _deep_header(node: ast.AST, levels: int) -> bool:
    """Are the expressions of one statement, without its blocks, deeper than `levels`?"""
    header = [value for name, value in ast.iter_fields(node) if name not in BLOCKS]
    stack = [(child, 1, 0) for value in header for child in _nodes(value)]
    while stack:
        node, depth, terms = stack.pop()
        if depth > levels or terms > TERMS:
            return True
        chain = isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add)
        for name, value in ast.iter_fields(node):
            below = (depth, terms + 1) if chain and name == "left" else (depth + 1, 0)
            stack += [(child, *below) for child in _nodes(value)]
    return False


def _nodes(value: object) -> list[ast.AST]:
    if isinstance(value, ast.AST):
        return [value]
    return [item for item in value if isinstance(item, ast.AST)] if isinstance(value, list) else []
