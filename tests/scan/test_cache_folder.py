"""Where the cache of a root is kept: never where a commit could have put it, unless the user says so."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

from llmlint.scan.cache import FILE, Cache
from llmlint.scan.cache_folder import cache_folder

posix = pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="other places")
HOME, CACHES = "/home/u", "/home/u/.cache/llmlint"
PLACES = [
    ({}, "/repo", CACHES),
    ({"XDG_CACHE_HOME": "/var/c"}, "/repo", "/var/c/llmlint"),
    ({"XDG_CACHE_HOME": "relative"}, "/repo", CACHES),
    ({"XDG_CACHE_HOME": ""}, "/repo", CACHES),
    ({"LLMLINT_CACHE_DIR": "/own", "XDG_CACHE_HOME": "/var/c"}, "/repo", "/own"),
    ({"LLMLINT_CACHE_DIR": "/repo/.cache"}, "/repo", "/repo/.cache"),
    ({"XDG_CACHE_HOME": "/repo/.cache"}, "/repo", None),
    ({"XDG_CACHE_HOME": "/repository/.cache"}, "/repo", "/repository/.cache/llmlint"),
    ({}, HOME, None),
    ({}, "/", None),
    ({}, f"{HOME}/project", CACHES),
    ({}, CACHES, None),
]


@posix
@pytest.mark.parametrize(("variables", "root", "base"), PLACES)
def test_places(monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], root: str, base: str | None) -> None:
    for name, value in {"LLMLINT_CACHE_DIR": "", "XDG_CACHE_HOME": "", "HOME": HOME, **variables}.items():
        monkeypatch.setenv(name, value)
    folder = cache_folder(root, None)
    assert (str(folder.parent) if folder else None) == base
    assert cache_folder(root, "/given") == Path("/given")


def test_every_root_has_its_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("LLMLINT_CACHE_DIR", str(tmp_path))
    roots = ["/a", "/a/b", "/b", "/caf\udce9"]
    assert len({cache_folder(root, None) for root in roots}) == len(roots)
    assert cache_folder("/a", None) == cache_folder("/a", None)


def test_home_through_a_link_is_the_root_all_the_same(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "checkout").mkdir()
    (tmp_path / "home").symlink_to(tmp_path / "checkout")
    monkeypatch.delenv("LLMLINT_CACHE_DIR")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "home" / ".cache"))
    assert cache_folder(str(tmp_path / "checkout"), None) is None


def test_what_nobody_used_for_long_goes_when_a_new_root_comes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("LLMLINT_CACHE_DIR", str(tmp_path))
    folders = [cache_folder(root, None) for root in ("/old", "/fresh", "/kept")]
    for folder in folders:
        with Cache(folder) as cache:
            cache.put_many({"a": b"1"})
    old, fresh, kept = (folder for folder in folders if folder)
    (kept / "notes.txt").write_text("not ours")
    (tmp_path / "mine").mkdir()
    long_ago = time.time() - 100 * 86400
    for file in (old / FILE, kept / FILE, tmp_path / "mine"):
        os.utime(file, (long_ago, long_ago))
    cache_folder("/fresh", None)
    assert old.exists()
    cache_folder("/new", None)
    assert not old.exists() and (fresh / FILE).exists()
    assert (kept / "notes.txt").exists() and (tmp_path / "mine").exists()
