"""`llmlint fix` on hostile files: what cannot be fixed stays byte for byte, and the good file beside it is fixed."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.hostile.harness import lay, llmlint
from tests.hostile.programs import programs

PROGRAMS = programs()
FIXED = (
    "syntax error", "latin-1 declared", "byte order mark", "NUL", "1,600 parentheses", "20,000 strings added", "95 ifs",
    "330 strings added", "5,000 and", "800 subscripts", "800 minus", "800 elif", "5,000 lambdas", "call with 50,000 arguments",
    "call with 20,000 splats", "2 MB string", "20,000 strings in a row", "deep f-strings", "odd calls", "dynamic",
    "comprehension of 15 loops", "star cycle", "20 loops in each other",
)  # fmt: skip


@pytest.mark.parametrize("name", FIXED)
def test_fix_survives(tmp_path: Path, name: str) -> None:
    folder = lay(tmp_path / "project", dict(PROGRAMS[name].files))
    before = (folder / "app.py").read_bytes()
    outcome = llmlint(folder, "fix", "--no-cache")
    assert outcome.code in (0, 1, 2)
    assert "max_completion_tokens=4096" in (folder / "good.py").read_text()
    after = (folder / "app.py").read_bytes()
    if after != before:
        ast.parse(after)
        assert len(after) > len(before)


def test_a_fixed_file_can_be_fixed_again(tmp_path: Path) -> None:
    folder = lay(tmp_path / "project", {})
    llmlint(folder, "fix", "--no-cache")
    once = (folder / "good.py").read_bytes()
    llmlint(folder, "fix", "--no-cache")
    assert (folder / "good.py").read_bytes() == once
