"""Files → those that name an SDK; who mentions a name; what may be known from the last run."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmlint.scan import contents as contents_module
from llmlint.scan.contents import Contents
from llmlint.scan.search import any_of, whole_names
from llmlint.scan.sift import Sifted, sift

WORDS = (b"openai", b"messages.create", b"groq")
OLD = 1_600_000_000


@pytest.fixture(params=["automaton", "plain"])
def engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    if request.param == "plain":
        monkeypatch.setitem(sys.modules, "ahocorasick_rs", None)
    else:
        pytest.importorskip("ahocorasick_rs")
    return request.param  # type: ignore[no-any-return]


def make(root: Path, files: dict[str, bytes], age: int = OLD) -> list[str]:
    for name, data in files.items():
        (root / name).write_bytes(data)
        os.utime(root / name, (age, age))
    return sorted(files)


FILES = {
    "a.py": b"import openai", "b.py": b"import os", "c.py": b"client.messages.create()", "d.py": b"",
    "e.py": b"\xff\0groq\xfe", "f.py": b"OpenAI", "g.py": b"messages . create",
}  # fmt: skip


def test_hits_are_the_files_that_hold_a_word(tmp_path: Path, engine: str) -> None:
    sifted = sift(str(tmp_path), make(tmp_path, FILES), WORDS)
    assert sifted.hits == ("a.py", "c.py", "e.py")
    assert sifted.errors == () and sifted.read == len(FILES)


@pytest.mark.parametrize("words", [(), (b"openai",)])
def test_few_words(tmp_path: Path, words: tuple[bytes, ...], engine: str) -> None:
    assert sift(str(tmp_path), make(tmp_path, FILES), words).hits == (("a.py",) if words else ())


def test_another_executor_finds_the_same(tmp_path: Path) -> None:
    files = make(tmp_path, {f"m{n:04}.py": b"groq" if n % 7 == 0 else b"x" for n in range(1100)})
    with ProcessPoolExecutor(1) as executor:
        there = sift(str(tmp_path), files, WORDS, executor=executor)
    here = sift(str(tmp_path), files, WORDS)
    assert there.hits == here.hits and there.verdicts == here.verdicts and there.stamp == here.stamp


def test_what_cannot_be_read_is_an_error_and_the_rest_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = make(tmp_path, FILES)
    (tmp_path / "folder.py").mkdir()
    opened = os.open

    def refuse(path: str, *more: int) -> int:
        if str(path).endswith("c.py"):
            raise PermissionError(13, "Permission denied")
        return opened(path, *more)

    monkeypatch.setattr(os, "open", refuse)
    sifted = sift(str(tmp_path), [*files, "folder.py", "gone.py"], WORDS)
    assert sifted.hits == ("a.py", "e.py")
    assert [(e.path, e.message) for e in sifted.errors] == [
        ("c.py", "cannot be read: Permission denied"),
        ("folder.py", "cannot be read: not a regular file"),
        ("gone.py", "cannot be read: No such file or directory"),
    ]


def test_a_file_of_50_megabytes_is_searched_but_not_held(tmp_path: Path) -> None:
    for name, word in (("big.py", b""), ("sdk.py", b"import openai")):
        with (tmp_path / name).open("wb") as file:
            file.truncate(50_000_000)
            file.seek(20 * (1 << 20) - 9)  # across two blocks
            file.write(word)
    sifted = sift(str(tmp_path), ["big.py", "sdk.py"], WORDS)
    assert sifted.hits == ()
    assert [(e.path, e.names_sdk, e.message.startswith("larger than 10,000,000")) for e in sifted.errors] == [
        ("big.py", False, True),
        ("sdk.py", True, True),
    ]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no FIFOs here")
def test_a_fifo_keeps_nobody_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.py")
    (error,) = sift(str(tmp_path), ["pipe.py"], WORDS).errors
    assert "not a regular file" in error.message


def again(root: Path, files: list[str], before: Sifted) -> Sifted:
    return sift(str(root), files, WORDS, known=before.verdicts)


def test_unchanged_files_are_not_opened_again(tmp_path: Path) -> None:
    files = make(tmp_path, FILES)
    first = sift(str(tmp_path), files, WORDS)
    second = again(tmp_path, files, first)
    assert (second.read, second.hits, second.stamp) == (0, first.hits, first.stamp)


CHANGES = [("other size", b"import openai", OLD), ("same size, later", b"groq = 18", OLD + 1)]


@pytest.mark.parametrize(("data", "age"), [row[1:] for row in CHANGES], ids=[row[0] for row in CHANGES])
def test_a_changed_file_is_read(tmp_path: Path, data: bytes, age: int) -> None:
    files = make(tmp_path, FILES)
    first = sift(str(tmp_path), files, WORDS)
    make(tmp_path, {"b.py": data}, age)
    second = again(tmp_path, files, first)
    assert (second.read, second.hits) == (1, ("a.py", "b.py", "c.py", "e.py"))
    assert second.stamp != first.stamp


def test_a_file_that_changed_just_now_is_not_trusted(tmp_path: Path) -> None:
    now = int(time.time())
    files = make(tmp_path, FILES, now)
    first = sift(str(tmp_path), files, WORDS)
    assert first.verdicts == {}
    make(tmp_path, {"b.py": b"import groq"[2:]}, now)  # neither its size nor its time tells
    assert again(tmp_path, files, first).hits == ("a.py", "b.py", "c.py", "e.py")
    assert again(tmp_path, files, first).stamp != first.stamp


MENTIONS = [
    (b"ask()", {"ask"}), (b"x.ask", {"ask"}), (b"task", set()), (b"ask_it", set()), (b"ask1 asks _ask", set()),
    (b"task ask", {"ask"}), (b"ask_all(ask)", {"ask", "ask_all"}), (b"ask_all", {"ask_all"}), (b"", set()),
    ("café ask".encode(), {"café", "ask"}), ("caféask".encode(), set()),
    (b"run(ask_all, ask)", {"run", "ask_all", "ask"}),
]  # fmt: skip


@pytest.mark.parametrize(("data", "expected"), MENTIONS)
def test_names_are_found_as_whole_words(data: bytes, expected: set[str], engine: str) -> None:
    assert whole_names({"ask", "ask_all", "run", "café", ""})(data) == expected


@given(data=st.text("ab_ .", max_size=12), names=st.sets(st.text("ab_", min_size=1, max_size=3), max_size=5))
def test_both_ways_of_searching_agree(data: str, names: set[str]) -> None:
    pytest.importorskip("ahocorasick_rs")
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "ahocorasick_rs", None)
        plain, any_plain = whole_names(names), any_of([n.encode() for n in names])
    assert whole_names(names)(data.encode()) == plain(data.encode())
    assert any_of([n.encode() for n in names])(data.encode()) == any_plain(data.encode())


@pytest.mark.parametrize("room", [0, 20, 1000])
def test_who_mentions_a_name_whatever_is_kept(tmp_path: Path, room: int) -> None:
    files = make(tmp_path, FILES)
    contents = Contents(str(tmp_path), 1000, keep_bytes=room)
    sift(str(tmp_path), files, WORDS, contents=contents)
    assert contents.mention([*files, "gone.py"], {"import", "create", "nobody"}) == {
        "create": ["c.py", "g.py"],
        "import": ["a.py", "b.py"],
        "nobody": [],
    }


@pytest.mark.parametrize("kept", [0, 10_000])
def test_the_index_finds_what_searching_finds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kept: int) -> None:
    texts = {f"m{n:02}.py": f"name{n % 7}.caf\u00e9({n})\nx_{n}=name{n % 5}y".encode() for n in range(40)}
    files = make(tmp_path, texts)
    names = ["name3", "name", "name4y", "caf\u00e9", "x_17", "nobody", "not a name", "17"]
    searched = Contents(str(tmp_path), 1000, keep_bytes=kept)
    plain = [searched.mention(files, {name}) for name in names]
    monkeypatch.setattr(contents_module, "WORTH_INDEX", 1)
    indexed = Contents(str(tmp_path), 1000, keep_bytes=kept)
    assert [indexed.mention(files, {name}) for name in names] == plain
    assert plain[0]["name3"] == [f for n, f in enumerate(files) if n % 7 == 3] and plain[4]["x_17"] == ["m17.py"]
    assert indexed.mention(files[:10], {"x_7", "x_17"}) == {"x_7": ["m07.py"], "x_17": []}


def test_what_is_kept_is_not_read_again(tmp_path: Path) -> None:
    make(tmp_path, {"a.py": b"12345", "b.py": b"12345"})
    contents = Contents(str(tmp_path), 1000, keep_bytes=7)
    assert contents.data("a.py") == contents.data("b.py") == b"12345"
    make(tmp_path, {"a.py": b"new", "b.py": b"new"})
    assert (contents.data("a.py"), contents.data("b.py")) == (b"12345", b"new")
