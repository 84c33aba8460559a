"""A model and TF-IDF + logistic regression on the held-out repositories and data sets → their figures.

    LLMLINT_PROMPT_DATA=FOLDER python benchmarks/typer/evaluate.py --mirrors FOLDER --model FILE [--baseline]

FILE is what train.py writes from the training part; the model that ships has seen the held-out part too.

The held-out part is for reporting. Each look at it is one more chance to fit it: choose by train.py's figures instead.
--baseline needs scikit-learn.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from data import Row, load_all, training_part

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from llmlint.tasks.typer import SPEAK_CONFIDENCE, Model, classify_prompt, load_model

HARD = ("agent", "code_generation", "reasoning")


@dataclass(frozen=True)
class Answer:
    """simple: the verdict; speaks: sure enough of it to accuse."""

    task: str
    simple: bool
    speaks: bool


def share(part: Sequence[object], whole: Sequence[object]) -> str:
    return f"{len(part)}/{len(whole)} = {len(part) / len(whole):.3f}" if whole else "none to ask"


def figures(name: str, rows: list[Row], answers: list[Answer]) -> None:
    both = list(zip(rows, answers, strict=True))
    yes, no, open_ = ([a for r, a in both if r.simple is v] for v in (True, False, None))
    hard = [a for r, a in both if r.task in HARD]
    print(f"{name}, {len({r.group for r in rows})} sources")
    print(f"  type accepted            {share([1 for r, a in both if r.accepts(a.task)], both)}")
    if no:
        balanced = (sum(a.simple for a in yes) / len(yes) + sum(not a.simple for a in no) / len(no)) / 2
        print(f"  simple or not, balanced  {balanced:.3f}")
    print(f"  simple found             {share([a for a in yes if a.simple], yes)}")
    print(f"  hard called simple       {share([a for a in hard if a.simple], hard)}")
    right, wrong, depends = ([a for a in part if a.speaks] for part in (yes, no, open_))
    print(f"  speaks: recall           {share(right, yes)}")
    print(f"  speaks: precision        {share(right, right + wrong)} where simple is known")
    print(f"  speaks where it depends  {share(depends, open_)}")


def typed(rows: list[Row], model: Model) -> list[Answer]:
    facts = [classify_prompt(r.text, model=model) for r in rows]
    return [Answer(f.type, f.simple is True, f.simple is True and f.confidence >= SPEAK_CONFIDENCE) for f in facts]


def baseline(training: list[Row], rows: list[Row]) -> list[Answer]:
    """TF-IDF of words and pairs with logistic regression, trained on the same rows, unweighted."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression

    vectors = TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True)
    x, asked = vectors.fit_transform([r.text for r in training]), vectors.transform([r.text for r in rows])
    types = LogisticRegression(C=10, max_iter=300).fit(x, [r.task for r in training]).predict(asked)
    head = LogisticRegression(C=10, max_iter=300).fit(x, [str(r.simple) for r in training])
    chances = head.predict_proba(asked)[:, list(head.classes_).index("True")]
    return [Answer(str(t), bool(c >= 0.5), bool(c >= SPEAK_CONFIDENCE)) for t, c in zip(types, chances, strict=True)]


PARTS: tuple[tuple[str, Callable[[Row], bool]], ...] = (
    ("real prompts of real_a and real_b", lambda r: r.part == "more" and not r.id.startswith(("e-", "g-", "h-"))),
    ("real prompts of real_e", lambda r: r.part == "more" and r.id.startswith("e-")),
    ("real prompts of real_g and real_h", lambda r: r.part == "more" and r.id.startswith(("g-", "h-"))),
    ("real prompts", lambda r: r.part == "more"),
    ("templates", lambda r: r.part == "templates"),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--mirrors", type=Path, required=True)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--baseline", action="store_true")
    args = parser.parse_args()
    rows = load_all(args.mirrors, lambda _: {})
    model = load_model(args.model)
    for name, belongs in PARTS:
        held = [r for r in rows if r.held_out and belongs(r)]
        figures(f"{name} held out: llmlint", held, typed(held, model))
        if args.baseline:
            figures(f"{name} held out: TF-IDF + logistic regression", held, baseline(training_part(rows), held))


if __name__ == "__main__":
    main()
