"""The helper `minutes`: a schedule as code writes it → how long until it runs again."""

from __future__ import annotations

import pytest

from llmlint.judge.helpers import minutes

SCHEDULES: list[tuple[str | None, float | None]] = [
    ("*/15 * * * *", 15), ("* * * * *", 1), ("5 * * * *", 60), ("0 */6 * * *", 360), ("0 3 * * *", 1440), ("0 3 * * 1", 10080),
    ("@hourly", 60), ("rate(10 minutes)", 10), ("crontab(minute='*/30')", 30), ("timedelta(hours=2)", 120),
    ("0,30 * * * *", None), ("0 9 * * 1-5", None), ("when=settings.WHEN", None), ("", None), (None, None),
]  # fmt: skip


@pytest.mark.parametrize(("every", "expected"), SCHEDULES)
def test_minutes(every: str | None, expected: float | None) -> None:
    assert minutes(every) == expected
