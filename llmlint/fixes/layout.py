"""The items between two brackets (arguments, dict entries) → the same items with one more or one fewer, laid out alike.

libcst spreads the white space and the comments between items over four kinds of node; `Row` holds them in one form:
each item, the gap before it, and the tail before the closing bracket. Every edit moves gaps and drops no comment.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias, cast

import libcst as cst

Item: TypeAlias = "cst.Arg | cst.DictElement | cst.StarredDictElement"
Space: TypeAlias = "cst.BaseParenthesizableWhitespace"

NOTHING = cst.SimpleWhitespace("")
BLANK = cst.SimpleWhitespace(" ")
LINE_END = cst.TrailingWhitespace()


@dataclass(frozen=True, slots=True)
class Row:
    """items carry no comma; gaps[i] stands before items[i], before_comma[i] after it; tail before the last bracket."""

    items: tuple[Item, ...]
    gaps: tuple[Space, ...]
    before_comma: tuple[Space, ...]
    tail: Space
    trailing_comma: bool


def call_row(call: cst.Call) -> Row:
    if not call.args:
        return Row((), (), (), call.whitespace_before_args, False)
    last = call.args[-1]
    if isinstance(last.comma, cst.Comma):
        return _row(call.args, call.whitespace_before_args, last.comma.whitespace_after)
    items = (*call.args[:-1], last.with_changes(whitespace_after_arg=NOTHING))
    return _row(items, call.whitespace_before_args, last.whitespace_after_arg)


def call_with(call: cst.Call, row: Row) -> cst.Call:
    if not row.items:
        return call.with_changes(args=[], whitespace_before_args=row.tail)
    items = _with_commas(row)
    if not row.trailing_comma:
        items[-1] = items[-1].with_changes(whitespace_after_arg=row.tail)
    return call.with_changes(args=items, whitespace_before_args=row.gaps[0])


def dict_row(node: cst.Dict) -> Row:
    opening, closing = node.lbrace.whitespace_after, node.rbrace.whitespace_before
    if not node.elements:
        return Row((), (), (), closing if _is_empty(opening) else opening, False)
    items = cast("Sequence[Item]", node.elements)
    comma = items[-1].comma
    if isinstance(comma, cst.Comma) and not _is_empty(comma.whitespace_after):
        closing = comma.whitespace_after
    return _row(items, opening, closing)


def dict_with(node: cst.Dict, row: Row) -> cst.Dict:
    return node.with_changes(
        elements=_with_commas(row),
        lbrace=node.lbrace.with_changes(whitespace_after=row.gaps[0] if row.items else NOTHING),
        rbrace=node.rbrace.with_changes(whitespace_before=NOTHING if row.trailing_comma else row.tail),
    )


def insert(row: Row, index: int, item: Item, unit: str) -> Row:
    """`item` at `index`: on a line of its own where its neighbours have theirs, else inline. unit: one indentation."""
    if not row.items:
        return _fill(row, item, unit)
    if index == len(row.items):
        return _append(row, item)
    gap = pushed = row.gaps[index]
    if isinstance(gap, cst.ParenthesizedWhitespace):  # comments of their own lines stay above what they stood above
        gap, pushed = gap.with_changes(empty_lines=[]), gap.with_changes(first_line=LINE_END)
    elif not index:
        pushed = BLANK
    return replace(
        row,
        items=(*row.items[:index], item, *row.items[index:]),
        gaps=(*row.gaps[:index], gap, pushed, *row.gaps[index + 1 :]),
        before_comma=(*row.before_comma[:index], NOTHING, *row.before_comma[index:]),
    )


def remove(row: Row, index: int) -> Row | None:
    """The row without that item, or None where a comment beside or above it would be left without its meaning."""
    is_last = index == len(row.items) - 1
    before, after = row.gaps[index], row.tail if is_last else row.gaps[index + 1]
    if _line_comment(after) or _comment_lines(before) or has_comment(row.before_comma[index]):
        return None
    items = (*row.items[:index], *row.items[index + 1 :])
    if not items:
        tail = _join(before, after) if _line_comment(before) else after if _comment_lines(after) else NOTHING
        return Row((), (), (), tail, False)
    before_comma = (*row.before_comma[:index], *row.before_comma[index + 1 :])
    if is_last:
        tail = _join(before, after) if _line_comment(before) else after
        return replace(row, items=items, gaps=row.gaps[:-1], before_comma=before_comma, tail=tail)
    if _line_comment(before) or (_is_multiline(before) and _is_multiline(after)):
        gap = _join(before, after)
    elif index == 0 and not _comment_lines(after):
        gap = before
    else:
        gap = after if _is_multiline(after) else before
    return replace(row, items=items, gaps=(*row.gaps[:index], gap, *row.gaps[index + 2 :]), before_comma=before_comma)


def has_comment(space: Space) -> bool:
    return _line_comment(space) or _comment_lines(space)


def _append(row: Row, item: Item) -> Row:
    indent = _line_indent(row)
    gap: Space = BLANK
    tail = row.tail
    if indent is not None:  # a comment beside the last item stays beside it
        end = row.tail if isinstance(row.tail, cst.ParenthesizedWhitespace) else cst.ParenthesizedWhitespace()
        gap = end.with_changes(indent=False, last_line=cst.SimpleWhitespace(indent))
        tail = _new_line(row.tail.last_line) if isinstance(row.tail, cst.ParenthesizedWhitespace) else row.tail
    items, before = (*row.items, item), (*row.before_comma, NOTHING)
    return replace(row, items=items, gaps=(*row.gaps, gap), before_comma=before, tail=tail)


def _line_indent(row: Row) -> str | None:
    """The indentation of an item that is added at the end, None where it goes on the last item's line."""
    gap = row.gaps[-1]
    if not isinstance(gap, cst.ParenthesizedWhitespace):
        return None
    return gap.last_line.value


