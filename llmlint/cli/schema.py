"""`llmlint schema`: the JSON Schemas that rule and policy files are checked against, for editors to complete them."""

from __future__ import annotations

from pathlib import Path

import click

KINDS = ("policy", "rule")


@click.command(short_help="Print the JSON Schema of a rule or policy file, for editors.")
@click.argument("kind", type=click.Choice(KINDS))
def schema(kind: str) -> None:
    """Print the JSON Schema of a policy or rule file, with which editors complete and check it.

    \b
    Examples:
      llmlint schema policy > .vscode/llmlint.policy.json
      llmlint schema rule > lint/rule.schema.json

    \b
    In the file, for the YAML language server of VS Code, Neovim, Helix …:
      # yaml-language-server: $schema=lint/rule.schema.json
    """
    from llmlint.judge import policy_schema
    from llmlint.report.output import write_stdout

    file = Path(policy_schema.__file__).parent / "schemas" / f"{kind}.schema.json"
    write_stdout(file.read_text("utf-8"))
