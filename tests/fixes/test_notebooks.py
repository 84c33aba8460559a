from __future__ import annotations

import json
from typing import Any

import pytest

from llmlint.fixes.magics import mask
from llmlint.fixes.notebooks import fix_notebook
from llmlint.judge.finding import Finding
from tests.fixes.findings import finding_at

CELLS: list[dict[str, Any]] = [
    {"cell_type": "markdown", "metadata": {}, "source": ["c.create()"]},
    {"cell_type": "code", "metadata": {"source": "decoy"}, "outputs": [{"text": ["\u00e9 1.50e3"]}], "source": [
        "%pip install x\n", "c.create(\n", "    a='\u00e9',\n", ")"]},
    {"cell_type": "code", "outputs": [], "source": "c.create(a=1)"},
]  # fmt: skip


def cap(code: str, cell: int) -> Finding:
    return finding_at(code, "set-keyword", cell=cell, keyword="max_tokens", value=9)


@pytest.mark.parametrize("indent", [None, 1, 4])
@pytest.mark.parametrize("ascii_only", [True, False])
def test_only_the_sources_of_fixed_cells_change(indent: int | None, ascii_only: bool) -> None:
    def dumped(notebook: Any) -> str:
        return json.dumps(notebook, indent=indent, ensure_ascii=ascii_only) + "\n"

    before = dumped({"cells": CELLS, "nbformat": 4})
    findings = [cap("0\nc.create(\n    a='\u00e9',\n)", 1), cap("c.create(a=1)", 2)]
    result = fix_notebook(before.encode(), findings, unsafe=False)
    after = json.loads(before)
    after["cells"][1]["source"].insert(3, "    max_tokens=9,\n")
    after["cells"][2]["source"] = "c.create(a=1, max_tokens=9)"
    assert result.source.decode() == dumped(after)
    assert len(result.applied) == 2 and not result.skipped


BROKEN = [b"", b"{", b"[]", b'{"cells": {}}', b'{"cells": [{"cell_type": "code"}]}', b"\xff", b"[" * 100_000]


@pytest.mark.parametrize("source", BROKEN)
def test_broken_notebooks_are_left_alone(source: bytes) -> None:
    result = fix_notebook(source, [cap("c.create()", 0)], unsafe=False)
    assert result.source is source and "the notebook cannot be read" in result.skipped[0].reason


def test_a_cell_that_is_gone() -> None:
    result = fix_notebook(b'{"cells": []}', [cap("c.create()", 3)], unsafe=False)
    assert "no such cell" in result.skipped[0].reason


def test_a_call_that_holds_what_looks_like_a_magic_is_not_rewritten_from_the_mask() -> None:
    code = "%time\nc.create(a='''\n!important\n''')"
    source = json.dumps({"cells": [{"cell_type": "code", "source": code}]}).encode()
    finding = cap("0    \nc.create(a='''\n!important\n''')", 0)
    result = fix_notebook(source, [finding], unsafe=False)
    assert result.source is source and "magic" in result.skipped[0].reason


MASKS = [
    ("x = 1", "x = 1"),
    ("!ls\nx = 1", "0  \nx = 1"),
    ("%%time\nx = 1", "0     \nx = 1"),
    ("if a:\n    %cd b\nx", "if a:\n    0    \nx"),
    ("files = !ls\nx", "files = 0  \nx"),
    ("r = %sql select 1", "r = 0" + " " * 12),
    ("len?", "0   "),
    ("x = (5\n% 3)", "x = (5\n% 3)"),
]


@pytest.mark.parametrize(("cell", "masked"), MASKS)
def test_masks_keep_every_place(cell: str, masked: str) -> None:
    assert mask(cell) == masked
    assert len(mask(cell)) == len(cell)
