"""A file's bytes → `Source`: decoded text, ast tree, comments, and where its lines stand; or a `FileError`."""

from __future__ import annotations

import ast
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Comment:
    """One `#` comment. `line` counts as `ast` counts the text; `alone`: nothing but blanks stands before it on its line."""

    line: int
    text: str
    alone: bool


@dataclass(eq=False, slots=True)
class Source:
    """One Python file or notebook. `text` is what `tree` was parsed from: a notebook's code cells one after another."""

    path: str
    text: str
    tree: ast.Module
    cells: tuple[tuple[int, int], ...] = ()  # notebooks: (cell index over all cells, its first line in `text`), in order

    def locate(self, line: int) -> tuple[int | None, int]:
        """(cell, line within it) of a line of `text`; cell None: a plain file."""
        raise NotImplementedError
