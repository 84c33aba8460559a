"""A file on disk + its findings → the edit as a value, its diff, and the file written whole or not at all."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from llmlint.fixes.apply import FixResult, Skipped, decode, fix_source

if TYPE_CHECKING:
    from llmlint.judge.finding import Finding


@dataclass(frozen=True, slots=True)
class FileEdit:
    """What the fixes make of a file; before and after are the same object where nothing was applied."""

    file: Path
    before: bytes
    after: bytes
    applied: tuple[Finding, ...] = ()
    skipped: tuple[Skipped, ...] = ()


def edit_file(file: Path, findings: Sequence[Finding], unsafe: bool) -> FileEdit:
    """Reads the file and works the edit out; writes nothing."""
    try:
        before = file.read_bytes()
    except OSError as error:
        reason = f"the file cannot be read: {(error.strerror or type(error).__name__).lower()}"
        return FileEdit(file, b"", b"", skipped=tuple(Skipped(f, reason) for f in findings if f.fix is not None))
    result = _fix(file, before, findings, unsafe)
    return FileEdit(file, before, result.source, result.applied, result.skipped)


def _fix(file: Path, before: bytes, findings: Sequence[Finding], unsafe: bool) -> FixResult:
    if file.suffix == ".ipynb":
        from llmlint.fixes.notebooks import fix_notebook

        return fix_notebook(before, findings, unsafe)
    return fix_source(before, findings, unsafe)


def write_edit(edit: FileEdit) -> str | None:
    """Puts the new bytes in the file's place, with its mode; the reason where the file was left alone."""
    from tempfile import NamedTemporaryFile

    temporary = None
    try:
        target = edit.file.resolve()  # a symbolic link stays one
        if not os.access(target, os.W_OK):
            return "the file is read-only"
        with NamedTemporaryFile("wb", dir=target.parent, prefix=f".{target.name}.", delete=False) as stream:
            temporary = stream.name
            stream.write(edit.after)
        os.chmod(temporary, target.stat().st_mode & 0o7777)  # noqa: PTH101
        if target.read_bytes() != edit.before:
            Path(temporary).unlink()
            return "the file has changed since it was analysed"
        os.replace(temporary, target)  # noqa: PTH105
    except OSError as error:
        if temporary is not None:
            Path(temporary).unlink(missing_ok=True)
        return f"the file cannot be written: {(error.strerror or type(error).__name__).lower()}"
    return None


def diff_edit(edit: FileEdit, shown: str) -> str:
    """A unified diff that `patch` and `git apply` take; empty where nothing changes."""
    from difflib import unified_diff

    old, new = _lines(_text(edit.before)), _lines(_text(edit.after))
    rows = unified_diff(old, new, f"a/{shown}", f"b/{shown}")
    return "".join(row if row.endswith("\n") else row + "\n\\ No newline at end of file\n" for row in rows)


def _text(source: bytes) -> str:
    try:
        return decode(source)[0]
    except (SyntaxError, UnicodeError, LookupError):
        return source.decode("utf-8", "backslashreplace")


def _lines(text: str) -> list[str]:
    return re.findall(r"[^\n]*\n|[^\n]+", text)
