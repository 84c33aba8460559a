"""Stages of a scan → a progress bar on a terminal's stderr, once the scan has taken longer than people wait unasked."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from llmlint.scan.options import Progress

PATIENCE = 1.0  # seconds before a bar appears


@contextmanager
def progress_bar(wanted: bool = True) -> Iterator[Progress | None]:
    """The callback to hand to a scan; None where nobody would see a bar."""
    if not wanted or not sys.stderr.isatty():
        yield None
        return
    bar = _Bar(monotonic())
    try:
        yield bar
    finally:
        bar.close()


class _Bar:
    """Called with (stage, done, total); rich is imported when the bar appears, and the bar goes away at the end."""

    def __init__(self, started: float) -> None:
        self.started = started
        self.bar: Any = None
        self.tasks: dict[str, Any] = {}

    def __call__(self, stage: str, done: int, total: int) -> None:
        if self.bar is None:
            if monotonic() - self.started < PATIENCE:
                return
            self._open()
        if stage not in self.tasks:
            self.tasks[stage] = self.bar.add_task(stage, total=total)
        self.bar.update(self.tasks[stage], completed=done, total=total)

    def _open(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
        self.bar = Progress(*columns, console=Console(file=sys.stderr), transient=True)
        self.bar.start()

    def close(self) -> None:
        if self.bar is not None:
            self.bar.stop()
