"""`llmlint eval runs|show|export`: what the store has of earlier runs → a list, a report, a file of outcomes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from llmlint.cli.eval.outputs import FORMATS, write_outputs
from llmlint.cli.options import Output, output_options, pair_outputs
from llmlint.errors import UsageError

if TYPE_CHECKING:
    from llmlint.evals.run import Run

STORE = click.option("--store", "file", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
                     help="Where runs are kept. [default: .llmlint/evals.db]")  # fmt: skip

STATES = {"running": "unfinished"}  # at work, or killed: nobody knows


def stored_run(file: Path | None, name: str) -> Run:
    """A run by its id, a part of it, or "last". Raises UserError where there is none, or it came to no end."""
    from llmlint.evals.saved import run_from
    from llmlint.evals.store import Store

    with Store(existing(file)) as store:
        row = store.run(name)
        if row.result is None:
            mend = "run the task again: nothing is paid twice"
            raise UsageError(f"run {row.id} was cut off: it has no result", mend=mend)
        return run_from(row.id, row.started, row.about, row.result, store.outcomes(row.id))


def existing(file: Path | None) -> Path:
    from llmlint.cli.eval.session import need_packages
    from llmlint.evals.store import DEFAULT

    need_packages()
    path = file or DEFAULT
    if not path.is_file():
        mend = "`llmlint eval TASK` makes one; or --store FILE"
        raise UsageError("there is no store of runs", path=str(path), mend=mend)
    return path


@click.command(short_help="List the runs in the store.")
@click.argument("task", required=False)
@STORE
@click.option("-f", "--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def runs(task: str | None, file: Path | None, form: str) -> None:
    """List the runs in the store, the newest first, those of one TASK or all.

    \b
    Examples:
      llmlint eval runs
      llmlint eval runs support-triage --format json
    """
    import json

    from llmlint.evals.store import Store
    from llmlint.report.output import write_stdout

    with Store(existing(file)) as store:
        rows = [_row(one, store.spent(one.id)) for one in store.runs(task)]
    if form == "json":
        write_stdout(json.dumps({"schema": 1, "runs": rows}, indent=2, ensure_ascii=False) + "\n")
        return
    from llmlint.evals.conclusion import money
    from llmlint.report.spans import visible

    lines = [
        f"{one['run']}  {one['started']}  {money(one['usd']):>8}  {STATES.get(one['state'], one['state']):<10}"
        f" {visible(one['task'])}: {visible(one['recommendation'] or 'nothing recommended')}"
        for one in rows
    ]
    write_stdout("\n".join(lines) + "\n" if lines else "no runs\n")


def _row(row: Any, spent: Any) -> dict[str, Any]:
    from datetime import datetime, timezone

    kept = row.result or {}
    result, spent = kept.get("result") or {}, kept.get("usd", spent)
    return {
        "run": row.id, "task": row.task, "state": row.state,
        "started": datetime.fromtimestamp(row.started, timezone.utc).isoformat(timespec="seconds"),
        "usd": float(spent), "recommendation": result.get("recommendation"),
        "stand_ins": row.about.get("stand_ins"),
    }  # fmt: skip


@click.command(short_help="Show a run again, in any format.")
@click.argument("run", default="last")
@STORE
@output_options(FORMATS, "text")
def show(run: str, file: Path | None, formats: tuple[Output, ...], output: str | None) -> None:
    """Show a RUN again: an id, a part of one, or `last`.

    \b
    Examples:
      llmlint eval show
      llmlint eval show a1b2 --format html=report.html
    """
    from llmlint.evals.conclusion import conclude

    outputs = pair_outputs(formats, output)
    found = stored_run(file, run)
    write_outputs(outputs, found, conclude(found), (), None)


@click.command(short_help="Write a run's outcomes: jsonl, csv or parquet.")
@click.argument("run", default="last")
@STORE
@click.option("-f", "--format", "form", type=click.Choice(["jsonl", "csv", "parquet"]),
              help="[default: by the file's name, or jsonl]")
@click.option("-o", "--output", metavar="FILE", help="Write to FILE instead of standard output.")
def export(run: str, file: Path | None, form: str | None, output: str | None) -> None:
    """Write the outcomes of a RUN, one row a candidate and item.

    \b
    Examples:
      llmlint eval export > outcomes.jsonl
      llmlint eval export a1b2 -o outcomes.parquet
    """
    from llmlint.report.eval.export import write_rows

    suffix = Path(output or "").suffix.lstrip(".")
    form = form or (suffix if suffix in ("jsonl", "csv", "parquet") else "jsonl")
    write_rows(stored_run(file, run), form, output)
