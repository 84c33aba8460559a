"""`llmlint rule`: one rule explained."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.test_rules import folder, run

__all__ = ["folder"]


@pytest.mark.parametrize("name", ["output-cap", "LLM101", "llm101", "OUTPUT-CAP"])
def test_markdown(folder: Path, name: str) -> None:
    code, out, _ = run("rule", name)
    assert code == 0
    assert out.startswith("# output-cap (LLM101)\n\na request without")
    for part in (
        "Severity: error (llmlint.yaml:2). Remedy: `llmlint fix` makes the edit.",
        "## Why\n\nBecause.",
        "- `max_tokens`: 7 (llmlint.yaml:4; default 1024). The limit that a fix sets.",
        "## Bad\n\nIt is bad.\n\n```python\nbad()\n```",
        "## Good\n\n```python\ngood()\n```",
        "# llmlint: ignore[output-cap] the reason",
        "rules: {output-cap: off}",
        "More: https://example.com/cap",
    ):
        assert part in out


def test_examples_of_several_files(folder: Path) -> None:
    out = run("rule", "semantic-cache")[1]
    assert 'With the policy\n\n```yaml\n{"fail_on": "info"}\n```' in out
    assert "`b.md`\n\n````markdown\n```\ncode\n```\n````" in out


def test_json(folder: Path) -> None:
    report = json.loads(run("rule", "output-cap", "--format", "json")[1])
    assert (report["schema"], report["code"], report["severity"], report["own_severity"]) == (1, "LLM101", "error", "warning")
    assert report["parameters"][0]["value"] == 7 and report["parameters"][0]["origin"] == "llmlint.yaml:4"
    assert report["bad"] == [{"files": {"app.py": "bad()\n"}, "note": "It is bad.", "policy": {}}]


@pytest.mark.parametrize(("name", "mend"), [("output-cpa", "did you mean 'output-cap'?"), ("LLM102", "did you mean"), ("zz", "use one of output-cap, ")])
def test_unknown(folder: Path, name: str, mend: str) -> None:
    code, out, err = run("rule", name)
    assert (code, out) == (2, "") and err.startswith(f"llmlint: there is no rule '{name}' (") and mend in err


def test_help_begins_with_an_example() -> None:
    assert "Examples:\n    llmlint rule output-cap" in run("rule", "--help")[1]
