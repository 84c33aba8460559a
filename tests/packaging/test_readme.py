"""What the README shows must be true: its policy is accepted, its hooks exist, its rules are the built-in ones."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest
import yaml

from tests.packaging.conftest import ROOT, run

README = (ROOT / "README.md").read_text(encoding="utf-8")


def block(first_line: str) -> str:
    """The indented block of the README that begins with a line."""
    start = README.index(f"    {first_line}")
    return "\n".join(line[4:] for line in README[start:].split("\n\n")[0].splitlines()) + "\n"


def test_its_findings_are_real() -> None:
    shown = re.findall(r"^    (.*)$", README[README.index("    $ llmlint check evals") : README.index("## ")], re.MULTILINE)
    command = [sys.executable, "-m", "llmlint", "check", "evals", "--no-cache"]
    said = run(command, cwd=ROOT, environment={"COLUMNS": "80", "NO_COLOR": "1"}).stdout.splitlines()
    lines = {re.sub(r"[\d.]+ s$", "", line) for line in said}
    missing = [line for line in shown[1:] if line != "…" and re.sub(r"[\d.]+ s$", "", line) not in lines]
    assert not missing, "paste what `COLUMNS=80 llmlint check evals` prints now"


def test_its_policy_is_accepted(tmp_path: Path) -> None:
    policy = tmp_path / "llmlint.yaml"
    policy.write_text(block("extends: default"), encoding="utf-8")
    checked = run([sys.executable, "-m", "llmlint", "policy", "check", policy], cwd=tmp_path)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_its_hooks_exist() -> None:
    hooks = {hook["id"] for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))}
    (repository,) = yaml.safe_load(block("repos:"))["repos"]
    assert {hook["id"] for hook in repository["hooks"]} <= hooks == {"llmlint", "llmlint-fix"}


@pytest.mark.parametrize(("code", "name"), re.findall(r"^\| (LLM\d+) \| ([a-z-]+) \|", README, re.MULTILINE))
def test_its_rules_are_built_in(code: str, name: str) -> None:
    (file,) = (ROOT / "rules").rglob(f"{name}.yaml")
    assert yaml.safe_load(file.read_text(encoding="utf-8"))["code"] == code
