"""The system prompt of a call → the layouts of a cached text block around it, and the first that fits the line."""

from __future__ import annotations

import libcst as cst

from llmlint.fixes.nodes import code, with_value
from llmlint.fixes.site import Site


def block_layouts(call: cst.Call, index: int, control: str, site: Site) -> list[str]:
    """The block written in one line, in three, and with one entry a line."""
    q, unit = site.quote, site.unit
    line = _text_before(call, index, site).rpartition("\n")[2]
    base = line[: len(line) - len(line.lstrip(" \t"))]
    value = call.args[index].value
    kind, text, cache = f"{q}type{q}: {q}text{q}", f"{q}text{q}: ", f"{q}cache_control{q}: {control}"
    flat = "{" + f"{kind}, {text}{code(value)}, {cache}" + "}"
    one, two = base + unit, base + 2 * unit
    deeper = code(_indented(value, 2 * unit))
    layouts = ["[" + flat + "]", f"[\n{one}{flat}\n{base}]"]
    tall = f"[\n{one}{{\n{two}{kind},\n{two}{text}{deeper},\n{two}{cache},\n{one}}}\n{base}]"
    return [tall] if "\n" in code(value) else [*layouts, tall]


def first_that_fits(call: cst.Call, index: int, layouts: list[str], site: Site) -> cst.Call:
    before = _text_before(call, index, site)
    for layout in layouts:
        candidate = with_value(call, index, cst.parse_expression(layout))
        rendered = site.head + code(candidate) + site.tail
        first = before.count("\n")
        lines = rendered.split("\n")[first : first + layout.count("\n") + 1]
        if max(len(line.expandtabs(4)) for line in lines) <= site.width:
            break
    return candidate


def _text_before(call: cst.Call, index: int, site: Site) -> str:
    """All text from the start of the call's line to the argument."""
    head = call.with_changes(args=[], whitespace_before_args=call.whitespace_before_args)
    opening = code(head)[: -len(")")]
    return site.head + opening + "".join(code(arg) for arg in call.args[:index])


def _indented(node: cst.BaseExpression, by: str) -> cst.BaseExpression:
    deeper = node.visit(_Indenter(by))
    assert isinstance(deeper, cst.BaseExpression)
    return deeper


class _Indenter(cst.CSTTransformer):
    """Moves the lines of a bracketed expression to the right; the lines inside a string stay."""

    def __init__(self, by: str) -> None:
        super().__init__()
        self.by = by

    def leave_ParenthesizedWhitespace(
        self, original_node: cst.ParenthesizedWhitespace, updated_node: cst.ParenthesizedWhitespace
    ) -> cst.ParenthesizedWhitespace:
        lines = [
            line.with_changes(whitespace=cst.SimpleWhitespace(self.by + line.whitespace.value))
            if line.comment
            else line
            for line in updated_node.empty_lines
        ]
        last = cst.SimpleWhitespace(self.by + updated_node.last_line.value)
        return updated_node.with_changes(empty_lines=lines, last_line=last)
