"""Paths below a root → their bytes, read once as long as memory allows, and who mentions a name."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from llmlint.facts import FileError
from llmlint.light import dataclass
from llmlint.scan.names import NameIndex
from llmlint.scan.search import whole_names

if TYPE_CHECKING:
    from llmlint.scan.source import ReadResult

# a FIFO must not make us wait for somebody to write
OPEN = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
KEEP_BYTES = 100_000_000
KEEP_FILE_BYTES = 40_000  # opening costs more than reading, so small files are the ones to keep
BLOCK = 1 << 20
FIRST = 1 << 17  # nearly all files are no longer
UTF_16 = (b"\xff\xfe", b"\xfe\xff")
WORTH_INDEX = 30  # searches
WORTH_FILES = 500
FEW_NAMES = 20


class Stamp(NamedTuple):
    """What changes when a file does."""

    mtime_ns: int
    size: int
    inode: int


Verdict = tuple[Stamp, bool]  # does the file, as it was then, pass the sieve?


class Read(NamedTuple):
    """data None: the file is larger than allowed, see `holds_one_of`."""

    stamp: Stamp
    data: bytes | None


def stamp_of(status: os.stat_result) -> Stamp:
    return Stamp(status.st_mtime_ns, status.st_size, status.st_ino)


def read_file(path: str, max_bytes: int | None, first: int | None = None) -> Read:
    """A regular file's bytes, or the `first` of them. Raises OSError, also for what is no regular file."""
    fd = os.open(path, OPEN)
    try:
        status = os.fstat(fd)
        if not stat.S_ISREG(status.st_mode):
            raise OSError(0, "not a regular file")
        if max_bytes is not None and status.st_size > max_bytes:
            return Read(stamp_of(status), None)
        wanted = status.st_size + 1 if first is None else first
        data = os.read(fd, wanted)
        if len(data) < min(status.st_size, wanted) or (first is None and len(data) == wanted):  # short, or growing
            parts = [data]
            while block := os.read(fd, BLOCK):
                parts.append(block)
                if max_bytes is not None and sum(map(len, parts)) > max_bytes:
                    return Read(stamp_of(status), None)
            data = b"".join(parts)
        return Read(stamp_of(status), data if first is None else data[:first])
    finally:
        os.close(fd)


def read_regular(path: str, max_bytes: int | None, first: int | None = None) -> bytes | None:
    """As `read_file`; None where there is nothing to read, or too much."""
    try:
        return read_file(path, max_bytes, first).data
    except (OSError, ValueError):
        return None


def read_known(path: str, max_bytes: int) -> bytes | None:
    """As `read_regular`, in a third of its time, of what was just seen to be a regular file."""
    try:
        fd = os.open(path, OPEN)
        try:
            data = os.read(fd, FIRST)
            while len(data) >= FIRST and len(data) <= max_bytes and (more := os.read(fd, BLOCK)):
                data += more
        finally:
            os.close(fd)
    except (OSError, ValueError):
        return None
    return data if len(data) <= max_bytes else None


def holds_one_of(path: str, has: Callable[[bytes], bool], longest: int) -> bool:
    """Asks a file of any size, block by block; a word may lie across two blocks. Raises OSError."""
    fd = os.open(path, OPEN)
    try:
        tail = b""
        while block := os.read(fd, BLOCK):
            if has(tail + block):
                return True
            tail = (tail + block)[-longest:] if longest else b""
        return False
    finally:
        os.close(fd)


def single_bytes(data: bytes) -> bytes:
    """UTF-16 with its mark as if it were ASCII, so that words are found in it; other data as they are."""
    return data.replace(b"\0", b"") if data[:2] in UTF_16 else data


@dataclass(slots=True)
class Searches:
    """How often one list of files was searched. It is held, so that no other list gets its identity."""

    files: Sequence[str]
    count: int = 0
    index: NameIndex | None = None


class Contents:
    """The bytes of a project's files. Keeps what it has read, up to a bound."""

    def __init__(self, root: str, max_file_bytes: int, keep_bytes: int = KEEP_BYTES) -> None:
        self.root = root
        self.max_file_bytes = max_file_bytes
        self._room = keep_bytes
        self._kept: dict[str, Read] = {}
        self._searches: dict[int, Searches] = {}  # by the identity of the list of files

    def read(self, path: str) -> Read:
        """Raises OSError."""
        kept = self._kept.get(path)
        if kept is not None:
            return kept
        read = read_file(f"{self.root}/{path}", self.max_file_bytes)
        size = len(read.data) if read.data is not None else 0
        if size <= min(KEEP_FILE_BYTES, self._room):
            self._room -= size
            self._kept[path] = read
        return read

    def data(self, path: str) -> bytes | None:
        """None where the file cannot be read or is too large."""
        try:
            return self.read(path).data
        except (OSError, ValueError):
            return None

    def source(self, path: str, words: Iterable[bytes] = ()) -> ReadResult | None:
        """The file parsed; words: as `read_source` wants them. None where there is nothing to read."""
        from llmlint.scan.source import read_source

        data = self.data(path)
        return None if data is None else read_source(path, data, self.max_file_bytes, words)

    def mention(self, files: Sequence[str], names: Iterable[str]) -> dict[str, list[str]]:
        """name → which of the files contain it as a whole word, sorted. A name that none contains has an empty list.

        The files are searched; when that has happened often, they are indexed.
        """
        names = frozenset(names)
        find = whole_names(names)
        out: dict[str, list[str]] = {name: [] for name in sorted(names)}
        for path in self._candidates(files, names):
            data = self.data(path)
            for name in find(data) if data else ():
                out[name].append(path)
        return {name: sorted(paths) for name, paths in out.items()}

    def _candidates(self, files: Sequence[str], names: frozenset[str]) -> Iterable[str]:
        """An index belongs to one list of files: those who ask about several in turn must not have it built anew."""
        searches = self._searches.setdefault(id(files), Searches(files))
        searches.count += 1
        if searches.count < WORTH_INDEX or len(files) < WORTH_FILES or len(names) > FEW_NAMES:
            return files
        # a name that is no identifier stands in no index
        if not all(name.isidentifier() for name in names):
            return files
        if searches.index is None:
            searches.index = NameIndex(files, self.data)
        index = searches.index
        return {path for name in names for path in index.candidates(name)}


def unreadable(path: str, error: OSError | ValueError) -> FileError:
    reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
    return FileError(path, None, f"cannot be read: {reason}")


def too_large(path: str, size: int, max_bytes: int, names_sdk: bool) -> FileError:
    return FileError(path, None, f"larger than {max_bytes:,} bytes ({size:,})", names_sdk)


def chunked(files: Sequence[str], size: int) -> list[Sequence[str]]:
    return [files[i : i + size] for i in range(0, len(files), size)]
