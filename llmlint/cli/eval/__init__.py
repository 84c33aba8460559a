"""`llmlint eval`: a task, or recorded outcomes → the cheapest model that meets quality; and what belongs to it."""

from __future__ import annotations

from typing import Any

import click

from llmlint.cli.lazy import LazyGroup

# name → (where the verb is, its line in `llmlint eval --help`): the help page imports none of them
VERBS: dict[str, tuple[str, str]] = {
    "run": ("llmlint.cli.eval.run:run", "Decide (what `llmlint eval TASK` does)."),
    "new": ("llmlint.cli.eval.new:new", "Write a task from a call in your code."),
    "plan": ("llmlint.cli.eval.plan:plan", "Say what a decision will take, before anything is spent."),
    "runs": ("llmlint.cli.eval.runs:runs", "List the runs in the store."),
    "show": ("llmlint.cli.eval.runs:show", "Show a run again, in any format."),
    "export": ("llmlint.cli.eval.runs:export", "Write a run's outcomes: jsonl, csv or parquet."),
    "compare": ("llmlint.cli.eval.compare:compare", "Compare two runs, model by model."),
}
DEFAULT = "run"


class Verbs(LazyGroup):
    """What does not begin with a verb is a task to run."""

    table = VERBS

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if args and args[0] not in VERBS and args[0] not in ("-h", "--help"):
            args = [DEFAULT, *args]
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except ModuleNotFoundError:
            from llmlint.cli.eval.session import need_packages

            need_packages()  # says what to install, whichever module was the first to miss it
            raise


@click.group(name="eval", cls=Verbs, short_help="Find the cheapest model that meets quality.")
def evaluate() -> None:
    """Find the cheapest model that meets quality, for the least money.

    \b
    Examples:
      llmlint eval evals/support-triage               a bundled task; without a key local stand-ins answer
      llmlint eval mytask.yaml --budget 5             real models, at most five dollars
      llmlint eval mytask.yaml --dry-run              what it would ask and cost
      llmlint eval --replay outcomes/ --reference opus --margin 0.03
      llmlint eval run --help                         all options of a run

    Exit code: 0 decided and in line with the code, 1 a dearer model is in use, 3 undecided, 2 error.
    """
