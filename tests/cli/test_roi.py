"""`llmlint roi` end to end: formats, inputs from code and policy, records that the real rules accept."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cli.pipeline import run

FINE_TUNE = ("roi", "fine-tune", "--calls-per-day", "100000", "--monthly-usd-before", "3000", "--monthly-usd-after", "300", "--training-usd", "500")
TUNE = """from openai import OpenAI

OpenAI().fine_tuning.jobs.create(training_file="file-1", model="gpt-4.1-mini-2025-04-14")
"""
APP = '''import anthropic

client = anthropic.Anthropic()

PROMPT = "Classify the support ticket into exactly one of: billing, bug, account, other. Answer with the label only.\\n\\n"


def label(ticket: str) -> str:
    reply = client.messages.create(
        model="claude-opus-4-7", max_tokens=5, messages=[{"role": "user", "content": PROMPT + ticket}]
    )
    answer = reply.content[0].text.strip().lower()
    return "finance" if answer == "billing" else "support" if answer in ("bug", "account") else "triage"
'''
POLICY = """# ours
extends: default
traffic:
  - {match: {path: app.py}, calls_per_day: 40000, input_tokens: 400, output_tokens: 5, source: gateway log}
prices:
  claude-opus-4-7: {input_usd_per_mtok: 5, output_usd_per_mtok: 25}
  small-one: {input_usd_per_mtok: 0.1, output_usd_per_mtok: 0.5}
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "app.py").write_text(APP)
    (folder / "llmlint.yaml").write_text(POLICY)
    monkeypatch.chdir(folder)
    monkeypatch.setenv("LLMLINT_TODAY", "2026-11-25")
    return folder


def said(*arguments: str) -> dict[str, Any]:
    result = run(*arguments, "--format", "json")
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def codes() -> set[str]:
    """The codes that a check of the current folder finds."""
    report = json.loads(run("check", "--no-cache", "--format", "json", "--select", "LLM603,LLM604,LLM605").stdout)
    return {finding["code"] for finding in report["findings"]}


def test_the_text_says_what_the_claim_takes(project: Path) -> None:
    result = run(*FINE_TUNE)
    assert result.exit_code == 0 and max(map(len, result.stdout.splitlines())) <= 80
    words = " ".join(result.stdout.split())
    assert words.startswith("fine-tuning pays for itself in 6 days before 3,000 USD a month")
    assert "A break-even of 3 months would take 8,100 USD paid once instead of 500: 7,600 USD more of labelling" in words


def test_json(project: Path) -> None:
    report = said(*FINE_TUNE)
    assert (report["answer"], report["net_usd_per_month"], report["claim"]["one_off_usd"]) == ("pays", 2700, 8100)
    assert report["break_even_days"] == pytest.approx(500 / 2700 * 30)
    assert {row["label"] for row in report["inputs"]} == {"given", "assumed"}


class Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attributes: Any) -> None:
        self.tags.append(tag)
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attributes: Any) -> None:
        self.tags.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.parametrize("kind", ["pays", "never"])
def test_html_is_whole_and_alone(project: Path, kind: str) -> None:
    more = () if kind == "pays" else ("--hosting-usd-per-month", "9000")
    text = run(*FINE_TUNE, *more, "--format", "html").stdout
    page = Page()
    page.feed(text)
    assert not page.open and page.tags.count("svg") == 2
    assert "http://" not in text and "https://" not in text and "<script" not in text


def test_markdown_and_files(project: Path) -> None:
    assert run(*FINE_TUNE, "-f", "markdown=out.md", "-f", "html=out.html", "-f", "text").exit_code == 0
    assert (project / "out.md").read_text().startswith("## fine-tuning pays for itself in 6 days\n")
    assert (project / "out.html").read_text().startswith("<!doctype html>")


def test_volume_model_and_prices_come_from_code_and_policy(project: Path) -> None:
    report = said("roi", "distil", "--at", "app.py:9", "--to-model", "small-one", "--training-usd", "200", "--no-cache")
    of = {row["name"]: row for row in report["inputs"]}
    assert (of["calls_per_day"]["value"], of["calls_per_day"]["label"]) == (40000, "declared")
    assert of["usd_per_call_before"]["value"] == pytest.approx((400 * 5 + 5 * 25) / 1e6)
    assert of["usd_per_call_after"]["value"] == pytest.approx((400 * 0.1 + 5 * 0.5) / 1e6)
    assert (of["training_usd"]["label"], of["student_share"]["label"]) == ("given", "assumed")
    assert "llmlint.yaml" in of["usd_per_call_before"]["source"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("roi", "tier"), "`roi tier` needs --calls-per-day"),
        (("roi", "bach"), "did you mean 'batch'?"),
        (("roi", "batch", "--calls-per-day", "100€"), "amounts are in US dollars"),
        (("roi", "batch", "--calls-per-day", "-5"), "must be 0 or more"),
        (("roi", "batch", "--calls-per-day", "many"), "'many' is not a number"),
        (("roi", "batch", "--at", "app.py"), "is not a place"),
        (("roi", "batch", "--at", "app.py:1", "--no-cache"), "no call of a model at app.py:1 (there are app.py:9)"),
        (("roi", "batch", "--at", "other.py:1", "--no-cache"), "`llmlint facts` lists them"),
        (("roi", "batch", "--calls-per-day", "5", "--usd-per-call", "1", "--months", "0"), "months must be more than 0"),
        (("roi", "tier", "--calls-per-day", "0", "--monthly-usd-before", "5"), "a month can cost nothing"),
        (("roi", "tier", "--at", "app.py:9", "--to-model", "smal-one", "--no-cache"), "no price is known for the model 'smal-one'"),
        ((*FINE_TUNE, "--record", "pyproject.toml"), "only a YAML policy can be added to"),
    ],
)
def test_bad_input(project: Path, arguments: tuple[str, ...], says: str) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert says in " ".join(result.output.split()), result.output


