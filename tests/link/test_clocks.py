"""A project whose clocks reach loops of single requests through two files, and the same project mended."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from llmlint.cli import main

PROJECTS = Path(__file__).parents[1] / "projects" / "clocks"
FOUND = [
    ("shop/llm.py", 8, "which runs nightly (k8s/enrich.yaml:6)"),
    ("shop/llm.py", 17, "which runs weekly (.github/workflows/digest.yml:5)"),
    ("shop/llm.py", 26, "which runs nightly (shop/celery.py:8)"),
]


@pytest.mark.parametrize(("project", "expected"), [("wasteful", FOUND), ("mended", [])])
def test_each_clock_is_named(
    project: str, expected: list[tuple[str, int, str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "shop"  # in a folder named `tests` everything is a test
    shutil.copytree(PROJECTS / project, folder)
    monkeypatch.chdir(folder)
    result = CliRunner().invoke(main, ["check", "--no-cache", "--format", "json"])
    report = json.loads(result.stdout)
    assert result.exit_code == bool(expected)
    assert report["errors"] == []
    found = [(f["path"], f["line"], f["message"]) for f in report["findings"]]
    assert [f[:2] for f in found] == [e[:2] for e in expected]
    for (_, _, message), (_, _, words) in zip(found, expected, strict=True):
        assert words in message
