"""What holds for every test: the terminal settings of whoever runs them change nothing."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def plain_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("COLUMNS", "FORCE_COLOR", "LLMLINT_DEBUG", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LLMLINT_TODAY", "2020-01-01")  # models retire while the tests stay as they are
