"""Labelled prompts + lexicon.yaml → llmlint/tasks/model.json.

    LLMLINT_PROMPT_DATA=FOLDER python benchmarks/typer/train.py --mirrors FOLDER --for-evaluation FILE

Needs numpy, scipy and pyyaml. Two models: FILE from the training part alone, which evaluate.py measures on the held-out
part, and the one that ships from all labelled rows. Thresholds and calibration of both come from cross-validation by
repository over the training part.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import yaml
from data import Row, load_all, training_part
from learn import SIMPLE, TYPES, Fitted, Settings, cross_validate, design, fit, softmax

from llmlint.tasks.packed import table_to_json
from llmlint.tasks.reading import Lexicon, by_kind, compile_lexicon, features_of, lexicon_to_json

TASKS = Path(__file__).resolve().parents[2] / "llmlint" / "tasks"
HARD = ("agent", "code_generation", "reasoning")
HARD_CALLED_SIMPLE = 0.015  # at most, in cross-validation; the target on repositories never seen is 1 in 50
PRECISION = 0.98  # of "simple" from the score on at which a rule may speak


@dataclass(frozen=True)
class Thresholds:
    """On the score of `simple_scores`: simple from, rules may speak from, hard up to."""

    simple_from: float
    speak_from: float
    hard_to: float


def given_type(rows: list[Row]) -> np.ndarray:
    """(types, 3): how often a type's real prompts are simple: False, None, True."""
    out = np.full((len(TYPES), len(SIMPLE)), 0.5)
    for r in rows:
        if r.real:
            out[TYPES.index(r.task), SIMPLE.index(str(r.simple))] += 1
    return out / out.sum(1, keepdims=True)


def simple_scores(logits: np.ndarray, by_type: np.ndarray, settings: Settings) -> np.ndarray:
    """What the prompt's own words say of simple, plus what its likely types say: −2 surely not … 2 surely."""
    own = (logits[:, -1] - logits[:, -3]) / settings.simple_sharpness
    chances = softmax(logits[:, : len(TYPES)]) @ by_type
    return own + chances[:, 2] - chances[:, 0]


def choose_thresholds(rows: list[Row], scores: np.ndarray) -> Thresholds:
    yes = np.array([r.simple is True for r in rows])
    no = np.array([r.simple is False for r in rows])
    hard = np.array([r.task in HARD for r in rows])
    steps = [float(s) for s in np.round(np.unique(np.quantile(scores, np.linspace(0, 1, 400))), 3)]
    simple = min(s for s in steps if (hard & (scores >= s)).sum() <= HARD_CALLED_SIMPLE * hard.sum())
    speak = steps[-1]
    for s in reversed(steps):
        right, wrong = int((yes & (scores >= s)).sum()), int((no & (scores >= s)).sum())
        # few rows decide: one error more is counted
        if right > 20 and s >= simple and right >= PRECISION * (right + wrong + 1):
            speak = s
    return Thresholds(simple, speak, float(np.round(np.quantile(scores[no], 0.7), 3)))


def calibration_curve(rows: list[Row], logits: np.ndarray, bins: int = 8) -> list[tuple[float, float]]:
    """Raw share of the best type → share of right answers, monotone, from rows that were not trained on."""
    shares = softmax(logits[:, : len(TYPES)]).max(1)
    best = logits[:, : len(TYPES)].argmax(1)
    right = np.array([r.accepts(TYPES[t]) for r, t in zip(rows, best, strict=True)], float)
    order = shares.argsort()
    points = [
        (float(shares[part].mean()), float((right[part].sum() + 1) / (len(part) + 2)))
        for part in np.array_split(order, bins)
    ]
    level, out = 0.0, [(0.0, max(0.05, points[0][1] - 0.15))]
    for x, y in points:
        level = max(level, y)
        out.append((round(x, 4), round(level, 4)))
    return [*out, (1.0, max(level, out[-1][1]))]


