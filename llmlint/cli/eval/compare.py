"""`llmlint eval compare RUN RUN`: what changed between two runs, model by model, on the items that both asked."""

from __future__ import annotations

from pathlib import Path

import click

from llmlint.cli.eval.runs import STORE, stored_run


@click.command(short_help="Compare two runs, model by model.")
@click.argument("before")
@click.argument("after")
@STORE
@click.option("-f", "--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def compare(before: str, after: str, file: Path | None, form: str) -> None:
    """Compare two runs: ids, parts of them, or `last`.

    \b
    Examples:
      llmlint eval compare 20261101 last

    Runs over different data are compared on the items that have the same id and the same columns; with none it is an
    error.
    """
    from llmlint.evals.comparing import compared
    from llmlint.report.eval.compared import as_json, as_text
    from llmlint.report.output import write_stdout

    found = compared(stored_run(file, before), stored_run(file, after))
    write_stdout(as_json(found) if form == "json" else as_text(found))
