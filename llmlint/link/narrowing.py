"""The test of an `if` → which texts a variable can be in each branch: `"claude" in model`, `model == "gpt-4o"`, …"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable

from llmlint.light import dataclass
from llmlint.link.values import UNKNOWN, Const, Unknown, Value, alternatives, join

CHANGES = frozenset({"lower", "upper", "strip", "casefold"})


@dataclass(frozen=True, slots=True)
class TextTest:
    """A test of one variable's text. exact: all the texts for which it holds, where it names them."""

    name: str
    holds: Callable[[str], bool]
    exact: tuple[str, ...] | None = None

    def narrowed(self, value: Value, wanted: bool) -> Value:
        """`value` in the branch where the test holds (or does not): what cannot be there is left out."""
        kept: list[Value] = []
        for part in alternatives(value):
            if isinstance(part, Const):
                if isinstance(part.value, str) and self.holds(part.value) == wanted:
                    kept.append(part)
            elif not (isinstance(part, Unknown) and wanted and self.exact):
                kept.append(part)
            else:
                kept += [Const(text) for text in self.exact]
        if kept:
            return join(kept)
        return join(Const(text) for text in self.exact) if wanted and self.exact else UNKNOWN


def text_test(test: ast.expr) -> TextTest | None:
    """What `test` says of the text of one variable; None where it says anything else."""
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        inner = text_test(test.operand)
        return None if inner is None else TextTest(inner.name, lambda text: not inner.holds(text))
    if isinstance(test, ast.BoolOp):
        return combined(test)
    if isinstance(test, ast.Compare) and len(test.ops) == 1:
        return compared(test.left, test.ops[0], test.comparators[0])
    if isinstance(test, ast.Call) and isinstance(test.func, ast.Attribute) and len(test.args) == 1:
        name, change = variable(test.func.value)
        texts = constants(test.args[0])
        if name is not None and texts is not None and test.func.attr in ("startswith", "endswith"):
            method = str.startswith if test.func.attr == "startswith" else str.endswith
            return TextTest(name, lambda text: method(change(text), texts))
    return None


def combined(test: ast.BoolOp) -> TextTest | None:
    parts = [part for part in map(text_test, test.values) if part is not None]
    if len(parts) < len(test.values) or len({part.name for part in parts}) > 1:
        return None
    if isinstance(test.op, ast.And):
        return TextTest(parts[0].name, lambda text: all(part.holds(text) for part in parts))
    exact: tuple[str, ...] | None = ()
    for part in parts:
        exact = None if exact is None or part.exact is None else (*exact, *part.exact)
    return TextTest(parts[0].name, lambda text: any(part.holds(text) for part in parts), exact)


def compared(left: ast.expr, op: ast.cmpop, right: ast.expr) -> TextTest | None:
    name, change = variable(left)
    if name is not None and isinstance(op, (ast.Eq, ast.In)):
        texts = constants(right)
        if texts is not None and isinstance(op, ast.Eq) == isinstance(right, ast.Constant):
            return TextTest(name, lambda text: change(text) in texts, texts if isinstance(left, ast.Name) else None)
        return None
    if isinstance(op, (ast.NotEq, ast.NotIn)):
        inner = compared(left, ast.Eq() if isinstance(op, ast.NotEq) else ast.In(), right)
        return None if inner is None else TextTest(inner.name, lambda text: not inner.holds(text))
    within, change = variable(right)
    if isinstance(op, ast.In) and within is not None and isinstance(left, ast.Constant) and isinstance(left.value, str):
        word = left.value
        return TextTest(within, lambda text: word in change(text))
    return None


def variable(node: ast.expr) -> tuple[str | None, Callable[[str], str]]:
    """`model`, `model.lower()` → its name, and what is done to its text before it is compared."""
    if isinstance(node, ast.Name):
        return node.id, str
    if isinstance(node, ast.Call) and not node.args and not node.keywords and isinstance(node.func, ast.Attribute):
        method, owner = node.func.attr, node.func.value
        if method in CHANGES and isinstance(owner, ast.Name):
            return owner.id, lambda text: str(getattr(text, method)())
    return None, str


def constants(node: ast.expr) -> tuple[str, ...] | None:
    """The texts of a constant, or of a written-out collection of them."""
    parts: Iterable[ast.expr] = node.elts if isinstance(node, (ast.List, ast.Tuple, ast.Set)) else (node,)
    texts = [part.value for part in parts if isinstance(part, ast.Constant) and isinstance(part.value, str)]
    return tuple(texts) if texts and len(texts) == len(list(parts)) else None
