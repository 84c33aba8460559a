"""A finding + its file's lines → the code frame: the lines of the call, numbered, with carets under its start."""

from __future__ import annotations

from collections.abc import Sequence

from llmlint.judge.finding import Finding
from llmlint.report.spans import Line, cells, clip, visible

MAX_LINES = 4  # of a long call the first ones are enough to know it by
LEAST_ROOM = 20  # columns of code that a frame shows however narrow the terminal


def code_frame(f: Finding, source: Sequence[str], width: int) -> list[Line]:
    """Empty where the file has no such line any more."""
    if not 1 <= f.line <= len(source):
        return []
    last = min(f.end_line, len(source))
    shown = last if last - f.line < MAX_LINES else f.line + MAX_LINES - 2
    gutter = len(str(shown))
    room = max(width - gutter - 3, LEAST_ROOM)
    cut = _cut(source[f.line - 1], f.column, room)
    lines: list[Line] = []
    for number in range(f.line, shown + 1):
        code = _window(source[number - 1], cut, room)
        lines.append([("dim", f"{number:>{gutter}} | "), ("", code)])
        if number == f.line:
            blank, carets = _carets(f, source[number - 1], cut, room)
            lines.append([("dim", " " * gutter + " | "), ("", blank), (f"mark-{f.severity}", carets)])
    if shown < last:
        hidden = last - shown
        lines.append([("dim", " " * gutter + f" | … {hidden} more line{'' if hidden == 1 else 's'}")])
    return lines


def _cut(line: str, column: int, room: int) -> int:
    """How many characters to leave out at the left so that the start of the call is in the window."""
    before = cells(visible(line[: column - 1]))
    return 0 if before < room - LEAST_ROOM // 2 else max(column - 1 - room // 3, 0)


def _window(line: str, cut: int, room: int) -> str:
    text = visible(line.rstrip())
    return clip("…" + visible(line.rstrip()[cut:]) if cut and text else text, room)


def _carets(f: Finding, line: str, cut: int, room: int) -> tuple[str, str]:
    """The blanks before the carets, and the carets: to the end of the call or of its first line."""
    start, code = f.column - 1, line.rstrip()
    end = f.end_column - 1 if f.end_line == f.line else len(code)
    indent = cells(visible(code[cut:start])) + (1 if cut else 0)
    length = max(cells(visible(code[start:end])), 1)
    return " " * indent, "^" * max(min(length, room - indent), 1)
