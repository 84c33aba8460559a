"""A repository, two revisions, prices → the bill: read both trees, find the call sites that can differ, price them."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from llmlint.facts import CallSite, Facts, FileError
from llmlint.money.bills.bill import Prices, changes
from llmlint.money.bills.budgets import held
from llmlint.money.bills.records import Bill
from llmlint.money.bills.renames import renames
from llmlint.scan.discover import SUFFIXES
from llmlint.scan.options import Progress, ScanOptions
from llmlint.scan.trees import Objects, Trees, read_trees
from llmlint.tasks.reach import Side, reached_files
from llmlint.tasks.revisions import View, facts_of


@dataclass(frozen=True, slots=True)
class Question:
    """base, head: as the user wrote them. budgets: the policy's; policy: its file.

    whole: look at every call site of both revisions, not only at those that the change can reach.
    """

    base: str
    head: str | None
    scan: ScanOptions
    budgets: Mapping[str, Any] | None = None
    policy: str | None = None
    whole: bool = False


def compare(root: Path, asked: Question, prices: Prices, progress: Progress | None = None) -> Bill:
    """The bill of everything below `root`. Raises RevisionError."""
    start = time.perf_counter()
    trees = read_trees(root, asked.base, asked.head, asked.scan.max_file_bytes)
    prefix = _prefix(root, trees.top)
    cut = len(prefix)
    differ = frozenset(path[cut:] for path in trees.changed if path.startswith(prefix))
    with Objects(trees, asked.scan.max_file_bytes) as objects:
        moved = renames(trees, SUFFIXES, objects.data)
        below = {n[cut:]: o[cut:] for n, o in moved.items() if n.startswith(prefix) and o.startswith(prefix)}
        facts = _both(root, trees, objects, asked, differ, below, progress)
    before, after = facts
    known = _known_in_both(before, after, below)
    found = changes(*known, below, differ, prices)
    limits = asked.budgets or {}
    threshold = limits.get("report_above_usd")
    stats = {
        "changed_files": len(trees.changed), "asked": after.stats.sifted,
        "parsed": before.stats.parsed + after.stats.parsed, "call_sites": len(after.call_sites),
        "seconds": round(time.perf_counter() - start, 3),
    }  # fmt: skip
    return Bill(
        str(root), trees.base.shown, trees.head.shown, found, held(limits, found, lambda team: (None, "")),
        _errors(after, differ), None if threshold is None else Decimal(str(threshold)), (), stats,
    )  # fmt: skip


def _both(
    root: Path, trees: Trees, objects: Objects, asked: Question, differ: frozenset[str], moved: Mapping[str, str],
    progress: Progress | None,
) -> tuple[Facts, Facts]:  # fmt: skip
    """The facts of both trees, as far as they can differ."""
    nothing = Facts(str(root), ())
    if not differ:
        return nothing, nothing
    prefix = _prefix(root, trees.top)
    old, new = (View(str(root), prefix, tree, objects, asked.scan) for tree in (trees.base, trees.head))
    sides = Side(old.files, old.contents), Side(new.files, new.contents)
    among = None if asked.whole else reached_files(sides, differ, moved)
    return facts_of(old, old.hits(among), progress), facts_of(new, new.hits(among), progress)


def _prefix(root: Path, top: Path) -> str:
    """The root from the top of the work tree: "" or "services/chat/"."""
    relative = os.path.relpath(os.path.realpath(root), os.path.realpath(top)).replace(os.sep, "/")
    return "" if relative == "." else f"{relative}/"


def _known_in_both(
    before: Facts, after: Facts, renamed: Mapping[str, str]
) -> tuple[Sequence[CallSite], Sequence[CallSite]]:
    """Without those of files that one of the revisions does not let read: they are neither new nor gone."""
    broken = {e.path for e in before.errors} | {renamed.get(e.path, e.path) for e in after.errors}
    was = [site for site in before.call_sites if site.path not in broken]
    return was, [site for site in after.call_sites if renamed.get(site.path, site.path) not in broken]


def _errors(after: Facts, differ: frozenset[str]) -> tuple[FileError, ...]:
    """Of the files that the change touches: what was unreadable before is not its doing."""
    return tuple(error for error in after.errors if error.path in differ)
