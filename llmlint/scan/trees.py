"""A repository + the names of two revisions → both trees: path → object.

The work tree is a tree too: what git's index knows by its stat is not read, the rest is hashed as git would. Nothing is
checked out and no filter is run.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from llmlint.errors import RevisionError
from llmlint.scan.contents import read_regular
from llmlint.scan.git import commit_of, git, merge_base, top_of
from llmlint.scan.revision import PLAIN_MODES, blobs_of

WORK_TREE = "work tree"
PLAIN_BYTES = frozenset(mode.encode() for mode in PLAIN_MODES)
# a row of `ls-files --stage --debug -z`: what is staged, a tabulator, the path, a zero byte, then its stat in lines
STAT = re.compile(
    rb"(\d{6}) ([0-9a-f]{40,64}) (\d)\t([^\0]+)\0"
    rb"  ctime: \d+:\d+\n  mtime: (\d+):(\d+)\n  dev: .*\n  uid: .*\n  size: (\d+)\tflags: ([0-9a-f]+)\n"
)
SKIPPED = 1 << 30  # git's flag of files that a sparse checkout leaves out


@dataclass(frozen=True, slots=True)
class Tree:
    """name: as the user wrote it; commit: None for the work tree; blobs: path from the top → object, plain files."""

    name: str
    commit: str | None
    blobs: Mapping[str, str] = field(repr=False)

    @property
    def shown(self) -> str:
        """As reports name it: a short commit, or "work tree"."""
        return self.commit[:12] if self.commit else WORK_TREE


@dataclass(frozen=True)
class Trees:
    """The two trees that a diff compares. top: the work tree's folder; on_disk: path → object, of the work tree where
    that is the newer one."""

    top: Path
    base: Tree
    head: Tree
    on_disk: Mapping[str, str] = field(repr=False)

    @cached_property
    def changed(self) -> tuple[str, ...]:
        """Every path whose content differs, sorted."""
        before, after = self.base.blobs, self.head.blobs
        return tuple(sorted(p for p in {*before, *after} if before.get(p) != after.get(p)))


def read_trees(folder: Path, base: str, head: str | None, max_bytes: int) -> Trees:
    """BASE is taken where HEAD left it, as a pull request is seen; "A..B" compares A and B as they are.

    head None: the work tree with what is not committed. Raises RevisionError.
    """
    base, head, exact = _names(base, head)
    asked = f"diff {base}"
    top = top_of(folder, asked)
    commit = commit_of(top, base, asked) if exact else merge_base(top, base, head or "HEAD", asked)
    at_base = Tree(base, commit, blobs_of(top, commit, asked))
    if head is None:
        blobs, elsewhere = work_tree(top, asked, max_bytes)
        on_disk = {path: oid for path, oid in blobs.items() if path not in elsewhere} if elsewhere else blobs
        return Trees(top, at_base, Tree(WORK_TREE, None, blobs), on_disk)
    commit = commit_of(top, head, asked)
    return Trees(top, at_base, Tree(head, commit, blobs_of(top, commit, asked)), {})


def _names(base: str, head: str | None) -> tuple[str, str | None, bool]:
    """The two names, and whether they are compared as they are."""
    for dots, exact in (("...", False), ("..", True)):
        if dots in base:
            if head is not None:
                mend = f"`llmlint diff {base}`, or two names"
                raise RevisionError(f"diff {base} {head}: {base} names two revisions already", None, None, mend)
            one, _, other = base.partition(dots)
            return one or "HEAD", other or None, exact
    return base, head, False


def work_tree(top: Path, asked: str, max_bytes: int) -> tuple[dict[str, str], frozenset[str]]:
    """Path → the object that git would store, of the files that git tracks or does not ignore; and which of them a
    sparse checkout has left out."""
    out: dict[str, str] = {}
    elsewhere: set[str] = set()
    length = 40
    index = top / os.fsdecode(git(top, ["rev-parse", "--git-path", "index"], asked).rstrip(b"\n"))
    written = index.stat().st_mtime_ns if index.exists() else 0  # a file that changed since may show the same stat
    start = f"{top}{os.sep}"
    listing = git(top, ["ls-files", "--stage", "--debug", "-z", "--full-name"], asked)
    for path, oid, known, skipped in _indexed(listing):
        length = len(oid)
        try:
            status = os.lstat(start + path)
        except (OSError, ValueError):
            if skipped:
                out[path] = oid
                elsewhere.add(path)
            continue
        if not stat.S_ISREG(status.st_mode):
            continue
        same = known == (status.st_mtime_ns, status.st_size) and status.st_mtime_ns < written
        out[path] = oid if same else _hashed(top, path, status.st_size, max_bytes, length) or oid
    listing = git(top, ["ls-files", "--others", "--exclude-standard", "-z", "--full-name"], asked)
    for path in (os.fsdecode(raw) for raw in listing.split(b"\0") if raw):
        try:
            status = os.lstat(start + path)
        except (OSError, ValueError):
            continue
        if stat.S_ISREG(status.st_mode):
            out[path] = _hashed(top, path, status.st_size, max_bytes, length) or f"unread {path} {status.st_size}"
    return out, frozenset(elsewhere)


def _indexed(listing: bytes) -> Iterator[tuple[str, str, tuple[int, int] | None, bool]]:
    """(path, object, (mtime in ns, size), is it left out of the work tree on purpose?) of plain files. What has two
    versions, in a merge that is not finished, has no stat."""
    for mode, oid, stage, raw, seconds, nanos, size, flags in STAT.findall(listing):
        if mode in PLAIN_BYTES:
            known = (int(seconds) * 1_000_000_000 + int(nanos), int(size)) if stage == b"0" else None
            yield os.fsdecode(raw), oid.decode(), known, bool(int(flags, 16) & SKIPPED)


def _hashed(top: Path, path: str, size: int, max_bytes: int, length: int) -> str | None:
    """The object's name of a file on disk; None where it is too large or cannot be read."""
    data = read_regular(os.path.join(top, path), max_bytes) if size <= max_bytes else None  # noqa: PTH118
    if data is None:
        return None
    digest = hashlib.sha256() if length == 64 else hashlib.sha1(usedforsecurity=False)
    digest.update(b"blob %d\0" % len(data))
    digest.update(data)
    return digest.hexdigest()
