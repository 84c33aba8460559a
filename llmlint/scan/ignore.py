"""gitignore lines → does a path below their folder match?

Written out because the walk asks it for every file: the lines of one file become two set look-ups and one regular
expression, and nothing is imported for it. A pattern can come from a stranger: none can backtrack for long.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import pairwise

from llmlint.light import dataclass

MAX_PATTERN = 1000
MAX_DOUBLE_STARS = 6
MAX_GLOBS = 2_000  # of one file; every path is matched against all of them. Plain names and paths may be any number
GLOB = frozenset("*?[\\")
POSIX = {
    "alpha": "a-zA-Z", "digit": "0-9", "alnum": "a-zA-Z0-9", "upper": "A-Z", "lower": "a-z", "space": r"\s",
    "punct": r"!-/:-@\[-`{-~", "xdigit": "0-9A-Fa-f", "blank": r" \t",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Rule:
    """One line. name: it matches entries so called, at any depth; path: that one; regex: whole paths."""

    negated: bool
    folders_only: bool
    name: str | None = None
    path: str | None = None
    regex: str | None = None

    def matches(self, path: str, name: str) -> bool:
        """Of a rule without `regex`."""
        return self.name == name or self.path == path


class Rules:
    """The lines of one file; of several that match, the last decides."""

    def __init__(self, lines: Iterable[str]) -> None:
        self.rules = _rules(lines)
        self._ordered: list[tuple[Rule, re.Pattern[str] | None]] | None = None
        if any(rule.negated for rule in self.rules):
            self._ordered = [(r, re.compile(r.regex) if r.regex else None) for r in reversed(self.rules)]
        self._folder_names = frozenset(r.name for r in self.rules if r.name)
        self._file_names = frozenset(r.name for r in self.rules if r.name and not r.folders_only)
        self._folder_paths = frozenset(r.path for r in self.rules if r.path)
        self._file_paths = frozenset(r.path for r in self.rules if r.path and not r.folders_only)
        self._folders = _any(r.regex for r in self.rules)
        self._files = _any(r.regex for r in self.rules if not r.folders_only)

    def __bool__(self) -> bool:
        return bool(self.rules)

    def verdict(self, path: str, name: str, folder: bool) -> bool | None:
        """True: matched; False: a negated line takes it back; None: no line says so. name: the path's last part."""
        if self._ordered is None:
            if name in (self._folder_names if folder else self._file_names):
                return True
            if path in (self._folder_paths if folder else self._file_paths):
                return True
            regex = self._folders if folder else self._files
            return True if regex is not None and regex.fullmatch(path) else None
        for rule, regex in self._ordered:
            if rule.folders_only and not folder:
                continue
            if rule.matches(path, name) if regex is None else regex.fullmatch(path):
                return not rule.negated
        return None

    def covers(self, path: str) -> bool:
        """Does a file's path match, itself or by one of its folders? For paths that no walk has come by."""
        parts = path.split("/")
        for end in range(1, len(parts)):
            if self.verdict("/".join(parts[:end]), parts[end - 1], True):
                return True
        return bool(self.verdict(path, parts[-1], False))


def _rules(lines: Iterable[str]) -> list[Rule]:
    """The rules that can match anything. Globs beyond MAX_GLOBS are left out: nobody writes so many."""
    out: list[Rule] = []
    globs = 0
    for rule in map(parse_rule, lines):
        if rule is None:
            continue
        if rule.regex is not None:
            if globs >= MAX_GLOBS or not _compiles(rule.regex):
                continue
            globs += 1
        out.append(rule)
    return out


def _any(regexes: Iterable[str | None]) -> re.Pattern[str] | None:
    """One expression for many. Groups are numbered per pattern, so each gets a prefix of its own."""
    wanted = [r.replace("(?P<g", f"(?P<r{n}g").replace("(?P=g", f"(?P=r{n}g") for n, r in enumerate(regexes) if r]
    return re.compile("|".join(wanted)) if wanted else None


