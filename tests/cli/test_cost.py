"""`llmlint cost` end to end: the table, the formats, what is refused, and text from code that cannot break a page."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.cli.pipeline import run

APP = '''import anthropic

client = anthropic.Anthropic()


def ask(ticket):
    # llmlint: label=triage volume=12000/day input_tokens=5500 output_tokens=20
    return client.messages.create(model="claude-opus-4-7", max_tokens=100, messages=[{"role": "user", "content": ticket}])


def digest(report):
    return client.messages.create(model="claude-haiku-4-5", max_tokens=300, messages=[{"role": "user", "content": report}])


def other(text):
    return client.messages.create(model="claude-nobody", max_tokens=300, messages=[{"role": "user", "content": text}])
'''


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "x.py").write_text(APP)
    (tmp_path / "CODEOWNERS").write_text("* @acme/platform\napp/ @acme/<b>support</b>  # theirs\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_table(project: Path) -> None:
    result = run("cost", "--no-cache")
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert lines[0].startswith("USD, genai-prices ")
    assert lines[3].split() == ["app/x.py:8", "claude-opus-4-7", "28.00", "10,080", "declared"]
    assert lines[4].split()[:2] == ["app/x.py:12", "claude-haiku-4-5"] and lines[4].endswith("–  assumed")
    assert "no price is known for claude-nobody" in result.stdout
    assert "10,080 USD a month: 1 of 3 call sites with declared traffic." in result.stdout
    assert "1 more have a price but no declared traffic" in result.stdout


def test_each_number_with_its_formula(project: Path) -> None:
    result = run("cost", "--no-cache", "--explain")
    formula = "(5,500 in × 5.00 + 20 out × 25.00) ÷ 1,000,000 = 0.028 USD a call; × 12,000 a day × 30 days = 10,080 USD a month"
    assert formula in result.stdout
    assert "usual for" in result.stdout and "+ with batch: 5,040 a month, 50% less" in result.stdout


def test_without_traffic_no_volume_is_made_up(project: Path) -> None:
    (project / "app" / "x.py").write_text(APP.replace("# llmlint:", "# "))
    result = run("cost", "--no-cache", "-f", "json")
    data = json.loads(result.stdout)
    assert data["usd_per_month"] is None
    assert [site["usd_per_month"] for site in data["call_sites"]] == [None] * 3
    assert {site["label"] for site in data["call_sites"]} == {"assumed", None}


def test_json_says_what_each_number_rests_on(project: Path) -> None:
    data = json.loads(run("cost", "--no-cache", "-f", "json", "--by", "team").stdout)
    first, second, third = data["call_sites"]
    assert (first["label"], first["volume_label"], first["usd_per_month"]["mid"]) == ("declared", "declared", 10_080)
    assert first["input"] == {"low": 5500, "mid": 5500, "high": 5500, "label": "declared", "why": "app/x.py:7"}
    assert second["label"] == second["input"]["label"] == "assumed"
    assert third["usd_per_call"] is None and "no price is known" in third["no_price_because"]
    assert [(group["name"], group["call_sites"]) for group in data["groups"]] == [("@acme/<b>support</b>", 3)]


@pytest.mark.parametrize(("by", "names"), [
    ("team", {"@acme/<b>support</b>"}),
    ("model", {"claude-opus-4-7", "claude-haiku-4-5", "claude-nobody"}),
    ("path", {"app/x.py"}),
])  # fmt: skip
def test_sums(project: Path, by: str, names: set[str]) -> None:
    rows = list(csv.DictReader(io.StringIO(run("cost", "--no-cache", "-f", "csv", "--by", by).stdout)))
    assert {row[by] for row in rows} == {name.replace("@acme", "'@acme") for name in names}
    assert rows[0]["usd_per_month"] == "10080"
    assert by in run("cost", "--no-cache", "--by", by).stdout
    assert "| 10,080 |" in run("cost", "--no-cache", "-f", "markdown", "--by", by).stdout


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.seen.append(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_page_shows_a_picture_and_runs_nothing(project: Path) -> None:
    (project / "app" / "<script>alert(1)<").mkdir()
    (project / "app" / "<script>alert(1)<" / "y.py").write_text(APP)
    page = run("cost", "--no-cache", "-f", "html", "--by", "team").stdout
    tags = Tags()
    tags.feed(page)
    assert tags.seen.count("rect") == 1 and "script" not in tags.seen and "b" not in tags.seen
    assert "app/<script>alert(1)</y.py:8" in tags.text and "20,160 USD a month" in tags.text


@pytest.mark.parametrize("written", ["volume=-5/day", "volume=0/day", "volume=12/day/hour"])
def test_a_volume_that_cannot_be_is_refused_with_its_line(project: Path, written: str) -> None:
    (project / "app" / "x.py").write_text(APP.replace("volume=12000/day", written))
    result = run("cost", "--no-cache")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("llmlint: app/x.py:7: volume")


def test_an_entry_that_means_nothing_is_told(project: Path) -> None:
    (project / "llmlint.yaml").write_text("traffic:\n- {match: {path: gone/**}, calls_per_day: 3}\n")
    assert "llmlint.yaml:2: this entry of traffic means no call site." in run("cost", "--no-cache").stdout


def test_another_currency_is_an_error_with_its_line(project: Path) -> None:
    (project / "llmlint.yaml").write_text("prices:\n  m: {input_eur_per_mtok: 3}\n")
    result = run("cost", "--no-cache")
    assert result.exit_code == 2 and "llmlint.yaml:2: unknown key 'input_eur_per_mtok'" in result.stderr


def test_no_code_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.py").write_text("print()\n")
    assert "0 call sites" in run("cost", "--no-cache").stdout


def test_it_needs_no_network(project: Path) -> None:
    code = """
import socket, sys
def refuse(*a, **k): raise AssertionError("network")
socket.socket.connect = socket.create_connection = socket.getaddrinfo = refuse
from llmlint.cli import main
main(["cost", "--no-cache"])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0 and "10,080" in done.stdout, done.stderr


def test_a_run_from_the_cache_says_the_same(project: Path) -> None:
    (project / "y.py").write_text(
        "import anthropic\nclient = anthropic.Anthropic()\ndef ask(system, text):\n"
        "    client.messages.create(model='claude-haiku-4-5', max_tokens=9, system=system, messages=[{'role': 'user', 'content': text}])\n"
        "ask('Classify the ticket. ' * 50, input())\nask('Sum up.', input())\n"
    )
    first, second = (run("cost", "--explain").stdout for _ in range(2))
    assert first == second and "different texts can stand in the prompt" in first
