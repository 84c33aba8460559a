"""Rows with features → a linear model of two heads (type, simple), by weighted ridge regression; its cross-validation.

Closed form over the rows' inner products: a fit takes seconds and gives the same numbers each time.
Rare words weigh more (inverse document frequency, contained in the votes); words of a kind share one unit of weight.
"""

from __future__ import annotations

import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from data import Row
from scipy.sparse import csr_matrix

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from llmlint.tasks.reading import weighed

TYPES = (
    "classification", "extraction", "summarization", "rewriting", "qa", "chat", "code_generation", "reasoning", "agent",
    "judge", "embedding", "other",
)  # fmt: skip
SIMPLE = ("False", "None", "True")


@dataclass(frozen=True)
class Settings:
    """ridge: strength of regularisation; *_weight: against 1.0 for a real prompt's label; *_scale: of word features."""

    ridge: float = 150.0
    template_weight: float = 0.2
    seed_weight: float = 0.7
    prior_weight: float = 3.0
    also_weight: float = 0.35
    words_scale: float = 4.5
    grams_scale: float = 10.0
    part_scale: float = 3.2
    type_sharpness: float = 8.0
    simple_sharpness: float = 4.0
    min_repos: int = 2
    min_bigram_repos: int = 4
    min_groups: int = 6
    min_gram_groups: int = 6


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
    zones = ("asks", "head asks", "tail asks", "out asks", "task asks", "first asks", "role asks")
    return [
        Row(f"prior-{group}", "prior", "prior", "", task, (), simple, {f"{zone} {group}": "" for zone in zones})
        for group, (task, simple) in PRIOR.items()
    ]


@dataclass(frozen=True)
class Fitted:
    """vocabulary: feature → row of `votes` (features, 15): twelve types, then simple False, None, True. bias: (15,)."""

    vocabulary: dict[str, int]
    votes: np.ndarray
    bias: np.ndarray


@dataclass(frozen=True)
class Design:
    """Rows as numbers. values: (rows, features), what each row shows, in units of `scale`: (features,)."""

    vocabulary: dict[str, int]
    scale: np.ndarray
    values: csr_matrix
    weight: np.ndarray
    targets: np.ndarray

    def gram(self) -> np.ndarray:
        """(rows, rows): the inner products."""
        return (self.values @ self.values.T).toarray()

    def votes(self, dual: np.ndarray) -> np.ndarray:
        """(features, 15)"""
        return (self.values.T @ dual) * self.scale[:, None]


def choose_vocabulary(rows: list[Row], settings: Settings) -> dict[str, int]:
    """A feature counts when several repositories (or data sets) show it: a phrase of one author teaches nothing."""
    groups, repos = defaultdict(set), defaultdict(set)
    for row in rows:
        for f in row.features:
            groups[f].add(row.group)
            if row.real:
                repos[f].add(row.group)

    def kept(f: str) -> bool:
        if f.startswith("g "):
            return len(groups[f]) >= settings.min_gram_groups
        if f.startswith("w ") and f.count(" ") == 2:
            return len(repos[f]) >= settings.min_bigram_repos
        return len(repos[f]) >= settings.min_repos or len(groups[f]) >= settings.min_groups

    return {f: i for i, f in enumerate(sorted(f for f in groups if kept(f)))}


def scales(rows: list[Row], vocabulary: dict[str, int], settings: Settings) -> np.ndarray:
    """What one vote of each feature weighs: words and their pieces by rarity, the rest 1."""
    seen = Counter(f for r in rows for f in r.features if f in vocabulary)
    out = np.ones(len(vocabulary))
    for f, i in vocabulary.items():
        kind, _, rest = f.partition(" ")
        rarity = float(np.log((len(rows) + 1) / (seen[f] + 1)) + 1) / 4
        if kind == "w":
            out[i] = settings.words_scale * rarity
        elif kind == "g":
            out[i] = settings.grams_scale * rarity
        elif kind in ("out", "role", "task", "first", "lead") and not rest.startswith("asks "):
            out[i] = settings.part_scale * rarity
    return out


