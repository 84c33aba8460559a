"""Paid answers ↔ SQLite: each is committed before it counts, so that nothing is paid twice and kill -9 loses nothing.

    with Store("evals.db") as store:
        reply = store.get(request)          # None: not paid for yet
        store.put(run, request, reply)      # committed when it returns

Found by content: provider, address, model, API, parameters, messages, system, tools, schema and repeat. What is kept of
a request is that hash; of an answer its text. Keys and headers never come here. The file is its owner's alone.
"""

from __future__ import annotations

import json
import os
import sqlite3
import stat
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields, replace
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import Any
from uuid import uuid4

from llmlint.errors import UserError
from llmlint.evals.private import keep_out_of_git
from llmlint.evals.providers.clients import endpoint
from llmlint.evals.records import Candidate, Grade, Outcome, Reply, Request
from llmlint.money.usage import Usage

DEFAULT = Path(".llmlint", "evals.db")
SCHEMA_VERSION = 1
TABLES = """
create table if not exists runs (
  id text primary key, task text not null, state text not null, started real not null, ended real,
  about text not null, result text
);
create table if not exists answers (
  id integer primary key, key text not null, run text, candidate text not null, model text not null,
  item text not null, repeat integer not null, status text not null, text text not null, tool_calls text not null,
  usage text not null, usd text, seconds real, error text, note text, batch integer not null, attempts integer not null,
  at real not null
);
create index if not exists answers_by_key on answers (key);
create index if not exists answers_by_run on answers (run);
create table if not exists underway (id integer primary key, run text, key text not null, usd text not null);
create table if not exists uncertain (id integer primary key, run text, usd text not null, why text not null);
create table if not exists outcomes (
  run text not null, candidate text not null, item text not null, repeat integer not null, answer text not null,
  grade text not null, primary key (run, candidate, item, repeat)
);
create table if not exists batches (
  mark text primary key, run text, candidate text not null, state text not null, made real not null, keys text not null,
  place text not null, usd text not null
);
"""


class StoreError(UserError):
    """The store cannot be opened, read or written."""


@dataclass(frozen=True, slots=True)
class RunRow:
    """One run. about: what it was (hashes, settings); result: what came of it; times: seconds of the epoch.

    state: "running" (or killed), "done", "stopped".
    """

    id: str
    task: str
    state: str
    started: float
    ended: float | None
    about: Mapping[str, Any]
    result: Mapping[str, Any] | None


def new_run() -> str:
    """The id of a run: when it began, and six letters by chance."""
    return time.strftime("%Y%m%d-%H%M%S-", time.gmtime()) + uuid4().hex[:6]


def request_key(request: Request) -> str:
    """The content hash by which an answer is found again."""
    candidate = request.candidate
    content: list[Any] = [
        candidate.provider, endpoint(candidate), candidate.model, candidate.api, candidate.parameters,
        [dict(one) for one in request.messages], request.system, [dict(one) for one in request.tools], request.schema,
        request.max_tokens, request.repeat,
    ]  # fmt: skip
    if candidate.provider in ("callable", "command"):  # they are asked with the item's columns
        content.append([request.item, request.values])
    return sha256(json.dumps(content, sort_keys=True, separators=(",", ":"), default=str).encode()).hexdigest()


