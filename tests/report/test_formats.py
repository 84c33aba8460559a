from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from llmlint.judge.finding import Verdict
from llmlint.report import FORMATS, render
from tests.report.samples import clean, failed, finding, hostile, rule, verdict

CONTRACT = {
    "rule", "code", "severity", "path", "line", "end_line", "column", "cell", "message", "remedy", "fixable", "saves",
    "docs", "fingerprint",
}  # fmt: skip


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("make", [verdict, clean, failed, hostile])
def test_every_format_renders_everything_twice_the_same(name: str, make: Any, tmp_path: Path) -> None:
    v = make(tmp_path)
    report = render(name, v, (rule(),))
    assert report == render(name, v, (rule(),))
    report.encode()
    assert report.endswith("\n") or report == ""
    if name != "json":  # json escapes by itself
        assert "\x1b" not in report and "\x00" not in report


def test_json_keeps_the_contract(tmp_path: Path) -> None:
    report = json.loads(render("json", verdict(tmp_path)))
    assert list(report) == ["schema", "findings", "suppressed", "errors", "stats"]
    assert report["schema"] == 1
    assert all(set(f) >= CONTRACT for f in report["findings"])
    assert report["findings"][1]["saves"] == {"usd_per_month": 310.2, "formula": "12,000 calls a day"}
    assert report["suppressed"][0]["suppression"] == {"kind": "inline", "line": 15, "reason": "measured, see wiki"}
    assert report["errors"][0] == {"path": "bad.py", "line": 3, "message": "invalid syntax"}
    assert set(report["stats"]) == {"files", "sifted", "parsed", "cached", "call_sites", "seconds"}


def test_github_annotations(tmp_path: Path) -> None:
    lines = render("github", verdict(tmp_path)).splitlines()
    assert lines == [
        "::warning file=app/x.py,line=7,endLine=13,title=LLM101 output-cap::`messages.create` has no output limit, so "
        "an answer can be as long as the model likes.%0ASet `max_tokens=1024`.",
        "::error file=app/x.py,line=16,endLine=16,col=7,endColumn=53,title=LLM201 model-tier::"
        "Opus for a yes/no question.",
        "::notice file=nb.ipynb,title=LLM101 output-cap::cells[1], line 2: In a cell.%0ASet `max_tokens=1024`.",
        "::error file=bad.py,line=3,title=llmlint::not analysed: invalid syntax",
        "::warning file=py2.py,title=llmlint::not analysed: Python 2",
    ]


def test_github_escapes_what_would_end_a_command(tmp_path: Path) -> None:
    first, second = render("github", hostile(tmp_path)).splitlines()
    assert first.startswith("::warning file=a%2Cb%3Ac%25%0A%3A%3Aerror%3A%3A`|<b>.py,line=1,endLine=4,title=")
    assert "%250A,:" in first and second.startswith("::error file=a%2Cb")


def test_gitlab_has_no_two_issues_of_one_fingerprint() -> None:
    twins = Verdict("/r", (finding(), finding(line=9), finding(fingerprint="")))
    issues = json.loads(render("gitlab", twins))
    assert len({issue["fingerprint"] for issue in issues}) == 3
    assert issues[0] == {
        "description": "LLM101 output-cap: `messages.create` has no output limit, so an answer can be as long as the "
        "model likes. Set `max_tokens=1024`.",
        "check_name": "output-cap", "fingerprint": "f1", "severity": "minor",
        "location": {"path": "app/x.py", "lines": {"begin": 7, "end": 13}},
    }  # fmt: skip


def test_junit_counts_and_survives_control_characters(tmp_path: Path) -> None:
    suites = ElementTree.fromstring(render("junit", verdict(tmp_path)))
    assert {k: suites.get(k) for k in ("tests", "failures", "errors", "skipped")} == {
        "tests": "6", "failures": "3", "errors": "2", "skipped": "1"
    }  # fmt: skip
    assert [s.get("name") for s in suites] == ["app/x.py", "bad.py", "nb.ipynb", "py2.py"]
    ElementTree.fromstring(render("junit", hostile(tmp_path)))


def test_junit_of_a_clean_run_has_a_passed_case(tmp_path: Path) -> None:
    suites = ElementTree.fromstring(render("junit", clean(tmp_path)))
    assert suites.get("tests") == "1" and suites.get("failures") == "0"


def test_markdown_cannot_be_broken_out_of(tmp_path: Path) -> None:
    report = render("markdown", hostile(tmp_path))
    outside = re.sub(r"(?ms)^(`{3,})text\n.*?^\1$", "", report)  # without the fenced frames
    assert "<script" not in outside and outside.count("</details>") == 1
    assert "@everyone" not in outside and "://evil" not in outside and "[31m" not in outside.replace("\\x1b", "")
    table = [line for line in outside.splitlines() if line.startswith("| ")]
    assert [len(re.findall(r"(?<!\\)\|", line)) for line in table] == [5, 5, 5]
    assert "\n````text\n" in report  # the code holds ``` of its own


def test_markdown_table(tmp_path: Path) -> None:
    report = render("markdown", verdict(tmp_path)).splitlines()
    assert report[2].startswith("3 findings (1 fixable with `llmlint fix`) in 2 of 147 files")
    assert report[6] == (
        "| `app/x.py:7:12` | warning | [output-cap LLM101](https://example.org/LLM101) | `messages.create` has no "
        "output limit, so an answer can be as long as the model likes. |"
    )


FAILURE = "rule `own`, when: division by zero (on app/x.py:7); so it does on 2 more calls"


def test_a_rule_that_failed_is_no_file_that_was_not_analysed(tmp_path: Path) -> None:
    def report(name: str) -> str:
        return render(name, failed(tmp_path), (rule(),))

    assert json.loads(report("json"))["errors"][1] == {"path": "lint/own.yaml", "line": 9, "message": FAILURE}
    assert report("github").splitlines()[-1] == f"::error file=lint/own.yaml,line=9,title=llmlint::{FAILURE}"
    issue = json.loads(report("gitlab"))[-1]
    assert (issue["description"], issue["check_name"], issue["severity"]) == (FAILURE, "own", "major")
    (case,) = ElementTree.fromstring(report("junit")).findall("testsuite[@name='lint/own.yaml']/testcase")
    error = case.find("error")
    assert error is not None and (case.get("name"), error.get("type")) == ("own", "rule-failed")
    assert "### Rules that failed\n\n- `lint/own.yaml:9`: rule" in report("markdown")
    assert "not analysed" not in report("markdown").partition("### Rules that failed")[2]
    assert f"lint/own.yaml:9: error: {FAILURE}" in " ".join(report("text").split())
    assert "; 1 file not analysed; 1 rule failed" in " ".join(report("text").split())


def test_paths_are_relative_to_the_repository_where_programs_read_them(tmp_path: Path) -> None:
    v = Verdict(str(tmp_path / "src"), (finding(),))
    assert "file=src/app/x.py," in render("github", v, base=tmp_path)
    assert json.loads(render("gitlab", v, base=tmp_path))[0]["location"]["path"] == "src/app/x.py"
    assert json.loads(render("json", v, base=tmp_path))["findings"][0]["path"] == "app/x.py"
    assert f"file={tmp_path}/src/app/x.py" in render("github", v, base=tmp_path / "elsewhere")
