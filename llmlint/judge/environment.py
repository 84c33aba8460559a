"""The Jinja2 environment in which a checked expression runs: plain records only, null-safe, every result bounded.

null means "unknown": a property of null is null, arithmetic with null gives null, `<` with null is false, null prints
as "unknown". `x.name` must exist; `x[key]` with a key that is not there is null, for tables whose keys the policy sets.
"""

from __future__ import annotations

import operator
from typing import Any, NoReturn

from jinja2 import StrictUndefined, Undefined, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.visitor import NodeTransformer

from llmlint.judge.helpers import FILTERS, FUNCTIONS, MAX_NUMBER, TESTS, Refused, bounded, scalar_text

MAX_POWER = 64


class NullSafe(NodeTransformer):
    """Comparisons, slices and `~` become calls of the environment's own, which know null and bounds."""

    def visit_Compare(self, node: nodes.Compare) -> nodes.Expr:
        self.generic_visit(node)
        left, out = node.expr, None
        for operand in node.ops:
            one = _own("compare", [nodes.Const(operand.op), left, operand.expr], node.lineno)
            out = one if out is None else nodes.And(out, one, lineno=node.lineno)
            left = operand.expr
        assert out is not None
        return out

    def visit_Getitem(self, node: nodes.Getitem) -> nodes.Expr:
        self.generic_visit(node)
        if not isinstance(node.arg, nodes.Slice):
            return node
        bounds = [node.arg.start, node.arg.stop, node.arg.step]
        return _own("sliced", [node.node, *(b or nodes.Const(None) for b in bounds)], node.lineno)

    def visit_Concat(self, node: nodes.Concat) -> nodes.Expr:
        self.generic_visit(node)
        return _own("concat", list(node.nodes), node.lineno)


def _own(name: str, args: list[nodes.Expr], line: int) -> nodes.Expr:
    return nodes.Call(nodes.EnvironmentAttribute(name, lineno=line), args, [], None, None, lineno=line)


ORDERS = {"lt": operator.lt, "lteq": operator.le, "gt": operator.gt, "gteq": operator.ge}
SUMS = {"+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv, "//": operator.floordiv,
        "%": operator.mod, "**": operator.pow}  # fmt: skip


class Environment(ImmutableSandboxedEnvironment):
    intercepted_binops = frozenset(SUMS)
    intercepted_unops = frozenset("+-")

    def __init__(self) -> None:
        super().__init__(
            undefined=StrictUndefined, finalize=scalar_text, optimized=False, cache_size=0, trim_blocks=True,
            lstrip_blocks=True,
        )  # fmt: skip
        self.globals = dict(FUNCTIONS)
        self.filters = dict(FILTERS)
        self.tests = dict(TESTS)
        self.callables = (*FUNCTIONS.values(), self.compare, self.concat, self.sliced)

    def is_safe_callable(self, obj: Any) -> bool:
        return any(obj == own for own in self.callables)

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        return False

    def getattr(self, obj: Any, attribute: str) -> Any:
        """A key of a record; never an attribute of a Python object."""
        if obj is None:
            return None
        if type(obj) is dict and attribute in obj:
            return obj[attribute]
        if isinstance(obj, Undefined):
            _undefined(obj)
        return self.undefined(f"there is no `{attribute}` in {_kind(obj)}", name=attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        """An item of a list, or a value of a table; null where there is none."""
        if isinstance(obj, Undefined) or isinstance(argument, Undefined):
            _undefined(obj if isinstance(obj, Undefined) else argument)
        if obj is None or argument is None:
            return None
        if type(obj) is dict:
            return obj.get(argument) if isinstance(argument, (str, int)) else None
        if type(obj) in (tuple, list, str) and type(argument) is int:
            return obj[argument] if -len(obj) <= argument < len(obj) else None
        raise Refused(f"{_kind(obj)} has no item {argument!r:.40}")

    def compare(self, how: str, left: Any, right: Any) -> bool:
        for side in (left, right):
            if isinstance(side, Undefined):
                _undefined(side)
        if how in ("eq", "ne"):
            return bool(left == right) is (how == "eq")
        if how in ("in", "notin"):
            found = right is not None and (str(left) if isinstance(right, str) else left) in right
            return found is (how == "in")
        if left is None or right is None:
            return False
        return bool(ORDERS[how](left, right))

    def sliced(self, obj: Any, *bounds: int | None) -> Any:
        return None if obj is None else obj[slice(*bounds)]

    def concat(self, *parts: Any) -> Any:
        return bounded("".join(str(scalar_text(part)) for part in parts))

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        if left is None or right is None:
            return None
        if operator == "+" and isinstance(left, str) and isinstance(right, str):
            return bounded(left + right)
        if not (is_number(left) and is_number(right)):
            raise Refused(f"`{operator}` works on numbers here, not on {_kind(left)} and {_kind(right)}")
        if operator == "**" and not (abs(left) <= MAX_NUMBER and abs(right) <= MAX_POWER):
            raise Refused("the power is too large")
        if operator in ("/", "//", "%") and right == 0:
            raise Refused("division by zero")
        return bounded(SUMS[operator](left, right))

    def call_unop(self, context: Any, operator: str, arg: Any) -> Any:
        if arg is None:
            return None
        if not is_number(arg):
            raise Refused(f"`{operator}` works on numbers here, not on {_kind(arg)}")
        return -arg if operator == "-" else arg


def is_number(value: Any) -> bool:
    return type(value) in (int, float)


def _kind(value: Any) -> str:
    names = {str: "a text", dict: "a record", tuple: "a list", list: "a list", bool: "true or false"}
    return names.get(type(value), "a number" if is_number(value) else "this")


def _undefined(value: Undefined) -> NoReturn:
    raise Refused(value._undefined_message)
