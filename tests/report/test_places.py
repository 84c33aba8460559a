"""Paths in messages are shown as the findings' own."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from llmlint.judge.finding import Verdict
from llmlint.report import render
from llmlint.report.places import with_shown_paths
from tests.report.samples import finding


@pytest.mark.parametrize(("base", "message", "shown"), [
    ("/r", "(`p/s.md`) at a.py:3", "(`x/p/s.md`) at x/a.py:3"),
    ("/r/x", "(`p/s.md`) at a.py:3", "(`p/s.md`) at a.py:3"),
    ("/other", "at a.py:3.", "at /r/x/a.py:3."),
    ("/r", "x/a.py and aa.py and a.pyc and a.py.bak stay", "x/a.py and aa.py and a.pyc and a.py.bak stay"),
    ("/r", "a.py", "x/a.py"),
])  # fmt: skip
def test_paths_in_messages(base: str, message: str, shown: str) -> None:
    found = replace(finding(path="a.py", message=message, remedy=message), paths=("a.py", "p/s.md"))
    (told,) = with_shown_paths(Verdict("/r/x", (found,)), Path(base)).findings
    assert (told.message, told.remedy) == (shown, shown)


def test_json_stays_relative_to_the_root_and_the_others_do_not() -> None:
    verdict = Verdict("/r/x", (replace(finding(path="a.py", message="see b.py"), paths=("b.py",)),))
    assert "see b.py" in render("json", verdict, base=Path("/r"))
    for form in ("text", "github", "gitlab", "junit", "markdown", "sarif"):
        assert "see x/b.py" in render(form, verdict, base=Path("/r")), form
