"""A `Run` → its outcomes as rows: jsonl, csv, parquet."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import fields
from typing import Any

from llmlint.errors import UsageError
from llmlint.evals.run import Run
from llmlint.money.usage import Usage
from llmlint.report.output import write_file, write_stdout


def write_rows(run: Run, form: str, output: str | None) -> None:
    """output None or "-": standard output. Raises UsageError where pyarrow is missing."""
    table = list(rows(run))
    if form == "parquet":
        _parquet(table, output)
        return
    text = as_csv(table) if form == "csv" else "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in table)
    if output in (None, "-"):
        write_stdout(text)
    else:
        assert output is not None
        write_file(output, text)


def rows(run: Run) -> Iterator[dict[str, Any]]:
    """One a candidate and item; the first five columns are those of a recording, which `--replay` reads."""
    for one in run.outcomes:
        yield {
            "item": one.item, "model": one.candidate, "score": one.grade.score,
            **{name: getattr(one.reply.usage, name) for name in (field.name for field in fields(Usage))},
            "output": one.reply.text, "status": one.reply.status, "error": one.reply.error or one.grade.error,
            "expected": one.grade.expected, "predicted": one.grade.predicted,
            "usd": None if one.reply.usd is None else float(one.reply.usd), "judge_usd": float(one.grade.usd),
            "seconds": one.reply.seconds, "stored": one.reply.stored, "attempts": one.reply.attempts, "run": run.id,
            "stand_in": run.stand_ins,
        }  # fmt: skip


def as_csv(table: list[dict[str, Any]]) -> str:
    """A cell that a spreadsheet would take for a formula gets an apostrophe before it."""
    out = io.StringIO()
    if table:
        writer = csv.DictWriter(out, list(table[0]), lineterminator="\n")
        writer.writeheader()
        for row in table:
            writer.writerow({name: _harmless(value) for name, value in row.items()})
    return out.getvalue()


def _harmless(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r")) else value


def _parquet(table: list[dict[str, Any]], output: str | None) -> None:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise UsageError("parquet needs pyarrow", mend="pip install pyarrow, or --format jsonl") from None
    if output in (None, "-"):
        raise UsageError("parquet is not written to standard output", mend="--output FILE")
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(table), output)
