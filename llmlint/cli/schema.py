"""`llmlint schema`: the JSON Schemas that rules, policies and tasks are checked against, for editors."""

from __future__ import annotations

from pathlib import Path

import click

KINDS = {"policy": "judge", "rule": "judge", "task": "evals"}  # kind of file → where its schema is


@click.command(short_help="Print the JSON Schema of a rule, policy or task file, for editors.")
@click.argument("kind", type=click.Choice(list(KINDS)))
def schema(kind: str) -> None:
    """Print the JSON Schema of a policy, rule or eval task, with which editors complete and check it.

    \b
    Examples:
      llmlint schema policy > .vscode/llmlint.policy.json
      llmlint schema rule > lint/rule.schema.json

    \b
    In the file, for the YAML language server of VS Code, Neovim, Helix …:
      # yaml-language-server: $schema=lint/rule.schema.json
    """
    import llmlint
    from llmlint.report.output import write_stdout

    file = Path(llmlint.__file__).parent / KINDS[kind] / "schemas" / f"{kind}.schema.json"
    write_stdout(file.read_text("utf-8"))
