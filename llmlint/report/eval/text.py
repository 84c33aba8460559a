"""A `Run` → the table and the sentence that end it on a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from llmlint.evals.conclusion import Conclusion
from llmlint.evals.run import Run
from llmlint.report.eval.view import HEADINGS, asked_words, columns, notes, rows, target_words
from llmlint.report.spans import visible


def render(run: Run, conclusion: Conclusion, overruled: Sequence[str] = ()) -> str:
    """overruled: places where a dearer model than the decided one is in use."""
    tallies = run.tallies()
    table = rows(run, conclusion.model, tallies)
    scope = run.scope
    out = [f"{visible(scope.task)}: {scope.kind.replace('_', ' ')}, {scope.items:,} items, seed {scope.seed}", ""]
    shown = [i for i in range(len(HEADINGS)) if i == 0 or any(row.cells[i] for row in table)]
    lines = [[HEADINGS[i] for i in shown], *([visible(row.cells[i]) for i in shown] for row in table)]
    out += [f"  {line}" for line in columns(lines)]
    out += ["", *(f"  {visible(row.name)}: {visible(row.why)}" for row in table if row.why), ""]
    out += [f"note: {visible(line)}" for line in notes(run, conclusion, tallies)]
    out += [f"{asked_words(run)}; verdicts are {target_words(run)}.", "", visible(conclusion.sentence)]
    out += [f"in use: {visible(place)}" for place in overruled]
    return "\n".join(out) + "\n"
