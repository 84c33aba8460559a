"""File names and values with every odd character, through every report format."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from urllib.parse import unquote_to_bytes
from xml.etree import ElementTree

import pytest

from tests.hostile.harness import GOOD, lay, llmlint

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="file names of bytes")
NAMES = (
    b"new\nline.py", b"carriage\rreturn.py", b"esc\x1b[31mred\x1b]0;title\x07.py", b"quote\"'`.py", b"percent%0A%25::error::x.py",
    b"latin\xe9.py", b"utf\xc3\xa9.py", b"bidi\xe2\x80\xae.py", b"<b>&amp;.py", b"]]>.py", b"|pipe|.py", b"back\\slash.py", b" space .py",
    b"tab\t.py", b"-dash.py", b"[link](http:x).py", b"::error file=x::y.py", b"colon:7:9.py", b"#hash?query.py", b"nul\x01\x7f\xc2\x85.py",
    b"\xf0\x9f\x98\x80.py", b"\xed\xa0\x80.py", b"@mention.py", b"*star*_under_.py", b"$(touch hacked).py",
)  # fmt: skip
EVIL = '"gpt\\x1b[31m\\n::error::`|<b>]]>\\ud800\\u202e"'
FORMATS = ("text", "json", "sarif", "github", "gitlab", "junit", "markdown")


@pytest.fixture(scope="module")
def as_made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Never changed."""
    return laid(tmp_path_factory.mktemp("names") / "project")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return laid(tmp_path / "project")


@pytest.fixture(scope="module")
def files(as_made: Path) -> Path:
    """A report in a file of each format, named like it."""
    written = [part for kind in FORMATS for part in ("--format", f"{kind}={as_made.parent / kind}")]
    assert llmlint(as_made, "check", "--no-cache", *written).code == 2
    return as_made.parent


def laid(folder: Path) -> Path:
    lay(folder, {})
    for name in NAMES:
        with open(os.path.join(os.fsencode(folder), name), "w") as file:  # noqa: PTH123, PTH118
            file.write(GOOD.replace('"gpt-4.1"', EVIL))
        with open(os.path.join(os.fsencode(folder), b"broken" + name), "w") as file:  # noqa: PTH123, PTH118
            file.write("import openai\nx = (\n")
    return folder


def controls(text: str, allowed: str = "\n") -> set[str]:
    return {c for c in text if (ord(c) < 32 or 127 <= ord(c) < 160 or c in "\u202e\u2028") and c not in allowed}


@pytest.mark.parametrize("kind", FORMATS)
def test_every_format_escapes(as_made: Path, files: Path, kind: str) -> None:
    outcome = llmlint(as_made, "check", "--no-cache", "--format", kind)
    assert outcome.code == 2
    assert not controls(outcome.out), controls(outcome.out)
    assert not controls(outcome.err), controls(outcome.err)
    outcome.out.encode("utf-8")
    CHECKS[kind](outcome.out, as_made)
    assert (files / kind).read_bytes().decode("utf-8")
    assert not (as_made / "hacked").exists()


def is_json(text: str, folder: Path) -> None:
    report = json.loads(text)
    assert len(report["findings"]) == len(NAMES) + 1 and len(report["errors"]) == len(NAMES)
    assert {os.fsencode(f["path"]) for f in report["findings"]} == {*NAMES, b"good.py"}


def is_sarif(text: str, folder: Path) -> None:
    (run,) = json.loads(text)["runs"]
    uris = {r["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for r in run["results"]}
    assert all(uri.isascii() and " " not in uri for uri in uris)
    assert {unquote_to_bytes(uri) for uri in uris} == {*NAMES, b"good.py"}


def is_github(text: str, folder: Path) -> None:
    lines = text.splitlines()
    assert all(line.startswith(("::error ", "::warning ", "::notice ")) for line in lines), lines
    assert len(lines) == 2 * len(NAMES) + 1


def is_gitlab(text: str, folder: Path) -> None:
    rows = json.loads(text)
    assert len(rows) >= len(NAMES) + 1
    assert len({row["fingerprint"] for row in rows}) == len(rows)


def is_junit(text: str, folder: Path) -> None:
    root = ElementTree.fromstring(text)
    assert len(root.findall(".//failure")) >= len(NAMES) + 1


def is_markdown(text: str, folder: Path) -> None:
    assert "<b>" not in text.replace("`", "") or "&lt;b" in text or "\\<b" in text or "`" in text
    assert "@mention" not in text.replace("`", "") or "`" in text


def is_text(text: str, folder: Path) -> None:
    assert "\\x1b" in text and text.count("LLM101") == len(NAMES) + 1


CHECKS = {
    "text": is_text, "json": is_json, "sarif": is_sarif, "github": is_github, "gitlab": is_gitlab, "junit": is_junit,
    "markdown": is_markdown,
}  # fmt: skip


@pytest.mark.parametrize("kind", ["jsonl", "table"])
def test_facts_escape(as_made: Path, kind: str) -> None:
    outcome = llmlint(as_made, "facts", "--no-cache", "--format", kind)
    assert outcome.code == 2 and not controls(outcome.out) and not controls(outcome.err)
    if kind == "jsonl":
        assert {os.fsencode(json.loads(line)["path"]) for line in outcome.out.splitlines()} == {*NAMES, b"good.py"}


def test_colours_on_request_escape_too(as_made: Path) -> None:
    outcome = llmlint(as_made, "check", "--no-cache", FORCE_COLOR="1", NO_COLOR="")
    assert "\x1b[31mred" not in outcome.out and "\x1b]0" not in outcome.out


def test_a_cached_run_says_the_same(folder: Path) -> None:
    for file in folder.iterdir():
        os.utime(file, (1_700_000_000, 1_700_000_000))
    first, second = (llmlint(folder, "check", "-f", "json").report for _ in range(2))
    assert second["stats"]["cached"] > 0
    assert (first["findings"], first["errors"]) == (second["findings"], second["errors"])


def test_fix_rewrites_them_all(folder: Path) -> None:
    llmlint(folder, "fix", "--no-cache")
    report = llmlint(folder, "check", "--no-cache", "-f", "json").report
    assert report["findings"] == [] and len(report["errors"]) == len(NAMES)


def test_names_given_on_the_command_line(as_made: Path) -> None:
    given = [os.fsdecode(name) for name in NAMES if not name.startswith(b"-")]
    report = llmlint(as_made, "check", "--no-cache", "-f", "json", *given).report
    assert len(report["findings"]) == len(given)
