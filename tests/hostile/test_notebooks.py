"""Notebooks of every broken shape beside a good file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.hostile.harness import check, lay, llmlint

APP = 'from openai import OpenAI\nclient = OpenAI()\nclient.chat.completions.create(model="gpt-4.1", messages=[])'


def notebook(*cells: Any, **more: Any) -> bytes:
    made = [{"cell_type": "code", "source": c} if isinstance(c, (str, list)) else c for c in cells]
    return json.dumps({"cells": made, "nbformat": 4, **more}).encode()


LISTS: list[Any] = []
for _ in range(900):  # as deep as our own json.dumps goes
    LISTS = [LISTS]


def nested(depth: int) -> bytes:
    return b'{"openai": 1, "cells": ' + b"[" * depth + b"]" * depth + b"}"


BROKEN = {
    "no JSON": b'openai {"cells": [',
    "no cells": b'{"openai": 1}',
    "a list": b'["openai"]',
    "a number": b"1  ",
    "cells null": b'{"cells": null, "a": "openai"}',
    "1,000,000 lists": nested(1_000_000),
    "a huge number": b'{"openai": ' + b"9" * 10_000 + b', "cells": []}',
    "latin-1": b'{"cells": [], "openai": "\xe9"}',
    "UTF-16": '{"cells": [], "a": "openai"}'.encode("utf-16"),
}
ODD = {
    "source int": notebook({"cell_type": "code", "source": 7}, APP),
    "source missing": notebook({"cell_type": "code"}, APP),
    "source nested": notebook({"cell_type": "code", "source": [[["openai"]], 1, None, {}]}, APP),
    "cells of all kinds": notebook(None, 1, "x", [], {}, {"cell_type": 5}, {"cell_type": []}, APP),
    "metadata of all kinds": notebook(APP, metadata=[1], nbformat="x"),
    "kernel of all kinds": notebook(APP, metadata={"kernelspec": {"language": 3}, "language_info": {"name": ["python"]}}),
    "magics": notebook("%%time\n%matplotlib inline\n!ls\nx = !ls\n%%capture\n?x\nx??\nfor a in b:\n  %time f()\n", APP),
    "a magic never closed": notebook("%%bash\n'''\n(((", "%%html\n<b>(", "%%time", "%", "!", "?", "%%", "\\\n\\", APP),
    "redefined functions": notebook("def ask(): pass", "def ask(m): return ask(ask)", "ask = ask(ask)", APP),
    "surrogates": notebook("x = '\ud800'", APP),
    "NUL": notebook("x = '\0'", APP),
    "odd line ends": notebook("x = 1\r\ny = 2\rz = '\u2028\x0c'\n", APP),
    "2,000 cells": notebook(*["x = x + 1"] * 2_000, APP),
    "10,000 lists": notebook(LISTS, APP),
    "200 broken cells": notebook(*["x = ("] * 200, APP),
    "deep cells": notebook("(" * 1_600 + ")" * 1_600, "x = " + "-" * 5_000 + "1", APP),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_notebook_costs_one_line(tmp_path: Path, name: str) -> None:
    folder = lay(tmp_path / "project", {"n.ipynb": BROKEN[name]})
    outcome = check(folder)
    errors = outcome.errors("n.ipynb")
    assert len(errors) <= 1 and outcome.code == (2 if errors else 1)
    assert bool(errors) == (b"openai" in BROKEN[name].replace(b"\0", b"")) or name == "a huge number"


@pytest.mark.parametrize("name", ODD)
def test_an_odd_notebook_keeps_its_sound_cells(tmp_path: Path, name: str) -> None:
    folder = lay(tmp_path / "project", {"n.ipynb": ODD[name]})
    outcome = check(folder)
    (found,) = outcome.findings("n.ipynb")
    assert (found["cell"], found["line"]) == (len(json.loads(ODD[name])["cells"]) - 1, 3)
    assert outcome.code == (2 if outcome.errors("n.ipynb") else 1)
    assert all("\n" not in e["message"] for e in outcome.errors("n.ipynb"))
    fixed = llmlint(folder, "fix", "--no-cache")
    assert fixed.code in (0, 1, 2)
    again = json.loads((folder / "n.ipynb").read_bytes())
    assert len(again["cells"]) == len(json.loads(ODD[name])["cells"])
