"""Does a statement give the rows that the expected one gives?"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Mapping
from functools import cache
from typing import Any

from warehouse import warehouse

STEPS = 20_000_000  # of SQLite's machine, after which a statement is stopped
READS = (sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION)


def same_rows(values: Mapping[str, Any], answer: str) -> dict[str, float]:
    """1 where both give the same rows, in the same order where the expected statement sorts; names do not count."""
    try:
        found = rows_of(statement(answer))
    except (sqlite3.Error, sqlite3.Warning):
        return {"score": 0.0, "runs": 0.0}
    wanted = rows_of(values["expected"])
    if "order by" not in values["expected"].lower():
        found, wanted = sorted(found, key=repr), sorted(wanted, key=repr)
    return {"score": float(found == wanted), "runs": 1.0}


def statement(answer: str) -> str:
    """The SQL of an answer, with or without a code fence or a semicolon."""
    fenced = re.search(r"```(?:sql)?\s*\n(.*?)```", answer, re.S | re.I)
    return (fenced[1] if fenced else answer).strip().rstrip(";")


def rows_of(sql: str) -> list[tuple[Any, ...]]:
    """The rows that a statement reads; writing is refused, and whatever does not end is stopped."""
    found = database().execute(sql).fetchmany(10_000)
    return [tuple(round(cell, 6) if isinstance(cell, float) else cell for cell in row) for row in found]


@cache
def database() -> sqlite3.Connection:
    connection = warehouse()
    connection.set_authorizer(lambda action, *_: sqlite3.SQLITE_OK if action in READS else sqlite3.SQLITE_DENY)
    connection.set_progress_handler(lambda: 1, STEPS)
    return connection
