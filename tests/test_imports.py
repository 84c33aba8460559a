"""The shape of the house: which layer may import which, what start-up may import, what the top level holds."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TOP_LEVEL = {
    ".ci", ".gitignore", ".pre-commit-hooks.yaml", "CHANGELOG.md", "LICENSE", "README.md", "action.yml", "benchmarks",
    "docs", "evals", "llmlint", "policies", "pyproject.toml", "rules", "tests",
}  # fmt: skip
HEAVY = {"asyncio", "genai_prices", "jinja2", "jsonschema", "libcst", "multiprocessing", "rich", "sqlite3", "yaml"}


def test_imports_run_downward_only() -> None:
    linter = "from importlinter.cli import lint_imports; raise SystemExit(lint_imports(no_cache=True))"
    run = subprocess.run([sys.executable, "-c", linter], cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr


def modules_imported_by(*arguments: str) -> set[str]:
    """The top-level packages that `python -m llmlint ARGUMENTS` imports."""
    command = [sys.executable, "-X", "importtime", "-m", "llmlint", *arguments]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    rows = [line for line in run.stderr.splitlines() if line.startswith("import time:")]
    return {row.rsplit("|", 1)[1].strip().split(".")[0] for row in rows}


@pytest.mark.parametrize("argument", ["--help", "--version"])
def test_start_up_imports_nothing_heavy(argument: str) -> None:
    imported = modules_imported_by(argument)
    assert "click" in imported
    assert not imported & HEAVY


def test_the_top_level_holds_only_what_belongs_there() -> None:
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert {name.split("/")[0] for name in listed.split("\0") if name} <= TOP_LEVEL


def test_every_example_program_compiles() -> None:
    programs = sorted(ROOT.glob("evals/*/app*.py"))
    assert len(programs) >= 6
    for program in programs:
        compile(program.read_text(encoding="utf-8"), str(program), "exec")
