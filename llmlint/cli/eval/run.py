"""`llmlint eval TASK`: asks models until it is decided which is the cheapest that is good enough."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from llmlint.cli.eval.outputs import FORMATS
from llmlint.cli.options import ALPHA, SHARE, Output, output_options, pair_outputs
from llmlint.errors import UsageError

if TYPE_CHECKING:
    from llmlint.cli.eval.session import Asked

TARGETS = ("dataset", "population")


@click.command(short_help="Find the cheapest model that meets quality.")
@click.argument("task", required=False, type=click.Path(path_type=Path))
@click.option("--budget", type=click.FloatRange(min=0), metavar="USD", help="Never spend more. [default: the task's]")
@click.option("--margin", type=SHARE, metavar="SHARE", help="How much worse than the reference is good enough: 0.03.")
@click.option("--floor", type=SHARE, metavar="SHARE", help="What the mean score must reach.")
@click.option("--target", type=click.Choice(TARGETS), help="Decide about these items, or about what they stand for.")
@click.option("--alpha", type=ALPHA, metavar="SHARE", help="Greatest probability of a wrong verdict.")
@click.option("--seed", type=int, help="Of the order in which items are drawn.")
@click.option("--reference", metavar="MODEL", help="The model that the others are compared with.")
@click.option("--only", multiple=True, metavar="MODEL", help="Only this candidate, beside the reference. Repeatable.")
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="Only the first N items.")
@click.option("--stand-ins", "who", flag_value="stand_ins", help="Ask the task's local stand-ins.")
@click.option("--models", "who", flag_value="models", help="Ask models, or fail.")
@click.option("--batch", is_flag=True, help="Through the providers' Batch APIs, at half price.")
@click.option("--full-grid", is_flag=True, help="Ask every model about every item, even when it is decided before.")
@click.option("--fresh", is_flag=True, help="Pay again for what the store has.")
@click.option("--dry-run", is_flag=True, help="Check everything and say what it would cost; ask nobody.")
@click.option("--ci", is_flag=True, help="Ask only if data, prompt or models changed since the decision on record.")
@click.option("--no-decision", is_flag=True, help="Write no decision file.")
@click.option("--no-report", is_flag=True, help="Write no HTML report to .llmlint/reports/.")
@click.option("--store", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
              help="Where paid answers are kept. [default: .llmlint/evals.db]")
@click.option("--policy", "policy_file", type=click.Path(path_type=Path), metavar="FILE",
              help="Instead of the nearest policy.")
@click.option("--replay", "replay_folder", type=click.Path(path_type=Path), metavar="FOLDER",
              help="Decide from recorded outcomes instead of live calls.")
@click.option("--match", "match", metavar="PATH[:FUNCTION]",
              help="With --replay: write a decision for these call sites.")
@click.option("-q", "--quiet", is_flag=True, help="The sentence alone.")
@output_options(FORMATS, "text")
def run(
    task: Path | None, formats: tuple[Output, ...], output: str | None, replay_folder: Path | None, match: str | None,
    dry_run: bool, ci: bool, no_decision: bool, no_report: bool, quiet: bool, **options: Any,
) -> None:  # fmt: skip
    """Find the cheapest model that meets quality.

    \b
    Examples:
      llmlint eval evals/support-triage
      llmlint eval run evals/support-triage      the same
      llmlint eval mytask.yaml --budget 5 --format markdown=comment.md
      llmlint eval mytask.yaml --ci --format junit=eval.xml
      llmlint eval --replay outcomes/ --reference opus --margin 0.03 --format json

    Exit code: 0 decided and in line with the code, 1 a dearer model is in use, 3 undecided, 2 error.
    """
    outputs = pair_outputs(formats, output)
    context = click.get_current_context()
    if replay_folder is not None:
        context.exit(_replay(replay_folder, outputs, options, match))
    if task is None:
        raise UsageError("nothing to decide from", mend="name a task, or recorded outcomes: --replay FOLDER")
    from llmlint.cli.eval.session import Asked

    names = (
        "budget", "margin", "floor", "alpha", "target", "seed", "reference", "who", "policy_file", "store", "batch",
        "fresh", "limit", "full_grid",
    )  # fmt: skip
    asked = Asked(task, only=options["only"], **{name: options[name] for name in names})
    context.exit(_decide(asked, outputs, dry_run, ci, no_decision, no_report, quiet))


def _decide(
    asked: Asked, outputs: tuple[Output, ...], dry_run: bool, ci: bool, no_decision: bool, no_report: bool, quiet: bool
) -> int:
    from llmlint.cli.eval.live import live_table
    from llmlint.cli.eval.outputs import write_outputs, write_page
    from llmlint.cli.eval.session import overruled, prepare, run
    from llmlint.cli.scanning import note
    from llmlint.evals.decision_file import write_decision
    from llmlint.judge.records import today
    from llmlint.report.output import write_stdout

    ready = prepare(asked)
    if dry_run:
        from llmlint.evals.runner import presumed_dear
        from llmlint.report.eval.forecast import render as forecast_text

        told, first = ready.bill(), presumed_dear(ready.cast, ready.usd_per_item)
        write_stdout(
            forecast_text(ready.task, ready.cast, ready.forecasts, ready.judging, told, ready.budget, ready.paid, first)
        )
        return 0
    if ci:
        from llmlint.cli.eval.deciding import on_record

        standing = on_record(ready)
        if not isinstance(standing, str):
            write_stdout(standing.text)
            return standing.code
        note(standing)
    if ready.cast.note and not (quiet and ready.cast.stand_ins):  # a model that was left out is never kept quiet
        note(ready.cast.note)
    found, conclusion = run(ready, live_table(not quiet))
    decision, kept = (None, "") if no_decision else write_decision(found, conclusion, ready.policy, today())
    dearer = overruled(ready, found, conclusion)
    text = decision.read_text(encoding="utf-8") if decision is not None else None
    if quiet and [one.format for one in outputs if one.file is None] == ["text"]:
        write_stdout(conclusion.sentence + "\n")
        outputs = tuple(one for one in outputs if one.file is not None)
    write_outputs(outputs, found, conclusion, dearer, text)
    if not quiet:
        if decision is not None:
            note(f"decision: {_shown(decision)}")
        elif kept:
            note(f"no decision written: {kept}")
        if not no_report:
            note(f"report: {write_page(found, conclusion, text)}")
    return conclusion.exit_code(found, dearer)


def _shown(file: Path) -> str:
    from llmlint.judge.policy_document import display

    return display(file)


def _replay(folder: Path, outputs: tuple[Output, ...], options: dict[str, Any], match: str | None) -> int:
    from llmlint.cli.eval.replaying import decide_from_recording

    if len(outputs) != 1 or outputs[0].format not in ("text", "json"):
        raise UsageError("a replay is reported as text or json", mend="--format json")
    names = ("reference", "margin", "floor", "target", "alpha", "seed")
    defaults = {"target": "population", "alpha": 0.05, "seed": 0}
    chosen = {name: options[name] if options[name] is not None else defaults.get(name) for name in names}
    return decide_from_recording(folder, outputs[0].format, outputs[0].file, chosen, match)
