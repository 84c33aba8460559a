"""What a policy declares, as rules and the audit see it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from llmlint.errors import UsageError
from llmlint.judge.policy import Policy, load_policy
from llmlint.judge.records import attestations, calls_per_day, returns, today
from tests.judge.sites import site


def policy(folder: Path, text: str) -> Policy:
    (folder / "llmlint.yaml").write_text(text, encoding="utf-8")
    return load_policy(folder)


@pytest.mark.parametrize(
    ("row", "day", "until", "holds"),
    [
        ("quarterly-review: {date: '2026-08-01', owner: o}", "2026-11-09", "2026-11-09", True),
        ("quarterly-review: {date: '2026-08-01', owner: o}", "2026-11-10", "2026-11-09", False),
        ("build-or-buy: {date: '2026-01-01', owner: o}", "2026-11-10", "2027-01-16", True),
        ("cost-alarm: {date: '2026-01-01', owner: o, until: '2026-02-01'}", "2026-02-02", "2026-02-01", False),
        ("cost-alarm: {date: '2026-12-01', owner: o}", "2026-11-25", "2027-12-16", False),  # not yet
        ("cost-alarm: {date: '9999-12-01', owner: o}", "2026-11-25", "9999-12-31", False),
    ],
)
def test_attestations_go_stale(tmp_path: Path, row: str, day: str, until: str, holds: bool) -> None:
    (found,) = attestations(policy(tmp_path, f"attestations:\n  {row}\n"), date.fromisoformat(day)).values()
    assert (found.until, found.holds) == (until, holds)
    assert found.where.endswith("llmlint.yaml:2")


def test_later_policies_replace_an_attestation(tmp_path: Path) -> None:
    (tmp_path / "team.yaml").write_text("attestations: {batch: {date: '2026-01-01', owner: team}}\n")
    given = policy(tmp_path, "extends: ./team.yaml\nattestations: {batch: {date: '2026-02-01', owner: me}}\n")
    assert [a.owner for a in attestations(given, date(2026, 3, 1)).values()] == ["me"]


@pytest.mark.parametrize(
    ("numbers", "saves", "payback"),
    [
        ("one_off_usd: 500, monthly_usd_before: 300, monthly_usd_after: 50", 250, 2),
        ("one_off_usd: 500, monthly_usd_before: 300, monthly_usd_after: 300", 0, None),
        ("one_off_usd: 500, monthly_usd_before: 300", None, None),
        ("monthly_usd_before: 300, monthly_usd_after: 50", 250, None),
    ],
)
def test_returns(tmp_path: Path, numbers: str, saves: float | None, payback: float | None) -> None:
    (found,) = returns(policy(tmp_path, f"roi: [{{name: n, kind: distil, path: jobs/**, {numbers}}}]"), "jobs/a.py")
    assert (found["saves"], found["payback_months"], found["holds"]) == (saves, payback, True)


def test_a_return_speaks_of_its_files_until_it_is_over(tmp_path: Path) -> None:
    given = policy(tmp_path, "roi: [{name: n, kind: distil, path: jobs/**, until: '2026-01-31'}]")
    assert returns(given, "app/a.py") == ()
    assert [r["holds"] for r in returns(given, "jobs/a.py", date(2026, 1, 31))] == [True]
    assert [r["holds"] for r in returns(given, None, date(2026, 2, 1))] == [False]


@pytest.mark.parametrize(
    ("match", "calls"),
    [
        ("{}", 7), ("{path: app/**}", 7), ("{path: lib/**}", None), ("{function: ask}", 7), ("{function: Bot.ask}", 7),
        ("{function: tell}", None), ("{model: m}", 7), ("{model: n}", None), ("{task: chat}", 7), ("{task: qa}", None),
        ("{path: app/**, task: qa}", None),
    ],
)  # fmt: skip
def test_traffic_is_matched_by_all_that_is_given(tmp_path: Path, match: str, calls: int | None) -> None:
    given = policy(tmp_path, f"traffic: [{{match: {match}, calls_per_day: 7}}, {{match: {{}}, input_tokens: 3}}]")
    call = site(path="app/a.py", function="Bot.ask", model={"values": ("m",)}, task={"type": "chat"})
    assert calls_per_day(given, call) == calls


def test_the_day_can_be_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LLMLINT_TODAY", "2026-11-25")
    assert today() == date(2026, 11, 25)
    monkeypatch.setenv("LLMLINT_TODAY", "tomorrow")
    with pytest.raises(UsageError, match="LLMLINT_TODAY is no date"):
        today()
