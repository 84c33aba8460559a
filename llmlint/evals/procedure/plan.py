"""What a decision is about and what it answers: the setup, what it asks for, its verdicts and its result."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from llmlint.errors import UserError

Target = Literal["dataset", "population"]
Finding = Literal["non-inferior", "inferior", "undecided"]
# why a candidate gets no further call
Reason = Literal[
    "proven",  # meets quality
    "inferior",  # surely does not
    "dearer-than-proven",  # a cheaper one is proven
    "not-worth",  # what it could still save beside the proven one is under the policy's share
    "unlikely",  # will hardly be decided with the items there are
    "items-spent",  # every item was used
    "not-cheaper",  # costs as much as the reference, or more
    "ended",  # the caller ended it: no access, a spent quota
    "no-data",  # nothing could be compared
    "running",  # asked on, or stopped from outside
]


class PlanError(UserError):
    """A decision is set up with figures that cannot be."""


@dataclass(frozen=True, slots=True)
class ModelPlan:
    """A model in a decision. usd_per_item: what one item costs with it, forecast or measured."""

    name: str
    usd_per_item: float


@dataclass(frozen=True, slots=True)
class Setup:
    """What is to be decided.

    reference: the model that the others are compared with; None: only `floor` decides. margin: how much lower than the
    reference's the mean score may be, 0 to 1; floor: what the mean score must reach; with both, both must hold.
    groups: for each item the number of its group; items of one group are drawn together. target: of what the verdict
    is true, "dataset" (these items) or "population" (what they were drawn from). alpha: how often, at most, any verdict
    of the decision may be wrong. worth: the run goes on for a candidate only while the saving to be expected, as a
    share of the reference's price, is at least this times the share of the items still to be drawn; None: 0.008 for a
    dataset, 0.12 for a population. chance: a candidate
    gets no further call while the probability that it is adequate (population: proven by the end) is below this; None:
    0.07 (0.03). power: the probability of a decision that `needed_items` is stated for.
    """

    models: Sequence[ModelPlan]
    reference: str | None
    margin: float | None
    items: int
    target: Target = "population"
    alpha: float = 0.05
    groups: Sequence[int] | None = None
    floor: float | None = None
    seed: int = 0
    worth: float | None = None
    chance: float | None = None
    power: float = 0.80

    def __post_init__(self) -> None:
        for wrong, message in self._mistakes():
            if wrong:
                raise PlanError(message)

    def _mistakes(self) -> list[tuple[bool, str]]:
        names = [model.name for model in self.models]
        known = ", ".join(names)
        return [
            (not names, "no model to decide about"),
            (len(set(names)) < len(names), "two models have the same name"),
            (self.reference is not None and self.reference not in names,
             f"the reference {self.reference} is not among the models: {known}"),
            (self.reference is None and self.floor is None, "without a reference model, a floor is needed"),
            (self.reference is not None and self.margin is None and self.floor is None, "no margin is given"),
            (self.margin is not None and not 0 < self.margin < 1, "the margin must lie between 0 and 1"),
            (self.floor is not None and not 0 < self.floor < 1, "the floor must lie between 0 and 1"),
            (not 0 < self.alpha < 0.5, "alpha must lie between 0 and 0.5"),
            (self.target not in ("dataset", "population"), f"no such target: {self.target}"),
            (self.items < 1, "no items to decide with"),
            (self.groups is not None and len(self.groups) != self.items, "not every item has a group"),
            (not all(math.isfinite(m.usd_per_item) and m.usd_per_item >= 0 for m in self.models),
             "a price per item must be a number of at least 0"),
        ]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Ask:
    """Items that one model is to answer next, in this order. model: index into `Setup.models`."""

    model: int
    items: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Estimate:
    """What is known of one candidate about one target. difference: of mean scores, candidate less reference.

    interval: holds with the intervals of all the others at once, at every moment, with probability 1 − alpha.
    """

    verdict: Finding
    difference: float | None
    interval: tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """How it ended for one candidate.

    n: items that candidate and reference both answered. mean: of its scores over all that it answered. difference and
    interval: against the reference; without one, of the mean itself. needed_items, needed_usd: how many further items,
    for how much money, would decide it with the probability `Setup.power`; None where it is decided, no number would
    do, or only one out of reach. supported_margin: where it is undecided, the least margin that what was seen proves.
    dataset, population: both targets, one of which is the verdict's.
    """

    model: str
    verdict: Finding
    difference: float | None
    interval: tuple[float, float] | None
    n: int
    mean: float | None
    usd_per_item: float
    reason: Reason
    why: str
    dataset: Estimate
    population: Estimate
    needed_items: int | None = None
    needed_usd: float | None = None
    supported_margin: float | None = None


@dataclass(frozen=True, slots=True)
class Look:
    """One candidate at one moment of the run, for the chart over time. n: items compared so far."""

    model: str
    n: int
    difference: float
    interval: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Result:
    """What came out. recommendation: the cheapest model that is proven, None where none is; claim: it in words.

    candidates: one verdict for each model but the reference, cheapest first.
    """

    recommendation: str | None
    target: Target
    claim: str
    candidates: tuple[Verdict, ...]
    looks: tuple[Look, ...] = field(default=())
