"""Notebook bytes → one Source of all Python cells, whatever else stands in them."""

from __future__ import annotations

import ast
import json

import pytest

from llmlint.scan.magics import mask
from llmlint.scan.source import read_source


def notebook(*cells: object, **extra: object) -> bytes:
    made = [{"cell_type": "code", "source": c} if isinstance(c, (str, list)) else c for c in cells]
    return json.dumps({"cells": made, "nbformat": 4, **extra}).encode()


MASKED = [
    ("%matplotlib inline\nx = 1", "pass\nx = 1"),
    ("!pip install openai \\\n  anthropic\nx = 1", "pass\n\nx = 1"),
    ("if a:\n    !ls\n    %cd x", "if a:\n    pass\n    pass"),
    ("x = !ls -l\ny = %env HOME\nd['k'] = !pwd", "x = None\ny = None\nd['k'] = None"),
    ("a, b = !ls", "a, b = None"),
    ("client?\n?client\nclient.messages??\nx = 1  # why?", "pass\npass\npass\nx = 1  # why?"),
    ("%%bash\nls | grep x\n", "\n\n"),
    ("\n%%html\n<b>", "\n\n"),
    ("%%time\nx = f()", "\nx = f()"),
    ("%%capture out\n%%timeit -n 1\nx = f()", "\n\nx = f()"),
    ("x = (10\n% 3)", "x = (10\n% 3)"),
    ('s = """\n!not a command\n%nor this\nhuh?\n"""', 's = """\n!not a command\n%nor this\nhuh?\n"""'),
    ("x = 10 \\\n% 3", "x = 10 \\\n% 3"),
    ("pip install openai\ncd ..\nls -la", "pass\npass\npass"),
    ("ls = [1]\ncat = ls\nls.append(2)\ncd in x", "ls = [1]\ncat = ls\nls.append(2)\ncd in x"),
    ("x %= 3\na != b", "x %= 3\na != b"),
    ("", ""),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), MASKED)
def test_only_ipythons_own_lines_are_masked(text: str, expected: str) -> None:
    assert mask(text) == expected


@pytest.mark.parametrize("magic", ["%time ", "%timeit ", "%timeit -n 1 -r 1 "])
def test_a_timed_call_is_kept_in_its_place(magic: str) -> None:
    line = f"  {magic}answer = client.messages.create(model='m')"
    masked = mask(line)
    assert masked.index("answer") == line.index("answer")
    tree = ast.parse(masked.strip())
    assert isinstance(tree.body[1], ast.Assign)


def test_lines_are_told_as_cell_and_line() -> None:
    data = notebook("a = 1\nb = 2", {"cell_type": "markdown", "source": "# hi"}, ["c = 3\n", "d = 4\n"], "e = 5")
    source = read_source("n.ipynb", data).source
    assert source is not None
    assert [cell for cell, _ in source.cells] == [0, 2, 3]
    where = {s.targets[0].id: source.locate(s.lineno) for s in source.tree.body if isinstance(s, ast.Assign)}  # type: ignore[attr-defined]
    assert where == {"a": (0, 1), "b": (0, 2), "c": (2, 1), "d": (2, 2), "e": (3, 1)}


def test_a_broken_cell_does_not_take_the_others_along() -> None:
    data = notebook("a = 1", "print 'old'\nx = (", "await client.messages.create()", "def f(): return 1")
    result = read_source("n.ipynb", data, words=[b"messages.create"])
    (error,) = result.errors
    assert error.message.startswith("cell 1, line 1: Python 2 code") and error.names_sdk
    assert result.source is not None
    assert [source_line(result.source, s) for s in result.source.tree.body] == [(0, 1), (2, 1), (3, 1)]


def source_line(source: object, statement: ast.stmt) -> tuple[int | None, int]:
    return source.locate(statement.lineno)  # type: ignore[attr-defined, no-any-return]


def test_version_3_has_worksheets() -> None:
    cells = [{"cell_type": "heading", "source": "h"}, {"cell_type": "code", "input": ["x = 1\n"], "language": "python"}]
    data = json.dumps({"nbformat": 3, "worksheets": [{"cells": cells}]}).encode()
    source = read_source("n.ipynb", data).source
    assert source is not None and source.cells == ((1, 1),) and len(source.tree.body) == 1


def test_a_notebook_of_another_language_has_no_python() -> None:
    data = notebook("x <- 1", metadata={"kernelspec": {"language": "R", "name": "ir"}})
    result = read_source("n.ipynb", data)
    assert result.errors == () and result.source is not None and result.source.tree.body == []


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "no JSON"),
        (b'{"cells": [', "no JSON"),
        (b"[1]", "no cells"),
        (b'{"cells": 3}', "no cells"),
        (b'{"cells": [\xff]}', "not UTF-8"),
        (b'{"cells": ' + b"[" * 100_000, "broken notebook"),
    ],
)
def test_a_broken_notebook_is_one_error(data: bytes, said: str) -> None:
    result = read_source("n.ipynb", data)
    assert result.source is None
    assert said in result.errors[0].message


ODD = [None, {"cell_type": "code"}, {"cell_type": "code", "source": [1, None]}, {"cell_type": "code", "source": {}}]


@pytest.mark.parametrize("cell", ODD)
def test_odd_cells_do_not_end_the_scan(cell: object) -> None:
    assert read_source("n.ipynb", notebook(cell)).source is not None
