"""Recorded outcomes → how often `llmlint eval` decides wrongly, what it saves and what it costs, beside a full grid.

    python benchmarks/eval_decision.py DIR [--decisions 500] [--target dataset|population|boundary|all] [--jobs 2]

DIR: folders of recorded outcomes (meta.yaml, items.jsonl, outcomes.jsonl). The reference is the dearest model. For each
folder and margin (0.02, 0.03, 0.05) so many decisions with different seeds. Columns: wrong: share of decisions whose
recommended model does not meet quality; right: whose is the cheapest that does; saved: share of the possible saving
that the recommended model brings; calls, dollars: shares of the full grid.
dataset: truth = all items, drawn in the order of the seed. population: truth = all items, each decision has as many
items drawn from them with replacement. boundary: both, with one, three or all candidates moved just below the margin
and every other one far below, so that any recommendation is wrong; also made scores, 1,000 items: binary, graded, and
in groups of five.
"full grid" is the fixed-sample test on every item: the score test at alpha shared evenly over the cheaper candidates.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from llmlint.evals.procedure import ModelPlan, Setup, start
from llmlint.evals.replay import read_recording
from llmlint.evals.statistics.clusters import cluster_standard_error
from llmlint.evals.statistics.normal import quantile
from llmlint.evals.statistics.score import score_z

Floats = NDArray[np.float64]
MARGINS = (0.02, 0.03, 0.05)
ALPHA = 0.05


@dataclass(frozen=True)
class Case:
    """scores: (models, items); usd: (models,) an item; groups: (items,) or None; draws: of a population's sample."""

    name: str
    scores: Floats
    usd: Floats
    groups: NDArray[np.intp] | None
    margin: float
    target: str

    @property
    def reference(self) -> int:
        return int(np.argmax(self.usd * (1 + 1e-9 * np.arange(len(self.usd)))))

    @property
    def differences(self) -> Floats:
        means = self.scores.mean(axis=1)
        return np.asarray(means - means[self.reference])

    @property
    def best(self) -> int:
        """The cheapest adequate model; the reference where there is no other."""
        adequate = np.flatnonzero(self.differences >= -self.margin - 1e-12)
        return int(min(adequate, key=lambda model: (self.usd[model], model)))


def sampled(case: Case, seed: int) -> Case:
    """As many items, or groups, drawn with replacement."""
    generator = np.random.default_rng([seed, 1])
    if case.groups is None:
        chosen = generator.integers(0, case.scores.shape[1], case.scores.shape[1])
        return replace(case, scores=case.scores[:, chosen])
    members = [np.flatnonzero(case.groups == group) for group in range(int(case.groups.max()) + 1)]
    drawn = [members[group] for group in generator.integers(0, len(members), len(members))]
    groups = np.repeat(np.arange(len(drawn)), [len(one) for one in drawn])
    return replace(case, scores=case.scores[:, np.concatenate(drawn)], groups=groups)


def decided(case: Case, seed: int) -> tuple[int | None, float, float]:
    """The recommended model, and the shares of calls and dollars."""
    models = [ModelPlan(str(index), float(usd)) for index, usd in enumerate(case.usd)]
    groups = None if case.groups is None else case.groups.tolist()
    target = "dataset" if case.target == "dataset" else "population"
    items = case.scores.shape[1]
    procedure = start(
        Setup(models, str(case.reference), case.margin, items, target, ALPHA, groups, seed=seed)  # type: ignore[arg-type]
    )
    calls, usd = 0, 0.0
    while asks := procedure.asks():
        for ask in asks:
            procedure.tell(ask.model, ask.items, case.scores[ask.model, list(ask.items)].tolist())
            calls += len(ask.items)
            usd += float(case.usd[ask.model]) * len(ask.items)
    chosen = procedure.recommendation
    return None if chosen is None else int(chosen), calls / case.scores.size, usd / (float(case.usd.sum()) * items)


def fixed_sample(case: Case) -> int | None:
    """What the score test at alpha / candidates recommends when every model has answered every item."""
    cheaper = [int(k) for k in np.argsort(case.usd, kind="stable") if case.usd[k] < case.usd[case.reference]]
    bar = quantile(1 - ALPHA / max(len(cheaper), 1))
    for model in cheaper:
        x = case.scores[model] - case.scores[case.reference]
        if case.groups is not None:
            z = (x.mean() + case.margin) / max(cluster_standard_error(x, case.groups), 1e-12)
        else:
            z = score_z(*np.unique(np.round(x, 9), return_counts=True), -case.margin, -1.0)
        if z >= bar:
            return model
    return None


