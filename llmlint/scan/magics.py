"""A notebook cell's text → the same lines in plain Python: magics, shell commands and help requests masked.

Lines keep their number, and Python that is kept keeps its columns.
"""

from __future__ import annotations

import re

CELL_MAGIC = re.compile(r"\s*%%(\S*)")
KEEPS_BODY = frozenset({
    "cache", "capture", "debug", "heat", "ipytest", "memit", "mprun", "prun", "pyinstrument", "pypy", "python",
    "python3", "scalene", "snakeviz", "time", "timeit", "wandb",
})  # fmt: skip
# `%time answer = ask()` runs Python
TIMED = re.compile(r"^(\s*)(%(?:time|timeit|prun|memit|lprun)\b(?:\s+-\w+(?:\s+\d+)?)*\s)(\s*\S.*)$")
SYSTEM = re.compile(r"^(\s*)[%!].*$")
HELP = re.compile(r"^(\s*)(?:\?.*|[^#'\"]*\?{1,2}\s*)$")
# what IPython runs without a percent sign as long as no variable has that name
AUTOMAGIC = re.compile(
    r"^(\s*)(?:pip3?|conda|mamba|uv|cd|ls|cat|mkdir|rmdir|rm|cp|mv)\s+"
    r"(?!(?:in|is|if|and|or|not|for)\b)(?:--?\w|[\w~]|\.{1,2}(?:/|$)|/\w).*$"
)
ASSIGNED = re.compile(r"^(\s*[^\s=#'\"!%(][^=#!%]*=\s*)[%!].*$")
TOKEN = re.compile(r"""#.*|'''|\"\"\"|'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"|[\[({]|[\])}]|\\.""")


def mask(text: str) -> str:
    lines = text.split("\n")
    first = next((i for i, line in enumerate(lines) if line.strip()), 0)
    while (magic := CELL_MAGIC.match(lines[first])) is not None:
        if magic.group(1) not in KEEPS_BODY:
            return "\n" * (len(lines) - 1)
        lines[first] = ""
        first = next((i for i, line in enumerate(lines) if line.strip()), 0)
    out: list[str] = []
    state = _State()
    continued = False  # a shell command that ends in a backslash goes on
    for line in lines:
        if continued:
            continued = line.endswith("\\")
            out.append("")
            continue
        plain = _masked(line) if state.at_statement else line
        continued = plain != line and line.endswith("\\")
        state.feed(plain)
        out.append(plain)
    return "\n".join(out)


def _masked(line: str) -> str:
    timed = TIMED.match(line)
    if timed is not None and _parses(timed.group(3).strip()):
        indent, magic, code = timed.groups()
        return f"{indent}pass".ljust(len(indent + magic) - 1) + ";" + code
    for pattern in (SYSTEM, HELP, AUTOMAGIC):
        found = pattern.match(line)
        if found is not None and line.strip():
            return f"{found.group(1)}pass"
    assigned = ASSIGNED.match(line)
    return f"{assigned.group(1)}None" if assigned is not None else line


def _parses(code: str) -> bool:
    from llmlint.scan.source import Unreadable, parse

    try:
        parse(code)
    except Unreadable:
        return False
    return True


class _State:
    """Whether the next line starts a statement: not inside brackets, a long string or a continued line."""

    def __init__(self) -> None:
        self.quotes = ""
        self.brackets = 0
        self.continued = False

    @property
    def at_statement(self) -> bool:
        return not self.quotes and not self.brackets and not self.continued

    def feed(self, line: str) -> None:
        position = 0
        self.continued = False
        while position <= len(line):
            if self.quotes:
                end = re.compile(r"(?:\\.|(?!" + self.quotes + r").)*" + self.quotes).match(line, position)
                if end is None:
                    return
                position, self.quotes = end.end(), ""
            token = TOKEN.search(line, position)
            if token is None:
                self.continued = line.endswith("\\")
                return
            text, position = token.group(), token.end()
            if text in ("'''", '"""'):
                self.quotes = text
            elif text in ("(", "[", "{"):
                self.brackets += 1
            elif text in (")", "]", "}"):
                self.brackets = max(self.brackets - 1, 0)
            elif text.startswith("#"):
                return
