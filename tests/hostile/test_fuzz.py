"""Random small programs around SDK calls: the link stage never raises and never gives a file up."""

from __future__ import annotations

import ast
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings

from llmlint.facts import Facts
from llmlint.scan.options import ScanOptions
from llmlint.tasks.collect import collect_facts
from tests.hostile.expressions import EXPRESSIONS, program
from tests.hostile.snippets import programs


def facts_of(files: dict[str, str]) -> Facts:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for path, text in files.items():
            (folder / path).write_text(text, encoding="utf-8")
        (folder / "p.txt").write_text("You are {name}.\n")
        (folder / "c.json").write_text('{"model": "gpt-4.1", "a": [1, {"b": null}]}')
        return collect_facts([folder], ScanOptions(cache=False, jobs=1), root=folder)


def is_python(text: str) -> bool:
    try:
        compile(text, "app.py", "exec", ast.PyCF_ONLY_AST)
    except SyntaxError:
        return False
    return True


@pytest.mark.parametrize("number", range(len(EXPRESSIONS)))
def test_no_expression_ends_the_run(number: int) -> None:
    facts = facts_of({"app.py": program(EXPRESSIONS[number])})
    assert facts.errors == () and len(facts.call_sites) == 2


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(programs(), programs())
def test_random_programs_are_followed(app: str, b: str) -> None:
    assume(is_python(app) and is_python(b))
    facts = facts_of({"app.py": app, "b.py": b})
    assert facts.errors == ()
