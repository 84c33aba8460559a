from __future__ import annotations

import io
from pathlib import Path

import pytest

from llmlint.judge.finding import Finding, Verdict
from llmlint.report import render
from llmlint.report.frames import code_frame
from llmlint.report.spans import cells, plain, print_coloured
from llmlint.report.text import layout
from tests.report.samples import clean, finding, hostile, verdict

EXPECTED = """\
app/x.py:7:12: warning LLM101 output-cap: `messages.create` has no output limit,
    so an answer can be as long as the model likes.
7 |     return client.messages.create(
  |            ^^^^^^^^^^^^^^^^^^^^^^^
8 |         model="claude-opus-4-7",
9 |         system=SYSTEM,
  | … 4 more lines
  help: Set `max_tokens=1024`. (fixable)
  docs: https://example.org/LLM101

app/x.py:16:7: error LLM201 model-tier: Opus for a yes/no question.
16 | print(client.messages.create(model="m", messages=[]))
   |       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  see: app/config.py:3: the model is named here
  saves: $310.20 a month: 12,000 calls a day

nb.ipynb:cells[1]:2:1: info LLM101 output-cap: In a cell.
2 | ask(a)
  | ^^^^^^
  help: Set `max_tokens=1024`.
  docs: https://example.org/LLM101

bad.py:3: error: not analysed: invalid syntax
py2.py: warning: not analysed: Python 2

3 findings (1 fixable with `llmlint fix`) in 2 of 147 files, 21 call sites, 0.8 s; \
1 suppressed in the code; 2 files not analysed
"""


def test_report(tmp_path: Path) -> None:
    assert render("text", verdict(tmp_path)) == EXPECTED


def test_clean_is_one_line(tmp_path: Path) -> None:
    assert render("text", clean(tmp_path)) == "no findings: 147 files, 21 call sites, 0.8 s\n"


def test_quiet_is_one_line_a_finding_and_nothing_when_clean(tmp_path: Path) -> None:
    assert plain(layout(clean(tmp_path), None, 80, quiet=True)) == ""
    lines = plain(layout(verdict(tmp_path), None, 500, quiet=True)).splitlines()
    assert [line.split(":")[0] for line in lines[:3]] == ["app/x.py", "app/x.py", "nb.ipynb"]


def test_colours_change_no_character(tmp_path: Path) -> None:
    import re

    stream = io.StringIO()
    print_coloured(layout(verdict(tmp_path), None, 80), stream)
    uncoloured = re.sub(r"\x1b\[[0-9;]*m", "", stream.getvalue())
    assert "\x1b[" in stream.getvalue()
    assert [line.rstrip() for line in uncoloured.splitlines()] == EXPECTED.splitlines()


@pytest.mark.parametrize("width", [40, 60, 80, 132])
def test_code_and_words_fit_the_width(tmp_path: Path, width: int) -> None:
    *lines, summary = plain(layout(verdict(tmp_path), None, width)).splitlines()
    assert summary.startswith("3 findings")  # the one line that is left whole
    for line in lines:
        assert cells(line) <= width, line


def test_what_comes_from_code_moves_no_cursor(tmp_path: Path) -> None:
    report = render("text", hostile(tmp_path))
    assert all(c == "\n" or c.isprintable() for c in report)
    assert not any(line.startswith("::") for line in report.splitlines())


FRAMES = [
    (["f(a)"], {"column": 1, "end_column": 5}, ["1 | f(a)", "  | ^^^^"]),
    (["\tf(a)"], {"column": 2, "end_column": 6}, ["1 |     f(a)", "  |     ^^^^"]),
    (["'日本', f()"], {"column": 7, "end_column": 10}, ["1 | '日本', f()", "  |         ^^^"]),
    (["f()"], {"column": 9, "end_column": 12}, ["1 | f()", "  | ^"]),  # the file has changed
    ([], {"column": 1, "end_column": 2}, []),
    (["x" * 100 + " f(a)"], {"column": 102, "end_column": 106},
     ["1 | …xxxxxxxxxxx f(a)", "  |              ^^^^"]),
]  # fmt: skip


@pytest.mark.parametrize(("source", "where", "expected"), FRAMES)
def test_frames(source: list[str], where: dict[str, int], expected: list[str]) -> None:
    f: Finding = finding(line=1, end_line=1, **where)
    lines = plain(code_frame(f, source, 40)).splitlines()
    if len(source) == 1 and where["column"] > len(source[0]):
        assert lines[0] == expected[0] and lines[1].rstrip().endswith("^")
    else:
        assert lines == expected


def test_a_vanished_file_costs_only_the_frame(tmp_path: Path) -> None:
    report = render("text", Verdict(str(tmp_path), (finding(path="gone.py"),)))
    assert report.startswith("gone.py:7:12: warning LLM101 output-cap:") and " | " not in report


def test_quiet_is_one_line_a_finding_however_long(tmp_path: Path) -> None:
    long = Verdict(str(tmp_path), (finding(message="word " * 60),))
    assert len(layout(long, None, 80, quiet=True)) == 1 < len(layout(long, None, 80))
