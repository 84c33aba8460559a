"""`llmlint schema` prints what editors complete by; every command's help begins with examples."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import click
import jsonschema
import pytest
import yaml

from llmlint.cli import main
from tests.cli.pipeline import run
from tests.cli.test_own_rule import RULE

ROOT = Path(__file__).parents[2]

TASK = "{name: t, data: items.jsonl, prompt: '{{ input }}', candidates: [a, b], reference: a, graders: exact}"


@pytest.mark.parametrize(("kind", "good", "bad"), [
    ("policy", "rules: {output-cap: error}\nbaseline: x.json\n", "rules: {output-cap: fatal}\n"),
    ("rule", RULE, RULE.replace("severity: error", "severity: fatal")),
    ("task", TASK, TASK.replace("reference", "refrence")),
])  # fmt: skip
def test_schemas_are_what_they_are_called(kind: str, good: str, bad: str) -> None:
    schema = json.loads(run("schema", kind).stdout)
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    assert validator.is_valid(yaml.safe_load(good)) and not validator.is_valid(yaml.safe_load(bad))


def test_the_schema_that_the_starter_names_is_in_the_repository(tmp_path: Path) -> None:
    assert run("init", str(tmp_path)).exit_code == 0
    (url,) = [line.partition("$schema=")[2] for line in (tmp_path / "llmlint.yaml").read_text().splitlines() if "$schema=" in line]
    assert (ROOT / url.partition("/raw/main/")[2]).is_file()


def commands(group: click.Group, above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        yield (*above, name)
        if isinstance(command, click.Group):
            yield from commands(command, (*above, name))


@pytest.mark.parametrize("command", [(), *commands(main)])
def test_every_command_has_an_example(command: tuple[str, ...]) -> None:
    text = run(*command, "--help").stdout
    assert "Examples:\n" in text and f"  llmlint {' '.join(command)}".rstrip() in text.partition("Examples:\n")[2]
