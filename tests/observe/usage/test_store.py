"""The store: once is once, buckets grow, days add up exactly, and nobody else can read or plant it."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

import pytest

from llmlint.errors import UsageError
from llmlint.money.usage import Usage
from llmlint.observe.usage.importing import import_rows
from llmlint.observe.usage.records import Refusal, Row, Subject
from llmlint.observe.usage.store import DAY, UsageStore
from llmlint.observe.usage.values import key_of

TEN = Usage(10, 1)
ME = Subject("openai", "gpt-5", team="core")


def row(number: int, day: int = 20_727, usage: Usage = TEN, nano: int | None = 5, **changes: object) -> Row:
    return Row(key_of(number), day * DAY + 60, 0, ME._replace(**changes), 1, usage, nano)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / ".llmlint" / "usage.db"


def test_once_is_once(file: Path) -> None:
    with UsageStore(file) as store:
        first = import_rows(store, "csv", "a.csv", [row(1), row(2), row(2)], 0)
        again = import_rows(store, "csv", "a.csv", [row(2), row(3)], 0)
        assert (first.records, first.added, again.added) == (3, 2, 1)
    with UsageStore(file) as store:
        (day,) = store.days()
        assert (day.requests, day.usage, day.nano_usd, day.records) == (3, Usage(30, 3), 15, 3)


def test_a_bucket_that_was_filled_since_is_taken_anew_and_never_shrinks(file: Path) -> None:
    with UsageStore(file) as store:
        for usage, added in ((Usage(10), 1), (Usage(25), 1), (Usage(25), 0), (Usage(10), 0)):
            assert import_rows(store, "prometheus", "x", [row(1, usage=usage, nano=None)], 0).added == added
        assert [day.usage for day in store.days()] == [Usage(25)]


def test_days_keep_apart_what_must_not_be_added_up(file: Path) -> None:
    rows = [row(1), row(2, nano=None), row(3, usage=Usage(300_000)), row(4, day=20_728), row(5, model="other")]
    with UsageStore(file) as store:
        import_rows(store, "csv", "x", rows, 0)
        found = [(d.day, d.subject.model, d.band, d.nano_usd) for d in store.days()]
        assert sorted(found, key=str) == sorted(
            [(20_727, "gpt-5", 0, 5), (20_727, "gpt-5", 0, None), (20_727, "gpt-5", 6, 5), (20_728, "gpt-5", 0, 5),
             (20_727, "other", 0, 5)], key=str,
        )  # fmt: skip
        assert len(list(store.days(20_728, 20_728))) == 1 and not list(store.days(sources=["otlp"]))


def test_nothing_is_an_error_and_leaves_nothing(file: Path) -> None:
    with UsageStore(file) as store:
        with pytest.raises(UsageError, match=r"x\.csv: no record of usage was found"):
            import_rows(store, "csv", "x.csv", [], 0)
        with pytest.raises(UsageError, match=r"the only record is unusable; x\.csv:2: the cost is negative"):
            import_rows(store, "csv", "x.csv", [Refusal("x.csv:2", "the cost is negative")], 0)
    with UsageStore(file) as store:
        assert not store.sources()


def test_an_import_that_breaks_off_leaves_nothing(file: Path) -> None:
    def rows():  # type: ignore[no-untyped-def]
        yield row(1)
        raise UsageError("the server hung up")

    with UsageStore(file) as store, pytest.raises(UsageError):
        import_rows(store, "anthropic", "x", rows(), 0)
    with UsageStore(file) as store:
        assert not list(store.days()) and not store.sources()


def test_forgetting(file: Path) -> None:
    with UsageStore(file) as store:
        import_rows(store, "csv", "x", [row(1), row(2, day=20_700, team="quiet team")], 0)
        import_rows(store, "otlp", "x", [row(3)], 0)
        assert store.forget(None, 20_710 * DAY) == 1
        assert [(s.name, s.records) for s in store.sources()] == [("csv", 1), ("otlp", 1)]
        with pytest.raises(UsageError, match=r"nothing was imported from 'litellm' \(there is: csv, otlp\)"):
            store.forget("litellm")
        assert store.forget("csv") == 1 and [s.name for s in store.sources()] == ["otlp"]
    assert b"quiet team" not in file.read_bytes()


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX")
def test_nobody_else_reads_or_plants_it(file: Path, tmp_path: Path) -> None:
    with UsageStore(file) as store:
        import_rows(store, "csv", "x", [row(1)], 0)
        assert all(p.stat().st_mode & 0o077 == 0 for p in file.parent.glob("usage.db*"))
    assert (file.parent / ".gitignore").read_text() == "usage.db*\n"
    file.chmod(0o644)
    with pytest.raises(UsageError, match="others can read this usage store"):
        UsageStore(file)
    link = tmp_path / "link.db"
    link.symlink_to(file)
    with pytest.raises(UsageError, match="symbolic link"):
        UsageStore(link)


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (lambda f: f.write_bytes(b"no database at all" * 100), "cannot be used as a usage store"),
        (lambda f: sqlite3.connect(f).executescript("CREATE TABLE x (y)").close(), "but no usage store"),
        (lambda f: sqlite3.connect(f).executescript("PRAGMA user_version = 99").close(), "written by a newer llmlint"),
        (lambda f: f.mkdir(), "is no file"),
    ],
)
def test_what_is_no_store(tmp_path: Path, make, why: str) -> None:  # type: ignore[no-untyped-def]
    file = tmp_path / "usage.db"
    make(file)
    file.chmod(0o700 if file.is_dir() else 0o600)
    with pytest.raises(UsageError, match=why):
        UsageStore(file)


def test_a_store_is_not_made_by_looking(file: Path) -> None:
    with pytest.raises(UsageError, match=r"there is no usage store \(`llmlint usage import` makes one\)"):
        UsageStore(file, create=False)
    assert not file.exists()
