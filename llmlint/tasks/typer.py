"""Prompt text + hints from the code around it → `TaskFact`: which kind of task it sets, and would a small model serve.

A linear model over the features of `reading.py`: every answer is a sum of votes that can be shown, and the evidence
names the strongest ones. benchmarks/typer/train.py makes model.json from lexicon.yaml and labelled prompts.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import pairwise
from math import exp
from pathlib import Path

from llmlint.facts import TaskFact
from llmlint.light import dataclass
from llmlint.tasks.packed import Table, table_from_json
from llmlint.tasks.reading import Lexicon, by_kind, features_of, hint_features, lexicon_from_json, weight_of

SHIPPED = Path(__file__).with_name("model.json")
SPEAK_CONFIDENCE = 0.6  # below it no rule should accuse anyone on the ground of the task's type
NAMELESS = 0.25  # below it the type is "unknown"
MAX_EVIDENCE, MAX_EVIDENCE_CHARS = 5, 60


@dataclass(frozen=True, slots=True)
class Hints:
    """What the code around the call says; None and empty mean unknown.

    labels: strings that the answer is compared with, or the members of its Literal or Enum type. kind: the call's kind
    ("embed" settles the type). loop: the call repeats on what it answered, as an agent's does.
    """

    function: str = ""
    variables: tuple[str, ...] = ()
    tools: bool | None = None
    structured: bool | None = None
    output_cap: int | None = None
    labels: tuple[str, ...] = ()
    loop: bool | None = None
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Model:
    """votes: feature → a number per type, then three for simple: False, None, True, in units of `units` of its kind.

    calibration: raw share → chance.

    simple_given_type: how often the type's prompts are simple: False, None, True. simple_from, speak_from, hard_to: on
    the score of `_simple_score`, simple from, sure enough to accuse from, hard up to; simple_top: the highest one seen.
    """

    lexicon: Lexicon
    types: tuple[str, ...]
    votes: Table
    units: Mapping[str, float]
    bias: Sequence[float]
    calibration: Sequence[tuple[float, float]]
    simple_given_type: Sequence[Sequence[float]]
    simple_sharpness: float
    simple_from: float
    speak_from: float
    simple_top: float
    hard_to: float


@cache
def load_model(path: Path = SHIPPED) -> Model:
    """The model that ships with the package, or one that benchmarks/typer/train.py wrote elsewhere."""
    data = json.loads(path.read_text(encoding="utf-8"))
    return Model(
        lexicon_from_json(data["lexicon"]), tuple(data["types"]), table_from_json(data["votes"]), data["units"],
        data["bias"],
        [(raw, chance) for raw, chance in data["calibration"]], data["simple_given_type"], data["simple_sharpness"],
        data["simple_from"], data["speak_from"], data["simple_top"], data["hard_to"],
    )  # fmt: skip


def classify_prompt(text: str, hints: Hints | None = None, model: Model | None = None) -> TaskFact:
    """The kind of task that `text` sets ({name} where a value goes in). `simple` is True only where very likely."""
    hints = hints or Hints()
    if hints.kind == "embed":
        return TaskFact("embedding", None, 1.0, ("an embedding call",))
    model = model or load_model()
    features = features_of(text, model.lexicon)
    features.update(hint_features(hints.function, hints.variables, model.lexicon))
    told = list(_told(hints))
    if not told and not any(f.startswith(("w ", "asks ")) for f in features):
        return TaskFact()
    kinds = by_kind(features, model.votes.rows)
    logits = list(model.bias)
    for kind, part in kinds.items():
        _add(logits, model.votes.sums(part), model.units[kind] * weight_of(kind, len(part)))
    for _, given in told:
        _add(logits, _row(model, given), 1.0)
    split = len(model.types)
    chances = _softmax(logits[:split])
    best = max(range(split), key=chances.__getitem__)
    confidence = round(_calibrated(chances[best], model.calibration), 3)
    if confidence < NAMELESS:
        return TaskFact("unknown", None, confidence)
    score = _simple_score(logits[split:], chances, model)
    verdict = True if score >= model.simple_from else False if score <= model.hard_to else None
    if verdict:
        confidence = min(confidence, _sure_of_simple(score, model))
    return TaskFact(model.types[best], verdict, confidence, _evidence(features, kinds, told, best, model))


def _add(logits: list[float], votes: Sequence[float], weight: float) -> None:
    for i, vote in enumerate(votes):
        logits[i] += weight * vote


def _simple_score(votes: Sequence[float], chances: Sequence[float], model: Model) -> float:
    """What the words themselves say of simple, plus what the likely types say: about -2, surely not, to 2, surely."""
    by_type = sum(chance * (row[2] - row[0]) for chance, row in zip(chances, model.simple_given_type, strict=True))
    return (votes[2] - votes[0]) / model.simple_sharpness + by_type


def _sure_of_simple(score: float, model: Model) -> float:
    """The confidence of the verdict "simple": it reaches SPEAK_CONFIDENCE where the score is sure enough to accuse."""
    lowest = min(model.simple_from, model.speak_from - 1e-6)
    points = ((lowest, 0.4), (model.speak_from, SPEAK_CONFIDENCE), (model.simple_top, 0.95))
    return round(_calibrated(score, points), 3)


def _told(hints: Hints) -> Iterator[tuple[str, dict[str, float]]]:
    """What the code says, as (evidence, votes). Weights are judgement: the labelled prompts carry no code."""
    if hints.labels:
        shown = ", ".join(label[:14] for label in hints.labels[:3])
        labels = {label.lower() for label in hints.labels}
        votes = {"classification": 3.0, "judge": 0.5, "simple": 1.5}
        if labels <= _VERDICTS:
            votes = {"judge": 2.0, "classification": 1.5}
        elif labels <= _POLAR:  # a yes is said of an email and of another model's proof
            votes = {"classification": 1.0, "judge": 1.0, "simple": 0.5}
        yield f"the answer is compared with: {shown}", votes
    if hints.tools:
        yield "tools are handed to the model", {"agent": 3.0, "not simple": 2.5, "simple": -2.5}
    if hints.loop:
        yield "the call repeats on its own answers", {"agent": 1.0, "chat": 0.5, "simple": -1.0}
    if hints.output_cap is not None and hints.output_cap <= 16:
        votes = {"classification": 2.0, "judge": 0.7, "code_generation": -2.0, "agent": -1.0, "simple": 1.5}
        yield f"the answer is capped at {hints.output_cap} tokens", votes
    if hints.structured:
        yield "the answer must follow a schema", {"extraction": 0.7, "classification": 0.3, "chat": -0.7}


def _row(model: Model, votes: Mapping[str, float]) -> list[float]:
    return [votes.get(name, 0.0) for name in (*model.types, "not simple", "unclear", "simple")]


def _softmax(logits: Sequence[float]) -> list[float]:
    top = max(logits)
    parts = [exp(x - top) for x in logits]
    total = sum(parts)
    return [p / total for p in parts]


def _calibrated(raw: float, points: Sequence[tuple[float, float]]) -> float:
    """Straight lines between the points of the calibration curve."""
    for (x0, y0), (x1, y1) in pairwise(points):
        if raw <= x1:
            return y0 + (y1 - y0) * max(0.0, raw - x0) / (x1 - x0)
    return points[-1][1]


def _evidence(
    features: Mapping[str, str], kinds: Mapping[str, Sequence[str]], told: Sequence[tuple[str, dict[str, float]]],
    best: int, model: Model,
) -> tuple[str, ...]:  # fmt: skip
    """The strongest votes for the answer, in words; what the code says first, one entry per kind of observation."""
    lines = [line for line, votes in told if votes.get(model.types[best], 0.0) > 0]
    strong: list[tuple[float, str]] = []
    for kind, part in kinds.items():
        if kind in _MUTE:
            continue
        unit = model.units[kind] * weight_of(kind, len(part))
        votes = ((unit * model.votes.at(f, best), f) for f in part)
        strong += [(-vote, f) for vote, f in votes if vote > 0.05]
    for _, feature in sorted(strong):
        line = _in_words(feature, features[feature], model.lexicon)
        said = f"«{features[feature]}»"
        if line and line not in lines and (not features[feature] or not any(said in x for x in lines)):
            lines.append(line)
        if len(lines) >= MAX_EVIDENCE:
            break
    return tuple(line[:MAX_EVIDENCE_CHARS] for line in lines[:MAX_EVIDENCE])


def _in_words(feature: str, token: str, lexicon: Lexicon) -> str:
    """A feature as a reviewer would put it; empty for those that say nothing to a reader."""
    token = " ".join(token.split())[:24]
    _, _, group = feature.rpartition("asks ")
    if group in lexicon.says and feature.endswith(f"asks {group}"):
        return f"{lexicon.says[group]}: «{token}»"
    kind, _, name = feature.partition(" ")
    return {
        "hole": f"takes a value: {{{token}}}",
        "key": f"answer has the key «{token}»",
        "role": f"the role says «{token}»",
        "task": f"the task says «{token}»",
        "shape": _SHAPES_SAY.get(name, ""),
    }.get(kind, "")


_MUTE = frozenset({"w", "w2", "g"})  # kinds of features that say nothing to a reader by themselves
_POLAR = frozenset({"yes", "no", "true", "false", "y", "n", "valid", "invalid"})
# labels of whoever grades another's work
_VERDICTS = frozenset({
    "correct", "incorrect", "right", "wrong", "pass", "fail", "a", "b", "c", "t", "tie", "not_attempted", "partial",
    "better", "worse", "same", "win", "lose",
})  # fmt: skip
_SHAPES_SAY = {
    "fence:code": "has a code block",
    "react": "thought / action / observation format",
    "either": "lists the allowed answers",
    "scale": "names a scale of numbers",
    "function()": "lists functions to call",
    "[TAG]": "uses action or special tags",
    "many-examples": "shows several examples",
}
