"""A notebook cell's text → the same text, character for character, with IPython's own lines masked for Python."""

from __future__ import annotations

import re

LINE = re.compile(r"^(\s*)([%!?].*|.*[^\s#?]\?{1,2}\s*)$")
ASSIGNED = re.compile(r"^(\s*[\w, .\[\]\"']+=\s*)([%!].*)$")


def mask(text: str) -> str:
    """Magics, shell lines and help requests become `0` and blanks; `x = !ls` keeps its target."""
    lines = text.split("\n")
    if text.lstrip().startswith("%%"):
        first = next(i for i, line in enumerate(lines) if line.strip())
        lines[first] = _blanked(lines[first], re.compile(r"^(\s*)(.*)$"))
    if _parses("\n".join(lines)):  # a `%` at the start of a continuation line is arithmetic
        return "\n".join(lines)
    return "\n".join(_blanked(_blanked(line, LINE), ASSIGNED) for line in lines)


def _blanked(line: str, pattern: re.Pattern[str]) -> str:
    match = pattern.match(line)
    if match is None:
        return line
    kept, magic = match.groups()
    return str(kept) + "0".ljust(len(magic))[: len(magic)]


def _parses(text: str) -> bool:
    from llmlint.fixes.locate import parse

    try:
        parse(text)
    except SyntaxError:
        return False
    return True
