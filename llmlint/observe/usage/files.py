"""Files, folders and standard input → open text streams and the JSON documents in them, a piece at a time."""

from __future__ import annotations

import gzip
import io
import json
import sys
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from llmlint.errors import UsageError
from llmlint.observe.usage.records import Refusal

STDIN = "-"
PIECE = 1 << 20
# one JSON document; a longer one is split by whoever writes it (the collector's file exporter writes one a batch)
LONGEST = 64 << 20
BLANK = " \t\r\n\ufeff\x1e"


def files_of(sources: Sequence[str], suffixes: Sequence[str]) -> list[str]:
    """The files that are meant; of a folder all below it with one of the suffixes, or with it and `.gz`."""
    found: list[str] = []
    for source in sources:
        path = Path(source)
        if source != STDIN and path.is_dir():
            inside = [p for p in sorted(path.rglob("*")) if p.is_file() and _meant(p.name, suffixes)]
            if not inside:
                raise UsageError(f"this folder holds no {' or '.join(suffixes)} file", path=source)
            found += [str(p) for p in inside]
        else:
            found.append(source)
    return found


def _meant(name: str, suffixes: Sequence[str]) -> bool:
    name = name.lower()
    return name.removesuffix(".gz").endswith(tuple(suffixes))


@contextmanager
def opened(file: str) -> Iterator[IO[str]]:
    """The text of a file, unpacked where it is gzip, however it is called. Raises UsageError where it is unreadable."""
    try:
        raw: IO[bytes] = sys.stdin.buffer if file == STDIN else Path(file).open("rb")  # noqa: SIM115 - closed below
        try:
            buffered = raw if hasattr(raw, "peek") else io.BufferedReader(raw)  # type: ignore[type-var]
            packed = buffered.peek(2)[:2] == b"\x1f\x8b"
            stream = gzip.GzipFile(fileobj=buffered) if packed else buffered
            yield io.TextIOWrapper(stream, encoding="utf-8-sig", errors="replace", newline="")
        finally:
            if file != STDIN:
                raw.close()
    except (gzip.BadGzipFile, EOFError, zlib.error):
        raise UsageError("the compressed data is damaged or cut off", path=file, mend="copy the file again") from None
    except (OSError, ValueError) as error:
        reason = (getattr(error, "strerror", None) or str(error)).lower()
        raise UsageError(f"cannot be read: {reason}", path=file) from None


def documents(stream: IO[str], file: str) -> Iterator[tuple[str, Any]]:
    """("spans.jsonl:12", document) for each JSON document of a stream: one a line, one after another, or the elements
    of one array. A document that is none is a `Refusal` in its place; reading goes on with the next line."""
    start = _skip_blank(stream)
    if start == "[":
        yield from _elements(stream, file)
    else:
        yield from _lines(stream, file, start)


def _skip_blank(stream: IO[str]) -> str:
    while (char := stream.read(1)) and char in BLANK:
        pass
    return char


def _lines(stream: IO[str], file: str, start: str) -> Iterator[tuple[str, Any]]:
    """A line that is no whole document is taken together with those after it: somebody printed it prettily."""
    number, begun, held = 0, 1, start
    for line in _bounded(stream, file):
        number += 1
        text, held = held + line if held else line, ""
        if text[0] in BLANK and not text.strip(BLANK):
            begun = number + 1
            continue
        try:
            yield f"{file}:{begun}", parsed(text)
        except (ValueError, RecursionError):
            if _whole_line(text):
                yield f"{file}:{begun}", Refusal(f"{file}:{begun}", "this is not JSON")
            else:
                yield from _pretty(stream, text, file, begun)
                return
        begun = number + 1
    if held.strip(BLANK):
        yield f"{file}:{begun}", Refusal(f"{file}:{begun}", "this is not JSON")


def parsed(text: str) -> Any:
    """One JSON document; raises ValueError or RecursionError. With orjson, where it is there, in half the time."""
    try:
        import orjson

        return orjson.loads(text)
    except (ImportError, ValueError):  # it refuses what Python writes: NaN, halves of characters, numbers of any length
        return json.loads(text)


def _whole_line(text: str) -> bool:
    """Does the first line look like a document of its own, though a broken one?"""
    text = text.strip(BLANK)
    return (len(text) > 1 and text[0] == "{" and text[-1] in "}]") or text[:1] not in ("{", "[")


def _bounded(stream: IO[str], file: str) -> Iterator[str]:
    while line := stream.readline(LONGEST):
        if len(line) >= LONGEST:
            raise _too_long(file)
        yield line


def _too_long(file: str) -> UsageError:
    return UsageError(
        f"one JSON document of this file is longer than {LONGEST >> 20} MB", path=file,
        mend="write one document a line, as the OpenTelemetry collector's file exporter does",
    )  # fmt: skip


def _pretty(stream: IO[str], text: str, file: str, begun: int) -> Iterator[tuple[str, Any]]:
    """Documents over several lines, one after another."""
    decoder = json.JSONDecoder()
    wanted = 2 * PIECE
    while True:
        piece = stream.read(wanted - len(text) if wanted > len(text) else PIECE)
        text = (text + piece).lstrip(BLANK)
        while text:
            try:
                found, end = decoder.raw_decode(text)
            except (ValueError, RecursionError):
                break
            yield f"{file}:{begun}", found
            begun += text.count("\n", 0, end) + 1
            text = text[end:].lstrip(BLANK)
        if not piece:
            break
        if len(text) >= LONGEST:
            raise _too_long(file)
        wanted = max(wanted, 2 * len(text))
    if text:
        yield f"{file}:{begun}", Refusal(f"{file}:{begun}", "this is not JSON, or it is cut off")


def _elements(stream: IO[str], file: str) -> Iterator[tuple[str, Any]]:
    """The elements of an array whose bracket was read, a piece of text at a time."""
    decoder = json.JSONDecoder()
    text, at, index, wanted = "", 0, 0, PIECE
    while True:
        while at < len(text) and text[at] in BLANK + ",":
            at += 1
        if at < len(text) and text[at] == "]":
            return
        try:
            if at >= len(text):
                raise ValueError
            found, end = decoder.raw_decode(text, at)
            if end == len(text):  # a number may go on in the next piece
                raise ValueError
        except (ValueError, RecursionError):
            piece = stream.read(wanted)
            if not piece:
                yield f"{file}[{index}]", Refusal(f"{file}[{index}]", "this is not JSON, or it is cut off")
                return
            text, at = text[at:] + piece, 0
            if len(text) >= LONGEST:
                raise _too_long(file) from None
            wanted = max(PIECE, len(text))
            continue
        yield f"{file}[{index}]", found
        index, at, wanted = index + 1, end, PIECE
        if at > 4 * PIECE:
            text, at = text[at:], 0
