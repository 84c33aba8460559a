"""What a run was expected to cost / what it was billed: bundled tasks, made-up answers of many lengths, recordings.

    python benchmarks/eval_forecast.py                      # bundled tasks by their stand-ins, the server's tasks
    python benchmarks/eval_forecast.py --recordings DIR     # also: decisions on folders of recorded outcomes

Two ratios, each forecast / bill. an item: expected cost of what was asked, of all candidates; should lie in 0.5 to 2.
the run: expected middle of a run that stops early; how soon depends on how good the models are, so that a range is
told as well, and the last column says whether the bill lay in it.
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
from llmlint.evals.forecast import Forecast  # noqa: E402
from llmlint.evals.procedure import ModelPlan, Setup, start  # noqa: E402
from llmlint.evals.replay import read_recording  # noqa: E402
from llmlint.money.usage import Usage  # noqa: E402

# what the right answer is as long as, in words; what a model writes, in tokens; the task's limit
WRITTEN = {
    "a label": (1, 3, 20), "a label in a sentence": (1, 20, 50), "a small record": (25, 40, 300),
    "a record in a fence, with spaces": (25, 75, 600), "a summary, shorter": (120, 100, 800),
    "a summary, longer": (120, 260, 800), "prose of which nothing is known": (0, 400, 2000),
}  # fmt: skip


@dataclass(frozen=True)
class Row:
    name: str
    item: float | None
    whole: float
    inside: bool

    def __str__(self) -> str:
        item = "–" if self.item is None else f"{self.item:.2f}"
        return f"| {self.name} | {item} | {self.whole:.2f} | {'yes' if self.inside else 'no'} |"


def ran(name: str, task: Path, **options: object) -> Row:
    """One run of a task, in a store of its own."""
    with tempfile.TemporaryDirectory() as folder:
        ready = prepare(Asked(task, store=Path(folder, "evals.db"), **options))  # type: ignore[arg-type]
        found, _ = run(ready)
    expected = sum((ready.forecasts[one.candidate].usd for one in found.outcomes), Decimal(0))
    billed = found.usd or sum((one.reply.usd or Decimal(0) for one in found.outcomes), Decimal(0))
    told = ready.bill()
    return Row(name, float(expected / billed), float(told.usd / billed), told.low <= billed <= told.high)


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
        found = read_recording(one)
        usd, scores = np.nanmean(found.usd, axis=1), found.scores
        for target in ("dataset", "population"):
            for margin in (0.02, 0.03, 0.05):
                names = [str(index) for index in range(len(usd))]
                models = [ModelPlan(name, float(price)) for name, price in zip(names, usd, strict=True)]
                setup = Setup(models, names[int(np.argmax(usd))], margin, scores.shape[1], target)  # type: ignore[arg-type]
                prices = {m.name: Forecast(m.name, Usage(), Decimal(str(m.usd_per_item)), Decimal(0)) for m in models}
                told, billed = bill(setup, prices), Decimal(str(decided(setup, scores, usd)))
                name, inside = f"{one.name}, {target}, margin {margin}", told.low <= billed <= told.high
                yield Row(name, None, float(told.usd / billed), inside)


def decided(setup: Setup, scores: np.ndarray, usd: np.ndarray) -> float:
    """What a decision on recorded scores costs."""
    procedure, cost = start(setup), 0.0
    while asks := procedure.asks():
        for ask in asks:
            procedure.tell(ask.model, ask.items, scores[ask.model, list(ask.items)].tolist())
            cost += float(usd[ask.model]) * len(ask.items)
    return cost


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--recordings", type=Path)
    given = parser.parse_args()
    rows = []
    print("| task | an item | the run | in the range |\n| --- | --- | --- | --- |", flush=True)
    for row in chain(bundled(), made_up(), recorded(given.recordings) if given.recordings else ()):
        rows.append(row)
        print(row, flush=True)
    each, runs = [row.item for row in rows if row.item is not None], [row.whole for row in rows]
    for name, ratios in (("an item", each), ("the run", runs)):
        near = sum(0.5 <= ratio <= 2 for ratio in ratios)
        print(f"\n{name}: {near} of {len(ratios)} within a factor of two, median {statistics.median(ratios):.2f}")
    print(f"in the range: {sum(row.inside for row in rows)} of {len(rows)}")


if __name__ == "__main__":
    main()
