"""A file's bytes → `Source`: decoded text, ast tree, comments, and where its lines stand; or a `FileError`."""

from __future__ import annotations

import ast
import sys
import warnings
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import field
from typing import Any, cast

from llmlint.facts import FileError
from llmlint.light import dataclass
from llmlint.scan.contents import UTF_16, single_bytes

MAX_BYTES = 10_000_000
MAX_TEXT_ON_ANY_STACK = 50_000
LARGE_STACK = 1 << 30  # address space; only what is used is backed by memory


@dataclass(frozen=True, slots=True)
class Comment:
    """One `#` comment. `line` counts as `ast` counts the text; `alone`: only blanks stand before it on its line."""

    line: int
    text: str
    alone: bool


@dataclass(eq=False, slots=True)
class Source:
    """One Python file or notebook. `text` is what `tree` was parsed from: a notebook's code cells one after another."""

    path: str
    text: str
    tree: ast.Module
    cells: tuple[tuple[int, int], ...] = ()  # notebooks: (index over all cells, first line in `text`), in order
    names: dict[int, Any] = field(default_factory=dict, init=False, repr=False)  # what is known of a node of the tree
    _comments: list[Comment] | None = field(default=None, init=False, repr=False)

    def locate(self, line: int) -> tuple[int | None, int]:
        """(cell, line within it) of a line of `text`; cell None: a plain file."""
        if not self.cells:
            return None, line
        at = max(bisect_right(self.cells, line, key=lambda cell: cell[1]) - 1, 0)
        cell, first = self.cells[at]
        return cell, line - first + 1

    @property
    def comments(self) -> list[Comment]:
        """The comments of the text, found when first asked for."""
        if self._comments is None:
            self._comments = comments(self.text)
        return self._comments


@dataclass(frozen=True, slots=True)
class ReadResult:
    """A file as read. A notebook can have a source and errors: a broken cell does not take the others along."""

    source: Source | None = None
    errors: tuple[FileError, ...] = ()


def read_source(path: str, data: bytes, max_bytes: int = MAX_BYTES, words: Iterable[bytes] = ()) -> ReadResult:
    """Never raises. `words`: the sieve's, by which an error says whether the file names an LLM SDK."""
    try:
        if len(data) > max_bytes:
            raise Unreadable(None, f"larger than {max_bytes:,} bytes")
        if path.endswith(".ipynb"):
            from llmlint.scan.notebooks import read_notebook

            source, broken = read_notebook(path, data)
        else:
            text = decode(data)
            source, broken = Source(path, text, parse(text)), []
    except Unreadable as error:
        source, broken = None, [error]
    if not broken:
        return ReadResult(source)
    plain = single_bytes(data)
    named = any(word in plain for word in words)
    return ReadResult(source, tuple(FileError(path, e.line, e.message, named) for e in broken))


class Unreadable(Exception):
    """Why a text cannot be analysed; becomes a `FileError`."""

    def __init__(self, line: int | None, message: str) -> None:
        super().__init__(message)
        self.line = line
        self.message = message


def decode(data: bytes) -> str:
    """The text of Python source: byte order mark, coding cookie (PEP 263), else UTF-8. Raises Unreadable."""
    from llmlint.scan.encoding import source_encoding

    if b"\0" in data:
        line = data.count(b"\n", 0, data.index(b"\0")) + 1
        if data[:2] in UTF_16:
            raise Unreadable(line, "holds UTF-16 text: not Python source (save it as UTF-8)")
        raise Unreadable(line, "holds a NUL byte: not Python source (remove it, or exclude the file)")
    encoding = source_encoding(data)
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise Unreadable(line, f"is not {error.encoding} text: {error.reason} (declare its encoding)") from None
    except (LookupError, ValueError) as error:
        raise Unreadable(1, f"cannot be decoded as {encoding}: {error}") from None


def parse(text: str, flags: int = 0) -> ast.Module:
    """The tree of a text that is not nested too deeply to be followed. Raises Unreadable for all the parser raises."""
    from llmlint.scan.depth import LEVELS, too_deep

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # invalid escapes in the user's strings are not our subject
            tree = _compiled(text, ast.PyCF_ONLY_AST | flags)
    except SyntaxError as error:
        from llmlint.scan.syntax import explain

        raise Unreadable(error.lineno, explain(error, text)) from None
    except (RecursionError, MemoryError):
        raise Unreadable(None, "nested too deeply for Python's parser") from None
    except (ValueError, OverflowError, SystemError) as error:
        raise Unreadable(None, f"Python's parser refuses it: {error}") from None
    line = too_deep(tree, text)
    if line is not None:
        raise Unreadable(line, f"nested deeper than {LEVELS} levels")
    return tree


def _compiled(text: str, flags: int) -> ast.Module:
    if sys.version_info >= (3, 11) or len(text) < MAX_TEXT_ON_ANY_STACK:
        return cast(ast.Module, compile(text, "<source>", "exec", flags, dont_inherit=True))
    # 3.10 follows `a.b.b.b…` without counting, and a stack that overflows ends the process
    import threading
    from concurrent.futures import ThreadPoolExecutor

    usual = threading.stack_size(LARGE_STACK)
    try:
        with ThreadPoolExecutor(1) as pool:
            return cast(ast.Module, pool.submit(compile, text, "<source>", "exec", flags, True).result())
    finally:
        threading.stack_size(usual)


def comments(text: str) -> list[Comment]:
    """Comments only, never what looks like one inside a string. Of a text that breaks off, those before the break."""
    if "#" not in text:
        return []
    import io
    import tokenize

    out: list[Comment] = []
    try:
        # newline=None: a lone carriage return ends a line for ast too
        for token in tokenize.generate_tokens(io.StringIO(text, newline=None).readline):
            if token.type == tokenize.COMMENT:
                line, column = token.start
                out.append(Comment(line, token.string, not token.line[:column].strip()))
    except (tokenize.TokenError, SyntaxError, RecursionError, MemoryError):
        pass
    return out