class Store:
    """For one thread; several processes may have the file open."""

    def __init__(self, path: str | os.PathLike[str] = DEFAULT) -> None:
        self.path = Path(path)
        try:
            _prepare(self.path)
            self._db = sqlite3.connect(self.path, timeout=30, isolation_level=None)
            self._db.execute("pragma journal_mode = wal")
            self._db.execute("pragma synchronous = normal")  # what is committed outlives the process
            self._check_version()
            self._db.executescript(TABLES)
        except (OSError, sqlite3.Error) as error:
            raise StoreError(f"cannot be used as a store of answers: {error}", path=str(path)) from error

    def _check_version(self) -> None:
        (version,) = self._db.execute("pragma user_version").fetchone()
        if version not in (0, SCHEMA_VERSION):
            self._db.close()
            raise StoreError("written by another version of llmlint", str(self.path), mend="name another by --store")
        self._db.execute(f"pragma user_version = {SCHEMA_VERSION}")

    def __enter__(self) -> Store:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        self._db.close()

    @contextmanager
    def together(self) -> Iterator[sqlite3.Connection]:
        """All of what is put inside, or nothing, in one commit."""
        if self._db.in_transaction:
            yield self._db
            return
        try:
            self._db.execute("begin immediate")
            yield self._db
            self._db.execute("commit")
        except sqlite3.Error as error:
            self._undo()
            raise StoreError(f"an answer could not be kept: {error}", str(self.path)) from error
        except BaseException:
            self._undo()
            raise

    def _undo(self) -> None:
        if self._db.in_transaction:
            self._db.execute("rollback")

    # --- answers

    def get(self, request: Request, key: str | None = None) -> Reply | None:
        """The newest answer to it, marked `stored`; None: not paid for yet."""
        found = self._db.execute(
            f"select {', '.join(_REPLY)} from answers where key = ? order by id desc limit 1",
            (key or request_key(request),),
        ).fetchone()
        return None if found is None else replace(_reply(found), stored=True)

    def leave(self, run: str | None, key: str, usd: Decimal) -> int:
        """Before a request leaves: what it can cost at most. The mark stays if the process dies, for `spent`."""
        with self.together() as db:
            made = db.execute("insert into underway (run, key, usd) values (?, ?, ?)", (run, key, str(usd)))
        return made.lastrowid or 0

    def put(
        self, run: str | None, request: Request, reply: Reply, mark: int | None = None, key: str | None = None
    ) -> None:
        """Committed when it returns. mark: from `leave`, taken away in the same step."""
        candidate = request.candidate
        values = (key or request_key(request), run, candidate.name, candidate.model, request.item, request.repeat,
                  *_columns(reply), time.time())  # fmt: skip
        with self.together() as db:
            db.execute(_INSERT, values)
            if mark is not None:
                db.execute("delete from underway where id = ?", (mark,))

    def arrived(self, mark: int, run: str | None = None, usd: Decimal = Decimal(0), why: str = "") -> None:
        """An attempt ended without an answer. usd: what it may have cost all the same."""
        with self.together() as db:
            db.execute("delete from underway where id = ?", (mark,))
            if usd:
                db.execute("insert into uncertain (run, usd, why) values (?, ?, ?)", (run, str(usd), why))

    def spent(self, run: str) -> Decimal:
        """USD that a run has cost so far, with the worst case of what it may have lost when it was killed."""
        sums = [
            self._db.execute(f"select usd from {table} where run = ? and usd is not null", (run,)).fetchall()
            for table in ("answers", "uncertain", "underway")
        ]
        sums.append(self._db.execute("select usd from batches where run = ? and state != 'fetched'", (run,)).fetchall())
        return sum((Decimal(usd) for rows in sums for (usd,) in rows), Decimal(0))

    def answers(self, run: str | None = None) -> Iterator[dict[str, Any]]:
        """The paid answers, of one run or all, as plain rows."""
        names = ("id", "run", "candidate", "model", "item", "repeat", "at", *_REPLY)
        where, given = ("where run = ?", (run,)) if run is not None else ("", ())
        for row in self._db.execute(f"select {', '.join(names)} from answers {where} order by id", given):
            yield dict(zip(names, row, strict=True))

    def has(self, key: str) -> bool:
        """Is there an answer under this content hash?"""
        return self._db.execute("select 1 from answers where key = ? limit 1", (key,)).fetchone() is not None

    # --- runs

    def start_run(self, task: str, about: Mapping[str, Any], id: str | None = None) -> str:
        """A new run; its id, from `new_run` where none is given. about: JSON, no secrets."""
        run = id or new_run()
        self._db.execute(
            "insert into runs values (?, ?, 'running', ?, null, ?, null)", (run, task, time.time(), _json(about))
        )
        return run

    def end_run(self, run: str, state: str, result: Mapping[str, Any]) -> None:
        """state: "done" or "stopped"."""
        self._db.execute(
            "update runs set state = ?, ended = ?, result = ? where id = ?", (state, time.time(), _json(result), run)
        )

    def runs(self, task: str | None = None) -> list[RunRow]:
        """The newest first."""
        where, given = ("where task = ?", (task,)) if task is not None else ("", ())
        found = self._db.execute(f"select * from runs {where} order by started desc, rowid desc", given).fetchall()
        return [_run(row) for row in found]

    def run(self, id: str) -> RunRow:
        """One run by its id, or by as much of it as tells it from the others; "last": the newest."""
        known = self.runs()
        fitting = known[:1] if id == "last" else [one for one in known if one.id == id]
        fitting = fitting or [one for one in known if id and id in one.id]
        if len(fitting) != 1:
            raise StoreError(f"{'no run' if not fitting else 'more than one run'} is {id!r}", str(self.path))
        return fitting[0]

    # --- outcomes: what a run made of the answers

    def put_outcomes(self, run: str, outcomes: Iterator[Outcome] | list[Outcome], repeat: int = 0) -> None:
        """One per candidate and item; the last one counts."""
        with self.together() as db:
            db.executemany(
                "insert or replace into outcomes values (?, ?, ?, ?, ?, ?)",
                (
                    (run, one.candidate, one.item, repeat, _json(_flat(one.reply)), _json(_grade(one.grade)))
                    for one in outcomes
                ),
            )

    def outcomes(self, run: str) -> Iterator[Outcome]:
        """In the order of items, then of candidates."""
        query = "select item, candidate, answer, grade from outcomes where run = ? order by item, candidate, repeat"
        for item, candidate, answer, grade in self._db.execute(query, (run,)):
            told = json.loads(grade)
            yield Outcome(item, candidate, _unflat(json.loads(answer)), Grade(**{**told, "usd": Decimal(told["usd"])}))

    # --- batches in flight, see `batches`

    def put_batch(self, row: BatchRow) -> None:
        """Committed when it returns."""
        values = (row.mark, row.run, row.candidate, row.state, row.made, _json(row.keys), row.place, str(row.usd))
        with self.together() as db:
            db.execute("insert or replace into batches values (?, ?, ?, ?, ?, ?, ?, ?)", values)

    def batches(self, candidate: Candidate, place: str) -> list[BatchRow]:
        """Those of a candidate at an address whose answers have not all been fetched."""
        found = self._db.execute(
            "select * from batches where candidate = ? and place = ? and state != 'fetched' order by made",
            (candidate.name, place),
        ).fetchall()
        return [_batch(row) for row in found]

    def batch_ids(self) -> set[str]:
        """The providers' ids of all batches that have not been fetched."""
        return {state for (state,) in self._db.execute("select state from batches")}


