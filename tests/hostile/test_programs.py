"""Hostile Python files beside a good one: the run ends, loses nothing, and never looks clean where it could not see."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.hostile.harness import check, lay
from tests.hostile.programs import programs

PROGRAMS = programs()
HEAVY_MB = 1_100  # the ast of a dense file takes 225 times its size
HEAVY = ("100,000 lines", "100,000 lines in a function", "dict of 200,000")
XFAIL: dict[str, str] = {}


@pytest.mark.parametrize(
    "name",
    [pytest.param(n, marks=pytest.mark.xfail(strict=True, reason=XFAIL[n])) if n in XFAIL else n for n in PROGRAMS],
)
def test_check_survives(tmp_path: Path, name: str) -> None:
    program = PROGRAMS[name]
    folder = lay(tmp_path / "project", dict(program.files))
    outcome = check(folder, timeout=20 if name in XFAIL else 60)
    errors = outcome.errors("app.py")
    assert len(errors) <= 1
    for error in errors:
        assert "\n" not in error["message"] and len(error["message"]) < 300
    if program.sites is not None:
        assert not errors
        assert outcome.report["stats"]["call_sites"] == len(program.sites) + 1
    if program.said is not None:
        assert errors and program.said in errors[0]["message"]
        assert program.line is None or errors[0]["line"] == program.line
    found = {f["line"] for f in outcome.findings("app.py")}
    assert program.sites is None or found <= set(program.sites)
    assert not (errors and found)
    assert outcome.code == (2 if errors else 1)
