"""A data set (jsonl, csv, parquet, the Hugging Face hub, inline) → its rows with their lines; all faults at once."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO, Any, cast

from llmlint.errors import TaskError

SUFFIXES = (".jsonl", ".ndjson", ".json", ".csv", ".tsv", ".parquet")
MAX_FAULTS = 200  # more than anybody mends before running it again
MAX_FIELD = 10_000_000  # characters of a field of CSV


@dataclass(frozen=True, slots=True)
class Row:
    """line: of the file, 1-based; of a file without lines the number of the row."""

    line: int
    values: Mapping[str, Any]


def read_rows(file: Path, shown: str, limit: int | None = None) -> list[Row]:
    """Every row of a file. Raises TaskError, with every line that is no row."""
    suffixes = [s.lower() for s in file.suffixes]
    kind = suffixes[-2] if suffixes[-1:] == [".gz"] and len(suffixes) > 1 else (suffixes or [""])[-1]
    if kind not in SUFFIXES:
        raise TaskError("is no data set that can be read", shown, None, f"one of {', '.join(SUFFIXES)}")
    if not file.is_file():
        what = "is a folder, not a data set" if file.is_dir() else "there is no such data set"
        raise TaskError(what, shown, None, _near(file))
    try:
        if kind == ".parquet":
            return list(islice(_parquet(file, shown), limit))
        with _opened(file) as stream:
            found = _csv(stream, shown, kind) if kind in (".csv", ".tsv") else _json(stream, shown, kind)
            return _whole(islice(found, limit))
    except (OSError, EOFError) as error:
        raise TaskError(f"the data set cannot be read: {getattr(error, 'strerror', None) or error}", shown) from None


def _opened(file: Path) -> IO[bytes]:
    return cast("IO[bytes]", gzip.open(file)) if file.suffix.lower() == ".gz" else file.open("rb")


def _near(file: Path) -> str | None:
    from llmlint.judge.words import did_you_mean

    beside = [other.name for other in file.parent.iterdir()] if file.parent.is_dir() else []
    return did_you_mean(file.name, beside, "the path is relative to the task file")


def _whole(found: Iterable[Row | TaskError]) -> list[Row]:
    """The rows; raises where one of them is a fault."""
    from llmlint.evals.task_schema import all_in_one

    rows: list[Row] = []
    faults: list[TaskError] = []
    for one in found:
        if isinstance(one, Row):
            rows.append(one)
        else:
            faults.append(one)
            if len(faults) >= MAX_FAULTS:
                break
    if faults:
        raise all_in_one(faults)
    return rows


def _json(stream: IO[bytes], shown: str, kind: str) -> Iterator[Row | TaskError]:
    if kind == ".json":
        yield from _json_list(stream.read(), shown)
        return
    for line, raw in enumerate(stream, start=1):
        raw = raw.removeprefix(b"\xef\xbb\xbf") if line == 1 else raw
        if raw.strip():
            yield _json_row(raw, line, shown)


def _json_row(raw: bytes, line: int, shown: str) -> Row | TaskError:
    try:
        values = json.loads(raw.decode("utf-8").rstrip("\r\n"), parse_constant=_no_constant)
    except UnicodeDecodeError as error:
        return TaskError(f"is not UTF-8 at byte {error.start + 1} of the line", shown, line, "save it as UTF-8")
    except json.JSONDecodeError as error:
        place = f"column {error.colno}"
        return TaskError(f"is no JSON: {error.msg} at {place}", shown, line, "one object a line: {\"input\": …}")
    except (ValueError, RecursionError) as error:
        return TaskError(f"is no JSON: {error}", shown, line, "one object a line: {\"input\": …}")
    if not isinstance(values, dict):
        return TaskError("is not an object", shown, line, "one object a line: {\"input\": …}")
    return Row(line, values)


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON number")


def _json_list(raw: bytes, shown: str) -> Iterator[Row | TaskError]:
    try:
        rows = json.loads(raw.decode("utf-8-sig"), parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        yield TaskError(f"is no JSON: {error.msg}", shown, error.lineno, "a list of objects, or .jsonl")
        return
    except (ValueError, RecursionError) as error:
        yield TaskError(f"is no JSON: {error}", shown, None, "a list of objects, or .jsonl")
        return
    if not isinstance(rows, list):
        yield TaskError("is not a list", shown, 1, "a list of objects, or .jsonl with one object a line")
        return
    for number, values in enumerate(rows, start=1):
        yield Row(number, values) if isinstance(values, dict) else TaskError(f"item {number} is no object", shown)


def _csv(stream: IO[bytes], shown: str, kind: str) -> Iterator[Row | TaskError]:
    text = io.TextIOWrapper(stream, "utf-8-sig", newline="")
    csv.field_size_limit(MAX_FIELD)
    reader = csv.reader(text, delimiter="\t" if kind == ".tsv" else ",", strict=True)
    head: list[str] = []
    line = 1
    while True:
        try:
            row = next(reader, None)
        except UnicodeDecodeError:
            yield TaskError("is not UTF-8", shown, line, "save it as UTF-8")
            return
        except csv.Error as error:
            yield TaskError(f"is no CSV: {error}", shown, line, "a quotation mark in a field is doubled")
            return
        if row is None:
            return
        if not head:
            head = row
            twice = sorted({name for name in head if head.count(name) > 1})
            if twice:
                yield TaskError(f"two columns are called {twice[0]!r}", shown, 1, "rename one of them")
                return
            other = next((mark for mark in (";", "\t") if len(head) == 1 and mark in head[0]), None)
            if other is not None:
                what = "semicolons" if other == ";" else "tabs"
                mend = "save it with commas" if other == ";" else "call it .tsv"
                yield TaskError(f"its columns are separated by {what}, not by commas", shown, 1, mend)
                return
        elif row and len(row) != len(head):
            yield TaskError(f"has {len(row)} fields, the first line {len(head)}", shown, line, "quote commas in texts")
        elif row:
            yield Row(line, dict(zip(head, row, strict=True)))
        line = reader.line_num + 1


def _parquet(file: Path, shown: str) -> Iterator[Row]:
    try:
        from pyarrow import ArrowException
        from pyarrow.parquet import ParquetFile
    except ImportError:
        raise TaskError("reading .parquet needs pyarrow", shown, None, "pip install pyarrow") from None
    number = 0
    try:
        for batch in ParquetFile(file).iter_batches():
            for values in batch.to_pylist():
                number += 1
                yield Row(number, values)
    except ArrowException as error:
        raise TaskError(f"is no parquet file: {str(error).splitlines()[0]}", shown) from None


def hub_rows(options: Mapping[str, Any], shown: str, line: int, limit: int | None) -> list[Row]:
    """The rows of a data set of the Hugging Face hub. Raises TaskError."""
    try:
        from datasets import load_dataset
    except ImportError:
        raise TaskError("a data set of the hub needs the package datasets", shown, line, "pip install datasets") \
            from None  # fmt: skip
    try:
        found = load_dataset(options["path"], options.get("name"), split=options["split"],
                             revision=options.get("revision"))  # fmt: skip
        return [Row(i, dict(values)) for i, values in enumerate(islice(found, limit), start=1)]
    except Exception as error:
        said = " ".join(str(error).split())[:200]
        raise TaskError(f"the hub's data set {options['path']} cannot be read: {said}", shown, line) from None


def columns_of(rows: Sequence[Row]) -> list[str]:
    """Every column that some row has, in the order in which they appear."""
    return list(dict.fromkeys(name for row in rows for name in row.values))
