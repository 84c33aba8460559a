"""How many call sites of applications are found, and how much of what is said of them is right: labels against facts.

    python benchmarks/callsites/score.py ~/checkouts
    python benchmarks/callsites/score.py ~/checkouts --round 2 --show missed,extra,model,offline

labels/*.jsonl name places and what is true there, never code: a header (repository and commit, or sdist and sha256;
scope, round), then a row for each call site. benchmarks/sources.py says what the folder holds; what is not there is
passed over and named. A label and a fact are the same site when they share the path (and the cell) and their lines
overlap, give or take one. `optional` rows are right to find and no fault to miss. What a label leaves null is not
judged; an unknown fact where the label knows is counted as wrong.
"""

from __future__ import annotations

import argparse
import fnmatch
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from sources import Source, source_of, unpack

LABELS = Path(__file__).parent / "labels"
Row = dict[str, Any]
Pair = tuple[Row, Row]


def read(path: Path) -> tuple[Row, list[Row]]:
    header, *rows = (json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line)
    return header, rows


def in_scope(path: str, header: Row) -> bool:
    def named(patterns: Iterable[str]) -> bool:
        return any(path == p or path.startswith(p + "/") or fnmatch.fnmatch(path, p + "*") for p in patterns)

    return (not header["scope"] or named(header["scope"])) and not named(header["exclude"])


def facts_of(checkouts: Path, source: Source) -> list[Row] | str:
    """The facts of one source; a sentence where it is not to be had."""
    with tempfile.TemporaryDirectory() as folder:
        missing = unpack(checkouts, source, Path(folder))
        if missing is not None:
            return missing
        command = [sys.executable, "-m", "llmlint", "facts", ".", "--format", "jsonl", "--no-cache"]
        out = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False).stdout
    return [json.loads(line) for line in out.splitlines()]


def paired(labels: Sequence[Row], facts: Sequence[Row]) -> tuple[list[Pair], list[Row], list[Row]]:
    """(found, missed, extra)"""
    free = list(facts)
    pairs: list[Pair] = []
    missed: list[Row] = []
    for label in labels:
        near = [f for f in free if place(f) == place(label) and same_lines(label, f)]
        if near:
            best = min(near, key=lambda f: abs(f["line"] - label["line"]))
            free.remove(best)
            pairs.append((label, best))
        else:
            missed.append(label)
    required = [(x, y) for x, y in pairs if not x.get("optional")]
    return required, [x for x in missed if not x.get("optional")], free


def place(row: Row) -> tuple[str, int | None]:
    return row["path"], row.get("cell")


def same_lines(label: Row, fact: Row) -> bool:
    return label["line"] - 1 <= fact["end_line"] and fact["line"] - 1 <= label["end_line"]


def model_right(label: Row, fact: Row) -> bool | None:
    value, found = label["model"]["value"], fact["model"]["values"]
    if value is None:
        return not found if label["model"]["how"] == "dynamic" else None
    return value in found


def cap_right(label: Row, fact: Row) -> bool | None:
    want, state = label["cap"], fact["output_cap"]["state"]
    return bool({"n/a": state == "not-applicable", "maybe": state != "not-applicable"}.get(want, state == want))


def flag_right(name: str, inside: str | None = None) -> Callable[[Row, Row], bool | None]:
    def right(label: Row, fact: Row) -> bool | None:
        got = (fact[inside] if inside else fact)[name]
        return None if label[name] is None else got is label[name]

    return right


JUDGED: dict[str, Callable[[Row, Row], bool | None]] = {
    "model": model_right, "cap": cap_right, "repeated": flag_right("repeated"),
    "offline": flag_right("offline", "context"), "user_facing": flag_right("user_facing", "context"),
}  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkouts", type=Path)
    parser.add_argument("--round", type=int, help="1: mended after these were read; 2, 3: labelled before a first run")
    parser.add_argument("--show", default="", help="missed, extra, model, cap, repeated, offline, user_facing")
    args = parser.parse_args()
    shown = set(args.show.split(","))
    found = missed = extra = 0
    right = {name: [0, 0] for name in JUDGED}
    for file in sorted(LABELS.glob("*.jsonl")):
        header, labels = read(file)
        if args.round not in (None, header["round"]):
            continue
        source = source_of(header)
        every = facts_of(args.checkouts, source)
        if isinstance(every, str):
            print(f"{source.name}: {every}", file=sys.stderr)
            continue
        facts = [f for f in every if f["kind"] != "count" and in_scope(f["path"], header)]
        pairs, lost, more = paired(labels, facts)
        found, missed, extra = found + len(pairs), missed + len(lost), extra + len(more)
        for what, rows in (("missed", lost), ("extra", more)):
            for row in rows if what in shown else ():
                print(f"{what}: {source.name} {row['path']}:{row['line']} {row['api']}")
        for name, judge in JUDGED.items():
            for label, fact in pairs:
                verdict = judge(label, fact)
                right[name][0] += verdict is True
                right[name][1] += verdict is not None
                if verdict is False and name in shown:
                    print(f"{name}: {source.name} {label['path']}:{label['line']}, labelled {label[name]}")
    print(f"recall {found}/{found + missed} = {found / max(1, found + missed):.3f}", end=", ")
    print(f"precision {found}/{found + extra} = {found / max(1, found + extra):.3f}")
    print(", ".join(f"{name} {yes}/{of}" for name, (yes, of) in right.items()))


if __name__ == "__main__":
    main()
