"""A notebook's bytes + its findings → the bytes with only the sources of the fixed cells changed.

The JSON is never rendered anew: outputs, metadata, key order and indentation stay byte for byte as they were.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from llmlint.fixes.apply import FixResult, Skipped, fix_text
from llmlint.fixes.magics import mask

if TYPE_CHECKING:
    from llmlint.judge.finding import Finding

BLANK = re.compile(r"[ \t\n\r]*")
DECODER = json.JSONDecoder()
Span = tuple[int, int]


def fix_notebook(source: bytes, findings: Sequence[Finding], unsafe: bool) -> FixResult:
    """As `fix_source`; a finding's line is within its cell."""
    wanted = sorted((f for f in findings if f.fix is not None), key=lambda f: -1 if f.cell is None else f.cell)
    try:
        text = source.decode()
        spans = [_member(text, cell, "source") for cell in _elements(text, _member(text, _skip(text, 0), "cells")[0])]
    except (ValueError, KeyError, RecursionError) as error:
        return FixResult(source, skipped=tuple(Skipped(f, f"the notebook cannot be read: {error}") for f in wanted))
    applied: list[Finding] = []
    skipped: list[Skipped] = []
    edits: list[tuple[Span, str]] = []
    for cell, group in groupby(wanted, key=lambda f: f.cell):
        if cell is None or not 0 <= cell < len(spans):
            reason = "the notebook has no such cell: it has changed since it was analysed"
            skipped += [Skipped(f, reason) for f in group]
            continue
        written = text[slice(*spans[cell])]
        old = _joined(json.loads(written))
        result = fix_text(old, list(group), unsafe, python=mask(old))
        skipped += result.skipped
        if result.applied:
            applied += result.applied
            edits.append((spans[cell], _rendered(result.text, written)))
    for (start, end), new in reversed(edits):
        text = text[:start] + new + text[end:]
    return FixResult(text.encode() if edits else source, tuple(applied), tuple(skipped))


def _joined(source: object) -> str:
    return "".join(map(str, source)) if isinstance(source, list) else str(source)


def _rendered(text: str, like: str) -> str:
    """The source as JSON in the manner of `like`: a text or a list of lines, with its indentation and its escapes."""
    ascii_only = like.isascii()
    if not like.startswith("["):
        return json.dumps(text, ensure_ascii=ascii_only)
    lines = [json.dumps(line, ensure_ascii=ascii_only) for line in re.findall(r"[^\n]*\n|[^\n]+", text)]
    opening, closing = BLANK.match(like, 1), re.search(r"[ \t\n\r]*\]$", like)
    assert opening is not None and closing is not None
    gap = opening.group()
    return "[" + gap + ("," + (gap or " ")).join(lines) + closing.group()


def _member(text: str, at: int, key: str) -> Span:
    """The span of `key`'s value in the object that starts at `at`; of several the last, as json has it."""
    found: Span | None = None
    if text[at : at + 1] != "{":
        raise ValueError("an object is missing")
    position = _skip(text, at + 1)
    while text[position : position + 1] == '"':
        name, colon = DECODER.raw_decode(text, position)
        start = _skip(text, _skip(text, colon) + 1)
        _, end = DECODER.raw_decode(text, start)
        found = (start, end) if name == key else found
        position = _skip(text, end)
        if text[position : position + 1] == ",":
            position = _skip(text, position + 1)
    if found is None:
        raise ValueError(f"`{key}` is missing")
    return found


def _elements(text: str, at: int) -> Iterator[int]:
    """Where each element of the list that starts at `at` starts."""
    if text[at : at + 1] != "[":
        raise ValueError("a list is missing")
    position = _skip(text, at + 1)
    while text[position : position + 1] not in ("]", ""):
        yield position
        _, end = DECODER.raw_decode(text, position)
        position = _skip(text, end)
        if text[position : position + 1] == ",":
            position = _skip(text, position + 1)


def _skip(text: str, position: int) -> int:
    match = BLANK.match(text, position)
    assert match is not None
    return match.end()
