"""`llmlint classify`: prompts, one JSON object a line → the kind of task each sets, one JSON object a line."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from typing import IO, Any

import click

from llmlint.errors import UsageError


@click.command(short_help="Say what kind of task a prompt sets.")
@click.option("-f", "--format", "form", type=click.Choice(["jsonl"]), default="jsonl", show_default=True)
@click.argument("file", default="-", type=click.Path())
def classify(file: str, form: str) -> None:
    """Say what kind of task each prompt sets, and whether a small model would serve.

    \b
    Examples:
      llmlint classify prompts.jsonl
      echo '{"id": 1, "text": "Summarize: {text}"}' | llmlint classify

    A line in is {"id", "text"}; a line out is {"id", "task", "simple", "confidence", "evidence"}. simple is null where
    it is not certain. A line that cannot be read is named on standard error and makes the exit code 2; the others
    are answered.
    """
    if file == "-":
        if sys.stdin.isatty():
            click.echo('llmlint: reading {"id", "text"} lines from the keyboard', err=True)
        broken = _answer(sys.stdin.buffer, "standard input")
    else:
        with _opened(file) as stream:
            broken = _answer(stream, file)
    click.get_current_context().exit(2 if broken else 0)


def _opened(file: str) -> IO[bytes]:
    try:
        return open(file, "rb")  # noqa: PTH123 - the caller closes it
    except OSError as error:
        raise UsageError(f"cannot be read: {(error.strerror or 'unknown reason').lower()}", path=file) from None


def _answer(lines: Iterable[bytes], name: str) -> bool:
    """Answers each line as it comes; True where one could not be read."""
    from llmlint.report.output import write_stdout
    from llmlint.tasks.typer import classify_prompt

    broken = False
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = _row(line, number)
        except ValueError as error:
            broken = True
            mend = 'a line is {"id": …, "text": "…"}'
            click.echo(f"llmlint: {UsageError(str(error), path=name, line=number, mend=mend)}", err=True)
            continue
        fact = classify_prompt(row["text"])
        answer = {
            "id": row["id"], "task": fact.type, "simple": fact.simple, "confidence": fact.confidence,
            "evidence": list(fact.evidence),
        }  # fmt: skip
        write_stdout(json.dumps(answer, ensure_ascii=False) + "\n")
    return broken


def _row(line: bytes, number: int) -> dict[str, Any]:
    """Raises ValueError with what is wrong."""
    try:
        row = json.loads(line.decode("utf-8-sig" if number == 1 else "utf-8"))
    except UnicodeDecodeError:
        raise ValueError("not UTF-8") from None
    except (ValueError, RecursionError) as error:
        raise ValueError(f"not JSON: {getattr(error, 'msg', 'nested too deep')}") from None
    if not isinstance(row, dict):
        raise ValueError("not a JSON object")
    if "id" not in row:
        raise ValueError('no "id"')
    if not isinstance(row.get("text"), str):
        raise ValueError('"text" is missing or not a text')
    return row
