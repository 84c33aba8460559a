"""A finished report → standard output or a file that appears whole or not at all."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING

from llmlint.errors import UsageError

if TYPE_CHECKING:
    from llmlint.report.spans import Line


def write_file(file: str, text: str) -> None:
    """Writes UTF-8 to `file` through a temporary neighbour; raises UsageError where that cannot be done."""
    try:
        target = Path(file)
        if target.is_dir():
            raise UsageError("is a directory, not a file to write to", path=file, mend="name a file inside it")
        if target.exists() and not target.is_file():  # a device or a pipe has no whole to protect: /dev/stderr
            target.write_bytes(encoded(text))
        else:
            _write_whole(target.resolve(), encoded(text))  # a symbolic link stays one
    except OSError as error:
        raise _unwritable(file, error.strerror or type(error).__name__) from None
    except (ValueError, RuntimeError) as error:  # a NUL in the name; links that go in circles
        raise _unwritable(file, str(error)) from None


def _write_whole(target: Path, data: bytes) -> None:
    from tempfile import NamedTemporaryFile

    temporary = None
    try:
        with NamedTemporaryFile("wb", dir=target.parent, prefix=f".{target.name}.", delete=False) as stream:
            temporary = stream.name
            stream.write(data)
        os.chmod(temporary, target.stat().st_mode & 0o777 if target.exists() else 0o666 & ~_umask())  # noqa: PTH101
        os.replace(temporary, target)  # noqa: PTH105
    except OSError:
        if temporary is not None:
            Path(temporary).unlink(missing_ok=True)
        raise


def _unwritable(file: str, why: str) -> UsageError:
    return UsageError(f"cannot be written: {why.lower()}", path=file, mend="choose another --output")


def _umask() -> int:
    mask = os.umask(0o022)
    os.umask(mask)
    return mask


def encoded(text: str) -> bytes:
    """UTF-8; a half character from an undecodable file name becomes its escape, which JSON reads back."""
    return text.encode("utf-8", "backslashreplace")


def write_stdout(text: str) -> None:
    """Writes UTF-8 whatever the locale is, for programs to read. A reader that has gone away (head) is no mistake."""
    stream: IO[bytes] | None = getattr(sys.stdout, "buffer", None)
    try:
        if stream is None:
            sys.stdout.write(text)
        else:
            sys.stdout.flush()
            stream.write(encoded(text))
        sys.stdout.flush()
    except BrokenPipeError:
        silence_stdout()


def show(lines: Sequence[Line]) -> None:
    """Styled lines on standard output, in colour where that is wanted; without it, rich is not imported."""
    from llmlint.report.spans import plain, print_coloured

    if wants_colour(sys.stdout):
        print_coloured(lines, sys.stdout)
    else:
        write_stdout(plain(lines))


def silence_stdout() -> None:
    """After a broken pipe: nothing more is written, not even by the flush at the end of the process."""
    devnull = os.open(os.devnull, os.O_WRONLY)
    os.dup2(devnull, sys.stdout.fileno())
    os.close(devnull)


def wants_colour(stream: IO[str]) -> bool:
    """A terminal that has not been told otherwise: NO_COLOR and FORCE_COLOR count when they are not empty."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def text_width(stream: IO[str]) -> int:
    """Columns to wrap at: COLUMNS, else the terminal's, else 80; never so narrow that nothing fits."""
    columns = os.environ.get("COLUMNS", "")
    if columns.isdigit() and int(columns) > 0:
        return max(int(columns), 40)
    if not stream.isatty():
        return 80
    from shutil import get_terminal_size

    return max(get_terminal_size((80, 24)).columns, 40)
