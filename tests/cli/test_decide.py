"""`llmlint decide` end to end."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.pipeline import run

APP = """import anthropic

client = anthropic.Anthropic()


def ask(question):
    return client.messages.create(model="m", max_tokens=100, messages=[{"role": "user", "content": question}])
"""
POLICY = """traffic: [{match: {function: ask}, calls_per_day: 2000, input_tokens: 900, output_tokens: 100}]
prices: {m: {input_usd_per_mtok: 1, output_usd_per_mtok: 5}}
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "app.py").write_text(APP)
    (folder / "llmlint.yaml").write_text(POLICY)
    monkeypatch.chdir(folder)
    return folder


def test_text_explains_each_turn_and_what_is_missing(project: Path) -> None:
    result = run("decide", "--no-cache")
    assert result.exit_code == 0 and max(map(len, result.stdout.splitlines())) <= 80
    words = " ".join(result.stdout.split())
    assert words.startswith("app.py:7 ask open Can the answers wait, many at a time? unknown")
    assert "2 million: medium – 2,000 calls (declared) × 1,000 tokens; between 1 million and 50 million" in words
    assert "next: say --privacy --privacy: yes: the cloud with caching, under" in words
    assert words.endswith("1 decision: 1 × open")


def test_json_and_markdown(project: Path) -> None:
    report = json.loads(run("decide", "--no-cache", "--privacy", "yes", "-f", "json").stdout)
    (row,) = report["decisions"]
    assert (row["outcome"], row["tokens_per_day"], row["next"]) == ("cloud-with-caching", 2_000_000, "llmlint roi cache --at app.py:7")
    text = run("decide", "--no-cache", "--privacy", "no", "-f", "markdown").stdout
    assert "### `app.py:7 ask`: the cloud's API" in text


@pytest.mark.parametrize("by", ["team", "model", "task", "path", "all"])
def test_groups(project: Path, by: str) -> None:
    assert len(json.loads(run("decide", "--no-cache", "--by", by, "-f", "json").stdout)["decisions"]) == 1


def test_the_volume_of_one_who_knows(project: Path) -> None:
    (project / "llmlint.yaml").write_text(POLICY.partition("\n")[2])
    for volume, outcome in (("800k", "cloud-api"), ("2.5M", "open")):
        (row,) = json.loads(run("decide", "--no-cache", "--volume", volume, "-f", "json").stdout)["decisions"]
        assert row["outcome"] == outcome


def test_nothing_to_decide(project: Path) -> None:
    (project / "app.py").write_text("x = 1\n")
    result = run("decide", "--no-cache")
    assert result.exit_code == 0 and "no call of a model to decide about" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--privacy", "maybe"), "is not one of"), (("--volume", "much"), "is not a number"), (("--volume", "-5k"), "must be 0 or more"),
        (("--low", "9M", "--high", "1M"), "a volume is low, medium or high"), (("no-such-folder",), "no-such-folder"),
    ],
)  # fmt: skip
def test_bad_input(project: Path, arguments: tuple[str, ...], says: str) -> None:
    result = run("decide", "--no-cache", *arguments)
    assert result.exit_code == 2 and says in result.output
