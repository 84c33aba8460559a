"""A repository, two revisions, prices → the bill: read both trees, find the call sites that can differ, price them."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from llmlint.facts import CallSite, Facts, FileError
from llmlint.money.bills.budgets import held
from llmlint.money.bills.records import Bill, Change
from llmlint.money.bills.renames import renames
from llmlint.money.owners import NOBODY, team_of
from llmlint.scan.discover import SUFFIXES, is_test
from llmlint.scan.objects import Objects
from llmlint.scan.options import Progress, ScanOptions
from llmlint.scan.trees import read_trees
from llmlint.tasks.revisions import View, facts_of, request_names, views

if TYPE_CHECKING:
    from llmlint.money.bills.pricing import Observe
    from llmlint.money.prices import PriceBook
    from llmlint.money.traffic import Declares as DeclaresTraffic
    from llmlint.scan.cache import Cache

    class Declares(DeclaresTraffic, Protocol):
        """What of a policy is needed here."""

        @property
        def source(self) -> str | None: ...

FEW = 500  # Python files: to look at all of their call sites takes no longer than to follow a change that leads far
BRIEFLY, LONG = 150, 600  # pieces of code that a change is followed to before all call sites are compared
Sum = tuple[Decimal | None, str]  # dollars a month, and what they leave out

@dataclass(frozen=True, slots=True)
class Question:
    """base, head: as the user wrote them. book: the prices of today, with the policy's.

    whole: look at every call site of both revisions, or only at those that the change can reach; None: at every one
    where there are few files. observe: what was observed of call sites, where something was. cache: what earlier runs
    have kept, and where this one keeps the facts of the revisions.
    """

    base: str
    head: str | None
    scan: ScanOptions
    policy: Declares
    book: PriceBook
    whole: bool | None = None
    observe: Observe | None = None
    cache: Cache | None = None


def compare(root: Path, asked: Question, progress: Progress | None = None) -> Bill:
    """The bill of everything below `root`. Raises RevisionError."""
    start = time.perf_counter()
    trees = read_trees(root, asked.base, asked.head, asked.scan.max_file_bytes)
    prefix = _prefix(root, trees.top)
    cut = len(prefix)
    differ = frozenset(path[cut:] for path in trees.changed if path.startswith(prefix))
    with Objects(trees, asked.scan.max_file_bytes) as objects:
        moved = renames(trees, SUFFIXES, objects.data)
        below = {n[cut:]: o[cut:] for n, o in moved.items() if n.startswith(prefix) and o.startswith(prefix)}
        old, new = views(str(root), prefix, trees, objects, asked.scan)
        bill = _bill(root, asked, Comparison(old, new, differ, below), progress)
    stats = {**bill.stats, "changed_files": len(trees.changed), "seconds": round(time.perf_counter() - start, 3)}
    return replace(bill, base=trees.base.shown, head=trees.head.shown, stats=stats)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Both trees below the root; differ: the paths that they do not share; renamed: new path → old path."""

    old: View
    new: View
    differ: frozenset[str]
    renamed: Mapping[str, str]


def _bill(root: Path, asked: Question, both: Comparison, progress: Progress | None) -> Bill:
    before, after, whole = _facts(root, asked, both, progress)
    team = team_of(root)
    found = _changes(asked, both, before, after, team) if before.call_sites or after.call_sites else ()
    limits = asked.policy.extra.get("budgets") or {}

    @cache
    def sums() -> Mapping[str, Sum]:
        facts = after if whole else facts_of(both.new, both.new.hits(None), progress, asked.cache)
        return _sums(asked, both, facts, team)

    threshold = limits.get("report_above_usd")
    return Bill(
        str(root), "", "", found, held(limits, found, lambda name: sums().get(name, (Decimal(0), ""))),
        _errors(after, both.differ), None if threshold is None else Decimal(str(threshold)), _notes(asked, both, after),
        {
            "asked": after.stats.sifted, "parsed": before.stats.parsed + after.stats.parsed,
            "call_sites": len(after.call_sites),
        },
    )  # fmt: skip


def _changes(
    asked: Question, both: Comparison, before: Facts, after: Facts, team: Callable[[str], str]
) -> tuple[Change, ...]:
    from llmlint.money.bills.bill import Prices, changes
    from llmlint.money.bills.pricing import Pricing, Revision
    from llmlint.money.sizes import constant_tokens

    revisions = (Revision(before, both.old.data), Revision(after, both.new.data))
    pricing = Pricing(asked.policy, asked.book, revisions, asked.observe)
    prices = Prices(pricing.cost, constant_tokens, lambda path: "" if (owner := team(path)) == NOBODY else owner)
    return changes(*_known_in_both(before, after, both.renamed), both.renamed, both.differ, prices)


def _sums(asked: Question, both: Comparison, facts: Facts, team: Callable[[str], str]) -> Mapping[str, Sum]:
    """Owner, "" for all → what their call sites cost in the newer revision."""
    from llmlint.money.bills.pricing import Revision, monthly

    out: dict[str, Sum] = {}
    for owners, value in monthly(asked.policy, asked.book, asked.observe, Revision(facts, both.new.data), team).items():
        for owner in owners.split() or [""]:
            out[owner] = value if owner not in out else _added(out[owner], value)
    return out


def _added(one: Sum, other: Sum) -> Sum:
    known = [value for value, _ in (one, other) if value is not None]
    return (sum(known, Decimal(0)) if known else None), "; ".join(filter(None, (one[1], other[1])))


def _notes(asked: Question, both: Comparison, after: Facts) -> tuple[str, ...]:
    """What whoever reads the bill should know: a change can also change what it is held against."""
    out = []
    source = asked.policy.source
    if source is not None and source in both.differ:
        out.append(f"{source} changes too: prices, traffic and budgets are those of the newer revision")
    if after.call_sites:
        from llmlint.money.bills.choices import other_models

        models = other_models(both.old.contents, both.new.contents, both.differ, after.call_sites)
        out += [models] if models is not None else []
    return tuple(out)


def _facts(root: Path, asked: Question, both: Comparison, progress: Progress | None) -> tuple[Facts, Facts, bool]:
    """The facts of both trees, as far as they can differ; are they all?

    Tests that did not change are left alone: no change is followed into them either.
    """
    if not both.differ and not asked.whole:
        return Facts(str(root), ()), Facts(str(root), ()), False
    old, new, among = both.old, both.new, None
    if not asked.whole:
        from llmlint.tasks.reach import Side, reached_files

        sides = Side(old.files, old.contents), Side(new.files, new.contents)
        most = BRIEFLY if asked.whole is None and len(new.files) <= FEW else LONG
        among = reached_files(sides, both.differ, both.renamed, request_names, most)
    whole = among is None
    if among is None:
        among = frozenset(path for path in (*old.files, *new.files) if path in both.differ or not is_test(path))
    before, after = (facts_of(one, one.hits(among), progress, asked.cache) for one in (old, new))
    return before, after, whole and among.issuperset(new.files)


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
