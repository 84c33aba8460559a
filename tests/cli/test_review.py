"""`llmlint review` end to end: the sections, the record that LLM605 goes by, hostile names, what is unknown."""

from __future__ import annotations

import csv
import json
import re
from datetime import date, timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from tests.cli.pipeline import run

APP = '''"""Sorts letters."""
import anthropic

client = anthropic.Anthropic()


def sort(letters):
    out = []
    for letter in letters:
        out.append(client.messages.create(
            model="claude-opus-4-7", max_tokens=5,
            messages=[{"role": "user", "content": "Is this letter a complaint? Answer yes or no.\\n" + letter}],
        ))
    return out


if __name__ == "__main__":
    import sys

    sort(sys.stdin)
'''
EVIL = "<script>alert(1)</script>|`x`\x1b[31m"
POLICY = """prices:
  claude-opus-4-7: {input_usd_per_mtok: 15, output_usd_per_mtok: 75, cache_read_usd_per_mtok: 1.5, batch: 0.5}
exemptions:
  - {rule: rate-limit, path: app.py, reason: soon gone, owner: web, until: 2026-10-01}
  - {rule: stream, path: app.py, reason: fine, owner: web, until: 2027-10-01}
evals:
  decisions:
    - {task: letters, model: claude-haiku-4-5, date: "2026-01-01"}
"""


def usage(file: Path, days: int, requests: int = 100, end: date = date(2026, 11, 24), cost: str = "") -> None:
    with file.open("w", newline="") as stream:
        out = csv.writer(stream)
        out.writerow(("date", "model", "path", "line", "team", "label", "requests", "prompt_tokens", "cached_tokens",
                      "output_tokens", "cost"))  # fmt: skip
        for i in range(days):
            day = end - timedelta(days=i)
            out.writerow((day, "claude-opus-4-7", "/srv/app.py", 10, "mail", "letters", requests, requests * 1000,
                          requests * 400, requests * 5, cost))  # fmt: skip
            out.writerow((day, "gpt-none", "/srv/gone.py", 1, EVIL, "", 1, 10, 0, 1, ""))


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LLMLINT_TODAY", "2026-11-25")
    (tmp_path / "app.py").write_text(APP)
    (tmp_path / "llmlint.yaml").write_text(POLICY.replace(", batch: 0.5", ""))
    (tmp_path / "CODEOWNERS").write_text("*.py @letters/team\n")
    usage(tmp_path / "usage.csv", 91)
    assert run("usage", "import", "usage.csv", "--from", "csv").exit_code == 0
    return tmp_path


def reviewed(*arguments: str) -> dict[str, Any]:
    result = run("review", "--no-cache", "--format", "json", *arguments)
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def test_every_section(project: Path) -> None:
    found = reviewed("--no-record")
    spend = found["spend"]
    day = 100 * (600 * 15 + 400 * 1.5 + 5 * 75) / 1e6
    assert spend["usd"] == pytest.approx(91 * day) and spend["usd_per_month"] == pytest.approx(30 * day)
    assert (spend["first"], spend["last"], spend["days"]) == ("2026-08-26", "2026-11-24", 91)
    assert spend["cache_hit_rate"] == pytest.approx(0.4, abs=0.001) and spend["matched"] == 1.0
    assert spend["teams"][0]["name"] == "@letters/team"  # the owners of the code go before what the source says
    assert spend["teams"][1]["usd"] is None  # unknown, not nothing
    assert next(one["name"] for one in spend["labels"]) == "letters"
    assert (spend["sites"][0]["name"], spend["sites"][0]["note"]) == ("app.py:10", "exact")
    assert spend["unmatched"][0]["usd"] is None and any("no price is known for gpt-none" in n for n in spend["notes"])
    assert spend["trend"]["models"] == ["claude-opus-4-7"] and len(spend["trend"]["buckets"]) == 14
    best = found["opportunities"][0]
    assert best["usd_per_month"] > 0 and best["formula"] and best["command"].startswith("llmlint ")
    assert found["opportunities_usd_per_month"] >= best["usd_per_month"]
    assert [(s["kind"], s["over"]) for s in found["stale"]] == [("decision", True), ("exemption", True)]
    assert len(found["audit"]["items"]) == 14 and found["since"] is None
    assert not (project / ".llmlint" / "reviews.json").exists()


