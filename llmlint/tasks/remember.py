"""The facts of one run ↔ the cache: they hold as long as no project file and no file that was read has changed."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterable
from dataclasses import asdict

from llmlint.facts import Facts, FileError, call_site_from_json
from llmlint.scan.cache import Cache, content_key
from llmlint.scan.sift import RACY_NS


class Memory:
    """key: what was asked (files, words, version); stamp: changes whenever one of the project's Python files does."""

    def __init__(self, cache: Cache, root: str, key: str, stamp: str) -> None:
        self._cache, self._root, self._stamp = cache, root, stamp
        self._key = content_key("facts", key)

    def recall(self) -> Facts | None:
        """The facts of the latest run with this key, or None where something has changed since."""
        data = self._cache.get_many([self._key]).get(self._key)
        if data is None:
            return None
        try:
            row = json.loads(data)
            if row["stamp"] != self._stamp or any(self._state(path) != was for path, was in row["used"].items()):
                return None
            sites = tuple(call_site_from_json(site) for site in row["call_sites"])
            errors = tuple(FileError(**error) for error in row["errors"])
            return Facts(self._root, sites, errors, annotated=tuple(row["annotated"]))
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            return None

    def keep(self, facts: Facts, used: Iterable[str]) -> None:
        """used: every path that was looked at, also in vain."""
        states = {path: self._state(path) for path in sorted(used)}
        now = time.time_ns()
        if any(state and now - state[0] < RACY_NS for state in states.values()):
            return  # a file that has just changed can change again without showing it
        row = {
            "stamp": self._stamp,
            "used": states,
            "call_sites": [site.to_json() for site in facts.call_sites],
            "errors": [asdict(error) for error in facts.errors],
            "annotated": facts.annotated,
        }
        self._cache.put_many({self._key: json.dumps(row, separators=(",", ":")).encode()})

    def _state(self, path: str) -> list[int] | None:
        try:
            status = os.stat(os.path.join(self._root, path))  # noqa: PTH116, PTH118
        except (OSError, ValueError):
            return None
        return [status.st_mtime_ns, status.st_size, status.st_ino]
