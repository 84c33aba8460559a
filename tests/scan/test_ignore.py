"""gitignore lines against git itself."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from llmlint.scan.ignore import Rules

PATHS = (
    "a.py", "b.py", "a/b.py", "a/a.py", "a/b/c.py", "b/a/b.py", "build/x.py", "src/build/x.py", "src/a.py",
    "docs/a/b/c.py", "a b.py", "[x].py", "!a.py", "#a.py", "x1.py", "x12.py", "X1.py", ".hidden.py", ".d/a.py",
    "a-b.py", "aXb/c.py",
)  # fmt: skip
PATTERNS = [
    "*.py", "a.py", "/a.py", "a", "a/", "/a/", "a/*", "a/**", "**/a", "**/a/", "a/**/c.py", "**/b.py", "*/b.py",
    "build/", "src/build", "!a.py", "*.py\n!a.py", "a/\n!a/b.py", "a/*\n!a/b.py", "/*\n!/src", "x?.py",
    "x[0-9].py", "x[!0-9].py", "[x].py", r"\[x\].py", r"\!a.py", r"\#a.py", "#a.py", "a b.py", "a b.py   ",
    "a b.py\\ ", "[a-", "[]a].py", "[[:upper:]]*.py", "*a*b*", "***", "**", "a**b/c.py", "docs/**/c.py",
    "docs/*/c.py", "", "/", "!", "**/**/c.py", "*.p[xy]", "[^a].py", "a/./b.py", "x*2.py", ".*", "A.PY",
]  # fmt: skip
needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="git is the oracle")


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("tree")
    subprocess.run(["git", "init", "-q", root], check=True)
    for path in PATHS:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).touch()
    return root


def as_git_says(root: Path, lines: str) -> list[str]:
    (root / ".gitignore").write_text(lines + "\n", encoding="utf-8")
    done = subprocess.run(
        ["git", "-c", "core.excludesFile=", "ls-files", "-coz", "--exclude-standard"],
        cwd=root, check=True, capture_output=True,
    )  # fmt: skip
    left = set(done.stdout.decode().split("\0"))
    return [path for path in PATHS if path not in left]


def as_we_say(lines: str) -> list[str]:
    rules = Rules(lines.split("\n"))
    return [path for path in PATHS if rules.covers(path)]


@needs_git
@pytest.mark.parametrize("lines", PATTERNS)
def test_a_pattern_means_what_git_says(tree: Path, lines: str) -> None:
    assert as_we_say(lines) == as_git_says(tree, lines)


@needs_git
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines=st.lists(st.text("ab*?/!x1[].py-", max_size=8), min_size=1, max_size=3))
def test_any_pattern_means_what_git_says(tree: Path, lines: list[str]) -> None:
    assert as_we_say("\n".join(lines)) == as_git_says(tree, "\n".join(lines))


HOSTILE = ["*a" * 200 + "b", "*a/" * 30 + "b", "**/a/" * 60 + "b", "**/" * 6 + "b", "*[ab]" * 100 + "c"]


@pytest.mark.parametrize("pattern", HOSTILE)
def test_no_pattern_backtracks_until_the_end_of_time(pattern: str) -> None:
    assert not Rules([pattern, "!z"]).covers("a/" * 60 + "a" * 250)
    assert Rules([pattern, "y"]).covers("a/" * 60 + "a" * 250 + "/y")
