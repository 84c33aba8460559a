"""Bytes → Source or the one line that says why not."""

from __future__ import annotations

import ast
import sys

import pytest

from llmlint.scan.source import comments, parse, read_source
from llmlint.scan.syntax import explain

GOOD = {
    "plain": (b"x = 1\n", "x = 1\n"),
    "empty": (b"", ""),
    "utf-8": ("x = 'é'\n".encode(), "x = 'é'\n"),
    "byte order mark": (b"\xef\xbb\xbfx = 1\n", "x = 1\n"),
    "mark and cookie": (b"\xef\xbb\xbf# coding: utf-8\nx = 1\n", "# coding: utf-8\nx = 1\n"),
    "latin-1 cookie": (b"# -*- coding: latin-1 -*-\nx = '\xe9'\n", "# -*- coding: latin-1 -*-\nx = 'é'\n"),
    "cookie on line 2": (b"#!/usr/bin/python\n# vim: fileencoding=cp1252 :\nx = '\x80'\n", None),
    "no cookie on line 3": ("\n\n# coding: latin-1\nx = 'é'\n".encode(), "\n\n# coding: latin-1\nx = 'é'\n"),
    "carriage returns": (b"x = 1\r\ny = 2\rz = 3\n", None),
    "invalid escape": (rb"x = '\d'" + b"\n", None),
    "long elif chain": (b"if a:\n pass\n" + b"elif a:\n pass\n" * 400, None),
    "sum of 500 terms": (b"x = " + b" + ".join([b"a"] * 500), None),
    "fluent chain": (b"x = (a" + b"\n  .b()" * 300 + b")", None),
    "wide dict": (b"x = {" + b"1: [2, (3,)], " * 5000 + b"}", None),
}

BAD = {
    "syntax error": (b"x = 1\ny = = 2\n", 2, "invalid syntax"),
    "print statement": (b"import openai\n\nprint 'hello'\n", 3, "Python 2 code"),
    "old except": (b"try:\n    pass\nexcept ValueError, e:\n    pass\n", 3, "Python 2 code"),
    "old octal": (b"x = 0777\n", 1, "Python 2 code"),
    "latin-1 undeclared": (b"x = 1\n# caf\xe9\n", 2, "utf-8"),
    "unknown cookie": (b"# coding: martian\nx = 1\n", 1, "martian"),
    "cookie no text": (b"# coding: rot13\nx = 1\n", 1, "rot13"),
    "slow cookie": (b"# coding: punycode\n" + b"a" * 100_000, 1, "no encoding for Python"),
    "mark against cookie": (b"\xef\xbb\xbf# coding: latin-1\n", 1, "encoding"),
    "NUL": (b"x = 1\ny = '\0'\n", 2, "NUL"),
    "UTF-16": ("x = 1\n".encode("utf-16"), 1, "UTF-16"),
    "1,600 parentheses": (b"x = " + b"(" * 1600 + b")" * 1600, 1, ""),
    "10,000 lists": (b"x = 1\n" + b"[" * 10_000 + b"]" * 10_000, 2, ""),
    "10,000 nested blocks": (b"".join(b" " * n + b"if a:\n" for n in range(10_000)), None, ""),
    "2,500 minus signs": (b"x = 1\ny = " + b"-" * 2500 + b"1", None, "nested"),
    "2,000 subscripts": (b"x = 1\ny = a" + b"[0]" * 2000, None, "nested"),
    "5,000 elif": (b"if a:\n pass\n" + b"elif a:\n pass\n" * 5000, None, "nested"),
    "unclosed": (b"x = (\n" + b"y = 1\n" * 3, 1, "never closed"),
    "tabs and spaces": (b"if a:\n        x\n\ty\n", 3, ""),
    "huge number": (b"x = " + b"9" * 10_000, None, ""),
}


@pytest.mark.filterwarnings("ignore:invalid escape")
@pytest.mark.parametrize("name", GOOD)
def test_what_python_accepts_is_a_source(name: str) -> None:
    data, text = GOOD[name]
    result = read_source("a.py", data)
    assert result.errors == ()
    assert result.source is not None
    assert [type(n) for n in ast.walk(result.source.tree)] == [type(n) for n in ast.walk(ast.parse(data))]
    assert text is None or result.source.text == text


