"""Two trees → the bytes of their objects, each read once: from the work tree where it has the same, else from git."""

from __future__ import annotations

import os
import subprocess
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import IO, TYPE_CHECKING

from llmlint.errors import RevisionError
from llmlint.scan.contents import Contents, Read, Stamp, read_known
from llmlint.scan.corpus import Corpus
from llmlint.scan.discover import SUFFIXES
from llmlint.scan.git import command, environment, grep
from llmlint.scan.search import any_of
from llmlint.scan.trees import Tree, Trees

if TYPE_CHECKING:
    from llmlint.scan.source import ReadResult

KEEP_CHARACTERS = 12_000_000  # of parsed files; their trees take some thirty times as much
MAX_TEXT_BYTES = 2_000_000  # as prompts and templates are read from disk
FEW_WORDS = 100  # that stand on one command line
NOT_HERE = "fetch the whole history: `git fetch --unshallow`, or a clone without --filter"


class Objects:
    """Use as a context manager: a git that answers questions lives as long."""

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

    def load(self, wanted: Mapping[str, str]) -> Mapping[str, bytes | None]:
        """Many at once. wanted: object → one of its paths. Raises RevisionError."""
        missing = [oid for oid in wanted if oid not in self._kept]
        on_disk, start = self._trees.on_disk, f"{self._trees.top}{os.sep}"
        asked = [oid for oid in missing if on_disk.get(wanted[oid]) != oid]
        here = missing if not asked else set(missing).difference(asked)
        self._kept.update((oid, read_known(start + wanted[oid], self._max)) for oid in here)
        if asked:
            asks, answers = self._pipes()
            # git stops reading questions while nobody reads its answers
            asking = threading.Thread(target=_write, args=(asks, "".join(f"{oid}\n" for oid in asked).encode()))
            asking.start()
            self._kept.update((oid, self._answer(answers, wanted[oid])) for oid in asked)
            asking.join()
        return {oid: self._kept[oid] for oid in wanted}

    def grep(self, tree: Tree, words: Sequence[bytes]) -> list[str] | None:
        """The Python files of a tree, from its top, that hold one of the words; None where git cannot tell."""
        found = grep(self._trees.top, words, tree.commit, SUFFIXES, f"diff {self._trees.base.name}")
        return None if found is None else [os.fsdecode(raw) for raw in found]

    def _read(self, oid: str, path: str) -> bytes | None:
        if self._trees.on_disk.get(path) == oid:
            return read_known(os.path.join(self._trees.top, path), self._max)  # noqa: PTH118
        asks, answers = self._pipes()
        asks.write(oid.encode() + b"\n")
        asks.flush()
        return self._answer(answers, path)

    def _answer(self, answers: IO[bytes], path: str) -> bytes | None:
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


def _write(pipe: IO[bytes], data: bytes) -> None:
    with suppress(OSError):  # git has ended; whoever waits for its answers says so
        pipe.write(data)
        pipe.flush()


class Parsed:
    """(path, object) → the file parsed, once for both trees. Keeps up to a bound what has no mistakes."""

    def __init__(self, room: int = KEEP_CHARACTERS) -> None:
        self._room = room
        self._kept: dict[tuple[str, str], ReadResult] = {}

    def get(self, path: str, oid: str, parse: Callable[[], ReadResult | None]) -> ReadResult | None:
        known = self._kept.get((path, oid))
        if known is None:
            known = parse()
            source = known.source if known is not None and not known.errors else None
            if known is not None and source is not None and len(source.text) <= self._room:
                self._room -= len(source.text)
                self._kept[path, oid] = known
        return known


class TreeContents(Contents):
    """The files of a tree below a root, as a scan reads them. prefix: the root from the top, "" or "services/chat/".

    corpus: what is searched for names, of both trees; parsed: the files of both.
    """

    def __init__(
        self, root: str, tree: Tree, objects: Objects, prefix: str, max_file_bytes: int, corpus: Corpus, parsed: Parsed
    ) -> None:
        super().__init__(root, max_file_bytes)
        self._tree, self._objects, self._prefix, self._corpus, self._parsed = tree, objects, prefix, corpus, parsed
        self._paths: dict[str, list[str]] = {}  # object → its paths below the root
        self._lists: dict[int, tuple[Sequence[str], frozenset[str]]] = {}

    def source(self, path: str, words: Iterable[bytes] = ()) -> ReadResult | None:
        oid = self._tree.blobs.get(self._prefix + path, "")
        return self._parsed.get(path, oid, lambda: super(TreeContents, self).source(path, words))

    def mention(self, files: Sequence[str], names: Iterable[str]) -> dict[str, list[str]]:
        found = self._corpus.mention(names)
        among = self._among(files)
        return {name: self._named(oids, among) for name, oids in sorted(found.items())}

    def defining(self, files: Sequence[str], name: str) -> list[str]:
        """Which of the files define a function or a class so called, sorted."""
        return self._named(self._corpus.defining(name), self._among(files))

    def holding(self, files: Sequence[str], words: Sequence[bytes]) -> list[str]:
        """Which of the files hold one of the words, sorted."""
        if not words:
            return []
        if not self._corpus.loaded and len(words) <= FEW_WORDS:  # git's own search is twice as quick as reading all
            found = self._objects.grep(self._tree, words)
            if found is not None:
                cut = len(self._prefix)
                below = [path[cut:] for path in found if path.startswith(self._prefix)]
                return sorted(self._among(files).intersection(below))
        has = any_of(words)
        return [path for path in files if has(self.data(path) or b"")]

    def _named(self, oids: Iterable[str], among: frozenset[str]) -> list[str]:
        return sorted(path for oid in oids for path in self._paths.get(oid, ()) if path in among)

    def _among(self, files: Sequence[str]) -> frozenset[str]:
        if not self._paths:
            cut = len(self._prefix)
            for path, oid in self._tree.blobs.items():
                if path.startswith(self._prefix):
                    self._paths.setdefault(oid, []).append(path[cut:])
        kept = self._lists.get(id(files))
        if kept is None:  # the list is held, so that no other gets its identity
            kept = self._lists[id(files)] = files, frozenset(files)
        return kept[1]

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
