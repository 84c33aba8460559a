"""A cache that helps when it can and is never missed."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from llmlint.scan import cache as module
from llmlint.scan.cache import FILE, Cache, content_key
from llmlint.scan.contents import Stamp

VERDICTS = {"a.py": (Stamp(1, 2, 2**64 - 1), True), "caf\udce9.py": (Stamp(3, 4, 5), False)}


def test_what_was_put_is_there_in_the_next_run(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "cache"
    many = {f"k{n}": str(n).encode() for n in range(2000)}
    with Cache(folder) as cache:
        cache.put_many({"a": b"1", "b": b"\0\xff"})
        cache.put_many({**many, "a": b"2"})
        cache.put_verdicts("words", VERDICTS)
    with Cache(folder) as cache:
        assert cache.get_many(["a", "b", "c"]) == {"a": b"2", "b": b"\0\xff"}
        assert cache.get_many([*many, "none"]) == many
        assert cache.verdicts("words") == VERDICTS
        assert cache.verdicts("other words") == {}
    assert (folder / ".gitignore").read_text() == "*\n"
    assert (folder / "CACHEDIR.TAG").read_text().startswith("Signature: 8a477f597d28d172789f06886806bc55")


def test_keys_change_with_every_part() -> None:
    keys = {content_key(*parts) for parts in [("a", "b"), ("ab",), ("a", b"c"), ("a", ""), ("a",), ()]}
    assert len(keys) == 6
    assert content_key("a", "b") == content_key(b"a", b"b")


def works_without(cache: Cache) -> None:
    with cache:
        cache.put_many({"a": b"1"})
        cache.put_verdicts("w", VERDICTS)
        assert cache.get_many(["a"]) == {}
        assert cache.verdicts("w") == {}
        assert not cache.works


def test_without_a_folder_it_forgets() -> None:
    works_without(Cache(None))


BLOCKED = ["a file in its place", "a link", "the database is a link", "the database is a folder"]


@pytest.mark.parametrize("blocked", BLOCKED)
def test_where_it_cannot_be_the_run_goes_on(tmp_path: Path, blocked: str) -> None:
    folder, elsewhere = tmp_path / "cache", tmp_path / "elsewhere"
    elsewhere.mkdir()
    if blocked == "a file in its place":
        folder.write_text("")
    elif blocked == "a link":
        folder.symlink_to(elsewhere)
    else:
        folder.mkdir()
        if blocked == "the database is a link":
            (folder / FILE).symlink_to(elsewhere / "victim.db")
        else:
            (folder / FILE).mkdir()
    works_without(Cache(folder))
    assert list(elsewhere.iterdir()) == []


def test_locked_by_another_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BUSY_SECONDS", 0.01)
    with Cache(tmp_path) as first:
        first.put_many({"a": b"1"})
    other = sqlite3.connect(tmp_path / FILE)
    other.execute("BEGIN EXCLUSIVE")
    with Cache(tmp_path) as cache:
        cache.put_many({"a": b"2"})
    other.rollback()
    other.close()
    with Cache(tmp_path) as cache:
        assert cache.get_many(["a"]) == {"a": b"1"}


def foreign(file: Path, script: str) -> None:
    db = sqlite3.connect(file)
    db.executescript(script)
    db.close()


BROKEN = {
    "no database": None,
    "a view": "CREATE TABLE t (key, value, used); CREATE VIEW entries AS SELECT * FROM t;",
    "other columns": "CREATE TABLE entries (a, b);",
    "a trigger": "CREATE TABLE entries (key TEXT PRIMARY KEY, value BLOB, used INTEGER);"
    "CREATE TRIGGER x AFTER INSERT ON entries BEGIN DELETE FROM entries; END;",
}


@pytest.mark.parametrize("kind", BROKEN)
def test_what_is_not_ours_is_begun_anew(tmp_path: Path, kind: str) -> None:
    script = BROKEN[kind]
    if script is None:
        (tmp_path / FILE).write_bytes(b"not a database" * 1000)
    else:
        foreign(tmp_path / FILE, script)
    with Cache(tmp_path) as cache:
        cache.put_many({"a": b"1"})
        assert cache.get_many(["a"]) == {"a": b"1"}


def test_a_database_damaged_inside_goes_away(tmp_path: Path) -> None:
    with Cache(tmp_path) as cache:
        cache.put_many({f"k{n}": b"x" * 1000 for n in range(500)})
    file = tmp_path / FILE
    data = bytearray(file.read_bytes())
    data[8192:] = b"\xa5" * (len(data) - 8192)
    file.write_bytes(data)
    with Cache(tmp_path) as cache:
        cache.get_many([f"k{n}" for n in range(500)])
    with Cache(tmp_path) as cache:
        cache.put_many({"a": b"1"})
        assert cache.get_many(["a"]) == {"a": b"1"}


@pytest.mark.parametrize("row", [b"[]", b"{", b'{"a.py": 3}', b'{"a.py": [1]}', b"[" * 100_000, b"\xff"])
def test_verdicts_that_are_none(tmp_path: Path, row: bytes) -> None:
    with Cache(tmp_path) as cache:
        cache.put_many({content_key("verdicts", "w"): row})
        assert cache.verdicts("w") == {}


def test_rows_that_nobody_used_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Cache(tmp_path) as cache:
        cache.put_many({"old": b"1", "new": b"2"})
    foreign(tmp_path / FILE, "UPDATE entries SET used = 5 WHERE key = 'old';")
    with Cache(tmp_path) as cache:
        cache.put_many({"newer": b"3"})
        assert cache.get_many(["old", "new", "newer"]) == {"new": b"2", "newer": b"3"}
        monkeypatch.setattr(module, "MAX_ROWS", 1)
        cache.put_many({"newest": b"4"})
        assert len(cache.get_many(["new", "newer", "newest"])) == 1
