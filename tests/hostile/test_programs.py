"""Hostile Python files beside a good one: the run ends, loses nothing, and never looks clean where it could not see."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.hostile.harness import check, lay
from tests.hostile.programs import programs

PROGRAMS = programs()


@pytest.mark.parametrize("name", PROGRAMS)
def test_check_survives(tmp_path: Path, name: str) -> None:
    program = PROGRAMS[name]
    folder = lay(tmp_path / "project", dict(program.files))
    outcome = check(folder)
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
    found = {f["line"] for f in outcome.findings("app.py") if f["rule"] == "output-cap"}
    assert program.sites is None or found <= set(program.sites)
    assert not (errors and found)
    assert outcome.code == (2 if errors else 1)
