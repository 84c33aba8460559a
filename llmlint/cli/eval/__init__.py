"""`llmlint eval`: a task, or recorded outcomes → the cheapest model that meets quality."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from llmlint.errors import UsageError


@click.command(name="eval", short_help="Find the cheapest model that meets quality.")
@click.option("--replay", "replay_folder", type=click.Path(path_type=Path), metavar="FOLDER",
              help="Decide from recorded outcomes instead of live calls.")
@click.option("--reference", metavar="MODEL", help="The model that the others are compared with.")
@click.option("--margin", type=float, help="How much lower than the reference's the mean score may be. [default: 0.03]")
@click.option("--floor", type=float, help="What the mean score must reach.")
@click.option("--target", type=click.Choice(["dataset", "population"]), default="population", show_default=True,
              help="Decide about these items, or about what they were drawn from.")
@click.option("--alpha", type=float, default=0.05, show_default=True, help="Greatest probability of a wrong verdict.")
@click.option("--seed", type=int, default=0, show_default=True, help="Of the order in which items are drawn.")
@click.option("-f", "--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option("-o", "--output", metavar="FILE", help="Write the report to FILE instead of standard output.")
def evaluate(replay_folder: Path | None, form: str, output: str | None, **options: Any) -> None:  # fmt: skip
    """Find the cheapest model that meets quality.

    \b
    Examples:
      llmlint eval --replay outcomes/ --reference opus --margin 0.03 --format json

    Exit code: 0 a cheaper model is proven, 3 undecided, 2 error.
    """
    if replay_folder is None:
        raise UsageError("nothing to decide from", mend="name a folder of recorded outcomes: --replay FOLDER")
    from llmlint.cli.eval.replaying import decide_from_recording

    click.get_current_context().exit(decide_from_recording(replay_folder, form, output, options))
