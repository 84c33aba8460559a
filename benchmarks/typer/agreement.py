"""The first reader's labels and labels/second_reading.jsonl → how far two readers of the held-out prompts agree.

    python benchmarks/typer/agreement.py

A row of second_reading.jsonl holds what the second reader said; `first`, where it stands, is what the first one had
said before the label was changed. No text and no model is needed.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

LABELS = Path(__file__).resolve().parent / "labels"


def read_pairs(labels: Path) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """(the first reader's label, the second's) of every prompt that both read."""
    rows = {}
    for path in sorted(labels.glob("real_*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            rows[row["id"]] = row
    again = [json.loads(line) for line in (labels / "second_reading.jsonl").read_text(encoding="utf-8").splitlines()]
    return [(second.get("first", rows[second["id"]]), second) for second in again]


def kappa(pairs: Sequence[tuple[object, object]]) -> float:
    """Cohen's kappa: the agreement beyond what two readers with these habits would reach by chance, 1 at most."""
    firsts, seconds = (Counter(side) for side in zip(*pairs, strict=True))
    agreed = sum(a == b for a, b in pairs) / len(pairs)
    chance = sum(firsts[label] * seconds[label] for label in firsts) / len(pairs) ** 2
    return (agreed - chance) / (1 - chance) if chance < 1 else 1.0


def main() -> None:
    pairs = read_pairs(LABELS)
    tasks = [(first["task"], second["task"]) for first, second in pairs]
    simple = [(first["simple"], second["simple"]) for first, second in pairs]
    accepted = sum(second["task"] in (first["task"], *first["also"]) for first, second in pairs)
    back = sum(first["task"] in (second["task"], *second["also"]) for first, second in pairs)
    opposed = sum({a, b} == {True, False} for a, b in simple)
    changed = sum("first" in second for _, second in pairs)
    print(f"{len(pairs)} prompts, {changed} labels changed after the third reading")
    print(f"  same type                       {sum(a == b for a, b in tasks)}, kappa {kappa(tasks):.3f}")
    print(f"  the first accepts the second's  {accepted}")
    print(f"  the second accepts the first's  {back}")
    print(f"  same simple                     {sum(a == b for a, b in simple)}, kappa {kappa(simple):.3f}")
    print(f"  simple against hard             {opposed}")


if __name__ == "__main__":
    main()
