from __future__ import annotations

import io
import sys

import pytest

from llmlint.cli import progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [100.0]
    monkeypatch.setattr(progress, "monotonic", lambda: now[0])
    return now


def test_no_bar_where_nobody_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    with progress.progress_bar() as bar:
        assert bar is None
    monkeypatch.setattr(sys, "stderr", Terminal())
    with progress.progress_bar(wanted=False) as bar:
        assert bar is None


def test_a_bar_after_a_second_and_gone_at_the_end(monkeypatch: pytest.MonkeyPatch, clock: list[float]) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    with progress.progress_bar() as bar:
        assert bar is not None
        bar("index", 1, 10)
        assert terminal.getvalue() == ""
        clock[0] += 2
        bar("index", 5, 10)
        bar("link", 1, 3)
    assert "index" in terminal.getvalue()
