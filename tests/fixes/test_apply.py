"""Whole files: what stands outside the call is copied byte for byte, and what cannot be fixed is left as it was."""

from __future__ import annotations

import pytest

from llmlint.fixes.apply import NEEDS_UNSAFE, fix_source
from llmlint.judge.finding import Finding
from tests.fixes.findings import finding_at


def cap(source: str, name: str = "create") -> Finding:
    return finding_at(source, "set-keyword", name=name, keyword="max_tokens", value=9)


KEPT = [
    ("crlf", "x = 1\r\nc.create(\r\n    a=1,\r\n)\r\n", "x = 1\r\nc.create(\r\n    a=1,\r\n    max_tokens=9,\r\n)\r\n"),
    ("mixed ends outside", "x = 1\r\ny = 2\nc.create(a=1)\r\n", "x = 1\r\ny = 2\nc.create(a=1, max_tokens=9)\r\n"),
    ("tabs", "if x:\n\tc.create(\n\t\ta=1,\n\t)\n", "if x:\n\tc.create(\n\t\ta=1,\n\t\tmax_tokens=9,\n\t)\n"),
    ("form feed", "\x0c\nc.create()\n", "\x0c\nc.create(max_tokens=9)\n"),
    ("no last newline", "c.create()", "c.create(max_tokens=9)"),
    ("trailing blanks", "c.create()   \n\n\n", "c.create(max_tokens=9)   \n\n\n"),
    ("comments", "# a\nc.create(  # b\n    a=1,  # c\n)  # d\n",
     "# a\nc.create(  # b\n    a=1,  # c\n    max_tokens=9,\n)  # d\n"),
    ("wide characters", "é = '日本'; c.create(a='日')\n", "é = '日本'; c.create(a='日', max_tokens=9)\n"),
    ("await", "async def f():\n    return await c.create(a=1)\n",
     "async def f():\n    return await c.create(a=1, max_tokens=9)\n"),
    ("chained", "c.create(a=1).text.strip()\n", "c.create(a=1, max_tokens=9).text.strip()\n"),
    ("backslash", "c. \\\n  create(a=1)\n", "c. \\\n  create(a=1, max_tokens=9)\n"),
]  # fmt: skip


@pytest.mark.parametrize(("before", "after"), [row[1:] for row in KEPT], ids=[row[0] for row in KEPT])
def test_what_stands_outside_is_copied(before: str, after: str) -> None:
    result = fix_source(before.encode(), [cap(before)], unsafe=False)
    assert result.source.decode() == after, result.skipped


ENCODINGS = [
    (b"\xef\xbb\xbf", "utf-8", "c.create(a='\u00e9')\n"),
    (b"", "latin-1", "# -*- coding: latin-1 -*-\nc.create(a='\u00e9')\n"),
]


@pytest.mark.parametrize(("mark", "encoding", "text"), ENCODINGS)
def test_encodings_are_kept(mark: bytes, encoding: str, text: str) -> None:
    result = fix_source(mark + text.encode(encoding), [cap(text)], unsafe=False)
    assert result.source == mark + text.replace("')", "', max_tokens=9)").encode(encoding)


def test_several_findings_on_one_call_and_nested_calls() -> None:
    source = "outer(c.create(model='m', system=S), inner(1))\n"
    findings = [
        cap(source), finding_at(source, "cache-system"), cap(source, "inner"), cap(source, "outer"),
        finding_at(source, "replace-value", "unsafe", keyword="model", value="s"),
    ]  # fmt: skip
    result = fix_source(source.encode(), findings, unsafe=True)
    assert not result.skipped and len(result.applied) == 5
    assert "inner(1, max_tokens=9), max_tokens=9)" in result.source.decode()
    assert result.source.count(b"max_tokens=9") == 3 and b"model='s'" in result.source


def test_unsafe_fixes_wait_to_be_asked_for() -> None:
    source = "c.create(model='m')\n"
    unsafe = finding_at(source, "replace-value", "unsafe", keyword="model", value="s")
    assert fix_source(source.encode(), [unsafe], unsafe=False).skipped[0].reason == NEEDS_UNSAFE
    assert fix_source(source.encode(), [unsafe], unsafe=True).source == b"c.create(model='s')\n"


def test_two_fixes_of_one_keyword_do_not_fight() -> None:
    source = "c.create()\n"
    other = finding_at(source, "set-keyword", keyword="max_tokens", value=7)
    result = fix_source(source.encode(), [cap(source), other], unsafe=False)
    assert result.source == b"c.create(max_tokens=9)\n"
    assert "has just changed" in result.skipped[0].reason


HOSTILE = [
    ("moved", "\nc.create()\n", "c.create()\n", "no call stands at its place"),
    ("no python", "c.create(\n", "c.create()\n", "does not parse"),
    ("f-string", "f'{c.create()}'\n", "f'{c.create()}'\n", ""),
    ("long chain", "c.create(a=" + "1+" * 400 + "1)\n", None, "nested deeper"),
    ("brackets", "c.create(a=" + "[" * 150 + "]" * 150 + ")\n", None, "nested deeper"),
    ("strings", "c.create(a=" + "'' " * 400 + ")\n", None, "nested deeper"),
    ("nul", "c.create()\0", "c.create()", "does not parse"),
]


@pytest.mark.parametrize("row", HOSTILE, ids=[row[0] for row in HOSTILE])
def test_left_alone(row: tuple[str, str, str | None, str]) -> None:
    _, source, analysed, reason = row
    given = source.encode()
    result = fix_source(given, [cap(analysed or source)], unsafe=False)
    assert result.source is given and not result.applied and reason in result.skipped[0].reason


def test_a_file_that_cannot_be_decoded() -> None:
    result = fix_source(b"c.create('\xff')\n", [cap("c.create('y')\n")], unsafe=False)
    assert "cannot be decoded" in result.skipped[0].reason