# records --------------------------------------------------------------------------------------------------------------


def test_the_record_is_printed_to_be_pasted(project: Path) -> None:
    result = run(*FINE_TUNE, "--record", "--owner", "ml", "--path", "jobs/tune.py")
    (row,) = yaml.safe_load(result.stdout)["roi"]
    assert row == {
        "name": "fine-tune", "kind": "fine-tune", "path": "jobs/tune.py", "one_off_usd": 500, "monthly_usd_before": 3000,
        "monthly_usd_after": 300, "calls_per_day": 100000, "from_calls_per_day": 1544, "owner": "ml",
        "date": "2026-11-25", "until": "2027-11-25",
    }  # fmt: skip


@pytest.mark.parametrize(
    "text",
    ["", "extends: default\n", "roi:\n  - {name: a, kind: distil}\nfail_on: error  # last\n",
     "roi:\n- name: a\n  kind: distil\n\nfail_on: error\n", "roi:\n    - name: a\n      kind: distil\n", "# only a comment\n"],
)  # fmt: skip
def test_the_record_is_added_and_all_else_stays(project: Path, text: str) -> None:
    file = project / "llmlint.yaml"
    file.write_text(text)
    for n in (1, 2):
        assert run(*FINE_TUNE, "--record", "llmlint.yaml", "--name", f"n{n}").exit_code == 0
    after, before = yaml.safe_load(file.read_text()), yaml.safe_load(text) or {}
    assert [row["name"] for row in after["roi"]] == [*(row["name"] for row in before.get("roi", ())), "n1", "n2"]
    assert {**after, "roi": 0} == {**before, "roi": 0}
    assert [line for line in text.splitlines() if line.strip()] == [
        line for line in file.read_text().splitlines() if line in text.splitlines() and line.strip()
    ]
    assert run("policy", "check").exit_code == 0


@pytest.mark.parametrize("text", ["roi: [{name: a, kind: distil}]\n", "roi: []\n", "- 1\n", "roi: {\n"])
def test_a_file_that_cannot_be_added_to_is_left_alone(project: Path, text: str) -> None:
    (project / "llmlint.yaml").write_text(text)
    result = run("roi", "tier", "--calls-per-day", "1", "--usd-per-call-before", "1", "--usd-per-call-after", "0", "--policy", "none.yaml", "--record", "llmlint.yaml")
    assert result.exit_code == 2
    assert (project / "llmlint.yaml").read_text() == text


def test_fine_tune_roi_accepts_the_record_while_it_holds_at_the_declared_volume(project: Path) -> None:
    (project / "tune.py").write_text(TUNE)
    assert "LLM603" in codes()
    policy = project / "llmlint.yaml"
    run(
        "roi", "fine-tune", "--at", "app.py:9", "--to-model", "small-one", "--training-usd", "500", "--path", "tune.py",
        "--record", "llmlint.yaml", "--no-cache",
    )  # fmt: skip
    (row,) = yaml.safe_load(policy.read_text())["roi"]
    assert row["serves"] == {"path": "app.py", "function": "label"} and row["path"] == "tune.py"
    assert "LLM603" not in codes()
    policy.write_text(policy.read_text().replace("calls_per_day: 40000,", f"calls_per_day: {row['from_calls_per_day']},", 1))
    assert "LLM603" not in codes()
    policy.write_text(policy.read_text().replace(f"calls_per_day: {row['from_calls_per_day']},", f"calls_per_day: {row['from_calls_per_day'] - 1},", 1))
    assert "LLM603" in codes()


def test_distil_candidate_accepts_a_no_until_the_volume_makes_it_a_yes(project: Path) -> None:
    assert "LLM604" in codes()
    policy = project / "llmlint.yaml"
    dear = ("--to-model", "small-one", "--training-usd", "500", "--engineering-usd", "60000")
    run("roi", "distil", "--at", "app.py:9", *dear, "--record", "llmlint.yaml", "--no-cache")
    (row,) = yaml.safe_load(policy.read_text())["roi"]
    assert row["to_calls_per_day"] > 40000
    assert "LLM604" not in codes()
    policy.write_text(policy.read_text().replace("calls_per_day: 40000,", f"calls_per_day: {row['to_calls_per_day'] + 1},", 1))
    assert "LLM604" in codes()


def test_review_due_accepts_the_sum_on_hosting_for_a_year(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    policy = project / "llmlint.yaml"
    policy.write_text(POLICY + "attestations:\n  build-or-buy: {date: '2020-01-01', owner: o}\n")
    assert "LLM605" in codes()
    run("roi", "self-host", "--at", "app.py:9", "--record", "llmlint.yaml", "--no-cache")
    assert "LLM605" not in codes()
    monkeypatch.setenv("LLMLINT_TODAY", "2027-11-26")
    assert "LLM605" in codes()