def design(rows: list[Row], settings: Settings) -> Design:
    """`rows`, then the prior's."""
    vocabulary = choose_vocabulary(rows, settings)
    scale = scales(rows, vocabulary, settings)
    by_part = {
        "templates": settings.template_weight, "seeds": settings.seed_weight, "written": settings.seed_weight,
        "prior": settings.prior_weight,
    }  # fmt: skip
    rows = [*rows, *prior_rows()]
    shown = [{vocabulary[f]: w for f, w in weighed(r.features, vocabulary).items()} for r in rows]
    at = np.cumsum([0, *map(len, shown)]), np.fromiter((i for one in shown for i in one), int)
    weights = np.fromiter((w for one in shown for w in one.values()), float)
    values = csr_matrix((weights * scale[at[1]], at[1], at[0]), shape=(len(rows), len(vocabulary)))
    weight = np.array([by_part.get(r.part, 1.0) for r in rows])
    return Design(vocabulary, scale, values, weight, targets(rows, settings))


def targets(rows: Sequence[Row], settings: Settings) -> np.ndarray:
    out = np.zeros((len(rows), len(TYPES) + len(SIMPLE)))
    for i, r in enumerate(rows):
        out[i, TYPES.index(r.task)] = 1.0
        for a in r.also:
            out[i, TYPES.index(a)] += settings.also_weight
        out[i, : len(TYPES)] /= out[i, : len(TYPES)].sum()
        out[i, len(TYPES) + SIMPLE.index(str(r.simple))] = 1.0
    return out


def solve(gram: np.ndarray, d: Design, settings: Settings, use: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(rows used, 15) dual weights and the (15,) bias from the rows `use`."""
    weight = d.weight[use]
    root = np.sqrt(weight)[:, None]
    y = d.targets[use]
    mean = (y * weight[:, None]).sum(0) / weight.sum()
    kernel = gram[np.ix_(use, use)] * root * root.T + settings.ridge * np.eye(len(use))
    sharp = np.repeat([settings.type_sharpness, settings.simple_sharpness], [len(TYPES), len(SIMPLE)])
    return np.linalg.solve(kernel, (y - mean) * root) * root * sharp, mean * sharp


def fit(d: Design, gram: np.ndarray, settings: Settings) -> Fitted:
    dual, bias = solve(gram, d, settings, np.arange(len(d.weight)))
    return Fitted(d.vocabulary, d.votes(dual), bias)


def folds(rows: Sequence[Row], count: int = 10) -> Iterator[list[int]]:
    """Rows whose repository (or data set) is left out together, in `count` parts of about the same size."""
    sizes = Counter(r.group for r in rows)
    parts: list[set[str]] = [set() for _ in range(count)]
    loads = [0] * count
    for group, size in sorted(sizes.items(), key=lambda g: (-g[1], g[0])):
        least = loads.index(min(loads))
        parts[least].add(group)
        loads[least] += size
    for part in parts:
        yield [i for i, r in enumerate(rows) if r.group in part]


def cross_validate(rows: list[Row], d: Design, gram: np.ndarray, settings: Settings) -> np.ndarray:
    """(rows, 15): each row's logits from a model that saw no label of its repository or data set, and nothing written.

    Some of what was written answers mistakes of cross-validation: with it, the figures would flatter. Which features
    count and how rare they are is taken from all rows, without their labels.
    """
    out = np.zeros((len(rows), len(TYPES) + len(SIMPLE)))
    asked = [i for i, r in enumerate(rows) if r.part not in ("seeds", "written")]
    written = [i for i, r in enumerate(rows) if r.part == "written"]
    for held in folds([rows[i] for i in asked]):
        test = np.array([asked[i] for i in held])
        use = np.setdiff1d(np.arange(len(d.weight)), [*test, *written])
        dual, bias = solve(gram, d, settings, use)
        out[test] = gram[np.ix_(test, use)] @ dual + bias
    return out


def softmax(x: np.ndarray) -> np.ndarray:
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)
