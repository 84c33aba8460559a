"""What was computed from a content, kept in SQLite between runs; every trouble with it means working without it.

What stands in it is believed (`cache_folder.py` keeps it away from what a stranger can commit). Where it comes from
a stranger all the same, it holds plain bytes (callers store JSON, never pickles), is not opened through symbolic
links, and existing files in it are not overwritten.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from functools import cached_property
from hashlib import blake2b
from pathlib import Path

from llmlint.scan.contents import Stamp, Verdict

FILE = "cache-1.db"  # the number changes with the tables
BUSY_SECONDS = 2.0
KEEP_DAYS = 30
MAX_ROWS = 200_000
BATCH = 500  # SQLite once took no more than 999 parameters
TAG = "Signature: 8a477f597d28d172789f06886806bc55\n# This folder is a cache of llmlint and can be deleted.\n"
FILES = {".gitignore": "*\n", "CACHEDIR.TAG": TAG}
TABLES = """
CREATE TABLE IF NOT EXISTS entries (key TEXT PRIMARY KEY, value BLOB NOT NULL, used INTEGER NOT NULL) WITHOUT ROWID;
"""


def content_key(*parts: str | bytes) -> str:
    """A key that changes when one of the parts does: llmlint's version, the catalogue's hash, a file's bytes."""
    digest = blake2b(digest_size=20)
    for part in parts:
        data = part.encode("utf-8", "surrogateescape") if isinstance(part, str) else part
        digest.update(len(data).to_bytes(8, "little"))
        digest.update(data)
    return digest.hexdigest()


class Cache:
    """`folder` None: one that forgets everything. Use as a context manager. Opened when it is first asked."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder

    @cached_property
    def _db(self) -> sqlite3.Connection | None:
        return _open(self._folder) if self._folder is not None else None

    @property
    def works(self) -> bool:
        return self._db is not None

    def get_many(self, keys: Iterable[str]) -> dict[str, bytes]:
        out: dict[str, bytes] = {}
        if self._db is None:
            return out
        wanted = list(keys)
        today = int(time.time() // 86400)
        try:
            for some in (wanted[i : i + BATCH] for i in range(0, len(wanted), BATCH)):
                marks = ",".join("?" * len(some))
                rows = self._db.execute(f"SELECT key, value, used FROM entries WHERE key IN ({marks})", some).fetchall()
                out.update((key, bytes(value)) for key, value, _ in rows)
                if old := [(today, key) for key, _, used in rows if used != today]:
                    self._db.executemany("UPDATE entries SET used = ? WHERE key = ?", old)
            self._db.commit()
        except (sqlite3.Error, TypeError, ValueError) as error:  # TypeError: somebody else's values
            self._give_up(error)
        return out

    def put_many(self, values: Mapping[str, bytes]) -> None:
        if self._db is None or not values:
            return
        today = int(time.time() // 86400)
        try:
            rows = [(key, value, today) for key, value in values.items()]
            self._db.executemany("INSERT OR REPLACE INTO entries VALUES (?, ?, ?)", rows)
            self._db.execute("DELETE FROM entries WHERE used < ?", (today - KEEP_DAYS,))
            self._prune()
            self._db.commit()
        except sqlite3.Error as error:
            self._give_up(error)

    def _prune(self) -> None:
        """Leaves the most recently used rows."""
        assert self._db is not None
        (count,) = self._db.execute("SELECT count(*) FROM entries").fetchone()
        if count > MAX_ROWS:
            self._db.execute(
                "DELETE FROM entries WHERE key IN (SELECT key FROM entries ORDER BY used LIMIT ?)", (count - MAX_ROWS,)
            )

    def verdicts(self, words: str) -> dict[str, Verdict]:
        """What `put_verdicts` last stored for these words (their hash). One row: thousands would cost more to read."""
        key = content_key("verdicts", words)
        try:
            rows = json.loads(self.get_many([key]).get(key, b"{}"))
            return {path: (Stamp(mtime, size, inode), bool(hit)) for path, (mtime, size, inode, hit) in rows.items()}
        except (ValueError, TypeError, AttributeError, RecursionError):
            return {}

    def put_verdicts(self, words: str, verdicts: Mapping[str, Verdict]) -> None:
        rows = {path: (*stamp, int(hit)) for path, (stamp, hit) in verdicts.items()}
        self.put_many({content_key("verdicts", words): json.dumps(rows, separators=(",", ":")).encode()})

    def _give_up(self, error: Exception | None = None) -> None:
        """Works on without the cache; one that turns out to be broken goes away, for it would be so the next time."""
        db = self.__dict__.get("_db")
        self._db = None
        if db is not None:
            with suppress(sqlite3.Error):
                db.close()
            if error is not None and not isinstance(error, sqlite3.OperationalError) and self._folder is not None:
                with suppress(OSError):
                    _remove(self._folder)

    def __enter__(self) -> Cache:
        return self

    def __exit__(self, *error: object) -> None:
        self._give_up()


def _open(folder: Path) -> sqlite3.Connection | None:
    file = folder / FILE
    try:
        if folder.is_symlink() or file.is_symlink():
            return None
        _prepare(folder)
        return _connect(file)
    except sqlite3.OperationalError:  # locked, read-only, disk full
        return None
    except sqlite3.DatabaseError:  # no database: begin anew
        try:
            _remove(folder)
            return _connect(file)
        except (OSError, sqlite3.Error):
            return None
    except (OSError, ValueError):
        return None


def _remove(folder: Path) -> None:
    for suffix in ("", "-wal", "-shm"):
        (folder / (FILE + suffix)).unlink(missing_ok=True)


def remove_cache(folder: Path, before: float) -> None:
    """The whole folder, where its database was last written before that time (seconds) and nothing else is in it."""
    with suppress(OSError):
        if (folder / FILE).stat().st_mtime < before:
            _remove(folder)
            for name in FILES:
                (folder / name).unlink(missing_ok=True)
            folder.rmdir()


def _prepare(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in FILES.items():
        path = folder / name
        if not path.exists() and not path.is_symlink():
            path.write_text(text, encoding="utf-8")


def _connect(file: Path) -> sqlite3.Connection:
    db = sqlite3.connect(file, timeout=BUSY_SECONDS, check_same_thread=False)
    try:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = NORMAL")
        db.execute("PRAGMA trusted_schema = OFF")
        db.executescript(TABLES)
        kind = db.execute("SELECT type FROM sqlite_master WHERE name = 'entries'").fetchone()
        columns = [row[1] for row in db.execute("PRAGMA table_info(entries)")]
        if kind != ("table",) or columns != ["key", "value", "used"]:  # a stranger's file may hold a view
            raise sqlite3.DatabaseError("not our table")
        if db.execute("SELECT 1 FROM sqlite_master WHERE type = 'trigger'").fetchone():
            raise sqlite3.DatabaseError("not our table")
    except BaseException:
        db.close()
        raise
    return db
