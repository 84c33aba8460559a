"""Rows of usage ↔ SQLite: each counted once however often it is imported, added up by day for those who read.

The database is the user's own: readable by nobody else, and one that others can read is not opened, for it may have
come with a stranger's commit. It holds numbers, names and places of code, never a prompt or an answer.
"""

from __future__ import annotations

import os
import sqlite3
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from llmlint.errors import UsageError
from llmlint.money.usage import Usage
from llmlint.observe.usage.records import Row, Subject

DEFAULT = Path(".llmlint", "usage.db")
SCHEMA = 1
BATCH = 20_000
DAY = 86_400
BUSY_SECONDS = 10.0
# prices step up with the tokens that one request reads; rows of one band are priced together as their average
BANDS = (32_000, 100_000, 128_000, 199_999, 256_000, 272_000, 512_000)
TABLES = """
CREATE TABLE sources (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE subjects (
  id INTEGER PRIMARY KEY, provider TEXT NOT NULL, model TEXT NOT NULL, path TEXT NOT NULL, line INTEGER NOT NULL,
  function TEXT NOT NULL, label TEXT NOT NULL, team TEXT NOT NULL, batch INTEGER NOT NULL, layer TEXT NOT NULL,
  cache_told INTEGER NOT NULL, UNIQUE (provider, model, path, line, function, label, team, batch, layer, cache_told));
CREATE TABLE rows (
  key BLOB PRIMARY KEY, source INTEGER NOT NULL, subject INTEGER NOT NULL, band INTEGER NOT NULL,
  start INTEGER NOT NULL, seconds INTEGER NOT NULL, requests INTEGER, input INTEGER NOT NULL, output INTEGER NOT NULL,
  cache_read INTEGER NOT NULL, cache_write INTEGER NOT NULL, cache_write_1h INTEGER NOT NULL,
  reasoning INTEGER NOT NULL, nano_usd INTEGER) WITHOUT ROWID;
CREATE TABLE days (
  day INTEGER NOT NULL, source INTEGER NOT NULL, subject INTEGER NOT NULL, band INTEGER NOT NULL,
  stated INTEGER NOT NULL, last INTEGER NOT NULL, records INTEGER NOT NULL, requests INTEGER,
  input INTEGER NOT NULL, output INTEGER NOT NULL, cache_read INTEGER NOT NULL, cache_write INTEGER NOT NULL,
  cache_write_1h INTEGER NOT NULL, reasoning INTEGER NOT NULL, nano_usd INTEGER,
  PRIMARY KEY (day, source, subject, band, stated)) WITHOUT ROWID;
CREATE TABLE imports (
  id INTEGER PRIMARY KEY, source INTEGER NOT NULL, at INTEGER NOT NULL, what TEXT NOT NULL, records INTEGER NOT NULL,
  added INTEGER NOT NULL, refused INTEGER NOT NULL);
"""
COLUMNS = "input, output, cache_read, cache_write, cache_write_1h, reasoning"
CHANGED = ("requests", *COLUMNS.split(", "), "nano_usd", "seconds", "subject", "band")
STAGED = (
    "CREATE TEMP TABLE staged (key BLOB, source INTEGER, subject INTEGER, band INTEGER, start INTEGER, "
    f"seconds INTEGER, requests INTEGER, {COLUMNS}, nano_usd INTEGER)"
)
STAGE = f"INSERT INTO staged VALUES ({','.join('?' * 14)})"
UPSERT = (
    # in the order of their keys: a million rows in any other would touch the whole tree again and again
    "INSERT INTO rows SELECT * FROM staged WHERE true ORDER BY key, rowid ON CONFLICT (key) DO UPDATE SET "
    + ", ".join(f"{c} = excluded.{c}" for c in CHANGED)
    + " WHERE (" + " OR ".join(f"rows.{c} IS NOT excluded.{c}" for c in CHANGED)
    # a counter only grows: what says less was written earlier, whenever it is read; a bill may be corrected
    + ") AND (excluded.nano_usd IS NOT NULL OR excluded.input + excluded.output + excluded.cache_read"
    " + excluded.cache_write >= rows.input + rows.output + rows.cache_read + rows.cache_write)"
)  # fmt: skip
SUM = (
    f"INSERT INTO days SELECT start / {DAY}, source, subject, band, nano_usd IS NOT NULL, "
    "max(start + seconds), count(*), CASE WHEN count(requests) = count(*) THEN sum(requests) END, "
    + ", ".join(f"sum({c})" for c in COLUMNS.split(", "))
    + ", sum(nano_usd) FROM rows WHERE source = ? AND start >= ? AND start < ? GROUP BY 1, 2, 3, 4, 5"
)  # fmt: skip


class DayRow(NamedTuple):
    """One day of one subject from one source. day: days since 1970 (UTC); last: Unix seconds when the last row ended.

    requests: None where the source does not count them. nano_usd: what the source says it cost; None where it says
    nothing, and what has a stated cost is never added up with what has none. band: which step of `BANDS`, of one
    request's prompt. records: rows behind it.
    """

    day: int
    source: str
    subject: Subject
    band: int
    last: int
    records: int
    requests: int | None
    usage: Usage
    nano_usd: int | None


