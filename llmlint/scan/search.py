"""Many words → one question to a file's bytes: is any of them in there, and which?"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

WORD_BYTE = re.compile(rb"[A-Za-z0-9_\x80-\xff]")


def any_of(words: Sequence[bytes]) -> Callable[[bytes], bool]:
    """Does the data hold one of the words? The automaton (vector instructions, in Rust) asks for all of them at once.

    Measured for 54 words: 0.8 ns a byte against 25 for `in` word by word and 73 for a regular expression. `in` serves
    where no wheel of ahocorasick_rs exists.
    """
    if not words:
        return lambda data: False
    try:
        from ahocorasick_rs import MATCHKIND_LEFTMOST_FIRST, BytesAhoCorasick
    except ImportError:
        return lambda data: any(word in data for word in words)
    find = BytesAhoCorasick(list(words), matchkind=MATCHKIND_LEFTMOST_FIRST).find_matches_as_indexes
    return lambda data: bool(find(data))


def whole_names(names: Iterable[str]) -> Callable[[bytes], set[str]]:
    """Which of these identifiers stand in the data as whole words?"""
    wanted = sorted({name for name in names if name})
    encoded = [name.encode("utf-8", "surrogateescape") for name in wanted]
    if not wanted:
        return lambda data: set()
    try:
        from ahocorasick_rs import MATCHKIND_LEFTMOST_LONGEST, BytesAhoCorasick
    except ImportError:
        pairs = [(name, part, re.compile(_whole(part))) for name, part in zip(wanted, encoded, strict=True)]
        return lambda data: {name for name, part, regex in pairs if part in data and regex.search(data)}
    # of overlapping matches the leftmost longest is reported; it hides no whole word, whose edge it would have to span
    find = BytesAhoCorasick(encoded, matchkind=MATCHKIND_LEFTMOST_LONGEST).find_matches_as_indexes

    def search(data: bytes) -> set[str]:
        found: set[str] = set()
        for index, start, end in find(data):
            if wanted[index] not in found and _edges(data, start, end):
                found.add(wanted[index])
        return found

    return search


def _edges(data: bytes, start: int, end: int) -> bool:
    """Does no letter, digit or underscore touch data[start:end]?"""
    return not WORD_BYTE.match(data[end : end + 1]) and not (start and WORD_BYTE.match(data[start - 1 : start]))


def _whole(name: bytes) -> bytes:
    word = WORD_BYTE.pattern
    return rb"(?<!%s)%s(?!%s)" % (word, re.escape(name), word)
