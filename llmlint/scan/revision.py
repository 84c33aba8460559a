"""A revision of a git repository → its files in a folder of their own, read from git's objects.

Neither the work tree nor the index is touched, and no filter, hook or other program that a repository can configure is
run: `rev-parse`, `merge-base`, `ls-tree`, `ls-files` and `cat-file` only read.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from llmlint.errors import RevisionError

PLAIN_MODES = ("100644", "100755")
TIMEOUT = 300  # seconds; for a repository on a disk that has gone away
FORBIDDEN = frozenset(("", ".", "..", ".git"))


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
    if not name or name.startswith("-"):
        raise RevisionError(f"--since: {name!r} is no revision", None, None, "name a branch, a tag or a commit")
    top = Path(os.fsdecode(_git(folder, ["rev-parse", "--show-toplevel"], name).rstrip(b"\n")))
    if name.endswith("..."):
        commit = os.fsdecode(_git(top, ["merge-base", name[:-3], "HEAD"], name).strip())
    else:
        commit = os.fsdecode(_git(top, ["rev-parse", "--verify", "--quiet", name + "^{commit}"], name).strip())
    listing = _git(top, ["ls-tree", "-r", "-z", "--full-tree", commit], name)
    return Revision(name, top, commit, dict(_blobs(listing)))


def present(revision: Revision) -> list[str]:
    """The paths that git's index names now, and files that it neither knows nor ignores."""
    asked = ["ls-files", "-z", "--full-name", "--cached", "--others", "--exclude-standard"]
    listing = _git(revision.top, asked, revision.name)
    return [os.fsdecode(raw) for raw in listing.split(b"\0") if raw]


def write_files(revision: Revision, wanted: Callable[[str], bool], folder: Path, max_bytes: int) -> None:
    """Writes the wanted files below `folder`, but those larger than `max_bytes`. Raises RevisionError."""
    paths = [path for path in revision.blobs if wanted(path)]
    command = [*_command(revision.top), "cat-file", "--batch"]
    made: set[str] = set()
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=_environment()) as git:
        assert git.stdin is not None and git.stdout is not None
        for path in paths:  # one by one: a pipe that is full on both ends would never move again
            git.stdin.write(revision.blobs[path].encode() + b"\n")
            git.stdin.flush()
            head = git.stdout.readline().split()
            if len(head) != 3:  # "… missing": a partial clone
                git.kill()
                mend = "fetch the whole history: `git fetch --unshallow`, or a clone without --filter"
                raise RevisionError(f"--since {revision.name}: the content of {path} is not here", None, None, mend)
            data = git.stdout.read(int(head[2]))
            git.stdout.read(1)
            if len(data) > max_bytes:
                continue
            target = os.path.join(folder, path)  # noqa: PTH118 - a path with half characters survives as text
            parent = os.path.dirname(target)  # noqa: PTH120
            if parent not in made:
                os.makedirs(parent, exist_ok=True)  # noqa: PTH103
                made.add(parent)
            with open(target, "xb") as stream:  # noqa: PTH123
                stream.write(data)
        git.stdin.close()


def _blobs(listing: bytes) -> list[tuple[str, str]]:
    """Plain files: no links, no submodules, and no path that would lead out of the folder it is written to."""
    out = []
    for row in listing.split(b"\0"):
        head, tab, raw = row.partition(b"\t")
        if not tab:
            continue
        mode, _, oid = head.decode("ascii", "replace").split(" ", 2)
        path = os.fsdecode(raw)
        parts = path.split("/")
        if mode in PLAIN_MODES and "\\" not in path and not FORBIDDEN.intersection(part.lower() for part in parts):
            out.append((path, oid))
    return out


def _git(folder: Path, arguments: Sequence[str], name: str) -> bytes:
    try:
        done = subprocess.run(
            [*_command(folder), *arguments], capture_output=True, timeout=TIMEOUT, env=_environment(), check=False
        )
    except FileNotFoundError:
        raise RevisionError("--since needs git, and there is none", None, None, "install git") from None
    except subprocess.TimeoutExpired:
        raise RevisionError(f"--since {name}: git does not answer", None, None, "is its disk there?") from None
    if done.returncode == 0:
        return done.stdout
    said = done.stderr.decode("utf-8", "replace").strip().splitlines()
    why = said[0].removeprefix("fatal: ") if said else ""
    if "not a git repository" in why:
        raise RevisionError(f"--since {name}: {folder} is in no git work tree", None, None, "run it in a checkout")
    mend = "in CI, fetch it first: `fetch-depth: 0` for actions/checkout"
    raise RevisionError(f"--since: git knows no revision {name!r}" + (f": {why}" if why else ""), None, None, mend)


def _command(folder: Path) -> list[str]:
    return ["git", "-C", str(folder), "-c", "core.fsmonitor=false", "--no-replace-objects"]


def _environment() -> dict[str, str]:
    """English messages; no lock, no prompt, no lazy download. A hook's own GIT_DIR stays: it means this repository."""
    quiet = {"LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "GIT_NO_LAZY_FETCH": "1"}
    return {**os.environ, **quiet}
