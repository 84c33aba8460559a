"""The facts of one run ↔ the cache: they hold as long as no project file and no file that was read has changed.

Of a revision they hold for ever: its files are told by their contents.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterable
from dataclasses import asdict, replace
from hashlib import blake2b
from typing import Any

from llmlint.facts import CallSite, Facts, FileError, Sketch, call_site_from_json, project_from_json
from llmlint.scan.cache import Cache, content_key
from llmlint.scan.contents import read_regular
from llmlint.scan.sift import RACY_NS
from llmlint.tasks.sketch import sketch_of

PLACES = 16  # revisions of a root
MAX_ROW_BYTES = 8_000_000


class Memory:
    """key: what was asked (files, words, version); stamp: changes whenever one of the project's Python files does.

    Make it before the files are analysed: what changes from then on is not remembered.
    """

    def __init__(self, cache: Cache, root: str, key: str, stamp: str) -> None:
        self._cache, self._root, self._stamp = cache, root, stamp
        self._key = content_key("facts", key)
        self._settled = time.time_ns() - RACY_NS  # a file that has just changed can change again without showing it

    def recall(self) -> Facts | None:
        """The facts of the latest run with this key, or None where something has changed since."""
        data = self._cache.get_many([self._key]).get(self._key)
        if data is None:
            return None
        try:
            row = json.loads(data)
            if row["stamp"] != self._stamp or any(self._state(path) != was for path, was in row["used"].items()):
                return None
            return _from_row(self._root, row, tuple(row["used"]))
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            return None

    def keep(self, facts: Facts, used: Iterable[str]) -> None:
        """used: every path, besides those that the stamp speaks of, that was looked at, also in vain."""
        states = {path: self._state(path) for path in sorted(used)}
        if any(state and max(state[:2]) > self._settled for state in states.values()):
            return
        row = {
            "stamp": self._stamp,
            "used": states,
            **_row(facts),
        }
        self._cache.put_many({self._key: _packed(row)})

    def _state(self, path: str) -> list[int] | None:
        """The time of the change of the entry too: a file that is moved here may be older than the one it replaces."""
        try:
            status = os.stat(os.path.join(self._root, path))  # noqa: PTH116, PTH118
        except (OSError, ValueError):
            return None
        return [status.st_mtime_ns, status.st_ctime_ns, status.st_size, status.st_ino]


class RevisionMemory:
    """The facts of trees, in few places: what is kept anew takes the place of something older.

    key: what was asked, besides the tree and its files.
    """

    def __init__(self, cache: Cache, root: str, key: str) -> None:
        self._cache, self._root, self._key = cache, root, key

    def recall(self, tree: str) -> Facts | None:
        """tree: a digest of everything that the facts rest on."""
        place = self._place(tree)
        try:
            row = json.loads(self._cache.get_many([place])[place])
            if row["tree"] != tree:
                return None
            known = _from_row(self._root, row, tuple(row["read"]))
            sites = zip(known.call_sites, row["sketches"], strict=True)
            return replace(known, call_sites=tuple(_sketched(site, sketch) for site, sketch in sites))
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            return None

    def keep(self, tree: str, facts: Facts) -> None:
        sketches = [sketch_of(site.prompt) for site in facts.call_sites]  # calls are told apart by them
        data = _packed({"tree": tree, "read": facts.read, "sketches": sketches, **_row(facts)})
        if len(data) <= MAX_ROW_BYTES:
            self._cache.put_many({self._place(tree): data})

    def _place(self, tree: str) -> str:
        return content_key("revision", self._key, str(int(tree[:8], 16) % PLACES))


def _sketched(site: CallSite, row: list[Any] | None) -> CallSite:
    if row is None:
        return site
    chars, digest, words = row
    return replace(site, prompt=replace(site.prompt, sketch=Sketch(chars, digest, tuple(words))))


def _row(facts: Facts) -> dict[str, Any]:
    return {
        "call_sites": [site.to_json() for site in facts.call_sites],
        "errors": [asdict(error) for error in facts.errors],
        "annotated": facts.annotated,
        "project": asdict(facts.project),
    }


def _packed(row: dict[str, Any]) -> bytes:
    return json.dumps(row, separators=(",", ":")).encode()


def _from_row(root: str, row: dict[str, Any], read: tuple[str, ...]) -> Facts:
    sites = tuple(call_site_from_json(site) for site in row["call_sites"])
    errors = tuple(FileError(**error) for error in row["errors"])
    project = project_from_json(row["project"])
    return Facts(root, sites, errors, annotated=tuple(row["annotated"]), project=project, read=read)


def project_stamp(root: str, files: Iterable[str]) -> str:
    """Changes whenever one of the files does, without reading those that have been left alone for a while."""
    settled = time.time_ns() - RACY_NS
    marks: list[str] = []
    for path in files:
        try:
            status = os.stat(f"{root}/{path}")  # noqa: PTH116
        except (OSError, ValueError):
            marks.append(f"{path}\0unreadable")
            continue
        changed = status.st_mtime_ns
        if changed > settled:
            data = read_regular(f"{root}/{path}", None) or b""
            marks.append(f"{path}\0{blake2b(data, digest_size=16).hexdigest()}")
        else:
            marks.append(f"{path}\0{changed} {status.st_size} {status.st_ino}")
    return blake2b("\0".join(marks).encode("utf-8", "surrogateescape"), digest_size=16).hexdigest()
