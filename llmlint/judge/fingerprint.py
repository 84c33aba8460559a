"""Findings → findings with fingerprints that stay the same when lines move and when their file is renamed."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

from llmlint.judge.finding import Finding


def with_fingerprints(findings: Sequence[Finding], marks: Iterable[tuple[str, ...]]) -> tuple[Finding, ...]:
    """marks: what a finding stands on besides its rule, one for each: function, api, maybe the tier of the model.

    Findings of one file that agree in all of it are told apart by their order, so that one more is a new fingerprint.
    The path is left out: findings of two files can share a fingerprint, and whoever compares looks at the path too.
    """
    keyed = list(zip(findings, marks, strict=True))
    seen: Counter[tuple[str, ...]] = Counter()
    out: dict[int, Finding] = {}
    for finding, mark in sorted(keyed, key=lambda pair: position(pair[0])):
        key = (finding.rule, *mark)
        here = (finding.path, *key)
        text = "\0".join((*key, str(seen[here])))
        seen[here] += 1
        digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]
        out[id(finding)] = replace(finding, fingerprint=digest)
    return tuple(out[id(finding)] for finding, _ in keyed)


def position(finding: Finding) -> tuple[str, int, int, int, str]:
    """The order of reports: path, cell, line, column, code."""
    return finding.path, -1 if finding.cell is None else finding.cell, finding.line, finding.column, finding.code
