"""Styled spans → lines of a given width, plain or coloured: the one layout that both writers share.

A `Span` is (style, text); a `Line` is a list of spans. Text from scanned code passes through `visible` first.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import IO

Span = tuple[str, str]
Line = list[Span]

# what a style looks like on a terminal, in rich's words; unnamed styles are plain
STYLES = {
    "path": "bold",
    "code": "bold red",
    "rule": "bold",
    "error": "bold red",
    "warning": "bold yellow",
    "info": "bold blue",
    "fixable": "cyan",
    "help": "bold cyan",
    "dim": "dim",
    "mark-error": "red",
    "mark-warning": "yellow",
    "mark-info": "blue",
    "good": "bold green",
}
JOINERS = "\u200d"  # emoji sequences need it, and it moves no cursor


def visible(text: str) -> str:
    """Text with every control, direction and unpaired character written as its escape: a terminal obeys none of it."""
    text = text.replace("\t", "    ")
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c in JOINERS else _escape(c) for c in text)


def _escape(char: str) -> str:
    point = ord(char)
    return f"\\x{point:02x}" if point < 0x100 else f"\\u{point:04x}" if point < 0x10000 else f"\\U{point:08x}"


def cells(text: str) -> int:
    """How many columns of a terminal the text fills."""
    if text.isascii():
        return len(text)
    from unicodedata import combining, east_asian_width

    return sum(0 if combining(c) or c in JOINERS else 2 if east_asian_width(c) in "WF" else 1 for c in text)


def clip(text: str, width: int) -> str:
    """The text cut to `width` columns, with an ellipsis where something was cut."""
    if cells(text) <= width:
        return text
    kept = 0
    for end, char in enumerate(text):
        kept += cells(char)
        if kept > width - 1:
            return text[:end] + "…"
    return text


def wrap(line: Line, width: int, indent: str = "") -> list[Line]:
    """The line broken at spaces so that it fits; all but the first begin with `indent`. A long word stays whole."""
    if sum(cells(text) for _, text in line) <= width:
        return [line]
    lines: list[Line] = [[]]
    used, blank = 0, 0
    for style, word in _words(line):
        if word == " ":
            blank += 1
            continue
        if used and used + blank + cells(word) > width:
            lines.append([("", indent)])
            used, blank = cells(indent), 0
        if blank:
            lines[-1].append(("", " " * blank))
        lines[-1].append((style, word))
        used, blank = used + blank + cells(word), 0
    return lines


def _words(line: Line) -> Iterable[Span]:
    """Spaces one by one, and what stands between them; spans that touch stay apart only in style."""
    for style, text in line:
        for i, word in enumerate(text.split(" ")):
            if i:
                yield "", " "
            if word:
                yield style, word


def plain(lines: Sequence[Line]) -> str:
    """The lines as text without styles, each with its newline and no blanks at its end."""
    return "".join("".join(text for _, text in line).rstrip(" ") + "\n" for line in lines)


def print_coloured(lines: Sequence[Line], stream: IO[str]) -> None:
    """Writes the lines to a terminal with rich, which knows what colours the terminal has."""
    from rich.console import Console
    from rich.text import Text

    console = Console(file=stream, force_terminal=True, soft_wrap=True, highlight=False, markup=False, emoji=False)
    for line in lines:
        console.print(Text.assemble(*((text, STYLES.get(style, "")) for style, text in line)))
