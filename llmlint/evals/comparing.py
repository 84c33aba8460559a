"""Two `Run`s → how each model's score changed on the items that both asked it, with an interval."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import NormalDist

from llmlint.errors import UsageError
from llmlint.evals.run import Run

FEW = 30  # pairs below which the normal interval is not given


@dataclass(frozen=True, slots=True)
class Change:
    """One model. n: items that it answered in both; better, worse: how many changed; interval: 95 %, of the mean
    difference, over items as independent draws (Miller 2024, arXiv 2411.00640), None for too few."""

    model: str
    n: int
    before: float | None
    after: float | None
    difference: float | None
    interval: tuple[float, float] | None
    better: int
    worse: int
    usd_per_1k: tuple[float | None, float | None]


@dataclass(frozen=True, slots=True)
class Comparison:
    """shared: items that are the same in both runs; differs: what else changed, in words."""

    before: Run
    after: Run
    shared: int
    differs: tuple[str, ...]
    changes: tuple[Change, ...]


def compared(before: Run, after: Run) -> Comparison:
    """Raises UsageError where the runs share no item or no model."""
    known = after.items
    same = {name for name, item in before.items.items() if name in known and known[name].values == item.values}
    if not same:
        raise UsageError(f"runs {before.id} and {after.id} share no item", mend="compare runs over the same data")
    names = [one.name for one in before.candidates if any(one.name == other.name for other in after.candidates)]
    if not names:
        mend = "compare runs with the same candidates"
        raise UsageError(f"runs {before.id} and {after.id} share no model", mend=mend)
    return Comparison(
        before, after, len(same), tuple(_differs(before, after)), tuple(_change(before, after, n, same) for n in names)
    )


def _differs(before: Run, after: Run) -> list[str]:
    out = []
    if before.scope.dataset_sha256 != after.scope.dataset_sha256:
        out.append("the data")
    if before.scope.prompt_fingerprint != after.scope.prompt_fingerprint:
        out.append("prompt, graders, models or what is good enough")
    if before.stand_ins != after.stand_ins:
        out.append("stand-ins and models")
    return out


def _scores(run: Run, name: str, items: set[str]) -> Mapping[str, float]:
    return {
        one.item: one.grade.score for one in run.outcomes
        if one.candidate == name and one.item in items and one.grade.score is not None and one.reply.status != "failed"
    }  # fmt: skip


def _change(before: Run, after: Run, name: str, items: set[str]) -> Change:
    old, new = _scores(before, name, items), _scores(after, name, items)
    both = [item for item in old if item in new]
    steps = [new[item] - old[item] for item in both]
    n = len(steps)
    mean = math.fsum(steps) / n if n else None
    usd = (before.tally(name).usd_per_1k, after.tally(name).usd_per_1k)
    return Change(
        name, n, math.fsum(old[i] for i in both) / n if n else None, math.fsum(new[i] for i in both) / n if n else None,
        mean, _interval(steps, mean), sum(step > 0 for step in steps), sum(step < 0 for step in steps), usd,
    )  # fmt: skip


def _interval(steps: list[float], mean: float | None) -> tuple[float, float] | None:
    n = len(steps)
    if mean is None or n < FEW:
        return None
    variance = math.fsum((step - mean) ** 2 for step in steps) / (n - 1)
    reach = NormalDist().inv_cdf(0.975) * math.sqrt(variance / n)
    return (mean - reach, mean + reach)
