"""Commits of a repository → does `llmlint diff` miss what it does not look at? Each compared whole, and as it reaches.

    python benchmarks/diff_agreement.py REPOSITORY [COMMITS] [--whole FOLDER]

Takes the latest commits that change Python lines which speak of models. FOLDER: keeps what the whole comparisons said,
for the next time. Exit code 1 where one commit disagrees.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from llmlint.judge.policy import load_policy
from llmlint.money.bills.compare import Question, compare
from llmlint.money.prices import price_book

SPEAKS = r"model|prompt|messages|max_tokens|max_output|completion|temperature|llm|retry|retries"


def commits(repository: Path, count: int) -> list[str]:
    """The latest ones, the newest first; a merge is seen from where it went in."""
    command = [
        "git", "-C", str(repository), "log", "--first-parent", "--diff-merges=first-parent", "--format=%H", "-E", "-i",
        "-G", SPEAKS, f"-{count}", "--", "*.py",
    ]  # fmt: skip
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    with_parent = [*subprocess.run(
        ["git", "-C", str(repository), "rev-list", "--first-parent", "--min-parents=1", "HEAD"],
        check=True, capture_output=True, text=True,
    ).stdout.split()]  # fmt: skip
    known = frozenset(with_parent)
    return [commit for commit in done.stdout.split() if commit in known]


def asked(repository: Path, commit: str, whole: bool) -> tuple[list[Any], float, int]:
    """The changes that are told, processor seconds, call sites looked at."""
    policy = load_policy(repository, None)
    book = price_book([policy.extra.get("prices") or {}], policy.origin)
    start = time.process_time()
    bill = compare(repository, Question(f"{commit}^..{commit}", None, policy.scan, policy, book, whole))
    found = [change.to_json() for change in bill.changes]
    return json.loads(json.dumps(found)), time.process_time() - start, bill.stats["call_sites"]


def whole_answer(repository: Path, commit: str, kept: Path | None) -> tuple[list[Any], float, int]:
    file = kept / f"{repository.name}-{commit[:12]}.json" if kept is not None else None
    if file is not None and file.exists():
        found, seconds, sites = json.loads(file.read_text(encoding="utf-8"))
        return found, seconds, sites
    answer = asked(repository, commit, True)
    if file is not None:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(answer), encoding="utf-8")
    return answer


def told(change: dict[str, Any]) -> str:
    return f"{change['path']}:{change['line']} {change['change']}: {'; '.join(change['why'])}"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("repository", type=Path)
    parser.add_argument("commits", type=int, nargs="?", default=20)
    parser.add_argument("--whole", type=Path, metavar="FOLDER")
    given = parser.parse_args()
    repository = given.repository.resolve()
    wrong = with_changes = 0
    chosen = commits(repository, given.commits)
    for commit in chosen:
        everything, slow, all_sites = whole_answer(repository, commit, given.whole)
        reached, quick, sites = asked(repository, commit, False)
        missed = [told(c) for c in everything if c not in reached]
        extra = [told(c) for c in reached if c not in everything]
        with_changes += bool(everything)
        wrong += bool(missed or extra)
        print(
            f"{commit[:10]} {len(everything)} changes, whole {slow:.1f} s of {all_sites} call sites, "
            f"reached {quick:.1f} s of {sites}{'' if not (missed or extra) else '  DISAGREES'}", flush=True,
        )  # fmt: skip
        for words, group in (("missed", missed), ("only when reached", extra)):
            for line in group:
                print(f"    {words}: {line}")
    print(f"{repository.name}: {len(chosen)} commits, {with_changes} with changes, {wrong} disagree")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
