"""A `Run` → Markdown for a pull request; no answer of a model, and nothing else, can break out of it."""

from __future__ import annotations

from collections.abc import Sequence

from llmlint.evals.conclusion import Conclusion
from llmlint.evals.run import Run
from llmlint.report.eval.view import HEADINGS, asked_words, notes, rows, target_words
from llmlint.report.markdown import escaped

MARKS = {"recommended": "✅", "kept": "✅", "undecided": "❔", "nothing": "❌"}


def render(run: Run, conclusion: Conclusion, overruled: Sequence[str] = ()) -> str:
    """overruled: places where a dearer model than the decided one is in use."""
    tallies = run.tallies()
    table = rows(run, conclusion.model, tallies)
    out = [f"### llmlint eval: {escaped(run.scope.task)}", ""]
    out += [f"{MARKS[conclusion.answer]} **{escaped(conclusion.sentence)}**", ""]
    out += [f"| {' | '.join(HEADINGS)} |", f"|{' --- |' * len(HEADINGS)}"]
    for row in table:
        cells = [escaped(cell).replace("|", "\\|") for cell in row.cells]
        cells[0] = f"**{cells[0]}**" if row.chosen else cells[0]
        out.append(f"| {' | '.join(cells)} |")
    out += ["", *(f"- ⚠️ in use: {escaped(place)}" for place in overruled)] if overruled else []
    reasons = [f"- {escaped(row.name)}: {escaped(row.why)}" for row in table if row.why]
    out += ["", *reasons] if reasons else []
    told = notes(run, conclusion, tallies)
    out += ["", *(f"- {escaped(line)}" for line in told)] if told else []
    out += ["", f"{escaped(asked_words(run))}; verdicts are {escaped(target_words(run))}. Seed {run.scope.seed}."]
    return "\n".join(out) + "\n"