def one(job: tuple[Case, int]) -> tuple[float, ...]:
    """wrong, right, saved, calls, dollars; wrong, saved of the fixed-sample test."""
    case, seed = job
    truth = case
    if case.target != "dataset":
        case = sampled(case, seed)
    chosen, calls, usd = decided(case, seed)
    fixed = fixed_sample(case) if case.target == "population" else None
    wrong, saved = judged(truth, chosen)
    fixed_wrong, fixed_saved = judged(truth, fixed)
    return wrong, float(chosen == truth.best), saved, calls, usd, fixed_wrong, fixed_saved


def judged(case: Case, chosen: int | None) -> tuple[float, float]:
    if chosen is None:
        return 0.0, float(case.best == case.reference)
    if case.differences[chosen] < -case.margin - 1e-12:
        return 1.0, 0.0
    possible = case.usd[case.reference] - case.usd[case.best]
    return 0.0, float((case.usd[case.reference] - case.usd[chosen]) / possible) if possible > 0 else 1.0


def recorded(folder: Path) -> Iterator[tuple[str, Floats, Floats, NDArray[np.intp] | None]]:
    for one_folder in sorted(path for path in folder.iterdir() if (path / "meta.yaml").is_file()):
        found = read_recording(one_folder)
        groups = None if found.groups is None else np.asarray(found.groups)
        yield one_folder.name, found.scores, np.nanmean(found.usd, axis=1), groups


def moved(case: Case, near: int) -> Case:
    """The best `near` cheaper candidates just below the margin, every other at least a tenth below."""
    generator, scores, reference = np.random.default_rng(1), case.scores.copy(), case.reference
    cheaper = [k for k in range(len(case.usd)) if case.usd[k] < case.usd[reference]]
    best_first = sorted(cheaper, key=lambda model: -float(case.differences[model]))
    for rank, model in enumerate(best_first):
        goal = float(scores[reference].mean()) - case.margin - (0.0 if rank < near else 0.1)
        if rank < near or scores[model].mean() > goal:
            scores[model] = brought_to(scores[model], goal - 1e-9, generator)
    return replace(case, name=f"{case.name}, {near} at the margin", scores=scores)


def brought_to(x: Floats, goal: float, generator: np.random.Generator) -> Floats:
    """Scores changed one by one, at random, until their mean is just below `goal`."""
    x, missing = x.copy(), goal * len(x) - float(x.sum())
    binary = bool(np.isin(x, (0.0, 1.0)).all())
    for item in generator.permutation(len(x)):
        room = (1.0 - x[item]) if missing > 0 else -x[item]
        if abs(missing) < 1e-12:
            break
        step = min(room, missing) if missing > 0 else max(room, missing)
        if binary and abs(missing) < 1.0:  # binary scores stay binary
            break
        x[item] += step
        missing -= step
    if missing < 0:
        x[int(np.flatnonzero(x >= 1.0)[0])] -= 1.0
    return x


