"""A repository + the names of two revisions → both trees: path → object, and the bytes of each object, read once.

The work tree is a tree too: what git's index knows by its stat is not read, the rest is hashed as git would. Nothing is
checked out and no filter is run.
"""

from __future__ import annotations

import hashlib
import os
import stat
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from llmlint.errors import RevisionError
from llmlint.scan.contents import Contents, Read, Stamp, read_regular
from llmlint.scan.git import command, commit_of, environment, git, merge_base, top_of
from llmlint.scan.revision import PLAIN_MODES, blobs_of

WORK_TREE = "work tree"
MAX_TEXT_BYTES = 2_000_000  # as prompts and templates are read from disk
NOT_HERE = "fetch the whole history: `git fetch --unshallow`, or a clone without --filter"


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


@dataclass(frozen=True, slots=True)
class Trees:
    """The two trees that a diff compares. top: the work tree's folder; on_disk: path → object, of the work tree."""

    top: Path
    base: Tree
    head: Tree
    on_disk: Mapping[str, str] = field(repr=False)

    @property
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
    on_disk = work_tree(top, asked, max_bytes)
    at_head = Tree(WORK_TREE, None, on_disk)
    if head is not None:
        commit = commit_of(top, head, asked)
        at_head = Tree(head, commit, blobs_of(top, commit, asked))
    commit = commit_of(top, base, asked) if exact else merge_base(top, base, head or "HEAD", asked)
    return Trees(top, Tree(base, commit, blobs_of(top, commit, asked)), at_head, on_disk)


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


def work_tree(top: Path, asked: str, max_bytes: int) -> dict[str, str]:
    """Path → the object that git would store, of the files that git tracks or does not ignore."""
    out: dict[str, str] = {}
    length = 40
    index = top / os.fsdecode(git(top, ["rev-parse", "--git-path", "index"], asked).rstrip(b"\n"))
    written = index.stat().st_mtime_ns if index.exists() else 0  # a file that changed since may show the same stat
    for path, oid, known in _indexed(git(top, ["ls-files", "--stage", "--debug", "-z", "--full-name"], asked)):
        length = len(oid)
        try:
            status = os.lstat(top / path)
        except (OSError, ValueError):
            continue
        if not stat.S_ISREG(status.st_mode):
            continue
        same = known == (status.st_mtime_ns, status.st_size) and status.st_mtime_ns < written
        out[path] = oid if same else _hashed(top, path, status.st_size, max_bytes, length) or oid
    listing = git(top, ["ls-files", "--others", "--exclude-standard", "-z", "--full-name"], asked)
    for path in (os.fsdecode(raw) for raw in listing.split(b"\0") if raw):
        try:
            status = os.lstat(top / path)
        except (OSError, ValueError):
            continue
        if stat.S_ISREG(status.st_mode):
            out[path] = _hashed(top, path, status.st_size, max_bytes, length) or f"unread {path} {status.st_size}"
    return out


def _indexed(listing: bytes) -> Iterable[tuple[str, str, tuple[int, int]]]:
    """(path, object, (mtime in ns, size)) of plain files. A row: `mode oid stage\\tpath\\0`, then its stat in lines."""
    head, *rest = listing.split(b"\0")
    for chunk in rest:
        mode, _, tail = head.partition(b" ")
        fields, _, raw = tail.partition(b"\t")
        values: dict[bytes, bytes] = {}
        lines = chunk.split(b"\n", 5)
        for line in lines[:5]:
            for part in line.strip().split(b"\t"):
                key, _, value = part.partition(b": ")
                values[key] = value
        seconds, _, nanos = values.get(b"mtime", b"0:0").partition(b":")
        oid, _, stage = fields.decode().partition(" ")
        if mode.decode() in PLAIN_MODES and stage == "0":
            known = (int(seconds) * 1_000_000_000 + int(nanos), int(values.get(b"size", b"0")))
            yield os.fsdecode(raw), oid, known
        head = lines[5] if len(lines) > 5 else b""


def _hashed(top: Path, path: str, size: int, max_bytes: int, length: int) -> str | None:
    """The object's name of a file on disk; None where it is too large or cannot be read."""
    data = read_regular(os.path.join(top, path), max_bytes) if size <= max_bytes else None  # noqa: PTH118
    if data is None:
        return None
    digest = hashlib.sha256() if length == 64 else hashlib.sha1(usedforsecurity=False)
    digest.update(b"blob %d\0" % len(data))
    digest.update(data)
    return digest.hexdigest()


class Objects:
    """The bytes of objects, from the work tree where it has the same, else from git. Use as a context manager."""

    def __init__(self, trees: Trees, max_bytes: int) -> None:
        self._trees = trees
        self._max = max_bytes
        self._kept: dict[str, bytes | None] = {}
        self._git: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Objects:
        return self

    def __exit__(self, *_: object) -> None:
        if self._git is not None:
            for pipe in (self._git.stdin, self._git.stdout):
                if pipe is not None:
                    pipe.close()
            self._git.wait()

    def data(self, oid: str, path: str) -> bytes | None:
        """None where it is larger than allowed, or changed on disk meanwhile. Raises RevisionError."""
        if oid not in self._kept:
            self._kept[oid] = self._read(oid, path)
        return self._kept[oid]

    def _read(self, oid: str, path: str) -> bytes | None:
        if self._trees.on_disk.get(path) == oid:
            return read_regular(os.path.join(self._trees.top, path), self._max)  # noqa: PTH118
        asks, answers = self._pipes()
        asks.write(oid.encode() + b"\n")
        asks.flush()
        head = answers.readline().split()
        if len(head) != 3:  # "… missing": a partial clone
            name = self._trees.base.name
            raise RevisionError(f"diff {name}: the content of {path} is not here", None, None, NOT_HERE)
        size = int(head[2])
        if size > self._max:
            self._skip(answers, size + 1)
            return None
        data = answers.read(size)
        answers.read(1)
        return data

    def _skip(self, answers: IO[bytes], size: int) -> None:
        while size > 0 and (block := answers.read(min(size, 1 << 20))):
            size -= len(block)

    def _pipes(self) -> tuple[IO[bytes], IO[bytes]]:
        if self._git is None:
            reading = [*command(self._trees.top), "cat-file", "--batch"]
            self._git = subprocess.Popen(
                reading, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment()
            )
        assert self._git.stdin is not None and self._git.stdout is not None
        return self._git.stdin, self._git.stdout


class TreeContents(Contents):
    """The files of a tree below a root, as a scan reads them. prefix: the root from the top, "" or "services/chat/"."""

    def __init__(self, root: str, tree: Tree, objects: Objects, prefix: str, max_file_bytes: int) -> None:
        super().__init__(root, max_file_bytes)
        self._tree, self._objects, self._prefix = tree, objects, prefix

    def read(self, path: str) -> Read:
        """Raises OSError."""
        oid = self._tree.blobs.get(self._prefix + path)
        if oid is None:
            raise FileNotFoundError(path)
        data = self._objects.data(oid, self._prefix + path)
        return Read(Stamp(0, len(data) if data is not None else 0, 0), data)

    def text(self, path: str) -> str | None:
        """A prompt, a template, a configuration; as `read_text` gives it from disk."""
        if path.startswith(("/", "..")) or "\0" in path:
            return None
        data = self.data(os.path.normpath(path).replace(os.sep, "/"))
        if data is None or len(data) > MAX_TEXT_BYTES or b"\0" in data:
            return None
        return data.decode("utf-8", "replace")
