"""Findings → findings with fingerprints that stay the same when lines move."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

from llmlint.judge.finding import Finding


def with_fingerprints(findings: Sequence[Finding], marks: Iterable[tuple[str, ...]]) -> tuple[Finding, ...]:
    """marks: what a finding stands on besides rule and path, one for each: function, api, models.

    Findings that agree in all of it are told apart by their order in the file.
    """
    keyed = list(zip(findings, marks, strict=True))
    seen: Counter[tuple[str, ...]] = Counter()
    out: dict[int, Finding] = {}
    for finding, mark in sorted(keyed, key=lambda pair: position(pair[0])):
        key = (finding.rule, finding.path, *mark)
        text = "\0".join((*key, str(seen[key])))
        seen[key] += 1
        digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]
        out[id(finding)] = replace(finding, fingerprint=digest)
    return tuple(out[id(finding)] for finding, _ in keyed)


def position(finding: Finding) -> tuple[str, int, int, int, str]:
    """The order of reports: path, cell, line, column, code."""
    return finding.path, -1 if finding.cell is None else finding.cell, finding.line, finding.column, finding.code
