"""A rule's expression or template + plain data → a value or a text, in a sandbox that a stranger's rule cannot leave.

Three walls. What is parsed, here: only the node types below (no loops, macros, assignments, imports), no name, filter,
test or function but ours, `call.…` only where the facts have it. What runs, `environment.py`: attributes are keys of
plain records, never of Python objects; only `helpers.FUNCTIONS` can be called. How much: every text, number and
product is bounded.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from jinja2 import TemplateError, Undefined, nodes
from jinja2.exceptions import SecurityError
from jinja2.parser import Parser

from llmlint.judge.environment import Environment, NullSafe, is_number
from llmlint.judge.helpers import FILTERS, FUNCTIONS, MAX_NUMBER, MAX_TEXT, TESTS, Refused
from llmlint.judge.words import did_you_mean

MAX_SOURCE = 4_000
MAX_NODE_DEPTH = 60

Shape = Mapping[str, Any]  # the properties that a record has; a value is a Shape or None (anything)

EXPRESSIONS: tuple[type[nodes.Node], ...] = (
    nodes.Name, nodes.Const, nodes.List, nodes.Tuple, nodes.Dict, nodes.Pair, nodes.CondExpr, nodes.Filter, nodes.Test,
    nodes.Call, nodes.Getattr, nodes.Getitem, nodes.Slice, nodes.Concat, nodes.Compare, nodes.Operand, nodes.Add,
    nodes.Sub, nodes.Mul, nodes.Div, nodes.FloorDiv, nodes.Mod, nodes.Pow, nodes.Not, nodes.Neg, nodes.Pos, nodes.And,
    nodes.Or, nodes.Keyword,
)  # fmt: skip
TEMPLATES: tuple[type[nodes.Node], ...] = (*EXPRESSIONS, nodes.Template, nodes.Output, nodes.TemplateData, nodes.If)
WORDS: dict[type[nodes.Node], str] = {
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
        self.environment = Environment()

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
        """A text with {{ expressions }} and {% if %}. Raises BadExpression as `expression` does."""
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
            return NullSafe().visit(parse(source))
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
            elif isinstance(node, nodes.Const) and is_number(node.value) and not abs(node.value) <= MAX_NUMBER:
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