def model_data(
    fitted: Fitted, lexicon: Lexicon, by_type: np.ndarray, thresholds: Thresholds, curve: list[tuple[float, float]],
    settings: Settings, top: float,
) -> dict[str, object]:  # fmt: skip
    return {
        "types": TYPES,
        "bias": [round(float(x), 3) for x in fitted.bias],
        "calibration": curve,
        "simple_given_type": [[round(float(x), 3) for x in row] for row in by_type],
        "simple_sharpness": settings.simple_sharpness,
        "simple_from": thresholds.simple_from,
        "speak_from": thresholds.speak_from,
        "simple_top": round(top, 3),
        "hard_to": thresholds.hard_to,
        "lexicon": lexicon_to_json(lexicon),
        **packed_votes(fitted),
    }


def packed_votes(fitted: Fitted) -> dict[str, object]:
    """The votes as bytes, with the unit of each kind of feature: its largest vote is 127 of them."""
    units: dict[str, float] = {}
    rows = np.zeros(fitted.votes.shape, int)
    for kind, part in by_kind(fitted.vocabulary, fitted.vocabulary).items():
        at = [fitted.vocabulary[f] for f in part]
        units[kind] = float(f"{np.abs(fitted.votes[at]).max() / 127:.4g}")
        rows[at] = np.clip(np.round(fitted.votes[at] / units[kind]), -127, 127)
    return {"units": units, "votes": table_to_json(list(fitted.vocabulary), rows.tolist())}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--mirrors", type=Path, required=True)
    parser.add_argument("--for-evaluation", type=Path, required=True, help="the model of the training part alone")
    args = parser.parse_args()
    with (TASKS / "lexicon.yaml").open(encoding="utf-8") as f:
        lexicon = compile_lexicon(yaml.safe_load(f))
    everything = load_all(args.mirrors, lambda text: features_of(text, lexicon))
    rows, settings = training_part(everything), Settings()
    d = design(rows, settings)
    gram = d.gram()
    logits = cross_validate(rows, d, gram, settings)
    real = [i for i, r in enumerate(rows) if r.real]
    real_rows, by_type = [rows[i] for i in real], given_type(rows)
    scores = simple_scores(logits[real], by_type, settings)
    thresholds = choose_thresholds(real_rows, scores)
    curve = calibration_curve(real_rows, logits[real])
    report("real prompts, cross-validated", real_rows, logits[real], scores, thresholds)
    templates = [i for i, r in enumerate(rows) if r.part == "templates"]
    shown = simple_scores(logits[templates], by_type, settings)
    report("templates, cross-validated", [rows[i] for i in templates], logits[templates], shown, thresholds)
    for out, used in ((args.for_evaluation, rows), (TASKS / "model.json", everything)):
        d = design(used, settings)
        fitted = fit(d, d.gram(), settings)
        data = model_data(fitted, lexicon, by_type, thresholds, curve, settings, float(scores.max()))
        out.write_text(json.dumps(data, ensure_ascii=False, separators=(",", ":")) + "\n", encoding="utf-8")
        count = sum(r.real for r in used)
        print(f"{out}: {out.stat().st_size / 1e3:.0f} kB, {len(fitted.vocabulary)} features, {count} real prompts")


def report(name: str, rows: list[Row], logits: np.ndarray, scores: np.ndarray, thresholds: Thresholds) -> None:
    best = logits[:, : len(TYPES)].argmax(1)
    accuracy = np.mean([r.accepts(TYPES[t]) for r, t in zip(rows, best, strict=True)])
    yes, no = (np.array([r.simple is v for r in rows]) for v in (True, False))
    called = scores >= thresholds.simple_from
    hard = np.array([r.task in HARD for r in rows])
    print(
        f"{name}: {len(rows)} rows, accuracy {accuracy:.3f}, simple found {called[yes].mean():.2f}, not simple kept "
        f"{(~called[no]).mean():.2f}, hard called simple {(called & hard).sum()}/{hard.sum()}, {thresholds}"
    )


if __name__ == "__main__":
    main()