@dataclass(frozen=True, slots=True)
class BatchRow:
    """A batch that was sent off. mark: our own name, with which its custom ids begin; keys: content hash → custom id.

    state: "sending" (nobody knows whether it arrived), the provider's id, or "fetched". usd: what it can cost at most.
    """

    mark: str
    run: str | None
    candidate: str
    state: str
    made: float
    keys: Mapping[str, str]
    place: str
    usd: Decimal


_REPLY = ("status", "text", "tool_calls", "usage", "usd", "seconds", "error", "note", "batch", "attempts")
_INSERT = f"""insert into answers (key, run, candidate, model, item, repeat, {', '.join(_REPLY)}, at)
              values ({', '.join('?' * (len(_REPLY) + 7))})"""
_COUNTS = tuple(one.name for one in fields(Usage))


def _columns(reply: Reply) -> tuple[Any, ...]:
    usage = _json([getattr(reply.usage, name) for name in _COUNTS])
    usd = None if reply.usd is None else str(reply.usd)
    text = reply.text.encode("utf-8", "replace").decode()  # a lone surrogate cannot be kept
    return (reply.status, text, _json(reply.tool_calls), usage, usd, reply.seconds, reply.error, reply.note,
            int(reply.batch), reply.attempts)  # fmt: skip


def _reply(row: tuple[Any, ...]) -> Reply:
    status, text, tools, usage, usd, seconds, error, note, batch, attempts = row
    return Reply(
        status=status, text=text, tool_calls=tuple(json.loads(tools)), usage=Usage(*json.loads(usage)),
        usd=None if usd is None else Decimal(usd), seconds=seconds, error=error, note=note, batch=bool(batch),
        attempts=attempts,
    )  # fmt: skip


def _flat(reply: Reply) -> list[Any]:
    return [*_columns(reply), reply.stored]


def _unflat(row: list[Any]) -> Reply:
    return replace(_reply(tuple(row[:-1])), stored=bool(row[-1]))


def _grade(grade: Grade) -> dict[str, Any]:
    return {**asdict(grade), "usd": str(grade.usd)}


def _run(row: tuple[Any, ...]) -> RunRow:
    id, task, state, started, ended, about, result = row
    return RunRow(id, task, state, started, ended, json.loads(about), None if result is None else json.loads(result))


def _batch(row: tuple[Any, ...]) -> BatchRow:
    mark, run, candidate, state, made, keys, place, usd = row
    return BatchRow(mark, run, candidate, state, made, json.loads(keys), place, Decimal(usd))


def _json(data: Any) -> str:
    return json.dumps(data, separators=(",", ":"), default=_plain)


def _plain(value: Any) -> Any:
    return dict(value) if isinstance(value, Mapping) else str(value)


def _prepare(path: Path) -> None:
    """The folder, and the file, which git leaves alone and nobody else may read or have brought along: whoever can
    plant answers decides which model is good enough."""
    if path.is_symlink():
        raise StoreError("a store of answers is not opened through a symbolic link", str(path))
    path.parent.mkdir(parents=True, exist_ok=True)
    keep_out_of_git(path.parent, f"{path.name}*")
    if not path.exists():
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    elif os.name == "posix" and stat.S_IMODE(path.stat().st_mode) & 0o077:
        message = "others can read this store of answers, so it may have come with a commit"
        raise StoreError(message, str(path), mend="if it is yours: chmod 600")
