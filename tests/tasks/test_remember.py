"""A warm run says what a cold one would: whatever a call site was made from, its change is noticed."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from llmlint.facts import CallSite, Facts
from llmlint.scan import sift
from llmlint.scan.cache import Cache
from llmlint.scan.options import ScanOptions
from llmlint.tasks import collect, remember
from llmlint.tasks.collect import collect_facts

ASK = """
from pathlib import Path
from anthropic import Anthropic
from settings import MODEL

client = Anthropic()
SYSTEM = (Path(__file__).parent / "system.txt").read_text()


def ask(question, cap=100):
    return client.messages.create(
        model=MODEL, max_tokens=cap, system=SYSTEM, messages=[{"role": "user", "content": question}]
    )
"""
FILES = {
    "ask.py": ASK,
    "settings.py": 'MODEL = "claude-3-opus-latest"\n',
    "main.py": 'from ask import ask\n\nask("Why?", cap=200)\n',
    "system.txt": "Answer briefly.",
    "wrapped.py": 'import openai\nfrom gate import send\n\nsend(model="gpt-4o", prompt="Why?")\n',
    "gate.py": "from elsewhere import send\n",
    "spare.py": "VALUE = 1\n",
}
SHORTER = "brief\u00e9"  # as many bytes as "briefly", fewer characters
LONG_AGO = time.time() - 3600
Run = Callable[..., Facts]


def write(root: Path, path: str, text: str, changed: float = LONG_AGO) -> None:
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text(text, encoding="utf-8")
    os.utime(root / path, (changed, changed))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    for path, text in FILES.items():
        write(folder, path, text)
    return folder


@pytest.fixture
def settled(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if the test's files had been there for a while: no test can set when an entry was changed."""
    monkeypatch.setattr(remember, "RACY_NS", 0)


@pytest.fixture
def run(root: Path, tmp_path: Path) -> Run:
    """The facts of a run with a cache; they must be those of a run without one."""

    def scan(*paths: str, options: ScanOptions | None = None) -> Facts:
        options = replace(options or ScanOptions(), cache_dir=str(tmp_path / "cache"))
        wanted = [root / path for path in paths] or [root]
        found = collect_facts(wanted, options, root=root)
        fresh = collect_facts(wanted, replace(options, cache=False), root=root)
        assert told(found) == told(fresh)
        assert (found.stats.files, found.stats.call_sites) == (fresh.stats.files, fresh.stats.call_sites)
        return found

    return scan


def told(facts: Facts) -> tuple[object, ...]:
    """What is remembered: all but the prompts' texts, which are never stored."""
    return [site.to_json() for site in facts.call_sites], facts.errors, facts.annotated


def recalled(facts: Facts) -> bool:
    return facts.stats.cached > 0


def asked(facts: Facts) -> CallSite:
    return next(site for site in facts.call_sites if site.path == "ask.py")


def delete(root: Path, path: str) -> None:
    (root / path).unlink()


def replaced(text: str, by: str, path: str) -> Callable[[Path], None]:
    """Keeps the file's length where both texts are equally long; the time is another one."""
    return lambda root: write(root, path, FILES[path].replace(text, by), LONG_AGO + 60)


CHANGES: list[tuple[str, Callable[[Path], None]]] = [
    ("a constant in another module", replaced("claude-3-opus-latest", "claude-haiku-4-5", "settings.py")),
    ("one of the same length", replaced("opus", "open", "settings.py")),
    ("a prompt file", replaced("briefly", "at length", "system.txt")),
    ("a prompt file of the same length", replaced("briefly", SHORTER, "system.txt")),
    ("a prompt file that has gone", lambda root: delete(root, "system.txt")),
    ("what a caller passes", replaced("200", "900", "main.py")),
    ("a new caller in a new file", lambda root: write(root, "other.py", "from ask import ask\n\nask('Who?', cap=7000)\n")),
    ("a new caller in a new folder", lambda root: write(root, "a/b.py", "from ask import ask\n\nask('Who?', cap=70)\n")),
    ("a caller that has gone", lambda root: delete(root, "main.py")),
    ("the module with the constant that has gone", lambda root: delete(root, "settings.py")),
    ("the file with the call", lambda root: write(root, "ask.py", ASK.replace("max_tokens=cap, ", ""), LONG_AGO + 60)),
    ("a file with a call that has gone", lambda root: delete(root, "ask.py")),
    ("a new file with a call", lambda root: write(root, "new.py", ASK + "\n\nfrom ask import ask as other\n\nother('', cap=9)\n")),
    ("a file that breaks", lambda root: write(root, "ask.py", ASK + "\n)", LONG_AGO + 60)),
    ("a file that is ignored from now on", lambda root: write(root, ".gitignore", "settings.py\n")),
    ("a comment that takes a finding back", replaced("MODEL,", "MODEL,  # llmlint: ignore[model-tier]\n", "ask.py")),
]  # fmt: skip


