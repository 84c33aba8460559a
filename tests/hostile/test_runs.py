"""Trouble around a run: outputs, pipes, signals, caches, other runs."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from llmlint.scan.cache_folder import cache_folder
from tests.hostile.harness import TIMEOUT, check, command, environment, lay, llmlint

posix = pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals and pipes")
CACHE = ".llmlint_cache"


def start(folder: Path, *arguments: str, **more: object) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        command(*arguments), cwd=folder, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE,
        env=environment(PEAK_FILE=os.devnull), **{"stdout": subprocess.PIPE, **more},  # type: ignore[call-overload]
    )  # fmt: skip


@pytest.mark.parametrize("output", [".", "nowhere/report.txt", "good.py/x", "/proc/nowhere", "a" * 300])
def test_an_output_that_cannot_be_written_is_one_line(tmp_path: Path, output: str) -> None:
    folder = lay(tmp_path / "project", {})
    outcome = llmlint(folder, "check", "--no-cache", "--output", output)
    assert outcome.code == 2 and outcome.err.count("\n") == 1 and output in outcome.err
    assert sorted(p.name for p in folder.iterdir()) == ["good.py"]


@posix
@pytest.mark.parametrize("arguments", [("check",), ("check", "-f", "json"), ("facts",), ("rules",), ("rule", "output-cap"), ("fix", "--diff")])  # fmt: skip  # noqa: E501
def test_a_reader_that_has_gone_is_no_trouble(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    folder = lay(tmp_path / "project", {})
    read, write = os.pipe()
    os.close(read)
    process = start(folder, *arguments, stdout=write)
    os.close(write)
    _, err = process.communicate(timeout=5 * TIMEOUT)
    assert b"Traceback" not in err and b"Exception" not in err and b"internal error" not in err, err


@posix
def test_a_full_disk_is_one_line(tmp_path: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full")
    folder = lay(tmp_path / "project", {})
    with open("/dev/full", "wb") as full:  # noqa: PTH123
        process = start(folder, "check", stdout=full)
        _, err = process.communicate(timeout=5 * TIMEOUT)
    assert process.returncode == 2 and b"Traceback" not in err and b"internal error" not in err, err
    assert err.strip().count(b"\n") == 0
    outcome = llmlint(folder, "check", "--output", "/dev/full")
    assert outcome.code == 2 and outcome.err.count("\n") == 1


def busy(folder: Path, files: int) -> Path:
    """A project whose analysis takes a while: forty files a second or two."""
    for n in range(files):
        body = b"".join(b"def f%d_%d(m): return client.chat.completions.create(model=m, messages=[])\n" % (n, k) for k in range(20))
        (folder / f"m{n}.py").write_bytes(b"from openai import OpenAI\nclient = OpenAI()\n" + body)
    return folder


@posix
@pytest.mark.parametrize("wait", [0.15, 0.5, 1.5])
@pytest.mark.parametrize("cache", ["--no-cache", f"--cache-dir={CACHE}"])
def test_an_interrupt_ends_the_run_without_a_traceback(tmp_path: Path, wait: float, cache: str) -> None:
    folder = busy(lay(tmp_path / "project", {}), 160)
    process = start(folder, "check", cache)
    time.sleep(wait)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=5 * TIMEOUT)
    # an interrupt before Python has come as far as our code is Python's own
    assert process.returncode in ((130,) if wait > 1 else (130, 1, -signal.SIGINT)), err
    if process.returncode == 130:
        assert b"Traceback" not in out + err and err == b"llmlint: interrupted\n"


@posix
@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGKILL])
def test_a_killed_run_leaves_a_cache_that_works(tmp_path: Path, stop: signal.Signals) -> None:
    folder = busy(lay(tmp_path / "project", {}), 40)
    for wait in (0.3, 0.8, 1.5):
        process = start(folder, "check")
        time.sleep(wait)
        process.send_signal(stop)
        process.communicate(timeout=5 * TIMEOUT)
    fresh, cached = (llmlint(folder, "check", "-f", "json", *more).report for more in (["--no-cache"], []))
    assert (fresh["findings"], fresh["errors"]) == (cached["findings"], cached["errors"])


def test_two_runs_at_once_say_the_same(tmp_path: Path) -> None:
    folder = lay(tmp_path / "project", {f"m{n}.py": "from good import ask\nask('x')\n" for n in range(50)})
    for file in folder.iterdir():
        os.utime(file, (1_700_000_000, 1_700_000_000))
    runs = [start(folder, "check", "-q") for _ in range(4)]
    results = [(p.communicate(timeout=5 * TIMEOUT), p.returncode) for p in runs]
    assert len({out for (out, _), _ in results}) == 1
    assert [(err, code) for (_, err), code in results] == [(b"", 1)] * 4


def own_cache(folder: Path) -> Path:
    cache = cache_folder(str(folder), None)
    assert cache is not None and not cache.is_relative_to(folder)
    return cache


def spoil(folder: Path, kind: str) -> None:
    cache = own_cache(folder)
    cache.parent.mkdir(exist_ok=True)
    file = cache / "cache-1.db"
    if kind == "a file":
        cache.write_text("x")
    elif kind == "a link outside":
        (folder.parent / "elsewhere").mkdir()
        cache.symlink_to(folder.parent / "elsewhere")
    elif kind == "a dangling link":
        cache.symlink_to(folder.parent / "nowhere")
    else:
        cache.mkdir(exist_ok=True)
        if kind == "a FIFO":
            os.mkfifo(file)
        elif kind == "a folder":
            file.mkdir()
        elif kind == "a FIFO beside":
            os.mkfifo(cache / "cache-1.db-wal")
        elif kind == "garbage":
            file.write_bytes(os.urandom(100_000))
        elif kind == "empty":
            file.touch()
        elif kind == "another table":
            with sqlite3.connect(file) as db:
                db.execute("CREATE TABLE entries (a)")
            db.close()
        elif kind == "locked":
            db = sqlite3.connect(file)
            db.execute("BEGIN EXCLUSIVE")
            HELD.append(db)


HELD: list[sqlite3.Connection] = []
SPOILT = ["a file", "a link outside", "a dangling link", "a FIFO", "a FIFO beside", "a folder", "garbage", "empty", "another table", "locked"]  # fmt: skip  # noqa: E501


@posix
@pytest.mark.parametrize("kind", SPOILT)
def test_a_spoilt_cache_is_worked_without(tmp_path: Path, kind: str) -> None:
    folder = lay(tmp_path / "project", {})
    spoil(folder, kind)
    try:
        for _ in range(2):
            outcome = llmlint(folder, "check", "-f", "json")
            assert len(outcome.report["findings"]) == 1 and outcome.code == 1 and outcome.err == ""
    finally:
        for db in HELD:
            db.close()
        HELD.clear()
    assert not (folder.parent / "elsewhere").exists() or not list((folder.parent / "elsewhere").iterdir())


@posix
def test_rows_of_a_stranger_are_not_believed_to_be_ours(tmp_path: Path) -> None:
    folder = lay(tmp_path / "project", {})
    os.utime(folder / "good.py", (1_700_000_000, 1_700_000_000))
    llmlint(folder, "check")
    with sqlite3.connect(own_cache(folder) / "cache-1.db") as db:
        rows = db.execute("SELECT key FROM entries").fetchall()
        assert rows
        for value in (b"\0", b"[" * 100_000, b'{"stamp": 1}', b"null", "text", 7, 1.5):
            db.execute("UPDATE entries SET value = ?", (value,))
            db.commit()
            assert len(llmlint(folder, "check", "-f", "json").report["findings"]) == 1
    db.close()


def test_a_committed_cache_hides_nothing(tmp_path: Path) -> None:
    """The row is one of ours in all but what it says; where a user names the folder, it is believed."""
    folder = lay(tmp_path / "project", {})
    os.utime(folder / "good.py", (1_700_000_000, 1_700_000_000))
    found = llmlint(folder, "check", "-f", "json", "--cache-dir", CACHE).report["findings"]
    with sqlite3.connect(folder / CACHE / "cache-1.db") as db:
        for key, value in db.execute("SELECT key, value FROM entries").fetchall():
            row = json.loads(value)
            if row.get("call_sites"):
                row["call_sites"] = []
                db.execute("UPDATE entries SET value = ? WHERE key = ?", (json.dumps(row).encode(), key))
    db.close()
    assert len(found) == 1
    assert llmlint(folder, "check", "-f", "json", "--cache-dir", CACHE).report["findings"] == []
    at_home = {"LLMLINT_CACHE_DIR": "", "XDG_CACHE_HOME": "", "HOME": str(folder), "USERPROFILE": str(folder)}
    for more in ({}, {"LLMLINT_CACHE_DIR": str(tmp_path / "caches")}, at_home):
        for _ in range(2):
            assert llmlint(folder, "check", "-f", "json", **more).report["findings"] == found
    assert sorted(p.name for p in folder.iterdir()) == [CACHE, "good.py"]


@posix
@pytest.mark.parametrize("place", ["/proc/llmlint", "/dev/null/x", "good.py", "/dev/full"])
def test_a_cache_folder_that_cannot_be_written_is_worked_without(tmp_path: Path, place: str) -> None:
    folder = lay(tmp_path / "project", {})
    outcome = llmlint(folder, "check", "-f", "json", "--cache-dir", place)
    assert outcome.code == 1 or (outcome.code == 2 and "is a file" in outcome.err)


def test_the_machine_has_no_home_and_no_locale(tmp_path: Path) -> None:
    folder = lay(tmp_path / "project", {})
    outcome = check(folder, LC_ALL="C", PYTHONIOENCODING="ascii", HOME="/nowhere", TERM="dumb", COLUMNS="-5")
    assert outcome.code == 1
