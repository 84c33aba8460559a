"""Findings + those that were known before → which are new: the one comparison behind baselines and `--since`.

A finding is known where the same file had its fingerprint. A file that was renamed has none of its own: its findings
are compared with those of files that are gone, each of which answers for one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from typing import Literal, NamedTuple

from llmlint.judge.finding import Finding, Suppressed, Verdict
from llmlint.judge.fingerprint import position


class Known(NamedTuple):
    """A finding of earlier. path: as the paths of the findings that it is compared with."""

    path: str
    fingerprint: str


class Split(NamedTuple):
    """new and old: findings in the order given; fate: for each old one, the earlier finding that answers for it."""

    new: tuple[Finding, ...]
    old: tuple[Finding, ...]
    fate: tuple[Known, ...]


def split(
    findings: Sequence[Finding],
    known: Collection[Known],
    gone: Callable[[str], bool],
    anywhere: Collection[str] = (),
) -> Split:
    """gone: is there no such file any more? anywhere: rules whose finding speaks of the whole project."""
    left = Counter(known)
    answered: dict[int, Known] = {}
    for finding in findings:
        same = Known(finding.path, finding.fingerprint)
        if left[same] > 0:
            left[same] -= 1
            answered[id(finding)] = same
    had_some = {entry.path for entry in known}
    homeless: dict[str, list[Known]] = {}
    for entry in sorted(left.elements()):
        homeless.setdefault(entry.fingerprint, []).append(entry)
    is_gone = {entry.path: gone(entry.path) for entries in homeless.values() for entry in entries}
    for finding in findings:
        candidates = homeless.get(finding.fingerprint)
        if id(finding) in answered or not candidates:
            continue
        if finding.rule not in anywhere:
            candidates = [entry for entry in candidates if is_gone[entry.path] and finding.path not in had_some]
        if candidates:
            answered[id(finding)] = candidates[0]
            homeless[finding.fingerprint].remove(candidates[0])
    old = [f for f in findings if id(f) in answered]
    new = tuple(f for f in findings if id(f) not in answered)
    return Split(new, tuple(old), tuple(answered[id(f)] for f in old))


def without_known(
    verdict: Verdict, old: Sequence[Finding], kind: Literal["baseline", "since"], reason: str, where: str
) -> Verdict:
    """The verdict with those of its findings that were there before among the suppressed."""
    taken = {id(f) for f in old}
    suppressed = [*verdict.suppressed, *(Suppressed(f, kind, None, reason, where) for f in old)]
    return replace(
        verdict,
        findings=tuple(f for f in verdict.findings if id(f) not in taken),
        suppressed=tuple(sorted(suppressed, key=lambda s: position(s.finding))),
    )