@pytest.mark.parametrize("name", BAD)
def test_what_cannot_be_analysed_is_one_error_with_its_line(name: str) -> None:
    data, line, message = BAD[name]
    result = read_source("a.py", data)
    assert result.source is None
    (error,) = result.errors
    assert error.path == "a.py" and not error.names_sdk
    assert line is None or error.line == line
    assert message in error.message and "\n" not in error.message


@pytest.mark.parametrize("terms", [5_000, 20_000])
def test_a_very_long_sum_neither_crashes_nor_hangs(terms: int) -> None:
    result = read_source("a.py", b"x = " + b" + ".join([b"'a'"] * terms))
    assert (result.source is None) == bool(result.errors)


def test_a_file_over_the_limit_is_not_parsed() -> None:
    (error,) = read_source("a.py", b"openai " * 100, max_bytes=100, words=[b"openai"]).errors
    assert error.names_sdk and "larger than 100 bytes" in error.message


def test_an_error_says_whether_the_file_names_an_sdk() -> None:
    assert read_source("a.py", b"import openai\n(", words=[b"openai"]).errors[0].names_sdk
    assert not read_source("a.py", b"import os\n(", words=[b"openai"]).errors[0].names_sdk


@pytest.mark.parametrize(
    ("line", "running", "said"),
    [
        ("type X = int", (3, 11), "Python 3.12, newer than the Python 3.11"),
        ("def f[T](x: T): ...", (3, 11), "Python 3.12"),
        ("class A[T = int]: ...", (3, 11), "Python 3.13"),
        ("except* ValueError:", (3, 10), "Python 3.11"),
        ('x = f"{a["b"]}"', (3, 11), "Python 3.12"),
        ('x = t"{a}"', (3, 13), "Python 3.14"),
        ("except ValueError, TypeError:", (3, 13), "Python 3.14"),
        ("except ValueError, e:", (3, 13), "Python 2"),
        ("type X = int", (3, 12), "nonsense"),
        ("x = = 1", (3, 10), "nonsense"),
    ],
)
def test_messages_name_the_python_that_the_file_was_written_for(line: str, running: tuple[int, int], said: str) -> None:
    assert explain(SyntaxError("nonsense", ("a.py", 1, 1, line)), line, running).startswith(("syntax of " + said, said))


def test_a_backslash_in_an_f_string_came_with_3_12() -> None:
    error = SyntaxError("f-string expression part cannot include a backslash", ("a.py", 1, 1, "x"))
    assert "Python 3.12, newer" in explain(error, "x", (3, 11))
    assert "newer" not in explain(error, "x", (3, 12))


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="this Python can read it")
def test_newer_syntax_is_said_to_be_newer() -> None:
    assert "newer than the Python" in read_source("a.py", b"type X = int\n").errors[0].message


def test_the_tree_is_refused_at_the_statement_that_is_too_deep() -> None:
    text = "x = 1\n" + "\n" * 3 + "y = " + "-" * 950 + "1\n"
    (error,) = read_source("a.py", text.encode()).errors
    assert error.line == 5 and "deeper than 900 levels" in error.message


def test_parsing_raises_no_warning(recwarn: pytest.WarningsRecorder) -> None:
    parse(r"x = '\d'" + "\nx is 1\n")
    # what other tests left open may be collected meanwhile
    assert not [str(one.message) for one in recwarn if one.category is not ResourceWarning]


COMMENTS = [
    ("x = 1  # one\n", [(1, "# one", False)]),
    ("# alone\nx = '# no'\n  # indented\n", [(1, "# alone", True), (3, "  # indented".strip(), True)]),
    ('s = """\n# inside\n"""  # after\n', [(3, "# after", False)]),
    ("f(\n  a,  # in a call\n)\n", [(2, "# in a call", False)]),
    ("a = 1  # kept\nb = (\n", [(1, "# kept", False)]),
    ("x = 1\r# own line\rz = 2  # z\n", [(2, "# own line", True), (3, "# z", False)]),
    ("nothing", []),
]


@pytest.mark.parametrize(("text", "expected"), COMMENTS)
def test_comments_are_those_that_python_sees(text: str, expected: list[tuple[int, str, bool]]) -> None:
    assert [(c.line, c.text, c.alone) for c in comments(text)] == expected


def test_a_plain_file_has_no_cells_and_keeps_its_comments() -> None:
    source = read_source("a.py", b"x = 1  # one\n").source
    assert source is not None
    assert source.locate(7) == (None, 7)
    assert source.comments is source.comments and len(source.comments) == 1
