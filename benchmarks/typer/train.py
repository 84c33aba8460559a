"""Labelled prompts + lexicon.yaml → llmlint/tasks/model.json.

    python benchmarks/typer/train.py --mirrors FOLDER          # needs scikit-learn, scipy, numpy, pyyaml

Two linear heads over the same binary features: the type (12 classes; an answer in `also` is a second, lighter example)
and `simple` (false, null, true). Real prompts weigh more than researchers' templates.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from data import Row, load_all, training_part
from scipy import sparse
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from llmlint.tasks.reading import compile_lexicon, features_of, lexicon_to_json  # noqa: E402

TYPES = (
    "classification", "extraction", "summarization", "rewriting", "qa", "chat", "code_generation", "reasoning", "agent",
    "judge", "embedding", "other",
)  # fmt: skip
SIMPLE = ("False", "None", "True")
TASKS = ROOT / "llmlint" / "tasks"


@dataclass(frozen=True)
class Settings:
    """c: inverse strength of regularisation; template_weight, also_weight: against 1.0 for a real prompt's label."""

    c: float = 0.3
    c_simple: float = 0.3
    template_weight: float = 0.05
    seed_weight: float = 0.4
    prior_weight: float = 2.0
    also_weight: float = 0.25
    min_repos: int = 2
    min_bigram_repos: int = 3
    min_groups: int = 6


# what a group of phrases means when nothing else is known; each acts as a few labelled examples would
PRIOR: dict[str, tuple[str, bool | None]] = {
    "classify": ("classification", True), "yes_no": ("classification", True), "sentiment": ("classification", True),
    "one_word": ("classification", True), "moderation": ("classification", True), "route": ("classification", True),
    "extract": ("extraction", True), "fields": ("extraction", True), "missing_null": ("extraction", True),
    "summarize": ("summarization", True), "translate": ("rewriting", True), "rewrite": ("rewriting", True),
    "query_rewrite": ("rewriting", True), "title": ("rewriting", True), "answer": ("qa", None),
    "grounded": ("qa", None),
    "dont_know": ("qa", None), "cite": ("qa", None), "persona": ("chat", None), "converse": ("chat", None),
    "code": ("code_generation", False), "sql": ("code_generation", False), "fix_code": ("code_generation", False),
    "reason": ("reasoning", False), "solve": ("reasoning", False), "tools": ("agent", False), "act": ("agent", False),
    "plan": ("agent", False), "judge": ("judge", None), "scale": ("judge", None), "outputs_of_models": ("judge", None),
    "embed": ("embedding", None), "write": ("other", None), "ideas": ("other", None), "describe": ("other", None),
}  # fmt: skip


def prior_rows() -> list[Row]:
    zones = ("asks", "head asks", "task asks", "first asks", "role asks")
    return [
        Row(f"prior-{group}", "prior", "prior", "", task, (), simple, {f"{zone} {group}": "" for zone in zones})
        for group, (task, simple) in PRIOR.items()
    ]


@dataclass
class Fitted:
    vocabulary: dict[str, int]
    types: np.ndarray  # (features + 1, 12), the last row is the bias; a type never seen has −9
    simple: np.ndarray  # (features + 1, 3)

    def logits(self, features: dict[str, str]) -> tuple[np.ndarray, np.ndarray]:
        at = [self.vocabulary[f] for f in features if f in self.vocabulary] + [len(self.vocabulary)]
        return self.types[at].sum(0), self.simple[at].sum(0)


def softmax(x: np.ndarray) -> np.ndarray:
    e = np.exp(x - x.max())
    return e / e.sum()


def choose_vocabulary(rows: list[Row], settings: Settings) -> dict[str, int]:
    """A feature counts when several repositories (or data sets) show it: a phrase of one author teaches nothing."""
    groups, repos = defaultdict(set), defaultdict(set)
    for row in rows:
        for f in row.features:
            groups[f].add(row.group)
            if row.real:
                repos[f].add(row.group)

    def kept(f: str) -> bool:
        if f.startswith("w ") and f.count(" ") == 2:
            return len(repos[f]) >= settings.min_bigram_repos
        return len(repos[f]) >= settings.min_repos or len(groups[f]) >= settings.min_groups

    return {f: i for i, f in enumerate(sorted(f for f in groups if kept(f)))}


