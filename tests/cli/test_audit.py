"""`llmlint audit` end to end: formats, exit codes, and text from scanned code that cannot break a report."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.cli.pipeline import run

APP = """from openai import OpenAI

def ask(question):
    return OpenAI().chat.completions.create(model="gpt-5-mini", messages=[{"role": "user", "content": question}])
"""
EVIL = "groups:\n- rules:\n  - {alert: '<script>alert(1)</script> | `x` [a](http://b) \x1b[31m', expr: llm_cost_total > 1}\n"
DONE = """attestations:
  cost-dashboard: {date: '2026-11-01', owner: o}
  quarterly-review: {date: '2026-11-01', owner: o}
  build-or-buy: {date: '2026-11-01', owner: o}
  migration-test: {date: '2026-11-01', owner: o}
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "app.py").write_text(APP)
    (folder / "rules.yml").write_text(EVIL.replace("\x1b", ""))
    monkeypatch.chdir(folder)
    return folder


def test_text_fits_in_80_columns_and_says_what_next(project: Path) -> None:
    result = run("audit", "--no-cache")
    assert result.exit_code == 1
    assert max(map(len, result.stdout.splitlines())) <= 80
    assert re.search(r"^ 5  FAIL +Limited output \(output-control\)$", result.stdout, re.MULTILINE)
    assert "app.py:4 LLM101 output-cap" in result.stdout and "next: `llmlint fix` sets limits" in result.stdout
    assert re.search(r"^score \d+ of 100: ", result.stdout, re.MULTILINE)


@pytest.mark.parametrize(
    ("arguments", "policy", "code"),
    [
        ((), "", 1),
        (("--exit-zero",), "", 0),
        (("--fail-on", "never"), "", 0),
        ((), "rules: {output-cap: off, output-cap-excess: off, stop-sequence: off, many-candidates: off}\n" + DONE, 0),
        (("--fail-on", "partial"), "rules: {output-cap: info}\n" + DONE, 1),
        ((), "rules: {output-cap: info}\n" + DONE, 0),
        ((), "rules: {no-such-rule: off}", 2),
    ],
)
def test_exit_code(project: Path, arguments: tuple[str, ...], policy: str, code: int) -> None:
    (project / "llmlint.yaml").write_text(policy)
    result = run("audit", "--no-cache", *arguments)
    assert result.exit_code == code, result.output


def test_json(project: Path) -> None:
    report = json.loads(run("audit", "--no-cache", "--format", "json").stdout)
    assert report["schema"] == 1 and [item["number"] for item in report["items"]] == list(range(1, 15))
    alarm = report["items"][7]
    assert (alarm["name"], alarm["status"], alarm["next"]) == ("cost-alarm", "pass", None)
    assert [(e["path"], e["line"]) for e in alarm["evidence"]] == [("rules.yml", 3)]
    assert report["measured"] == sum(item["status"] in ("pass", "partial", "fail") for item in report["items"])


def test_a_remembered_run_says_the_same_until_a_configuration_file_changes(project: Path, tmp_path: Path) -> None:
    def items() -> list[object]:
        out = run("audit", "--format", "json", "--cache-dir", str(tmp_path / "cache")).stdout
        return list(json.loads(out)["items"])

    first = items()
    assert items() == first
    (project / "rules.yml").unlink()
    assert [item["status"] for item in items() if item["name"] == "cost-alarm"] == ["fail"]  # type: ignore[index]


def test_files_alone_say_nothing_of_the_project(project: Path) -> None:
    report = json.loads(run("audit", "app.py", "--no-cache", "--format", "json").stdout)
    status = {item["name"]: item["status"] for item in report["items"]}
    assert (status["cost-alarm"], status["cost-dashboard"]) == ("not measured", "not measured")


class Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value or "" for name, value in attrs if name in ("href", "src")]

    def handle_data(self, data: str) -> None:
        self.text += data


def test_html_stands_alone_and_obeys_nothing(project: Path) -> None:
    run("audit", "--no-cache", "--format", "html=audit.html")
    page = Page()
    page.feed((project / "audit.html").read_text(encoding="utf-8"))
    assert "script" not in page.tags and page.links == []
    assert "<script>alert(1)</script>" in page.text
    assert page.tags.count("h2") == 14


def test_markdown_obeys_nothing(project: Path) -> None:
    text = run("audit", "--no-cache", "--format", "markdown").stdout
    shown = re.sub(r"(`+).+?\1(?!`)", "", text)  # code is shown as it is
    assert "alert" in text and "<script>" not in shown and "](http" not in shown
    rows = [line for line in text.splitlines() if re.match(r"\| \d", line)]
    assert len(rows) == 14 and all(len(re.findall(r"(?<!\\)\|", row)) == 5 for row in rows)


def test_help_begins_with_an_example() -> None:
    text = run("audit", "--help").stdout
    assert text.index("Examples:") < text.index("Options:") and "llmlint audit --format html=audit.html" in text
