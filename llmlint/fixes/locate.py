"""Python source and positions → where each call stands in the text, found with ast alone."""

from __future__ import annotations

import ast
import re
import sys
import warnings
from dataclasses import dataclass

LINE_END = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True, slots=True)
class CallSpan:
    """text[start:end] is the call. in_fstring: it stands inside an f-string, where its position means little."""

    node: ast.Call
    start: int
    end: int
    in_fstring: bool


def parse(text: str) -> ast.Module:
    """Raises SyntaxError for everything that ast cannot take, however it says so."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # invalid escapes in the user's strings are not our subject
        try:
            return ast.parse(text)
        except (ValueError, RecursionError, MemoryError) as error:
            raise SyntaxError(f"cannot be parsed: {error}") from error


class Lines:
    """Offsets in a text from ast's positions: 1-based lines, columns in UTF-8 bytes."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.starts = [0, *(m.end() for m in LINE_END.finditer(text))]

    def offset(self, line: int, byte_column: int) -> int:
        start = self.starts[line - 1]
        head = self.text[start : start + byte_column]
        if head.isascii():
            return start + byte_column
        return start + len(head.encode()[:byte_column].decode(errors="ignore"))

    def line(self, line: int) -> str:
        end = self.starts[line] if line < len(self.starts) else len(self.text)
        return self.text[self.starts[line - 1] : end].rstrip("\r\n")


def find_call(calls: list[CallSpan], lines: Lines, start: tuple[int, int], end: tuple[int, int]) -> CallSpan | None:
    """The call from `start` to `end`, (line, column) pairs, 1-based, in characters, the end exclusive.

    Chained calls share their start; where the end fits none of them, only a start without a rival is accepted.
    """
    if start[0] > len(lines.starts):
        return None
    offset = lines.starts[start[0] - 1] + start[1] - 1
    here = [call for call in calls if call.start == offset]
    if 1 <= end[0] <= len(lines.starts):
        stop = lines.starts[end[0] - 1] + end[1] - 1
        exact = [call for call in here if call.end == stop]
        if exact:
            return exact[0]
    return here[0] if len(here) == 1 and here[0].node.end_lineno == end[0] else None


def find_calls(tree: ast.Module, lines: Lines) -> list[CallSpan]:
    """Every call of the file, outermost first."""
    found: list[CallSpan] = []
    todo: list[tuple[ast.AST, bool]] = [(tree, False)]
    while todo:
        node, in_fstring = todo.pop()
        if isinstance(node, ast.Call) and node.end_lineno is not None and node.end_col_offset is not None:
            start = lines.offset(node.lineno, node.col_offset)
            found.append(CallSpan(node, start, lines.offset(node.end_lineno, node.end_col_offset), in_fstring))
        inside = in_fstring or type(node).__name__ in ("JoinedStr", "TemplateStr")
        if inside and sys.version_info < (3, 12):  # positions inside are relative to nothing in the file
            continue
        todo.extend((child, inside) for child in ast.iter_child_nodes(node))
    return found


def indentation_unit(tree: ast.Module, lines: Lines) -> str:
    """One level of indentation as the file's first indented block writes it; four spaces where there is none."""
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(node, ast.stmt) and isinstance(body, list) and body and body[0].lineno > node.lineno:
            inner = lines.line(body[0].lineno)[: body[0].col_offset]
            outer = lines.line(node.lineno)[: node.col_offset]
            if inner.startswith(outer) and inner[len(outer) :].strip(" \t") == "" and inner != outer:
                return inner[len(outer) :]
    return "    "
