"""Paths + options → `Facts`: discover, sift, link, type the tasks. The one entry that the commands call."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from llmlint.facts import Facts
from llmlint.scan.options import Progress, ScanOptions


def collect_facts(paths: Sequence[Path], options: ScanOptions, progress: Progress | None = None) -> Facts:
    """Every call site under `paths`. Raises UsageError where a path does not exist; a bad file is an entry in `errors`."""
    raise NotImplementedError