def made(kind: str, near: int, margin: float = 0.03, models: int = 13) -> Case:
    """Correlated scores of the kind "binary", "graded" or "grouped", `near` candidates at the margin."""
    generator, items = np.random.default_rng(5), 20_000
    size = 5 if kind == "grouped" else 1
    ease = generator.normal(size=items // size).repeat(size)
    rows = []
    for model in range(models):
        mean = 0.88 if model == models - 1 else 0.88 - margin if model < near else 0.76
        latent = 0.8 * ease + 0.6 * generator.normal(size=items)
        right = latent < quantile(mean)
        partly = np.where(right, 1 - 0.3 * generator.beta(1, 3, items), 0.4 * generator.beta(2, 2, items))
        rows.append(partly if kind == "graded" else right.astype(np.float64))
    scores = np.array(rows)
    for model in range(near):
        scores[model] = brought_to(scores[model], float(scores[-1].mean()) - margin - 1e-9, generator)
    groups = np.arange(items) // size if size > 1 else None
    usd = np.geomspace(0.00004, 0.001, models)
    usd[-1] = 0.0035
    return Case(f"made, {kind}, {near} at the margin", scores, usd, groups, margin, "boundary")


def shrunk(case: Case, items: int, seed: int) -> Case:
    """A sample of a made population of the size that real sets have."""
    if case.groups is None:
        return replace(case, scores=case.scores[:, np.random.default_rng([seed, 2]).integers(0, 20_000, items)])
    groups = np.random.default_rng([seed, 2]).integers(0, 4_000, items // 5)
    chosen = (groups[:, None] * 5 + np.arange(5)).ravel()
    return replace(case, scores=case.scores[:, chosen], groups=np.arange(items) // 5)


def cases(folder: Path, target: str) -> list[Case]:
    return [
        Case(f"{name}, margin {margin}", scores, usd, groups, margin, target)
        for name, scores, usd, groups in recorded(folder)
        for margin in MARGINS
    ]


def boundary_cases(folder: Path) -> list[tuple[Case, Case]]:
    """Each as a dataset, and as a population that its items are drawn from."""
    found = []
    for case in cases(folder, "population"):
        for near in (1, 3, int((case.usd < case.usd.max()).sum())):
            there = moved(case, near)
            found.append((replace(there, target="dataset"), there))
    for kind in ("binary", "graded", "grouped"):
        for near in (1, 3, 12):
            whole = made(kind, near)
            few = replace(moved(shrunk(whole, 1000, 0), near), name=whole.name, target="dataset")
            found.append((few, whole))
    return found


def one_at_the_boundary(job: tuple[Case, Case, int]) -> tuple[float, float]:
    """Whether anything is recommended: of the dataset, of the population."""
    few, whole, seed = job
    drawn = shrunk(whole, 1000, seed) if whole.name.startswith("made") else sampled(whole, seed)
    return float(decided(few, seed)[0] is not None), float(decided(drawn, seed)[0] is not None)


def run_boundary(folder: Path, decisions: int, jobs: int) -> None:
    error = (ALPHA * (1 - ALPHA) / decisions) ** 0.5
    print(f"\n## boundary, {decisions} decisions each (standard error of a figure of {ALPHA}: {error:.3f})\n")
    print("| case | dataset: wrong | population: wrong |\n| --- | --- | --- |", flush=True)
    rows = []
    with get_context("spawn").Pool(jobs) as pool:
        for few, whole in boundary_cases(folder):
            work = [(few, whole, seed) for seed in range(decisions)]
            rows.append(np.array(pool.map(one_at_the_boundary, work, chunksize=10)).mean(axis=0))
            print(f"| {whole.name} | " + " | ".join(f"{value:.3f}" for value in rows[-1]) + " |", flush=True)
    summary(rows, ("mean", "largest"))


def run(folder: Path, target: str, decisions: int, jobs: int) -> None:
    print(f"\n## {target}, {decisions} decisions each\n")
    print("| case | wrong | right | saved | calls | dollars | fixed: wrong | fixed: saved |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |", flush=True)
    rows = []
    with get_context("spawn").Pool(jobs) as pool:
        for case in cases(folder, target):
            rows.append(np.array(pool.map(one, [(case, seed) for seed in range(decisions)], chunksize=10)).mean(axis=0))
            print(f"| {case.name} | " + " | ".join(f"{value:.3f}" for value in rows[-1]) + " |", flush=True)
    summary(rows, ("mean", "median", "largest"))


def summary(rows: Sequence[Floats], names: Sequence[str]) -> None:
    """Over the cases, column by column."""
    by_name: dict[str, Callable[..., Floats]] = {"mean": np.mean, "median": np.median, "largest": np.max}
    for name in names:
        figures = by_name[name](np.array(rows), axis=0)
        print(f"| **{name}** | " + " | ".join(f"{value:.3f}" for value in figures) + " |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--decisions", type=int, default=500)
    parser.add_argument("--target", choices=["dataset", "population", "boundary", "all"], default="all")
    parser.add_argument("--jobs", type=int, default=2, choices=[1, 2])
    given = parser.parse_args()
    for target in ("dataset", "population", "boundary") if given.target == "all" else (given.target,):
        if target == "boundary":
            run_boundary(given.folder, given.decisions, given.jobs)
        else:
            run(given.folder, target, given.decisions, given.jobs)


if __name__ == "__main__":
    main()
