"""A libcst expression → what an edit must know of it: its source, whether it is a literal, a plain text, which keys it has."""

from __future__ import annotations

import ast
from typing import Any

import libcst as cst

_RENDER = cst.Module([])


def _is_literal(node: cst.BaseExpression) -> bool:
    if isinstance(node, cst.UnaryOperation):
        node = node.expression
    return isinstance(node, (cst.SimpleString, cst.Integer, cst.Float)) or (
        isinstance(node, cst.Name) and node.value in ("True", "False", "None")
    )


def _is_plain_text(node: cst.BaseExpression) -> bool:
    if isinstance(node, cst.FormattedString):
        return not any(isinstance(part, cst.FormattedStringExpression) for part in node.parts)
    if isinstance(node, cst.ConcatenatedString):
        return _is_plain_text(node.left) and _is_plain_text(node.right)
    if isinstance(node, cst.SimpleString):
        return "b" not in node.prefix.lower()
    if isinstance(node, cst.Attribute):
        return _is_dotted(node)
    return isinstance(node, cst.Name) and node.value not in ("True", "False", "None")


def _is_dotted(node: cst.BaseExpression) -> bool:
    while isinstance(node, cst.Attribute):
        node = node.value
    return isinstance(node, cst.Name)


def _same_value(node: cst.BaseExpression, value: Any) -> bool:
    try:
        old = ast.literal_eval(_code(node))
    except (ValueError, SyntaxError, TypeError, RecursionError, MemoryError):
        return False
    return type(old) is type(value) and bool(old == value)


def _string(node: cst.BaseExpression) -> str | None:
    value = node.evaluated_value if isinstance(node, cst.SimpleString) else None
    return value if isinstance(value, str) else None


def _quote_of(node: cst.BaseExpression, site: Site) -> str:
    return node.quote if isinstance(node, cst.SimpleString) and len(node.quote) == 1 else site.quote


def _code(node: cst.CSTNode) -> str:
    return _RENDER.code_for_node(node)


def _short(node: cst.BaseExpression) -> str:
    code = " ".join(_code(node).split())
    return code if len(code) <= 40 else code[:37] + "..."


def _comments(node: cst.BaseExpression) -> str:
    finder = _Comments()
    node.visit(finder)
    return "\n".join(finder.found)


class _Comments(cst.CSTVisitor):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def visit_Comment(self, node: cst.Comment) -> None:
        self.found.append(node.value)


class _Quotes(cst.CSTVisitor):
    def __init__(self) -> None:
        super().__init__()
        self.single = self.double = 0

    def visit_SimpleString(self, node: cst.SimpleString) -> None:
        self.single += node.quote == "'"
        self.double += node.quote == '"'


def _known_keys(node: cst.BaseExpression) -> set[str] | None:
    """The keys of a dict literal or of dict(a=…); None where they are not all written there."""
    if isinstance(node, cst.Dict):
        keys = {_string(e.key) if isinstance(e, cst.DictElement) else None for e in node.elements}
        return None if None in keys else {k for k in keys if k is not None}
    if isinstance(node, cst.Call) and isinstance(node.func, cst.Name) and node.func.value == "dict":
        names = {a.keyword.value if a.keyword is not None else None for a in node.args}
        return None if None in names else {n for n in names if n is not None}
    return None

def _find_keyword(call: cst.Call, keyword: str) -> int | None:
    return next((i for i, a in enumerate(call.args) if a.keyword is not None and a.keyword.value == keyword), None)