def test_the_record_and_the_rule_that_goes_by_it(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    result = run("review", "--no-cache", "--owner", "finops", "--format", "html=review.html")
    assert result.exit_code == 0 and "recorded in .llmlint/reviews.json: commit it" in result.stderr
    (kept,) = json.loads((project / ".llmlint" / "reviews.json").read_text())["reviews"]
    assert (kept["date"], kept["owner"]) == ("2026-11-25", "finops") and kept["findings"]
    run("review", "--no-cache", "--owner", "finance", "--format", "html=review.html")  # of one day the last counts
    assert [r["owner"] for r in json.loads((project / ".llmlint" / "reviews.json").read_text())["reviews"]] == ["finance"]

    def due() -> bool:
        return "LLM605" in run("check", "--no-cache", "--select", "LLM605").stdout

    assert not due()
    audit = json.loads(run("audit", "--no-cache", "--format", "json", "--exit-zero").stdout)
    assert audit["items"][12]["status"] == "pass"
    monkeypatch.setenv("LLMLINT_TODAY", "2027-03-06")
    assert due()


def test_since_the_last_review(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run("review", "--no-cache", "--owner", "finops", "--format", "json=x.json")
    (project / "app.py").write_text(APP.replace("claude-opus-4-7", "claude-haiku-4-5"))
    usage(project / "later.csv", 80, end=date(2027, 2, 14), cost="0.1")
    monkeypatch.setenv("LLMLINT_TODAY", "2027-02-15")
    run("usage", "import", "later.csv", "--from", "csv")
    found = reviewed("--no-record")
    assert found["spend"]["first"] == "2026-11-27" and found["since"]["date"] == "2026-11-25"
    assert {"LLM201", "LLM202"} & {m["code"] for m in found["since"]["mended"]}
    assert found["since"]["saved_usd"] > 0 and found["since"]["usd_per_1k_now"] < found["since"]["usd_per_1k_then"]
    text = run("review", "--no-cache", "--no-record").stdout
    assert "The last review was held on 2026-11-25 by finops" in text and "A thousand requests cost" in text


class Tags(HTMLParser):
    """What the page is made of."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.links += [value or "" for name, value in attrs if name in ("src", "href")]


def test_hostile_names_stay_text(project: Path) -> None:
    run("review", "--no-cache", "--no-record", "--format", "html=r.html", "--format", "markdown=r.md")
    page, text = (project / "r.html").read_text(), (project / "r.md").read_text()
    tags = Tags()
    tags.feed(page)
    assert "script" not in tags.tags and "svg" in tags.tags and not tags.links
    assert "\x1b" not in page + text and "<script>" not in text
    rows = [line for line in text.splitlines() if "alert(1)" in line]
    assert rows and all(len(re.findall(r"(?<!\\)\|", row)) == 7 for row in rows)


@pytest.mark.parametrize(
    ("break_", "words"),
    [
        (lambda p: (p / ".llmlint" / "reviews.json").write_text("{"), "reviews.json:1: this is no record of reviews"),
        (lambda p: (p / ".llmlint" / "reviews.json").write_text('{"schema": 9, "reviews": []}'), "newer llmlint"),
        (lambda p: (p / ".llmlint" / "usage.db").write_bytes(b"x" * 9000), "cannot be used as a usage store"),
        (lambda p: (p / ".llmlint" / "usage.db").chmod(0o644), "others can read this usage store"),
    ],
)
def test_broken_files_are_one_line(project: Path, break_: Any, words: str) -> None:
    break_(project)
    result = run("review", "--no-cache", "--no-record")
    assert result.exit_code == 2 and words in result.stderr and result.stderr.count("\n") == 1, result.output


def test_without_usage_the_rest_is_said(project: Path) -> None:
    run("usage", "forget", "csv")
    (project / ".llmlint" / "usage.db").unlink()
    found = reviewed("--no-record")
    assert found["spend"] is None and "no usage was imported" in found["spend_unknown"] and found["opportunities"]
    assert "Spend is unknown: no usage was imported" in run("review", "--no-cache", "--no-record").stdout


def test_check_and_cost_go_by_what_was_observed(project: Path) -> None:
    cost = json.loads(run("cost", "--no-cache", "--format", "json").stdout)
    assert "observed" in json.dumps(cost)
    check = json.loads(run("check", "--no-cache", "--format", "json").stdout)
    assert any(f["saves"] and f["saves"]["usd_per_month"] > 0 for f in check["findings"])
    (project / ".llmlint" / "usage.db").chmod(0o644)  # as a commit would leave it: findings do not depend on it
    planted = run("check", "--no-cache", "--format", "json")
    assert planted.exit_code == 1 and "others can read this usage store" in planted.stderr
    assert len(json.loads(planted.stdout)["findings"]) == len(check["findings"])
