"""A revision of a git repository → its files in a folder of their own, read from git's objects.

Neither the work tree nor the index is touched, and no filter, hook or other program that a repository can configure is
run: `rev-parse`, `merge-base`, `ls-tree`, `ls-files` and `cat-file` only read.
"""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

from llmlint.errors import RevisionError
from llmlint.light import dataclass
from llmlint.scan.git import command, commit_of, environment, git, merge_base, top_of

PLAIN_MODES = ("100644", "100755")
PLAIN = re.compile(rb"(?:^|(?<=\0))(?:%s) blob ([0-9a-f]+)\t([^\0]+)" % "|".join(PLAIN_MODES).encode())
FORBIDDEN = re.compile(r"(?:^|/)(?:\.{0,2}|\.git)(?:/|$)|\\", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Revision:
    """name: as the user wrote it; top: the work tree's folder; blobs: path from there → object, of plain files."""

    name: str
    top: Path
    commit: str
    blobs: Mapping[str, str]

    def changed(self, path: str, max_bytes: int) -> bool:
        """Does the work tree's file differ from the revision's? One larger than `max_bytes` is taken for unchanged."""
        known, file = self.blobs.get(path), self.top / path
        try:
            if not file.is_file() or known is None:
                return file.is_file() or known is not None
            if file.stat().st_size > max_bytes:
                return False
            data = file.read_bytes()
        except (OSError, ValueError):
            return True
        digest = hashlib.sha256() if len(known) == 64 else hashlib.sha1(usedforsecurity=False)
        digest.update(b"blob %d\0" % len(data))
        digest.update(data)
        return digest.hexdigest() != known


def read_revision(folder: Path, name: str) -> Revision:
    """`folder`: in a work tree. name: anything that git knows as a commit; "main..." is where the branch left main.

    Raises RevisionError.
    """
    asked = f"--since {name}"
    top = top_of(folder, asked)
    if name.endswith("..."):
        commit = merge_base(top, name[:-3], "HEAD", asked)
    else:
        commit = commit_of(top, name, asked)
    return Revision(name, top, commit, blobs_of(top, commit, asked))


def present(revision: Revision) -> list[str]:
    """The paths that git's index names now, and files that it neither knows nor ignores."""
    asked = ["ls-files", "-z", "--full-name", "--cached", "--others", "--exclude-standard"]
    listing = git(revision.top, asked, f"--since {revision.name}")
    return [os.fsdecode(raw) for raw in listing.split(b"\0") if raw]


def write_files(revision: Revision, wanted: Callable[[str], bool], folder: Path, max_bytes: int) -> None:
    """Writes the wanted files below `folder`, but those larger than `max_bytes`. Raises RevisionError."""
    paths = [path for path in revision.blobs if wanted(path)]
    reading = [*command(revision.top), "cat-file", "--batch"]
    made: set[str] = set()
    with subprocess.Popen(reading, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment()) as pipe:
        assert pipe.stdin is not None and pipe.stdout is not None
        for path in paths:  # one by one: a pipe that is full on both ends would never move again
            pipe.stdin.write(revision.blobs[path].encode() + b"\n")
            pipe.stdin.flush()
            head = pipe.stdout.readline().split()
            if len(head) != 3:  # "… missing": a partial clone
                pipe.kill()
                mend = "fetch the whole history: `git fetch --unshallow`, or a clone without --filter"
                raise RevisionError(f"--since {revision.name}: the content of {path} is not here", None, None, mend)
            data = pipe.stdout.read(int(head[2]))
            pipe.stdout.read(1)
            if len(data) > max_bytes:
                continue
            target = os.path.join(folder, path)  # noqa: PTH118 - a path with half characters survives as text
            parent = os.path.dirname(target)  # noqa: PTH120
            if parent not in made:
                os.makedirs(parent, exist_ok=True)  # noqa: PTH103
                made.add(parent)
            with open(target, "xb") as stream:  # noqa: PTH123
                stream.write(data)
        pipe.stdin.close()


def blobs_of(top: Path, commit: str, asked: str) -> dict[str, str]:
    """Path from the top → object, of the commit's plain files: no links, no submodules, and no path that would lead out
    of the folder it is written to."""
    rows = PLAIN.findall(git(top, ["ls-tree", "-r", "-z", "--full-tree", commit], asked))
    named = ((os.fsdecode(raw), oid.decode()) for oid, raw in rows)
    return {path: oid for path, oid in named if not FORBIDDEN.search(path)}