@dataclass(frozen=True, slots=True)
class SourceSummary:
    """One source as `llmlint usage show` lists it. first, last: Unix seconds; None where nothing is left."""

    name: str
    records: int
    first: int | None
    last: int | None
    imports: int
    imported_at: int | None


class UsageStore:
    """`file` is made where it is not, together with its folder. Use as a context manager; what was added stands when
    `commit` was called. Raises UsageError where the file cannot be used."""

    def __init__(self, file: Path, create: bool = True) -> None:
        self.file = file
        if not file.exists() and not create:
            raise UsageError("there is no usage store", path=str(file), mend="`llmlint usage import` makes one")
        try:
            self._db = _open(file)
        except sqlite3.Error as error:
            raise UsageError(f"cannot be used as a usage store: {error}", path=str(file), mend=MEND) from None
        except OSError as error:
            raise UsageError(f"cannot be opened: {(error.strerror or str(error)).lower()}", path=str(file)) from None
        self._subjects: dict[Subject, int] = {}

    def __enter__(self) -> UsageStore:
        return self

    def __exit__(self, *error: object) -> None:
        self._db.close()  # what was not committed is gone

    def add(self, source: str, rows: Iterable[Row]) -> int:
        """How many rows were new, or other than known: a bucket that was filled since is taken anew."""
        number = self._source(source)
        first, last = 1 << 60, -1
        rows = iter(rows)
        try:
            self._db.execute(STAGED)
            while some := list(islice(rows, BATCH)):
                first = min(first, min(row.start for row in some))
                last = max(last, max(row.start for row in some))
                self._db.executemany(STAGE, [self._values(number, row) for row in some])
            before = self._db.total_changes
            self._db.execute(UPSERT)
            added = self._db.total_changes - before
            self._db.execute("DROP TABLE staged")
            if added:
                self._sum(number, first // DAY, last // DAY)
            return added
        except sqlite3.OperationalError as error:
            raise UsageError(f"cannot be written: {error}", path=str(self.file)) from None

    def _values(self, source: int, row: Row) -> tuple[object, ...]:
        subject = self._subjects.get(row.subject) or self._subject(row.subject)
        usage = row.usage
        return (
            row.key, source, subject, _band(row.requests, usage), row.start, row.seconds, row.requests,
            usage.input_tokens, usage.output_tokens, usage.cache_read_tokens, usage.cache_write_tokens,
            usage.cache_write_1h_tokens, usage.reasoning_tokens, row.nano_usd,
        )  # fmt: skip

    def _subject(self, subject: Subject) -> int:
        where = " AND ".join(f"{n} = ?" for n in Subject._fields)
        found = self._db.execute(f"SELECT id FROM subjects WHERE {where}", subject).fetchone()
        if found is None:
            marks = ",".join("?" * len(subject))
            cursor = self._db.execute(f"INSERT INTO subjects ({','.join(Subject._fields)}) VALUES ({marks})", subject)
            found = (cursor.lastrowid,)
        self._subjects[subject] = found[0]
        return int(found[0])

    def _source(self, name: str) -> int:
        self._db.execute("INSERT OR IGNORE INTO sources (name) VALUES (?)", (name,))
        return int(self._db.execute("SELECT id FROM sources WHERE name = ?", (name,)).fetchone()[0])

    def _sum(self, source: int, first: int, last: int) -> None:
        self._db.execute("DELETE FROM days WHERE source = ? AND day BETWEEN ? AND ?", (source, first, last))
        self._db.execute(SUM, (source, first * DAY, (last + 1) * DAY))

    def note_import(self, source: str, at: int, what: str, records: int, added: int, refused: int) -> None:
        """what: names of files or of a server, without credentials."""
        values = (self._source(source), at, what, records, added, refused)
        self._db.execute(
            "INSERT INTO imports (source, at, what, records, added, refused) VALUES (?,?,?,?,?,?)", values
        )

    def commit(self) -> None:
        self._db.commit()

    def forget(self, source: str | None, before: int | None = None) -> int:
        """Takes rows out, of one source or of all, those before a time or all. Returns how many."""
        where, values = "1", []  # type: tuple[str, list[object]]
        if source is not None:
            row = self._db.execute("SELECT id FROM sources WHERE name = ?", (source,)).fetchone()
            if row is None:
                names = ", ".join(s.name for s in self.sources()) or "it is empty"
                missing = f"nothing was imported from {source!r}"
                raise UsageError(missing, path=str(self.file), mend=f"there is: {names}")
            where, values = "source = ?", [row[0]]
        rows, days = where, where
        if before is not None:
            rows, days = f"{where} AND start < ?", f"{where} AND day < ?"
        gone = self._db.execute(f"DELETE FROM rows WHERE {rows}", [*values, *([before] if before else [])]).rowcount
        self._db.execute(f"DELETE FROM days WHERE {days}", [*values, *([before // DAY] if before else [])])
        if before is None:
            self._db.execute(f"DELETE FROM imports WHERE {where}", values)
        self._db.execute("DELETE FROM sources WHERE id NOT IN (SELECT source FROM rows)")
        self._db.execute("DELETE FROM subjects WHERE id NOT IN (SELECT subject FROM rows)")
        self._db.commit()
        self._db.execute("VACUUM")  # forgotten means forgotten
        self._subjects.clear()
        return gone

    def sources(self) -> tuple[SourceSummary, ...]:
        rows = self._db.execute(
            "SELECT s.name, coalesce(sum(d.records), 0), min(d.day), max(d.last), "
            "(SELECT count(*) FROM imports i WHERE i.source = s.id), "
            "(SELECT max(at) FROM imports i WHERE i.source = s.id) "
            "FROM sources s LEFT JOIN days d ON d.source = s.id GROUP BY s.id ORDER BY s.name"
        )
        return tuple(SourceSummary(n, r, f if f is None else f * DAY, last, i, at) for n, r, f, last, i, at in rows)

    def days(self, first: int = 0, last: int = 1 << 40, sources: Iterable[str] = ()) -> Iterator[DayRow]:
        """What stands in the days first … last (days since 1970), both included, of some sources or of all."""
        subjects = {row[0]: _to_subject(row[1:]) for row in self._db.execute("SELECT * FROM subjects")}
        names = dict(self._db.execute("SELECT id, name FROM sources"))
        wanted = set(sources)
        rows = self._db.execute(
            f"SELECT day, source, subject, band, last, records, requests, {COLUMNS}, nano_usd FROM days "
            "WHERE day BETWEEN ? AND ? ORDER BY day, source, subject, band", (first, last),
        )  # fmt: skip
        for day, source, subject, band, end, records, requests, *tokens, usd in rows:
            if not wanted or names[source] in wanted:
                usage = Usage(*tokens)
                yield DayRow(day, names[source], subjects[subject], band, end, records, requests, usage, usd)


MEND = "remove the file and import again, or name another with --store"


def _band(requests: int | None, usage: Usage) -> int:
    """Which step of `BANDS` one request's prompt reaches; -1 where one record stands for several requests."""
    if requests != 1:
        return -1
    prompt = usage.prompt_tokens
    return sum(prompt > step for step in BANDS) if prompt > BANDS[0] else 0


def _to_subject(row: tuple[Any, ...]) -> Subject:
    provider, model, path, line, function, label, team, batch, layer, told = row
    return Subject(provider, model, path, line, function, label, team, bool(batch), layer, bool(told))


def _open(file: Path) -> sqlite3.Connection:
    file.parent.mkdir(parents=True, exist_ok=True)
    if file.parent.name == DEFAULT.parent.name:
        _keep_out_of_git(file)
    _guard(file)
    db = sqlite3.connect(file, timeout=BUSY_SECONDS)
    try:
        db.execute("PRAGMA trusted_schema = OFF")
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = NORMAL")
        db.execute("PRAGMA cache_size = -65536")
        _check_schema(db, file)
    except BaseException:
        db.close()
        raise
    return db


def _keep_out_of_git(file: Path) -> None:
    """Only the store: decisions, which stand beside it, are committed."""
    ignore = file.parent / ".gitignore"
    known = ignore.read_text("utf-8") if ignore.is_file() else ""
    line = f"{file.name}*"
    if not {line, "*"} & set(known.split()):
        ignore.write_text(known + ("" if known.endswith("\n") or not known else "\n") + line + "\n", encoding="utf-8")


def _guard(file: Path) -> None:
    """Makes the file for its owner alone, or looks whether it is."""
    if file.is_symlink():
        raise UsageError("a usage store is not opened through a symbolic link", path=str(file))
    if not file.exists():
        os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        return
    found = file.stat()
    if not stat.S_ISREG(found.st_mode):
        raise UsageError("is no file", path=str(file))
    if os.name == "posix" and stat.S_IMODE(found.st_mode) & 0o077:
        raise UsageError(
            "others can read this usage store, so it may have come with a commit", path=str(file),
            mend="if it is yours: chmod 600",
        )  # fmt: skip


def _check_schema(db: sqlite3.Connection, file: Path) -> None:
    (version,) = db.execute("PRAGMA user_version").fetchone()
    kinds = dict(db.execute("SELECT name, type FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'"))
    if version == 0 and not kinds:
        db.executescript(TABLES + f"PRAGMA user_version = {SCHEMA};")
        return
    expected = {"sources", "subjects", "rows", "days", "imports"}
    if version > SCHEMA:
        raise UsageError("this usage store was written by a newer llmlint", path=str(file), mend="update llmlint")
    if version != SCHEMA or set(kinds) != expected or set(kinds.values()) != {"table"}:
        raise UsageError("this is a database, but no usage store", path=str(file), mend=MEND)