def parse_rule(line: str) -> Rule | None:
    """None for a comment, an empty line, and a pattern too costly to match."""
    pattern = re.sub(r"(?<!\\)((?:\\\\)*)[ \t]+$", r"\1", line.rstrip("\r\n"))
    if not pattern or pattern.startswith("#") or len(pattern) > MAX_PATTERN:
        return None
    negated = pattern.startswith("!")
    pattern = pattern[negated:]
    folders_only = pattern.endswith("/")
    pattern = pattern[:-1] if folders_only else pattern
    anchored = "/" in pattern
    pattern = pattern.removeprefix("/")
    if not pattern or pattern.count("**") > MAX_DOUBLE_STARS:
        return None
    if not GLOB & set(pattern):
        return Rule(negated, folders_only, path=pattern) if anchored else Rule(negated, folders_only, name=pattern)
    return Rule(negated, folders_only, regex=_path_regex(_parts(pattern), anchored))


def _compiles(regex: str) -> bool:
    try:
        re.compile(regex)
    except re.error:
        return False
    return True


def _parts(pattern: str) -> list[str]:
    """The pattern cut at its slashes, not at those in brackets."""
    parts: list[str] = []
    start = i = 0
    while i < len(pattern):
        char = pattern[i]
        i += 1
        if char == "\\":
            i += 1
        elif char == "[":
            i, _ = _bracket(pattern, i)
        elif char == "/":
            parts.append(pattern[start : i - 1])
            start = i
    return [*parts, pattern[start:]]


def _path_regex(parts: list[str], anchored: bool) -> str:
    out = "" if anchored else "(?:.*/)?"
    groups = 0
    for n, part in enumerate(parts):
        last = n == len(parts) - 1
        if part == "**":
            if last:
                out += ".+"
            elif n == 0 or parts[n - 1] != "**":  # several in a row say no more than one
                out += "(?:.*/)?"
            continue
        regex, groups = _part_regex(part, groups)
        out += regex + ("" if last else "/")
    return f"(?s:{out})"


def _part_regex(part: str, groups: int) -> tuple[str, int]:
    """One name's glob. All stars but the last take the first fit and never try another, as fnmatch has it since 3.9."""
    pieces = _pieces(part)
    stars = [n for n, piece in enumerate(pieces) if piece is None]
    if not stars:
        return "".join(p for p in pieces if p is not None), groups
    out = "".join(p for p in pieces[: stars[0]] if p is not None)
    for star, following in pairwise(stars):
        fixed = "".join(p for p in pieces[star + 1 : following] if p is not None)
        if fixed:
            out += f"(?=(?P<g{groups}>[^/]*?{fixed}))(?P=g{groups})"
            groups += 1
    tail = "".join(p for p in pieces[stars[-1] + 1 :] if p is not None)
    return out + "[^/]*" + tail, groups


def _pieces(part: str) -> list[str | None]:
    """The regular expression of each element; None for a star."""
    out: list[str | None] = []
    i = 0
    while i < len(part):
        char = part[i]
        i += 1
        if char == "*":
            out.append(None)
        elif char == "?":
            out.append("[^/]")
        elif char == "\\" and i < len(part):
            out.append(re.escape(part[i]))
            i += 1
        elif char == "[":
            end, regex = _bracket(part, i)
            out.append(regex)
            i = end
        else:
            out.append(re.escape(char))
    return out


def _bracket(part: str, start: int) -> tuple[int, str]:
    """The class that opens before `start` → (where it ends, its regular expression). Unclosed, it matches nothing."""
    i = start
    negated = part[i : i + 1] in ("!", "^")
    i += negated
    body = ""
    first = True
    while i < len(part):
        char = part[i]
        if char == "]" and not first:
            inner = f"^/{body}" if negated else body
            return i + 1, f"(?!/)[{inner}]"
        first = False
        posix = re.compile(r"\[:(\w+):\]").match(part, i)
        if posix is not None and posix.group(1) in POSIX:
            body += POSIX[posix.group(1)]
            i = posix.end()
            continue
        if char == "\\" and i + 1 < len(part):
            i += 1
            body += "\\" + part[i] if not part[i].isalnum() else part[i]
        else:
            body += char if char == "-" or char.isalnum() else "\\" + char
        i += 1
    return len(part), "(?!)"
