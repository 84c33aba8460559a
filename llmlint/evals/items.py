"""The rows of a data set + which column is what → `Item`s; every duplicate id and missing column is told at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from llmlint.errors import TaskError
from llmlint.evals.datasets import Row, columns_of
from llmlint.evals.records import Item
from llmlint.evals.task import Columns
from llmlint.evals.task_schema import all_in_one
from llmlint.judge.words import did_you_mean

IDS = ("id", "item")


def items_of(rows: Sequence[Row], columns: Columns, shown: str, task_line: int, task_path: str) -> list[Item]:
    """Raises TaskError: of a column that no row has at the task's line, of all else at the rows' lines."""
    if not rows:
        raise TaskError("the data set is empty", shown, 1, "one item a line")
    known = columns_of(rows)
    for what, name in (("id", columns.id), ("expected", columns.expected), ("cluster", columns.cluster),
                       *(("slices", name) for name in columns.slices)):  # fmt: skip
        if name is not None and name not in known:
            mend = did_you_mean(name, known, f"there are {', '.join(known[:12])}")
            raise TaskError(f"data.{what}: no item has a column {name!r}", task_path, task_line, mend)
    faults = list(_faults(rows, columns, shown))
    if faults:
        raise all_in_one(faults)
    return [Item(id_of(row, columns.id), row.values, _group(row, columns.cluster)) for row in rows]


def id_of(row: Row, column: str | None) -> str:
    return str(row.line) if column is None else _text(row.values[column])


def _faults(rows: Sequence[Row], columns: Columns, shown: str) -> Iterator[TaskError]:
    seen: dict[str, int] = {}
    needed = [name for name in (columns.id, columns.expected, columns.cluster) if name is not None]
    for row in rows:
        missing = [name for name in needed if name not in row.values]
        for name in missing:
            yield TaskError(f"has no {name!r}", shown, row.line, _close(name, row))
        if columns.id is None or columns.id in missing:
            continue
        if row.values[columns.id] in (None, ""):
            yield TaskError(f"{columns.id!r} is empty", shown, row.line, "give every item a name of its own")
            continue
        first = seen.setdefault(id_of(row, columns.id), row.line)
        if first != row.line:
            message = f"{columns.id} {id_of(row, columns.id)!r} stands on line {first} already"
            yield TaskError(message, shown, row.line, "give every item a name of its own")


def _close(name: str, row: Row) -> str | None:
    return did_you_mean(name, row.values, f"it has {', '.join(list(row.values)[:12])}" if row.values else None)


def _group(row: Row, column: str | None) -> str | None:
    value = None if column is None else row.values[column]
    return None if value in (None, "") else _text(value)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else str(value)
