"""The labels as first read and labels/second_reading.jsonl → how far two readers agree, held out and in training.

    python benchmarks/typer/agreement.py

A row of second_reading.jsonl holds what the second reader said; `first`, where it stands, is what the label had been
before it was changed. No text and no model is needed.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from data import LABELS, is_held_out

LATER = ("real_e", "real_g", "real_h")  # labelled by others than the first reader: each counted by itself

Pair = tuple[dict[str, Any], dict[str, Any]]


def read_pairs(labels: Path) -> dict[str, list[Pair]]:
    """(the label as first read, the second reader's) of every prompt that both read, by what the prompt is for."""
    rows, files = {}, {}
    for path in sorted(labels.glob("real_*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            rows[row["id"]], files[row["id"]] = row, path.stem
    parts: dict[str, list[Pair]] = {}
    for line in (labels / "second_reading.jsonl").read_text(encoding="utf-8").splitlines():
        second = json.loads(line)
        row = rows[second["id"]]
        later = f", {files[row['id']]}" if files[row["id"]] in LATER else ""
        name = ("held out" if is_held_out("more", row["repo"]) else "in training") + later
        parts.setdefault(name, []).append((second.get("first", row), second))
    return parts


def kappa(pairs: Sequence[tuple[object, object]]) -> float:
    """Cohen's kappa: the agreement beyond what two readers with these habits would reach by chance, 1 at most."""
    firsts, seconds = (Counter(side) for side in zip(*pairs, strict=True))
    agreed = sum(a == b for a, b in pairs) / len(pairs)
    chance = sum(firsts[label] * seconds[label] for label in firsts) / len(pairs) ** 2
    return (agreed - chance) / (1 - chance) if chance < 1 else 1.0


def figures(name: str, pairs: Sequence[Pair]) -> None:
    tasks = [(first["task"], second["task"]) for first, second in pairs]
    simple = [(first["simple"], second["simple"]) for first, second in pairs]
    accepted = sum(second["task"] in (first["task"], *first["also"]) for first, second in pairs)
    back = sum(first["task"] in (second["task"], *second["also"]) for first, second in pairs)
    print(f"{name}: {len(pairs)} prompts")
    print(f"  same type                       {sum(a == b for a, b in tasks)}, kappa {kappa(tasks):.3f}")
    print(f"  the first accepts the second's  {accepted}")
    print(f"  the second accepts the first's  {back}")
    print(f"  same simple                     {sum(a == b for a, b in simple)}, kappa {kappa(simple):.3f}")
    print(f"  simple against hard             {sum({a, b} == {True, False} for a, b in simple)}")
    print(f"  labels changed afterwards       {sum('first' in second for _, second in pairs)}")


def main() -> None:
    for name, pairs in read_pairs(LABELS).items():
        figures(name, pairs)


if __name__ == "__main__":
    main()
