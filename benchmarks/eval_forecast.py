"""What a run was expected to cost / what it was billed: bundled tasks, made-up answers of many lengths, recordings.

    python benchmarks/eval_forecast.py                      # bundled tasks by their stand-ins, the server's tasks
    python benchmarks/eval_forecast.py --recordings DIR     # also: decisions on folders of recorded outcomes

Ratios, each forecast / bill. an item: expected cost of what was asked, of all candidates; should lie in 0.5 to 2.
the run: of a run that stops early, forecast before it; how soon it stops depends on how good the models are. Of
recordings also after some items (`AFTER`), when it is forecast again by what was seen: as the live table does.
A recording is decided on random items, for three choices of one to four candidates beside its dearest model.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import chain
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks")]

from eval_faults import server  # noqa: E402
from eval_job import TASK, items, prepared  # noqa: E402

from llmlint.cli.eval.session import Asked, prepare, run  # noqa: E402
from llmlint.evals.bill import bill  # noqa: E402
from llmlint.evals.procedure import ModelPlan, Setup, start  # noqa: E402
from llmlint.evals.replay import read_recording  # noqa: E402

# what the right answer is as long as, in words; what a model writes, in tokens; the task's limit
WRITTEN = {
    "a label": (1, 3, 20), "a label in a sentence": (1, 20, 50), "a small record": (25, 40, 300),
    "a record in a fence, with spaces": (25, 75, 600), "a summary, shorter": (120, 100, 800),
    "a summary, longer": (120, 260, 800), "prose of which nothing is known": (0, 400, 2000),
}  # fmt: skip


AFTER = (40, 100)  # items of some model
SIZES = (300, 800)
CHOICES = 3


@dataclass(frozen=True)
class Row:
    """runs: forecast / bill before the run, and after so many items of it, where it went on so far."""

    name: str
    item: float | None
    runs: dict[int, float]

    def __str__(self) -> str:
        item = "–" if self.item is None else f"{self.item:.2f}"
        later = (f"{self.runs[n]:.2f}" if n in self.runs else "–" for n in (0, *AFTER))
        return f"| {self.name} | {item} | {' | '.join(later)} |"


def ran(name: str, task: Path, **options: object) -> Row:
    """One run of a task, in a store of its own."""
    with tempfile.TemporaryDirectory() as folder:
        ready = prepare(Asked(task, store=Path(folder, "evals.db"), **options))  # type: ignore[arg-type]
        found, _ = run(ready)
    expected = sum((ready.forecasts[one.candidate].usd for one in found.outcomes), Decimal(0))
    billed = found.usd or sum((one.reply.usd or Decimal(0) for one in found.outcomes), Decimal(0))
    assert found.forecast_usd is not None
    return Row(name, float(expected / billed), {0: float(found.forecast_usd[0] / billed)})


def bundled() -> Iterator[Row]:
    tasks = sorted(file.parent for file in (ROOT / "evals").glob("*/task.yaml"))
    yield from (ran(f"{one.name}, stand-ins", one, who="stand_ins") for one in tasks)


def made_up() -> Iterator[Row]:
    for name, (words, tokens, limit) in WRITTEN.items():
        with server(output=tokens) as url, tempfile.TemporaryDirectory() as folder:
            task = TASK.replace("max_tokens: 20", f"max_tokens: {limit}").replace("graders: exact", "graders: contains")
            if not words:
                task = task.replace(", expected: expected", "")
                task = task.replace("graders: contains", "graders: {type: regex, pattern: alpha}")
            data = [{**row, "expected": " ".join([row["expected"]] * words)} for row in items()]
            if not words:
                data = [{"id": row["id"], "input": row["input"]} for row in data]
            prepared(Path(folder), url, task, data)
            yield ran(name, Path(folder, "task.yaml"))


def recorded(folder: Path) -> Iterator[Row]:
    for one in sorted(path for path in folder.iterdir() if (path / "meta.yaml").is_file()):
        found, chance = read_recording(one), np.random.default_rng(5)
        usd = np.nanmean(found.usd, axis=1)
        reference = int(np.argmax(usd))
        cheaper = np.flatnonzero(usd < usd[reference])
        for target in ("dataset", "population"):
            for margin in (0.02, 0.03, 0.05):
                for n in range(CHOICES):
                    others = chance.choice(cheaper, int(chance.integers(1, 5)), replace=False)
                    models = [reference, *others.tolist()]
                    items = chance.permutation(found.scores.shape[1])[: int(chance.choice(SIZES))]
                    plans = [ModelPlan(str(model), float(usd[model])) for model in models]
                    setup = Setup(plans, str(reference), margin, len(items), target)  # type: ignore[arg-type]
                    runs = forecasts(setup, found.scores[np.ix_(models, items)], usd[models])
                    yield Row(f"{one.name}, {target}, margin {margin}, choice {n + 1}", None, runs)


def forecasts(setup: Setup, scores: np.ndarray, usd: np.ndarray) -> dict[int, float]:
    """A decision on recorded scores: what was forecast before it and on the way, beside what it cost."""
    procedure, known = start(setup), np.full(scores.shape, np.nan)
    told, wanted = {0: float(bill(setup, usd).usd)}, list(AFTER)
    while asks := procedure.asks():
        for ask in asks:
            at = ask.model, list(ask.items)
            known[at] = scores[at]
            procedure.tell(ask.model, ask.items, scores[at].tolist())
        reached = int((~np.isnan(known)).sum(axis=1).max())
        while wanted and reached >= wanted[0]:
            spent = float(((~np.isnan(known)) * usd[:, None]).sum())
            told[wanted.pop(0)] = spent + float(bill(setup, usd, known=known, paid=~np.isnan(known)).usd)
    billed = float(((~np.isnan(known)) * usd[:, None]).sum())
    return {n: usd / billed for n, usd in told.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--recordings", type=Path)
    given = parser.parse_args()
    rows = []
    print("| task | an item | the run | after 40 items | after 100 |\n| --- | --- | --- | --- | --- |", flush=True)
    for row in chain(bundled(), made_up(), recorded(given.recordings) if given.recordings else ()):
        rows.append(row)
        print(row, flush=True)
    print()
    told = {"an item": [row.item for row in rows if row.item is not None]}
    for name, among in (("tasks", [row for row in rows if row.item]), ("recordings", [r for r in rows if not r.item])):
        for n in (0, *AFTER):
            told[f"{name}, after {n} items"] = [row.runs[n] for row in among if n in row.runs]
    for name, ratios in told.items():
        if ratios:
            near = sum(0.5 <= ratio <= 2 for ratio in ratios)
            print(f"{name}: {near} of {len(ratios)} within a factor of two, median {statistics.median(ratios):.2f}")


if __name__ == "__main__":
    main()
