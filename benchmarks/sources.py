"""Places in code that others published → that code, unpacked: a commit of a repository, or a source distribution.

A row names `repository` and `commit`, or `sdist` (the file's name on PyPI) and `sha256`. The folder holds a clone of
each repository, bare or not, as OWNER/NAME or OWNER+NAME (in it, or in its `repo`), and the distributions' files, in it
or in its `sdist`. Nothing of it is built or run here; `pip download --no-binary :all:` would run a package's build to
learn its metadata, so fetch the files themselves.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple


class Source(NamedTuple):
    """name: OWNER/NAME, or the distribution's file; version: the commit, or the file's SHA-256."""

    name: str
    version: str

    @property
    def is_sdist(self) -> bool:
        return "/" not in self.name


def source_of(row: Mapping[str, Any]) -> Source:
    if "sdist" in row:
        return Source(row["sdist"], row["sha256"])
    return Source(row.get("repository") or row["repo"], row["commit"])


def unpack(folder: Path, source: Source, into: Path) -> str | None:
    """Puts the files there. A sentence where they are not to be had."""
    if source.is_sdist:
        return unpack_sdist(folder, source, into)
    git = clone_of(folder, source.name)
    return "is not there" if git is None else export(git, source.version, into)


def unpack_sdist(folder: Path, source: Source, into: Path) -> str | None:
    """Without the folder that distributions put around everything."""
    file = next((f for f in (folder / source.name, folder / "sdist" / source.name) if f.is_file()), None)
    if file is None:
        return "is not there"
    if hashlib.sha256(file.read_bytes()).hexdigest() != source.version:
        return "is another file than the one that was read"
    if file.name.endswith(".zip"):
        with zipfile.ZipFile(file) as archive:
            archive.extractall(into)
    else:
        with tarfile.open(file) as tar:
            tar.extractall(into, filter="data")
    inside = list(into.iterdir())
    if len(inside) == 1 and inside[0].is_dir():
        around = inside[0].rename(into / ".around")
        for path in list(around.iterdir()):
            shutil.move(path, into / path.name)
        around.rmdir()
    return None


def clone_of(folder: Path, repository: str) -> Path | None:
    """The git directory."""
    for name in (repository, repository.replace("/", "+", 1)):
        for where in (folder / name / "repo", folder / name / ".git", folder / name):
            if (where / "HEAD").is_file():
                return where
    return None


def export(git: Path, commit: str, folder: Path) -> str | None:
    """The files of a commit, but for those that a partial clone lacks. A sentence where there is no such commit."""
    command = ["git", f"--git-dir={git}"]
    listed = subprocess.run([*command, "ls-tree", "-r", "-z", "--full-tree", commit], capture_output=True)
    if listed.returncode:
        return "has no such commit"
    with subprocess.Popen([*command, "cat-file", "--batch"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as objects:
        assert objects.stdin is not None and objects.stdout is not None
        for entry in listed.stdout.decode("utf-8", "surrogateescape").split("\0"):
            described, _, path = entry.partition("\t")
            mode, kind, name = (*described.split(), "", "", "")[:3]
            outside = Path(path).is_absolute() or ".." in Path(path).parts
            if kind != "blob" or mode == "120000" or outside:
                continue
            objects.stdin.write(name.encode() + b"\n")
            objects.stdin.flush()
            header = objects.stdout.readline().split()
            if header[1] == b"blob":
                data = objects.stdout.read(int(header[2]) + 1)[:-1]
                (folder / path).parent.mkdir(parents=True, exist_ok=True)
                (folder / path).write_bytes(data)
    return None