@pytest.mark.usefixtures("settled")
@pytest.mark.parametrize("paths", [(), ("ask.py",), ("ask.py", "spare.py")], ids=["folder", "one file", "two files"])
@pytest.mark.parametrize(("what", "change"), CHANGES, ids=[what for what, _ in CHANGES])
def test_a_change_is_noticed(
    run: Run, root: Path, what: str, change: Callable[[Path], None], paths: tuple[str, ...]
) -> None:
    assert not recalled(run(*paths))
    assert recalled(run(*paths))
    before = told(run(*paths))
    change(root)
    if all((root / path).exists() for path in paths):
        assert told(run(*paths)) != before
        run(*paths)


@pytest.mark.usefixtures("settled")
def test_the_values_are_those_of_the_changed_files(run: Run, root: Path) -> None:
    before = asked(run())
    assert before.output_cap.value == 200
    replaced("200", "900", "main.py")(root)
    replaced("briefly", "at length", "system.txt")(root)
    site = asked(run())
    assert site.output_cap.value == 900
    assert (site.prompt.static_chars or 0) == (before.prompt.static_chars or 0) + len("at length") - len("briefly")


@pytest.mark.usefixtures("settled")
def test_a_change_elsewhere_is_not_recalled_for_files_alone(run: Run, root: Path) -> None:
    run("ask.py")
    write(root, "spare.py", "VALUE = 2\n", LONG_AGO + 60)
    assert not recalled(run("ask.py"))
    assert recalled(run("ask.py"))


@pytest.mark.usefixtures("settled")
@pytest.mark.parametrize("change", [
    lambda options: replace(options, llm_calls=("elsewhere.send",)),
    lambda options: replace(options, extend_exclude=("main.py",)),
    lambda options: replace(options, max_file_bytes=100),
], ids=["llm_calls", "exclude", "max_file_bytes"])  # fmt: skip
def test_other_options_are_another_question(run: Run, change: Callable[[ScanOptions], ScanOptions]) -> None:
    run()
    assert not recalled(run(options=change(ScanOptions())))


@pytest.mark.usefixtures("settled")
def test_another_version_remembers_nothing(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    run()
    assert recalled(run())
    monkeypatch.setattr("llmlint.__version__", "99.0")
    assert not recalled(run())
    monkeypatch.setattr(collect, "_code_stamp", lambda: "a file of ours has changed")
    assert not recalled(run())


@pytest.mark.parametrize("paths", [(), ("ask.py",)], ids=["folder", "one file"])
def test_a_file_that_was_just_written_can_be_written_again_unseen(
    run: Run, root: Path, paths: tuple[str, ...]
) -> None:
    """Same length, and the clock of the file system may not have moved between two writes."""
    now = time.time() + 60
    for text in ("AAAA", "BBBB"):
        write(root, "settings.py", f'MODEL = "gpt-{text}"\n', now)
        assert asked(run(*paths)).model.values == (f"gpt-{text}",)
    lengths = set()
    for text in ("briefly", SHORTER):
        write(root, "system.txt", text, now)
        lengths.add(asked(run(*paths)).prompt.static_chars)
    assert len(lengths) == 2


@pytest.mark.usefixtures("settled")
def test_a_prompt_file_of_the_same_age_and_length_is_noticed(run: Run, root: Path) -> None:
    inode = (root / "system.txt").stat().st_ino
    before = asked(run())
    write(root, "system.txt", FILES["system.txt"].replace("briefly", SHORTER))
    assert (root / "system.txt").stat().st_ino == inode
    assert asked(run()).prompt.static_chars == (before.prompt.static_chars or 0) - 1


def test_what_changes_while_it_is_analysed_is_not_remembered(root: Path, tmp_path: Path) -> None:
    with Cache(tmp_path / "cache") as cache:
        memory = remember.Memory(cache, str(root), "key", "stamp")
        write(root, "system.txt", "Written after it was read, however long ago that seems.")
        memory.keep(Facts(str(root), ()), {"system.txt"})
        assert memory.recall() is None


@pytest.mark.usefixtures("settled")
@pytest.mark.parametrize("row", [b"", b"[]", b"{}", b'{"stamp": "s", "used": 3}', b"\xff", b"[" * 100_000])
def test_what_a_stranger_put_into_the_cache_is_passed_over(root: Path, tmp_path: Path, row: bytes) -> None:
    with Cache(tmp_path / "cache") as cache:
        memory = remember.Memory(cache, str(root), "key", "s")
        cache.put_many({memory._key: row})
        assert memory.recall() is None


def test_the_stamp_of_a_project_is_told_by_names_times_and_fresh_contents(root: Path) -> None:
    files = ["ask.py", "main.py", "settings.py"]
    soon = time.time() + 60
    stamps = [remember.project_stamp(str(root), files)]
    assert remember.project_stamp(str(root), files) == stamps[0]
    for change in (
        lambda: write(root, "main.py", FILES["main.py"], LONG_AGO + 1),
        lambda: write(root, "main.py", FILES["main.py"] + "\n", LONG_AGO + 1),
        lambda: write(root, "main.py", "x = 1\n", soon),
        lambda: write(root, "main.py", "x = 2\n", soon),
        lambda: delete(root, "main.py"),
        lambda: shutil.copy(root / "ask.py", root / "main.py"),
    ):
        change()
        stamps.append(remember.project_stamp(str(root), files))
    assert len(set(stamps)) == len(stamps)
    assert remember.project_stamp(str(root), files[:2]) != remember.project_stamp(str(root), files)
    assert sift.RACY_NS > 0
