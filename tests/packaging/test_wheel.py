"""The wheel: what it holds, and that it does the main job where nothing else is installed."""

from __future__ import annotations

import json
import sys
import zipfile
from pathlib import Path

import pytest

from tests.packaging.conftest import ROOT, run

pytestmark = pytest.mark.slow

WASTE = """\
from openai import OpenAI

client = OpenAI()


def ask(question):
    return client.chat.completions.create(model="gpt-5.5", messages=[{"role": "user", "content": question}])
"""
MUST_HOLD = [
    "llmlint/py.typed",
    "llmlint/tasks/model.json",
    "llmlint/sdks/anthropic.yaml",
    "llmlint/sdks/models.yaml",
    "llmlint/judge/schemas/policy.schema.json",
    "llmlint/judge/schemas/rule.schema.json",
    "llmlint/_bundled/rules/compiled.json",
    "llmlint/_bundled/policies/compiled.json",
    "llmlint/_bundled/policies/default.yaml",
    "llmlint/_bundled/evals/llmlint.yaml",
    "llmlint/_bundled/evals/support-triage/items.jsonl",
    "llmlint/_bundled/evals/support-triage/prompts/system.md",
    "llmlint/_bundled/evals/support-triage/task.yaml",
    "llmlint/evals/schemas/task.schema.json",
]


def names_in(wheel: Path) -> list[str]:
    return zipfile.ZipFile(wheel).namelist()


def test_it_holds_code_data_rules_policies_and_examples(wheel: Path) -> None:
    names = names_in(wheel)
    assert [name for name in MUST_HOLD if name not in names] == []
    for folder in ("rules", "policies"):
        in_checkout = {path.relative_to(ROOT).as_posix() for path in (ROOT / folder).rglob("*.yaml")}
        assert in_checkout and {f"llmlint/_bundled/{path}" for path in in_checkout} <= set(names)


def test_its_rules_are_read_without_the_yaml(wheel: Path, tmp_path: Path) -> None:
    zipfile.ZipFile(wheel).extractall(tmp_path)
    code = "import sys; from llmlint.judge.rules import load_rules as f; print(len(f()) > 9, 'yaml' in sys.modules, f()[0].path)"
    said = run([sys.executable, "-c", code], cwd=tmp_path, environment={"PYTHONPATH": str(tmp_path)}).stdout.split()
    assert said[:2] == ["True", "False"] and said[2].startswith(str(tmp_path))


def test_it_holds_nothing_else(wheel: Path) -> None:
    tops = {name.split("/")[0] for name in names_in(wheel)}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"llmlint"}
    litter = ("__pycache__", ".llmlint_cache", ".pyc", "fields.jsonl")
    assert [name for name in names_in(wheel) if any(word in name for word in litter)] == []


def test_it_checks_a_repository_from_an_empty_environment(wheel: Path, tmp_path: Path) -> None:
    assert run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "venv"], cwd=tmp_path).returncode == 0
    bin = tmp_path / "venv" / ("Scripts" if sys.platform == "win32" else "bin")
    pip = [sys.executable, "-m", "pip", "--python", bin / "python"]
    installed = run([*pip, "install", "-q", "--no-compile", wheel], cwd=tmp_path)
    assert installed.returncode == 0, installed.stdout + installed.stderr

    repository = tmp_path / "repository"
    repository.mkdir()
    (repository / "app.py").write_text(WASTE, encoding="utf-8")
    checked = run([bin / "llmlint", "check", ".", "--format", "json"], cwd=repository)
    assert checked.returncode == 1, checked.stdout + checked.stderr
    findings = json.loads(checked.stdout)["findings"]
    assert ("LLM101", "app.py", 7) in {(f["code"], f["path"], f["line"]) for f in findings}