def _fill(row: Row, item: Item, unit: str) -> Row:
    if not isinstance(row.tail, cst.ParenthesizedWhitespace):
        return Row((item,), (NOTHING,), (NOTHING,), NOTHING, False)
    closing = row.tail.last_line
    gap = row.tail.with_changes(last_line=cst.SimpleWhitespace(closing.value + unit))
    return Row((item,), (gap,), (NOTHING,), _new_line(closing), True)


def _join(first: Space, last: Space) -> Space:
    """The comment at the end of `first`'s line, then the comment lines and the indentation of `last`."""
    assert isinstance(first, cst.ParenthesizedWhitespace)
    if not isinstance(last, cst.ParenthesizedWhitespace):
        return first
    return last.with_changes(first_line=first.first_line)


def _new_line(indent: cst.SimpleWhitespace) -> Space:
    return cst.ParenthesizedWhitespace(first_line=LINE_END, indent=False, last_line=indent)


def _is_multiline(space: Space) -> bool:
    return isinstance(space, cst.ParenthesizedWhitespace)


def _is_empty(space: Space) -> bool:
    return isinstance(space, cst.SimpleWhitespace) and not space.value


def _line_comment(space: Space) -> bool:
    return isinstance(space, cst.ParenthesizedWhitespace) and space.first_line.comment is not None


def _comment_lines(space: Space) -> bool:
    return isinstance(space, cst.ParenthesizedWhitespace) and any(line.comment for line in space.empty_lines)


def _row(items: Sequence[Item], opening: Space, tail: Space) -> Row:
    commas = [item.comma for item in items]
    after = [comma.whitespace_after for comma in commas if isinstance(comma, cst.Comma)]
    return Row(
        tuple(item.with_changes(comma=cst.MaybeSentinel.DEFAULT) for item in items),
        (opening, *after)[: len(items)],
        tuple(comma.whitespace_before if isinstance(comma, cst.Comma) else NOTHING for comma in commas),
        tail,
        isinstance(commas[-1], cst.Comma),
    )


def _with_commas(row: Row) -> list[Item]:
    after = [*row.gaps[1:], row.tail] if row.trailing_comma else row.gaps[1:]
    items = list(row.items)
    for i, gap in enumerate(after):
        items[i] = items[i].with_changes(comma=cst.Comma(row.before_comma[i], gap))
    return items
