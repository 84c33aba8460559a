"""A libcst expression → what an edit must know of it: its source, whether it is a literal or a plain text, its keys."""

from __future__ import annotations

import ast
from typing import Any

import libcst as cst

_RENDER = cst.Module([])


def code(node: cst.CSTNode) -> str:
    """The source of any node."""
    return _RENDER.code_for_node(node)


def short(node: cst.BaseExpression) -> str:
    text = " ".join(code(node).split())
    return text if len(text) <= 40 else text[:37] + "..."


def is_literal(node: cst.BaseExpression) -> bool:
    if isinstance(node, cst.UnaryOperation):
        node = node.expression
    return isinstance(node, (cst.SimpleString, cst.Integer, cst.Float)) or (
        isinstance(node, cst.Name) and node.value in ("True", "False", "None")
    )


def is_plain_text(node: cst.BaseExpression) -> bool:
    if isinstance(node, cst.FormattedString):
        return not any(isinstance(part, cst.FormattedStringExpression) for part in node.parts)
    if isinstance(node, cst.ConcatenatedString):
        return is_plain_text(node.left) and is_plain_text(node.right)
    if isinstance(node, cst.SimpleString):
        return "b" not in node.prefix.lower()
    if isinstance(node, cst.Attribute):
        return _is_dotted(node)
    return isinstance(node, cst.Name) and node.value not in ("True", "False", "None")


def _is_dotted(node: cst.BaseExpression) -> bool:
    while isinstance(node, cst.Attribute):
        node = node.value
    return isinstance(node, cst.Name)


def same_value(node: cst.BaseExpression, value: Any) -> bool:
    try:
        old = ast.literal_eval(code(node))
    except (ValueError, SyntaxError, TypeError, RecursionError, MemoryError):
        return False
    return type(old) is type(value) and bool(old == value)


def string_value(node: cst.BaseExpression) -> str | None:
    value = node.evaluated_value if isinstance(node, cst.SimpleString) else None
    return value if isinstance(value, str) else None


def known_keys(node: cst.BaseExpression) -> set[str] | None:
    """The keys of a dict literal or of dict(a=…); None where they are not all written there."""
    if isinstance(node, cst.Dict):
        keys = {string_value(e.key) if isinstance(e, cst.DictElement) else None for e in node.elements}
        return None if None in keys else {k for k in keys if k is not None}
    if isinstance(node, cst.Call) and isinstance(node.func, cst.Name) and node.func.value == "dict":
        names = {a.keyword.value if a.keyword is not None else None for a in node.args}
        return None if None in names else {n for n in names if n is not None}
    return None


def find_keyword(call: cst.Call, keyword: str) -> int | None:
    return next((i for i, a in enumerate(call.args) if a.keyword is not None and a.keyword.value == keyword), None)


def with_value(call: cst.Call, index: int, value: cst.BaseExpression) -> cst.Call:
    args = list(call.args)
    args[index] = args[index].with_changes(value=value)
    return call.with_changes(args=args)


def has_comment_inside(node: cst.BaseExpression) -> bool:
    finder = _Comments()
    node.visit(finder)
    return finder.found


class _Comments(cst.CSTVisitor):
    def __init__(self) -> None:
        super().__init__()
        self.found = False

    def visit_Comment(self, node: cst.Comment) -> None:
        self.found = True


def preferred_quote(call: cst.Call) -> str:
    """The quote that most strings of the call stand in."""
    counter = _Quotes()
    call.visit(counter)
    return "'" if counter.single > counter.double else '"'


class _Quotes(cst.CSTVisitor):
    def __init__(self) -> None:
        super().__init__()
        self.single = self.double = 0

    def visit_SimpleString(self, node: cst.SimpleString) -> None:
        self.single += node.quote == "'"
        self.double += node.quote == '"'
