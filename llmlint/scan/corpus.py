"""Objects → which of them mention a name, which define it. Read when first asked; each name is searched once."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property

from llmlint.scan.search import whole_names

# two expressions that start with plain text are nine times faster than one that starts with a line
DEFINED = (re.compile(rb"def[ \t]+(\w+)"), re.compile(rb"class[ \t]+(\w+)"))
DEFINES = rb"^[ \t]*(?:async[ \t]+)?(?:def|class)[ \t]+%s\b"


class Corpus:
    """load: gives object → its bytes, None where there are none to read."""

    def __init__(self, load: Callable[[], Mapping[str, bytes | None]]) -> None:
        self._load = load
        self._found: dict[str, frozenset[str]] = {}
        self._defined: dict[str, frozenset[str]] = {}

    @property
    def loaded(self) -> bool:
        return "_texts" in self.__dict__

    @cached_property
    def _texts(self) -> list[tuple[str, bytes]]:
        return [(oid, data) for oid, data in self._load().items() if data]

    def mention(self, names: Iterable[str]) -> dict[str, frozenset[str]]:
        """name → the objects that contain it as a whole word."""
        wanted = frozenset(names)
        missing = wanted.difference(self._found)
        if missing:
            find = whole_names(missing)
            found: dict[str, list[str]] = {name: [] for name in missing}
            for oid, data in self._texts:
                for name in find(data):
                    found[name].append(oid)
            self._found.update((name, frozenset(oids)) for name, oids in found.items())
        return {name: self._found[name] for name in wanted}

    def defining(self, name: str) -> frozenset[str]:
        """The objects that define a function or a class so called."""
        if name not in self._defined:
            encoded = name.encode("utf-8", "surrogateescape")
            line = re.compile(DEFINES % re.escape(encoded), re.MULTILINE)
            perhaps = self._definitions.get(encoded, ())
            self._defined[name] = frozenset(oid for oid, data in perhaps if line.search(data))
        return self._defined[name]

    @cached_property
    def _definitions(self) -> dict[bytes, list[tuple[str, bytes]]]:
        """name → the objects that perhaps define it: the words may stand in a comment."""
        out: dict[bytes, list[tuple[str, bytes]]] = {}
        for text in self._texts:
            for name in {found for expression in DEFINED for found in expression.findall(text[1])}:
                out.setdefault(name, []).append(text)
        return out
