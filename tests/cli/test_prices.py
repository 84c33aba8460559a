"""`llmlint prices` end to end."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from tests.cli.pipeline import run
from tests.cli.test_cost import APP


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "x.py").write_text(APP)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_those_that_are_named(project: Path) -> None:
    result = run("prices", "claude-opus-4-7", "openrouter/anthropic/claude-sonnet-4.6", "--compare")
    lines = result.stdout.splitlines()
    assert lines[0].startswith("USD per million tokens, genai-prices ") and "days ago" in lines[0]
    assert lines[3].split() == ["claude-opus-4-7", "anthropic", "5.00", "25.00", "0.50", "6.25", "2.50/12.50", "10.00", "1.7"]
    assert lines[4].split()[:4] == ["openrouter/anthropic/claude-sonnet-4.6", "openrouter", "3.00", "15.00"]


def test_the_approved_and_ones_own_without_a_name(project: Path) -> None:
    (project / "llmlint.yaml").write_text("prices:\n  my-own: {input_usd_per_mtok: 1, output_usd_per_mtok: 2, source: mine}\n")
    result = run("prices")
    assert "1 of the policy's own go before" in result.stdout
    assert "my-own: price from llmlint.yaml:2, mine" in result.stdout
    assert "claude-haiku-5-5" in result.stdout


def test_the_public_price_beside_ones_own(project: Path) -> None:
    (project / "llmlint.yaml").write_text("prices: {gpt-5: {discount: 0.2}}\n")
    rows = json.loads(run("prices", "gpt-5", "--compare", "-f", "json").stdout)["prices"]
    assert [(row["model"], row["input_usd_per_mtok"]) for row in rows] == [("gpt-5", 1.0), ("gpt-5 (public)", 1.25)]
    assert [row["usd_per_1k_calls"] for row in rows] == [2.6, 3.25]


def test_all_of_a_provider(project: Path) -> None:
    rows = list(csv.DictReader(io.StringIO(run("prices", "--provider", "anthropic", "-f", "csv").stdout)))
    assert {row["provider"] for row in rows} == {"anthropic"} and len(rows) > 10


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("gpt-banan",), "no price is known for the model 'gpt-banan' (nearest known: gpt-5-nano (openai)"),
        (("whisper-1",), "whisper-1 is sold by audio hours, not by the token"),
        (("--provider", "nobody"), "there is no provider 'nobody' with prices"),
        (("--changed", "nowhere.yaml"), "there is no such file"),
        (("--changed", "default"), "has no `prices:`"),
    ],
)
def test_what_is_not_known_is_one_line(project: Path, args: tuple[str, ...], words: str) -> None:
    result = run("prices", *args)
    assert (result.exit_code, result.stdout) == (2, "")
    assert words in result.stderr and result.stderr.count("\n") == 1


def test_what_other_prices_do_to_the_code(project: Path) -> None:
    result = run("prices", "--changed", "prices/reference-2026")
    lines = result.stdout.splitlines()
    assert lines[1].split() == ["x.py:8", "claude-opus-4-7", "28.00", "84.00", "+56.00", "+20,160"]
    assert lines[-1] == "2 of 3 call sites have another price under prices/reference-2026: +20,160 USD a month."
    (project / "new.yaml").write_text("prices: {claude-nobody: {input_usd_per_mtok: 1, output_usd_per_mtok: 2}}\n")
    data = json.loads(run("prices", "--changed", "new.yaml", "-f", "json").stdout)
    (one,) = data["changed"]
    assert (one["model"], one["was_usd_per_1k_calls"]) == ("claude-nobody", None)
    assert one["is_usd_per_1k_calls"]["mid"] > 0 and data["usd_per_month"] is None
    (project / "same.yaml").write_text("prices: {gpt-4: {discount: 0.1}}\n")
    assert run("prices", "--changed", "same.yaml").stdout == "The prices of same.yaml change none of 3 call sites.\n"


def test_the_prices_of_another_day(project: Path) -> None:
    (project / "llmlint.yaml").write_text(
        "prices:\n  m:\n  - {input_usd_per_mtok: 4, output_usd_per_mtok: 8}\n"
        "  - {input_usd_per_mtok: 3, output_usd_per_mtok: 6, from: '2027-01-01'}\n"
    )
    for day, usd in (("2026-12-31", 4.0), ("2027-01-01", 3.0)):
        (row,) = json.loads(run("prices", "m", "--day", day, "-f", "json").stdout)["prices"]
        assert row["input_usd_per_mtok"] == usd