def fit(rows: list[Row], settings: Settings) -> Fitted:
    vocabulary = choose_vocabulary(rows, settings)
    by_part = {"templates": settings.template_weight, "seeds": settings.seed_weight, "prior": settings.prior_weight}
    rows = [*rows, *prior_rows()]
    weights = [by_part.get(r.part, 1.0) for r in rows]
    examples = [(r, r.task, w) for r, w in zip(rows, weights, strict=True)]
    examples += [(r, a, w * settings.also_weight) for r, w in zip(rows, weights, strict=True) for a in r.also]
    types = head(
        [e[0] for e in examples], [e[1] for e in examples], [e[2] for e in examples], vocabulary, TYPES, settings.c
    )
    simple = head(rows, [str(r.simple) for r in rows], weights, vocabulary, SIMPLE, settings.c_simple)
    return Fitted(vocabulary, types, simple)


def head(
    rows: list[Row],
    labels: list[str],
    weights: list[float],
    vocabulary: dict[str, int],
    names: tuple[str, ...],
    c: float,
) -> np.ndarray:
    at = [(i, vocabulary[f]) for i, r in enumerate(rows) for f in r.features if f in vocabulary]
    shape = (len(rows), len(vocabulary))
    matrix = sparse.csr_matrix((np.ones(len(at)), ([a for a, _ in at], [b for _, b in at])), shape=shape)
    model = LogisticRegression(C=c, max_iter=500).fit(matrix, labels, sample_weight=weights)
    out = np.zeros((len(vocabulary) + 1, len(names)))
    out[-1] = -9.0
    for j, name in enumerate(model.classes_):
        out[:-1, names.index(name)], out[-1, names.index(name)] = model.coef_[j], model.intercept_[j]
    return out


def cross_validate(
    rows: list[Row], settings: Settings, extra: list[Row], folds: int = 10
) -> list[tuple[np.ndarray, np.ndarray]]:
    """For each row: its logits from a model that saw nothing of its group. `extra` is always trained on."""
    out: list[Any] = [None] * len(rows)
    groups = [r.group for r in rows]
    for train, test in GroupKFold(folds).split(rows, groups=groups):
        fitted = fit([rows[i] for i in train] + extra, settings)
        for i in test:
            out[i] = fitted.logits(rows[i].features)
    return out


def calibration_curve(
    rows: list[Row], logits: list[tuple[np.ndarray, np.ndarray]], bins: int = 6
) -> list[tuple[float, float]]:
    """Raw share of the best type → share of right answers, monotone, from rows that were not trained on."""
    shares = np.array([softmax(t).max() for t, _ in logits])
    right = np.array([r.accepts(TYPES[t.argmax()]) for r, (t, _) in zip(rows, logits, strict=True)], float)
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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--mirrors", type=Path, required=True)
    args = parser.parse_args()
    with (TASKS / "lexicon.yaml").open(encoding="utf-8") as f:
        lexicon = compile_lexicon(yaml.safe_load(f))
    rows = training_part(load_all(args.mirrors, lambda text: features_of(text, lexicon)))
    settings = Settings()
    real, others = [r for r in rows if r.real], [r for r in rows if not r.real]
    curve = calibration_curve(real, cross_validate(real, settings, others))
    fitted = fit(rows, settings)
    table = np.concatenate([fitted.types, fitted.simple], axis=1)
    votes = {
        f: [round(float(x), 3) for x in table[i]] for f, i in fitted.vocabulary.items() if abs(table[i]).max() >= 0.004
    }
    model = {
        "types": TYPES,
        "bias": [round(float(x), 3) for x in table[-1]],
        "calibration": curve,
        "simple_from": 0.5,
        "hard_from": 0.4,
        "lexicon": lexicon_to_json(lexicon),
        "votes": votes,
    }
    out = TASKS / "model.json"
    out.write_text(json.dumps(model, ensure_ascii=False, separators=(",", ":")) + "\n", encoding="utf-8")
    print(
        f"{out}: {out.stat().st_size / 1e3:.0f} kB, {len(votes)} features, {len(real)} real prompts, "
        f"{len(others)} templates and seeds"
    )
    print("calibration:", curve)


if __name__ == "__main__":
    main()
