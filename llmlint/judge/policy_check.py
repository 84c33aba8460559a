"""A policy document → everything that is wrong with it, for people who have come to mend it."""

from __future__ import annotations

from collections.abc import Iterator

from llmlint.errors import PolicyError
from llmlint.judge.policy_build import as_tuple
from llmlint.judge.policy_document import Document, errors_in
from llmlint.judge.policy_schema import Key, label
from llmlint.scan.patterns import matches

PATTERN_LISTS = ("include", "exclude", "extend_exclude")
MATCHED = (("paths", "match"), ("exemptions", "path"), ("roi", "path"))


def mistakes(document: Document) -> list[PolicyError]:
    """What the schema has against it, and patterns that are none, by line."""
    found = errors_in(document)
    if not found:
        found = [e for key, patterns in _patterns(document) if (e := _bad_pattern(document, key, patterns))]
    return sorted(found, key=lambda e: e.line or 0)


def _patterns(document: Document) -> Iterator[tuple[Key, tuple[str, ...]]]:
    for name in PATTERN_LISTS:
        for i, pattern in enumerate(document.data.get(name) or ()):
            yield (name, i), (pattern,)
    for name, inner in MATCHED:
        for i, item in enumerate(document.data.get(name) or ()):
            if inner in item:
                yield (name, i, inner), as_tuple(item[inner])


def _bad_pattern(document: Document, key: Key, patterns: tuple[str, ...]) -> PolicyError | None:
    try:
        matches(patterns, "x")
    except ValueError as error:
        return document.error(key, f"{label(key)}: {error}", "write it as in .gitignore")
    return None
