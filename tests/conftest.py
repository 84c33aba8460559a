"""What holds for every test: the terminal settings of whoever runs them change nothing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True, scope="session")
def own_caches(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Whoever runs the tests keeps their caches."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LLMLINT_CACHE_DIR", str(tmp_path_factory.mktemp("caches")))
        yield


@pytest.fixture(autouse=True)
def plain_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("COLUMNS", "FORCE_COLOR", "LLMLINT_DEBUG", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LLMLINT_TODAY", "2020-01-01")  # models retire while the tests stay as they are
