"""A project's files → what holds for all of them, and for every portion of a run: names, imports, definitions by path.

A large repository is worked off in portions that forget what they have parsed. What the bytes of the files say does
not change between them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from llmlint.light import dataclass
from llmlint.scan.related import own_name

if TYPE_CHECKING:
    from llmlint.link.guards import Guard

WORD = re.compile(r"\w+")
IMPORTED = re.compile(r"\b(?:from|import)\b[^\n]*")
RELATIVE = re.compile(r"\bfrom\s+\.")
DEFINED = re.compile(r"\bdef (\w+)")


@dataclass(frozen=True, slots=True)
class Imports:
    """Of a file's text: its lines from `import` or `from` on, the words behind that, and whether one is relative."""

    lines: tuple[str, ...]
    words: frozenset[str]
    relative: bool


class Listing:
    """The files of a scan by path relative to the root. guards: what covers the whole program, once it is known."""

    def __init__(self, files: Iterable[str]) -> None:
        self.files = frozenset(files)
        self.mentions: dict[tuple[str, bool, str], list[str]] = {}
        self.scopes: dict[tuple[str, bool], list[str]] = {}
        self.guards: Mapping[str, Guard] | None = None
        self._imports: dict[str, Imports | None] = {}
        self._defined: dict[str, Counter[str]] = {}

    @cached_property
    def python(self) -> Sequence[str]:
        return sorted(path for path in self.files if path.endswith((".py", ".ipynb")))

    @cached_property
    def by_tail(self) -> dict[str, list[str]]:
        """Last part of the import name → paths of modules so called."""
        out: dict[str, list[str]] = {}
        for path in self.files:
            if path.endswith(".py"):
                out.setdefault(own_name(path), []).append(path)
        return out

    def imports(self, path: str, read_text: Callable[[str], str | None]) -> Imports | None:
        """None: the file cannot be read."""
        if path not in self._imports:
            text = read_text(path)
            lines = tuple(IMPORTED.findall(text)) if text is not None else ()
            words = frozenset(word for line in lines for word in WORD.findall(line)[1:])
            known = None if text is None else Imports(lines, words, RELATIVE.search(text) is not None)
            self._imports[path] = known
        return self._imports[path]

    def defined(self, path: str, read_text: Callable[[str], str | None]) -> Counter[str]:
        """The functions that the file's text defines → how often."""
        if path not in self._defined:
            self._defined[path] = Counter(DEFINED.findall(read_text(path) or ""))
        return self._defined[path]
