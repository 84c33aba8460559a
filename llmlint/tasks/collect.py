"""Paths + options → `Facts`: discover, sift, link, type the tasks. The one entry that the commands call."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from llmlint.facts import CallSite, Facts, FileError, ScanStats
from llmlint.scan.options import Progress, ScanOptions


def collect_facts(
    paths: Sequence[Path], options: ScanOptions, progress: Progress | None = None, *, root: Path | None = None
) -> Facts:
    """Every call site under `paths`. Raises UsageError where a path does not exist; a bad file is an entry in `errors`.

    root: the absolute folder that paths in the facts are relative to and that values are resolved across (the command
    line's `find_root`); None: the only folder in `paths`, else the current one.
    """
    raise NotImplementedError
