"""`llmlint eval new`: a call site of the code → the YAML of a task."""

from __future__ import annotations

from pathlib import Path

import click


@click.command(short_help="Write a task from a call in your code.")
@click.argument("place", metavar="FILE:LINE")
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
              help="Where the task goes, - for standard output. [default: evals/NAME/task.yaml]")
@click.option("--force", is_flag=True, help="Overwrite a task that is there.")
def new(place: str, output: Path | None, force: bool) -> None:
    """Write the YAML of a task from the call to a model that stands at FILE:LINE.

    Prompt, model, kind of task and the cheaper models that the policy approves are filled in from the code, which is
    read and never run. The items and what makes an answer right are yours.

    \b
    Examples:
      llmlint eval new app/triage.py:20
      llmlint eval new app/triage.py:20 -o evals/triage.yaml
    """
    from llmlint.evals.drawn import draw, name_in
    from llmlint.judge.policy_document import display
    from llmlint.report.output import write_file, write_stdout

    root = Path.cwd()
    if output is not None and str(output) == "-":
        write_stdout(draw(root, place))
        return
    folder = root / (output.parent if output is not None else Path("evals") / "any")
    text = draw(root, place, folder)
    file = root / (output or Path("evals") / name_in(text) / "task.yaml")
    _refuse_overwriting(file, force)
    file.parent.mkdir(parents=True, exist_ok=True)
    write_file(str(file), text)
    click.echo(f"wrote {display(file)}")
    click.echo(f"next: put items into {display(file.parent / 'items.jsonl')}, then llmlint eval {display(file)}")


def _refuse_overwriting(file: Path, force: bool) -> None:
    from llmlint.errors import UsageError
    from llmlint.judge.policy_document import display

    if file.exists() and not force:
        raise UsageError("holds a task already", path=display(file), mend="--force writes a new one, -o another file")
