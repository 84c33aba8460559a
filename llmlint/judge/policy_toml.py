"""pyproject.toml → the table [tool.llmlint] as plain data, and the line where each key seems to stand."""

from __future__ import annotations

import re
from typing import Any

from llmlint.errors import PolicyError
from llmlint.judge.policy_schema import Key
from llmlint.judge.yaml_text import plain
from llmlint.scan.toml import load_toml

TABLE = ("tool", "llmlint")
MENTION = re.compile(rb"""^\s*(\[+\s*)?["']?tool["']?\s*\.\s*["']?llmlint\b|^\s*llmlint\s*[.=]""", re.MULTILINE)
_PART = r"""(?:[A-Za-z0-9_-]+|"[^"\n]*"|'[^'\n]*')"""
_DOTTED = rf"{_PART}(?:\s*\.\s*{_PART})*"
_HEADER = re.compile(rf"^\s*(\[\[?)\s*({_DOTTED})\s*\]\]?\s*(?:#.*)?$")
_ENTRY = re.compile(rf"^\s*({_DOTTED})\s*=")
_QUIET = re.compile(r""""(?:\\.|[^"\\\n])*"|'[^'\n]*'|#.*""")  # brackets in strings and comments count for nothing


def read_toml(text: str, path: str) -> tuple[Any, dict[Key, int]] | None:
    """(the table, line of each key that could be found); None: there is no such table. Raises PolicyError."""
    too_deep = PolicyError("is no valid TOML: nested too deep, or a number too long", path, None, "shorten it")
    try:
        data = load_toml(text)
    except RecursionError:
        raise too_deep from None
    except ValueError as error:
        found = re.search(r"\bline (\d+)", str(error))
        if found is None:
            raise too_deep from None
        problem = re.sub(r"\s*\(at .*\)$", "", str(error))
        raise PolicyError(f"is no valid TOML: {problem[:100]}", path, int(found[1]), "check that line") from None
    tool = data.get("tool")
    if not isinstance(tool, dict) or "llmlint" not in tool:
        return None
    lines = _lines(text)
    try:
        return _plain(tool["llmlint"]), lines
    except RecursionError:
        raise too_deep from None
    except ValueError:
        raise PolicyError("a number is infinite or no number", path, lines.get(()), "write it as in 4096") from None


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _plain(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_plain(v) for v in value]
    value = plain(value)
    return value if isinstance(value, (str, int, float)) else str(value)


def _lines(text: str) -> dict[Key, int]:
    """Best effort: table headers and `key =` at the outer level, arrays of tables counted."""
    lines: dict[Key, int] = {}
    counts: dict[Key, int] = {}
    table: Key = ()
    depth = 0
    for number, row in enumerate(text.split("\n"), 1):
        header = _HEADER.match(row) if depth == 0 else None
        entry = _ENTRY.match(row) if depth == 0 and header is None else None
        if header:
            table = _header(_parts(header[2]), header[1] == "[[", counts)
            _note(lines, table, number)
        elif entry:
            _note(lines, (*table, *_parts(entry[1])), number)
        if header is None:
            bare = _QUIET.sub("", row)
            depth = max(0, depth + sum(bare.count(c) for c in "[{") - sum(bare.count(c) for c in "]}"))
    return lines


def _header(name: Key, array: bool, counts: dict[Key, int]) -> Key:
    """The table's key with the index of each array of tables on the way."""
    out: Key = ()
    for i, part in enumerate(name):
        out = (*out, part)
        if array and i == len(name) - 1:
            counts[out] = counts.get(out, -1) + 1
        if out in counts:
            out = (*out, counts[out])
    return out


def _parts(dotted: str) -> Key:
    return tuple(part.strip().strip("\"'") for part in re.findall(_PART, dotted))


def _note(lines: dict[Key, int], key: Key, number: int) -> None:
    """The line of a key of [tool.llmlint], and of what encloses it where that is first seen here."""
    if key[: len(TABLE)] == TABLE:
        for end in range(len(TABLE), len(key) + 1):
            lines.setdefault(key[len(TABLE) : end], number)
