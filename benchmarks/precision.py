"""How often each rule is right: findings of the present code against those that somebody judged from the source.

    python benchmarks/precision.py benchmarks/precision/judged.jsonl ~/checkouts
    python benchmarks/precision.py benchmarks/precision/judged.jsonl ~/checkouts --use held-out --code LLM401

The first file names places and verdicts, never code: repository and commit (or sdist and sha256), path, line, code,
verdict (right, debatable, wrong), use. `tuned`: rules were mended after these findings were read, so they say how well
the mends hold and nothing of code not seen; `held-out`: nothing was mended after them. sources.py says what the folder
holds; what is not there is passed over and named.

Printed are, for each rule, the judged findings that the present code still makes, the judged ones that it no longer
makes, and precision: right / (right + wrong) of those that stand. What the code finds and nobody judged is counted, not
rated.
"""

from __future__ import annotations

import argparse
import collections
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from sources import Source, source_of, unpack

Place = tuple[str, str, int]  # code, path, line


def judged(file: Path, use: str | None, codes: Sequence[str]) -> dict[Source, dict[Place, str]]:
    """Source → place → verdict."""
    found: dict[Source, dict[Place, str]] = collections.defaultdict(dict)
    for line in file.read_text(encoding="utf-8").splitlines():
        one = json.loads(line)
        if (use is None or one["use"] == use) and (not codes or one["code"] in codes):
            place = (one["code"], one["path"], one["line"])
            found[source_of(one)][place] = one["verdict"]
    return found


def check(checkouts: Path, source: Source, seconds: float) -> set[Place] | str:
    """The findings in one source; a sentence where there are none to be had."""
    with tempfile.TemporaryDirectory() as folder:
        missing = unpack(checkouts, source, Path(folder))
        if missing is not None:
            return missing
        command = [sys.executable, "-m", "llmlint", "check", ".", "--no-cache", "--format", "json"]
        try:
            run = subprocess.run(command, cwd=folder, capture_output=True, timeout=seconds)
            findings = json.loads(run.stdout)["findings"]
        except subprocess.TimeoutExpired:
            return f"took more than {seconds:g} s"
        except (ValueError, KeyError):
            return f"gave no report (exit status {run.returncode})"
    return {(one["code"], one["path"], one["line"]) for one in findings}


def table(counts: Mapping[str, collections.Counter[str]]) -> Iterable[str]:
    yield "rule      right  debatable  wrong  precision   gone: right debatable wrong  unjudged"
    for code, n in sorted(counts.items()):
        rated = n["right"] + n["wrong"]
        share = f"{n['right'] / rated:9.2f}" if rated else f"{'-':>9}"
        gone = f"{n['gone right']:11} {n['gone debatable']:9} {n['gone wrong']:5}"
        yield f"{code:8} {n['right']:6} {n['debatable']:10} {n['wrong']:6}  {share}   {gone}  {n['unjudged']:8}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("judged", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--use", choices=("tuned", "held-out"))
    parser.add_argument("--code", action="append", default=[])
    parser.add_argument("--timeout", type=float, default=600, help="seconds for one source")
    asked = parser.parse_args()
    counts: dict[str, collections.Counter[str]] = collections.defaultdict(collections.Counter)
    for source, verdicts in sorted(judged(asked.judged, asked.use, asked.code).items()):
        found = check(asked.folder, source, asked.timeout)
        if isinstance(found, str):
            print(f"{source.name}: {found}; {len(verdicts)} findings left out", file=sys.stderr)
            continue
        for place, verdict in verdicts.items():
            counts[place[0]][verdict if place in found else f"gone {verdict}"] += 1
            if place not in found and verdict == "right":
                print(f"{source.name}: no longer found: {place[0]} {place[1]}:{place[2]}", file=sys.stderr)
        for place in found - verdicts.keys():
            if not asked.code or place[0] in asked.code:
                counts[place[0]]["unjudged"] += 1
    print("\n".join(table(counts)))


if __name__ == "__main__":
    main()
