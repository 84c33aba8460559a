"""Objects → which of them mention a name, which define it. Read when first asked; each name is searched once."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property

from llmlint.scan.names import BLANKED
from llmlint.scan.search import whole_names

WORTH_INDEX = 60  # searches; to index all objects takes as long as some fifty of them
# an expression that starts with plain text is many times faster than one that starts with a line
PERHAPS = (rb"def[ \t]+%s\b", rb"class[ \t]+%s\b")
DEFINES = rb"^[ \t]*(?:async[ \t]+)?(?:def|class)[ \t]+%s\b"


class Corpus:
    """load: gives object → its bytes, None where there are none to read."""

    def __init__(self, load: Callable[[], Mapping[str, bytes | None]]) -> None:
        self._load = load
        self._searches = 0
        self._found: dict[str, frozenset[str]] = {}
        self._defined: dict[str, frozenset[str]] = {}

    @property
    def loaded(self) -> bool:
        return "_texts" in self.__dict__

    @cached_property
    def _texts(self) -> Mapping[str, bytes]:
        return {oid: data for oid, data in self._load().items() if data}

    def mention(self, names: Iterable[str]) -> dict[str, frozenset[str]]:
        """name → the objects that contain it as a whole word."""
        wanted = frozenset(names)
        missing = wanted.difference(self._found)
        if missing:
            self._searches += 1
            if self._searches > WORTH_INDEX and all(name.isidentifier() for name in missing):
                self._found.update((name, frozenset(self._index.get(_encoded(name), ()))) for name in missing)
            else:
                self._search(missing)
        return {name: self._found[name] for name in wanted}

    def _search(self, names: Iterable[str]) -> None:
        find = whole_names(names)
        found: dict[str, list[str]] = {name: [] for name in names}
        for oid, data in self._texts.items():
            for name in find(data):
                found[name].append(oid)
        self._found.update((name, frozenset(oids)) for name, oids in found.items())

    @cached_property
    def _index(self) -> Mapping[bytes, list[str]]:
        """word → the objects that contain it."""
        out: dict[bytes, list[str]] = {}
        for oid, data in self._texts.items():
            for word in set(data.translate(BLANKED).split()):
                out.setdefault(word, []).append(oid)
        return out

    def defining(self, name: str) -> frozenset[str]:
        """The objects that define a function or a class so called."""
        if name not in self._defined:
            encoded = _encoded(name)
            behind, word = (b" " + encoded, b"\t" + encoded), re.escape(encoded)
            line, quick = re.compile(DEFINES % word, re.MULTILINE), [re.compile(one % word) for one in PERHAPS]
            texts = ((oid, self._texts[oid]) for oid in self.mention((name,))[name])
            some = ((oid, data) for oid, data in texts if behind[0] in data or behind[1] in data)
            perhaps = ((oid, data) for oid, data in some if any(one.search(data) for one in quick))
            self._defined[name] = frozenset(oid for oid, data in perhaps if line.search(data))
        return self._defined[name]


def _encoded(name: str) -> bytes:
    return name.encode("utf-8", "surrogateescape")
