"""`Verdict` → the one line that closes a report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from llmlint.judge.finding import SuppressedBy, Verdict

WORDS: Mapping[SuppressedBy, str] = {
    "inline": "suppressed in the code", "file": "suppressed in the code", "exemption": "exempted",
    "baseline": "in the baseline", "since": "there before",
}  # fmt: skip


def summary(verdict: Verdict) -> str:
    """`3 findings (2 fixable with `llmlint fix`) in 2 of 147 files, 21 call sites, 0.8 s`, and what is not in it."""
    stats, found = verdict.stats, verdict.findings
    fixable = sum(f.fixable for f in found)
    fix = f" ({fixable} fixable with `llmlint fix`)" if fixable else ""
    rest = f"{counted(stats.call_sites, 'call site')}, {stats.seconds:.1f} s"
    if found:
        files = len({f.path for f in found})
        line = f"{counted(len(found), 'finding')}{fix} in {files:,} of {counted(stats.files, 'file')}, {rest}"
    else:
        line = f"no findings: {counted(stats.files, 'file')}, {rest}"
    kinds = Counter(WORDS[s.kind] for s in verdict.suppressed)
    line += "".join(f"; {kinds[words]:,} {words}" for words in dict.fromkeys(WORDS.values()) if kinds[words])
    failed = len({e.rule for e in verdict.errors if e.rule})
    unread = sum(not e.rule for e in verdict.errors)
    line += f"; {counted(unread, 'file')} not analysed" if unread else ""
    line += f"; {counted(failed, 'rule')} failed" if failed else ""
    return line


def counted(number: int, noun: str) -> str:
    """`1 file`, `2,000 files`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
