"""Folders as they are found in the wild → which files are analysed."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from llmlint.errors import UsageError
from llmlint.scan.discover import discover
from llmlint.scan.options import ScanOptions


def make(root: Path, *files: str, **texts: str) -> None:
    for file in files:
        path, _, text = file.partition("=")
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text.replace(",", "\n"), encoding="utf-8")


def found(root: Path, *paths: str, **options: Any) -> list[str]:
    return list(discover(root, [root / p for p in paths] or [root], ScanOptions(**options)).files)


IGNORES = [
    ("plain", ["a.py", "b/c.py", "n.ipynb", "t.txt", "stub.pyi", ".py"], {}, ["a.py", "b/c.py", "n.ipynb", ".py"]),
    ("default excludes", ["a.py", ".venv/x.py", "node_modules/y.py", "b/build/z.py", "rebuild/z.py"], {},
     ["a.py", "rebuild/z.py"]),
    ("gitignore", [".gitignore=gen/,*_pb2.py", "a.py", "gen/x.py", "b/gen/y.py", "b/x_pb2.py"], {}, ["a.py"]),
    ("nested", ["b/.gitignore=/x.py,!y_pb2.py", ".gitignore=*_pb2.py", "x.py", "b/x.py", "b/y_pb2.py", "b/c/x.py"], {},
     ["b/c/x.py", "b/y_pb2.py", "x.py"]),
    ("not respected", [".gitignore=*", "a.py"], {"respect_gitignore": False}, ["a.py"]),
    ("git's own file", [".git/info/exclude=secret.py", "a.py", "b/secret.py"], {}, ["a.py"]),
    ("extend_exclude", ["a.py", "tests/a.py", "b/tests/c.py", "x_test.py"],
     {"extend_exclude": ("/tests/", "*_test.py")}, ["a.py", "b/tests/c.py"]),
    ("exclude", ["a.py", "build/b.py"], {"exclude": ("a.py",)}, ["build/b.py"]),
    ("include", ["src/a.py", "src/b/c.py", "d.py"], {"include": ("src/**",)}, ["src/a.py", "src/b/c.py"]),
    ("nothing", ["readme.md"], {}, []),
]  # fmt: skip


@pytest.mark.parametrize(("_", "files", "options", "expected"), IGNORES, ids=[row[0] for row in IGNORES])
def test_which_files_are_analysed(
    tmp_path: Path, _: str, files: list[str], options: dict[str, Any], expected: list[str]
) -> None:
    make(tmp_path, *files)
    assert found(tmp_path, **options) == sorted(expected)


def test_rules_above_the_root_hold_up_to_the_work_tree(tmp_path: Path) -> None:
    make(tmp_path, ".gitignore=x.py", "repo/.git/HEAD", "repo/.gitignore=/app/y.py", "repo/app/.gitignore=z.py")
    make(tmp_path, "repo/app/x.py", "repo/app/y.py", "repo/app/z.py", "repo/app/b/y.py")
    assert found(tmp_path / "repo" / "app") == ["b/y.py", "x.py"]
    assert found(tmp_path / "repo", "app") == ["app/b/y.py", "app/x.py"]


def test_what_is_named_is_analysed_though_git_ignores_it(tmp_path: Path) -> None:
    make(tmp_path, ".gitignore=gen/", "gen/a.py", "b.py", "venv/c.py", "tests/d.py")
    assert found(tmp_path, "gen/a.py") == ["gen/a.py"]
    assert found(tmp_path, "gen") == ["gen/a.py"]
    assert found(tmp_path, "venv/c.py", "tests/d.py", extend_exclude=("tests",)) == ["venv/c.py"]


def test_project_files_are_all_where_some_are_named(tmp_path: Path) -> None:
    make(tmp_path, ".gitignore=gen/", "a.py", "b/c.py", "gen/d.py", "gen/e.py")
    discovery = discover(tmp_path, [tmp_path / "gen/d.py"], ScanOptions(include=("gen",)))
    assert discovery.files == ("gen/d.py",)
    assert discovery.project_files == ("a.py", "b/c.py", "gen/d.py")


def test_named_scripts_are_known_by_their_first_line(tmp_path: Path) -> None:
    make(tmp_path, "run=#!/usr/bin/env python3,x = 1", "sh=#!/bin/sh", "data.yaml=a: 1")
    discovery = discover(tmp_path, [tmp_path / n for n in ("run", "sh", "data.yaml")], ScanOptions())
    assert discovery.files == ("run",)
    assert [(e.path, "neither" in e.message) for e in discovery.errors] == [("data.yaml", True), ("sh", True)]
    assert found(tmp_path) == []


@pytest.mark.parametrize("name", ["missing.py", "a.py/b.py", "nul\0.py"])
def test_a_missing_path_is_a_usage_error(tmp_path: Path, name: str) -> None:
    make(tmp_path, "a.py")
    with pytest.raises(UsageError, match="no such file or folder"):
        found(tmp_path, name)


def test_links_are_followed_to_files_outside_only(tmp_path: Path) -> None:
    root = tmp_path / "root"
    make(tmp_path, "root/a.py", "root/b/c.py", "outside/d.py")
    (root / "loop").symlink_to(root)
    (root / "b" / "up").symlink_to("..")
    (root / "again.py").symlink_to("a.py")
    (root / "dangling.py").symlink_to("nowhere.py")
    (root / "self.py").symlink_to("self.py")
    (root / "far.py").symlink_to(tmp_path / "outside" / "d.py")
    (root / "folder").symlink_to(tmp_path / "outside")
    assert found(root) == ["a.py", "b/c.py", "far.py"]
    assert found(root, "again.py") == ["again.py"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no FIFOs here")
def test_fifos_and_sockets_keep_nobody_waiting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(tmp_path, "a.py", "folder.py/b.py")
    os.mkfifo(tmp_path / "pipe.py")
    os.mkfifo(tmp_path / "folder.py" / ".gitignore")
    monkeypatch.chdir(tmp_path)  # a socket's path must be short
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("sock.py")
        assert found(tmp_path) == ["a.py", "folder.py/b.py"]
    (error,) = discover(tmp_path, [tmp_path / "pipe.py"], ScanOptions()).errors
    assert error.message == "not a regular file"


def test_a_folder_that_cannot_be_read_is_an_error_and_the_rest_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(tmp_path, "a.py", "secret/b.py", "z/c.py")
    scandir = os.scandir

    def refuse(path: str) -> Iterator[os.DirEntry[str]]:
        if str(path).endswith("secret"):
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    discovery = discover(tmp_path, [tmp_path], ScanOptions())
    assert discovery.files == ("a.py", "z/c.py")
    assert [(e.path, e.message) for e in discovery.errors] == [("secret", "folder cannot be read: Permission denied")]


def test_names_that_are_not_utf_8(tmp_path: Path) -> None:
    try:
        with open(os.fsencode(tmp_path) + b"/caf\xe9.py", "wb"):  # noqa: PTH123
            pass
    except OSError:
        pytest.skip("this file system wants UTF-8")
    assert found(tmp_path) == ["caf\udce9.py"]


FROM_THE_POLICY = [
    ("include", "src", {"include": ("src/a/**",)}, ["a/x.py"]),
    ("exclude a folder below", "src", {"extend_exclude": ("src/b",)}, ["a/x.py"]),
    ("exclude files", "src", {"extend_exclude": ("/src/b/x.py",)}, ["a/x.py"]),
    ("a pattern of another folder", "src", {"extend_exclude": ("/b/",)}, ["a/x.py", "b/x.py"]),
    ("exclude the root", "src", {"extend_exclude": ("src/",)}, []),
    ("the built-in list spares a root that is named", "build", {}, ["x.py"]),
]  # fmt: skip


@pytest.mark.parametrize(("_", "root", "options", "expected"), FROM_THE_POLICY, ids=[r[0] for r in FROM_THE_POLICY])
def test_patterns_are_meant_from_the_policy_s_folder(
    tmp_path: Path, _: str, root: str, options: dict[str, Any], expected: list[str]
) -> None:
    make(tmp_path, "src/a/x.py", "src/b/x.py", "build/x.py")
    assert found(tmp_path / root, prefix=f"{root}/", **options) == expected
