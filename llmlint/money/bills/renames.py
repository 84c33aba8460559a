"""Two trees → which file of the newer one is which file of the older one under another name.

Told from contents alone, as git does: the same bytes, or at least half of the lines in common.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from llmlint.scan.trees import Trees

LIKE = 0.5  # of the lines; git's own measure
MOST = 20_000  # pairs that are compared line by line


def renames(trees: Trees, suffixes: Sequence[str], read: Callable[[str, str], bytes | None]) -> dict[str, str]:
    """New path → old path, of files that end so. read: (object, path) → bytes."""
    before, after = trees.base.blobs, trees.head.blobs
    ends = tuple(suffixes)
    gone = {p: before[p] for p in trees.changed if p not in after and p.endswith(ends)}
    come = {p: after[p] for p in trees.changed if p not in before and p.endswith(ends)}
    out: dict[str, str] = {}
    by_oid: dict[str, list[str]] = {}
    for path, oid in gone.items():
        by_oid.setdefault(oid, []).append(path)
    for path, oid in come.items():
        twins = by_oid.get(oid)
        if twins:
            best = max(twins, key=lambda old: _shared_end(old, path))
            twins.remove(best)
            out[path] = best
            del gone[best]
    left = [path for path in come if path not in out]
    if len(left) * len(gone) > MOST:  # a whole tree was moved and rewritten: only files of the same name
        names = {old.rpartition("/")[2]: old for old in gone}
        pairs = [(new, names[new.rpartition("/")[2]]) for new in left if new.rpartition("/")[2] in names]
    else:
        pairs = [(new, old) for new in left for old in gone]
    compared = [*gone.items(), *((p, come[p]) for p in left)] if pairs else []
    lines = {path: _lines(read(oid, path)) for path, oid in compared}
    found = [(_alike(lines[old], lines[new]), new, old) for new, old in pairs]
    used: set[str] = set()
    for share, new, old in sorted(found, reverse=True):
        if share >= LIKE and new not in out and old not in used:
            out[new] = old
            used.add(old)
    return out


def _shared_end(one: str, other: str) -> int:
    """How many of their last parts two paths have in common."""
    count = 0
    for a, b in zip(reversed(one.split("/")), reversed(other.split("/")), strict=False):
        if a != b:
            break
        count += 1
    return count


def _lines(data: bytes | None) -> Counter[bytes]:
    return Counter(line.strip() for line in (data or b"").split(b"\n") if line.strip())


def _alike(one: Counter[bytes], other: Counter[bytes]) -> float:
    most = max(sum(one.values()), sum(other.values()))
    return sum((one & other).values()) / most if most else 0.0
