"""A rule's expression or template + plain data → a value or a text, in a Jinja2 sandbox that a stranger's rule cannot leave.

Three walls. What is parsed: only the node types in `ALLOWED` (no loops, macros, assignments, imports), no name, filter,
test or function but ours, `call.…` only where the facts have it. What runs: attributes are keys of plain records,
never of Python objects; only `helpers.FUNCTIONS` can be called. How much: every text, number and product is bounded.

null means "unknown": a property of null is null, arithmetic with null gives null, `<` with null is false, null prints
as "unknown". A typo is an error: a property that does not exist is refused when the rule is read. `x[key]` with a key that
is not there is null, for tables whose keys the policy sets.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NoReturn

from jinja2 import StrictUndefined, TemplateError, Undefined, nodes
from jinja2.parser import Parser
from jinja2.sandbox import ImmutableSandboxedEnvironment, SecurityError
from jinja2.visitor import NodeTransformer

from llmlint.judge.helpers import FILTERS, FUNCTIONS, MAX_NUMBER, MAX_TEXT, TESTS, Refused, bounded, scalar_text
from llmlint.judge.words import did_you_mean

MAX_SOURCE = 4_000
MAX_NODE_DEPTH = 60
MAX_POWER = 64

Shape = Mapping[str, Any]  # the properties that a record has; a value is a Shape or None (anything)

EXPRESSIONS: tuple[type[nodes.Node], ...] = (
    nodes.Name, nodes.Const, nodes.List, nodes.Tuple, nodes.Dict, nodes.Pair, nodes.CondExpr, nodes.Filter, nodes.Test,
    nodes.Call, nodes.Getattr, nodes.Getitem, nodes.Slice, nodes.Concat, nodes.Compare, nodes.Operand, nodes.Add,
    nodes.Sub, nodes.Mul, nodes.Div, nodes.FloorDiv, nodes.Mod, nodes.Pow, nodes.Not, nodes.Neg, nodes.Pos, nodes.And,
    nodes.Or, nodes.Keyword,
)  # fmt: skip
TEMPLATES = (*EXPRESSIONS, nodes.Template, nodes.Output, nodes.TemplateData, nodes.If)
WORDS = {
    nodes.For: "a loop", nodes.Macro: "a macro", nodes.CallBlock: "{% call %}", nodes.Assign: "{% set %}",
    nodes.AssignBlock: "{% set %}", nodes.Include: "{% include %}", nodes.Import: "{% import %}",
    nodes.FromImport: "{% import %}", nodes.Extends: "{% extends %}", nodes.Block: "{% block %}",
    nodes.FilterBlock: "{% filter %}", nodes.With: "{% with %}",
}  # fmt: skip


class BadExpression(Exception):
    """Why an expression or template is refused, or failed. mend: what to do instead."""

    def __init__(self, message: str, line: int = 1, mend: str | None = None) -> None:
        super().__init__(message)
        self.message, self.line, self.mend = message, line, mend


class Sandbox:
    """Compiles expressions and templates over the given names. One per kind of rule."""

    def __init__(self, shapes: Shape) -> None:
        self.shapes = shapes
        self.environment = _Environment()

    def expression(self, source: str) -> Callable[[Mapping[str, Any]], Any]:
        """A condition or a single value. Raises BadExpression now if it is refused, when called if it fails."""
        tree = self._guarded(source, self._parse_expression)
        result = nodes.Assign(nodes.Name("result", "store", lineno=1), tree, lineno=1)
        template = self._compiled(nodes.Template([result], lineno=1))

        def evaluate(scope: Mapping[str, Any]) -> Any:
            context = template.new_context(dict(scope))
            _run(lambda: [None for _ in template.root_render_func(context)])
            value = context.vars["result"]
            if isinstance(value, Undefined):
                raise BadExpression(value._undefined_message)
            return value

        return evaluate

    def template(self, source: str) -> Callable[[Mapping[str, Any]], str]:
        """A text with {{ expressions }} and {% if %}. Raises BadExpression now if it is refused, when called if it fails."""
        template = self._compiled(self._guarded(source, self._parse_template))

        def render(scope: Mapping[str, Any]) -> str:
            context = template.new_context(dict(scope))
            return str(_run(lambda: _joined(template.root_render_func(context))))

        return render

    def value(self, source: str) -> Callable[[Mapping[str, Any]], Any]:
        """As `template`, but a text that is a single {{ expression }} gives its value, not its text."""
        alone = re.fullmatch(r"\s*\{\{((?:(?!\{\{|\}\}).)*)\}\}\s*", source, re.DOTALL)
        return self.expression(alone.group(1)) if alone else self.template(source)

    def _parse_expression(self, source: str) -> nodes.Node:
        parser = Parser(self.environment, source, state="variable")
        tree = parser.parse_expression()
        if not parser.stream.eos:
            token = parser.stream.current
            raise BadExpression(f"`{token.value}` is not expected here", token.lineno)
        self._check(tree, EXPRESSIONS)
        return tree

    def _parse_template(self, source: str) -> nodes.Template:
        tree = self.environment.parse(source)
        self._check(tree, TEMPLATES)
        return tree

    def _guarded(self, source: str, parse: Callable[[str], Any]) -> Any:
        if len(source) > MAX_SOURCE:
            raise BadExpression(f"longer than {MAX_SOURCE} characters")
        try:
            return _NullSafe().visit(parse(source))
        except TemplateError as error:
            message = (error.message or "broken").splitlines()[0]
            raise BadExpression(message, getattr(error, "lineno", None) or 1) from None
        except (RecursionError, MemoryError):
            raise BadExpression("nested too deeply", mend="write it flatter") from None
        except (ValueError, OverflowError) as error:
            raise BadExpression(str(error)) from None

    def _compiled(self, tree: nodes.Template) -> Any:
        tree.set_environment(self.environment)
        try:
            return self.environment.from_string(tree)
        except (RecursionError, MemoryError):
            raise BadExpression("nested too deeply", mend="write it flatter") from None
        except (TemplateError, SyntaxError, ValueError) as error:
            raise BadExpression(str(error).splitlines()[0]) from None

    def _check(self, tree: nodes.Node, allowed: tuple[type[nodes.Node], ...]) -> None:
        called: set[int] = set()
        for node, depth in _walk(tree):
            if depth > MAX_NODE_DEPTH:
                raise BadExpression("nested too deeply", node.lineno, "write it flatter")
            if not isinstance(node, allowed):
                word = WORDS.get(type(node), type(node).__name__)
                raise BadExpression(f"{word} is not allowed here", node.lineno)
            if isinstance(node, nodes.Call):
                self._check_call(node)
                called.add(id(node.node))
            elif isinstance(node, nodes.Name):
                self._check_name(node, id(node) in called)
            elif isinstance(node, nodes.Getattr):
                self._check_property(node)
            elif isinstance(node, (nodes.Filter, nodes.Test)):
                self._check_filter(node)
            elif isinstance(node, nodes.CondExpr) and node.expr2 is None:
                raise BadExpression("`if` without `else`", node.lineno, "say what it is otherwise")
            elif isinstance(node, nodes.Const) and _is_number(node.value) and not abs(node.value) <= MAX_NUMBER:
                raise BadExpression("the number is too large", node.lineno)

    def _check_call(self, node: nodes.Call) -> None:
        name = node.node.name if isinstance(node.node, nodes.Name) else None
        if name not in FUNCTIONS:
            what = f"`{name}`" if name else "this"
            mend = did_you_mean(name or "", FUNCTIONS, f"the functions are {', '.join(sorted(FUNCTIONS))}")
            raise BadExpression(f"{what} cannot be called here", node.lineno, mend)
        if node.dyn_args is not None or node.dyn_kwargs is not None:
            raise BadExpression("`*` and `**` arguments are not allowed here", node.lineno)

    def _check_name(self, node: nodes.Name, called: bool) -> None:
        if called or (node.name in self.shapes and node.ctx == "load"):
            return
        if node.name in FUNCTIONS:
            raise BadExpression(f"`{node.name}` is a function: call it", node.lineno)
        mend = did_you_mean(node.name, self.shapes, f"known here: {', '.join(self.shapes)}")
        raise BadExpression(f"there is no `{node.name}` here", node.lineno, mend)

    def _check_property(self, node: nodes.Getattr) -> None:
        if node.attr.startswith("_"):
            raise BadExpression(f"`{node.attr}`: names that begin with an underscore are not allowed", node.lineno)
        shape, written = self._shape_of(node.node)
        if shape is not None and node.attr not in shape:
            mend = did_you_mean(node.attr, shape, f"`{written}` has {', '.join(shape)}" if shape else None)
            raise BadExpression(f"`{written}` has no `{node.attr}`", node.lineno, mend)

    def _shape_of(self, node: nodes.Node) -> tuple[Shape | None, str]:
        """What is known of the record that an expression gives, and how it is written; None: anything."""
        if isinstance(node, nodes.Name):
            return self.shapes.get(node.name), node.name
        if isinstance(node, nodes.Getattr):
            outer, written = self._shape_of(node.node)
            inner = outer.get(node.attr) if outer is not None else None
            return (inner if isinstance(inner, Mapping) else None), f"{written}.{node.attr}"
        return None, ""

    def _check_filter(self, node: nodes.Filter | nodes.Test) -> None:
        kind, known = ("filter", FILTERS) if isinstance(node, nodes.Filter) else ("test", TESTS)
        if node.name not in known:
            mend = did_you_mean(node.name, known, f"the {kind}s are {', '.join(sorted(known))}")
            raise BadExpression(f"there is no {kind} `{node.name}` here", node.lineno, mend)
        if node.dyn_args is not None or node.dyn_kwargs is not None:
            raise BadExpression("`*` and `**` arguments are not allowed here", node.lineno)


def _walk(tree: nodes.Node) -> Iterator[tuple[nodes.Node, int]]:
    """Outer nodes first, without recursion: the depth is what is being checked."""
    stack = [(tree, 0)]
    while stack:
        node, depth = stack.pop()
        yield node, depth
        stack += [(child, depth + 1) for child in node.iter_child_nodes()]


class _NullSafe(NodeTransformer):
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


class _Environment(ImmutableSandboxedEnvironment):
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

    def concat(self, *parts: Any) -> str:  # type: ignore[override]
        return bounded("".join(str(scalar_text(part)) for part in parts))

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        if left is None or right is None:
            return None
        if operator == "+" and isinstance(left, str) and isinstance(right, str):
            return bounded(left + right)
        if not (_is_number(left) and _is_number(right)):
            raise Refused(f"`{operator}` works on numbers here, not on {_kind(left)} and {_kind(right)}")
        if operator == "**" and not (abs(left) <= MAX_NUMBER and abs(right) <= MAX_POWER):
            raise Refused("the power is too large")
        if operator in ("/", "//", "%") and right == 0:
            raise Refused("division by zero")
        return bounded(SUMS[operator](left, right))

    def call_unop(self, context: Any, operator: str, arg: Any) -> Any:
        if arg is None:
            return None
        if not _is_number(arg):
            raise Refused(f"`{operator}` works on numbers here, not on {_kind(arg)}")
        return -arg if operator == "-" else arg


def _is_number(value: Any) -> bool:
    return type(value) in (int, float)


def _kind(value: Any) -> str:
    names = {str: "a text", dict: "a record", tuple: "a list", list: "a list", bool: "true or false", type(None): "null"}
    return names.get(type(value), "a number" if _is_number(value) else "this")


def _undefined(value: Undefined) -> NoReturn:
    raise Refused(value._undefined_message)


def _joined(parts: Iterator[str]) -> str:
    out, size = [], 0
    for part in parts:
        size += len(part)
        if size > MAX_TEXT:
            raise Refused(f"the text is longer than {MAX_TEXT} characters")
        out.append(part)
    return "".join(out)


def _run(work: Callable[[], Any]) -> Any:
    """What can go wrong while a rule runs is the rule's mistake; anything else is ours and passes."""
    try:
        return work()
    except (Refused, SecurityError, TemplateError) as error:
        raise BadExpression(str(error).splitlines()[0]) from None
    except (TypeError, ValueError, KeyError, IndexError, OverflowError, ZeroDivisionError) as error:
        raise BadExpression(f"{error}".splitlines()[0] if str(error) else type(error).__name__) from None
    except (RecursionError, MemoryError):
        raise BadExpression("too much for one rule") from None
