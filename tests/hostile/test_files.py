"""Odd things where a Python file or an ignore file should be: each costs a line at most, never a finding."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.hostile.harness import CALL, SDK, check, lay, llmlint

posix = pytest.mark.skipif(sys.platform == "win32", reason="made with POSIX calls")
APP = (SDK + CALL).decode()


def huge(folder: Path, head: bytes) -> None:
    with (folder / "huge.py").open("wb") as file:
        file.write(head)
        for _ in range(50):
            file.write(b"x = 1  # padding padding padding\n" * 31_000)


def circle(folder: Path) -> None:
    (folder / "a").mkdir()
    (folder / "a" / "b").symlink_to(folder)
    (folder / "self.py").symlink_to("self.py")
    (folder / "up").symlink_to("..")
    (folder / "ping.py").symlink_to("pong.py")
    (folder / "pong.py").symlink_to("ping.py")


def deep(folder: Path) -> None:
    here = os.open(folder, os.O_RDONLY)
    for _ in range(600):
        os.mkdir("deeper", dir_fd=here)
        inner = os.open("deeper", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = inner
    os.close(here)


def ignore(text: bytes) -> Callable[[Path], None]:
    def make(folder: Path) -> None:
        (folder / ".gitignore").write_bytes(text)

    return make


MADE: dict[str, Callable[[Path], object]] = {
    "folder named x.py": lambda f: (f / "x.py").mkdir(),
    "dangling link": lambda f: (f / "x.py").symlink_to("nowhere.py"),
    "link to a device": lambda f: (f / "x.py").symlink_to("/dev/zero"),
    "FIFO": lambda f: os.mkfifo(f / "x.py"),
    "FIFO notebook": lambda f: os.mkfifo(f / "x.ipynb"),
    "FIFO .gitignore": lambda f: os.mkfifo(f / ".gitignore"),
    "folder .gitignore": lambda f: (f / ".gitignore").mkdir(),
    "circles of links": circle,
    "empty": lambda f: (f / "x.py").write_bytes(b""),
    "a mark alone": lambda f: (f / "x.py").write_bytes(b"\xef\xbb\xbf"),
    "blanks": lambda f: (f / "x.py").write_bytes(b"\f \t\r\n\x1a" * 1000),
    "50 MB without an SDK": lambda f: huge(f, b""),
    "folders 600 deep": deep,
    "ignore: stars": ignore(b"*" * 5_000 + b"a\n" + b"a*" * 300 + b"b\n" + b"**/" * 300 + b"x\n" + b"*?" * 300 + b"\n"),
    "ignore: brackets": ignore(b"[\n[]\n[!]\n[z-a]\n[[:alpha:]\n[a\\\n\\\n!\n/\n//\n\\!\n[[[[[[[[\n" + b"[" * 5_000 + b"\n"),
    "ignore: 50,000 lines": ignore(b"".join(b"*ab%d*c?[d-e]/\n" % n for n in range(50_000))),
    "ignore: no text": ignore(bytes(range(1, 256)) * 50 + b"\0\n"),
    "ignore: backtracking": ignore(b"(a+)+$\n*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b\n**/**/**/**/**/**/**/q\n"),
}


@posix
@pytest.mark.parametrize("name", MADE)
def test_what_is_no_python_file_costs_nothing(tmp_path: Path, name: str) -> None:
    folder = lay(tmp_path / "project", {})
    MADE[name](folder)
    (folder / ("a" * 200 + ".txt")).touch()
    (folder / ("a" * 100 + ".py")).write_text("x = 1\n")
    outcome = check(folder)
    assert outcome.code == 1
    assert llmlint(folder, "facts", ".").code == 0


@posix
@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("x.py", lambda f: os.mkfifo(f)),
        ("x.py", lambda f: f.symlink_to("/dev/zero")),
        ("x.txt", lambda f: f.write_text("import openai\n")),
    ],
)
def test_what_is_named_and_cannot_be_read_is_said(tmp_path: Path, name: str, make: Callable[[Path], None]) -> None:
    folder = lay(tmp_path / "project", {})
    make(folder / name)
    outcome = check(folder, "good.py", name)
    (error,) = outcome.errors(name)
    assert error["message"] and outcome.code == 1


def test_a_path_that_does_not_exist_is_one_line(tmp_path: Path) -> None:
    folder = lay(tmp_path / "project", {})
    (folder / "loop.py").symlink_to("loop.py")
    outcome = llmlint(folder, "check", "good.py", "nowhere.py")
    assert (outcome.code, outcome.out) == (2, "") and outcome.err.count("\n") == 1 and "nowhere.py" in outcome.err
    assert "loop.py: warning: not analysed" in llmlint(folder, "check", "loop.py").out


def test_50_mb_that_name_an_sdk_are_an_error(tmp_path: Path) -> None:
    folder = lay(tmp_path / "project", {})
    huge(folder, SDK + CALL)
    outcome = check(folder)
    (error,) = outcome.errors("huge.py")
    assert "larger than" in error["message"] and outcome.code == 2


def test_utf_16_that_names_an_sdk_does_not_look_clean(tmp_path: Path) -> None:
    folder = lay(tmp_path / "project", {"app.py": APP.encode("utf-16"), "other.py": "x = 1\n".encode("utf-16")})
    outcome = check(folder)
    (error,) = outcome.errors("app.py")
    assert "UTF-16" in error["message"] and error["line"] == 1 and outcome.code == 2
    assert outcome.errors("other.py") == []


def test_policy_may_let_unread_files_pass(tmp_path: Path) -> None:
    folder = lay(tmp_path / "project", {"app.py": SDK + b"x = (\n", "llmlint.yaml": "unread_files: warning\n"})
    assert check(folder).code == 1


def test_python_2_without_an_sdk_is_no_error(tmp_path: Path) -> None:
    folder = lay(tmp_path / "project", {"app.py": "print 'x'\n"})
    assert check(folder).code == 1
