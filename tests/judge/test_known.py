"""Findings against earlier ones: moved lines and renamed files are old, one more of a kind is new."""

from __future__ import annotations

from dataclasses import replace

import pytest

from llmlint.judge.finding import Finding
from llmlint.judge.known import Known, split
from tests.report.samples import finding


def at(path: str, fingerprint: str, rule: str = "output-cap") -> Finding:
    return replace(finding(), path=path, fingerprint=fingerprint, rule=rule)


@pytest.mark.parametrize(("now", "before", "gone", "new"), [
    ([("a.py", "1")], [], "", ["a.py 1"]),
    ([("a.py", "1")], [("a.py", "1")], "", []),
    ([("a.py", "1"), ("a.py", "2")], [("a.py", "1")], "", ["a.py 2"]),
    ([("a.py", "1"), ("b.py", "1")], [("a.py", "1")], "", ["b.py 1"]),  # a copy
    ([("b.py", "1")], [("a.py", "1")], "", ["b.py 1"]),  # a.py was mended, b.py is another matter
    ([("b.py", "1")], [("a.py", "1")], "a.py", []),  # renamed
    ([("b.py", "1"), ("c.py", "1")], [("a.py", "1")], "a.py", ["c.py 1"]),  # one answers for one
    ([("b.py", "1"), ("b.py", "9")], [("a.py", "1"), ("b.py", "9")], "a.py", ["b.py 1"]),  # b.py was there before
    ([], [("a.py", "1")], "a.py", []),
])  # fmt: skip
def test_split(now: list[tuple[str, str]], before: list[tuple[str, str]], gone: str, new: list[str]) -> None:
    findings = [at(*row) for row in now]
    found = split(findings, [Known(*row) for row in before], lambda path: path == gone)
    assert [f"{f.path} {f.fingerprint}" for f in found.new] == new
    assert len(found.new) + len(found.old) == len(findings) and len(found.fate) == len(found.old)


def test_a_finding_of_the_whole_project_may_stand_anywhere() -> None:
    found = split([at("b.py", "1", "alarm")], [Known("a.py", "1")], lambda path: False, {"alarm"})
    assert found.new == ()
