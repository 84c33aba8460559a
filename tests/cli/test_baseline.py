"""`llmlint baseline`: what is put off, what stays so, and what is new all the same."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.pipeline import run
from tests.cli.repository import APP, repository, write

MORE = APP.replace("def is_spam", "def more():\n    return client.responses.create(model=MODEL, input='x')\n\n\ndef is_spam")
FILE = "llmlint-baseline.json"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    repository(tmp_path)
    write(tmp_path, {"llmlint.yaml": f"baseline: {FILE}\n"})
    assert run("baseline", "write").exit_code == 0
    return tmp_path


def new(*more: str) -> list[str]:
    done = run("check", "--format", "json", *more)
    return [f"{f['path']}:{f['line']} {f['rule']}" for f in json.loads(done.stdout)["findings"]]


def test_it_is_sorted_with_one_finding_a_line_and_no_line_numbers(project: Path) -> None:
    write(project, {"app.py": MORE, "a.py": APP})
    run("baseline", "write")
    text = (project / FILE).read_text()
    rows = json.loads(text)["findings"]
    assert rows == sorted(rows, key=lambda row: (row["path"], row["rule"], row["function"]))
    assert [(r["path"], r["function"]) for r in rows] == [("a.py", "ask"), ("app.py", "ask"), ("app.py", "more")]
    assert len(text.splitlines()) == len(rows) + 5
    write(project, {"app.py": "\n" + MORE})
    run("baseline", "write")
    assert (project / FILE).read_text() == text


def test_only_what_is_not_in_it_counts(project: Path) -> None:
    assert new() == []
    assert new("--no-baseline") == ["app.py:9 output-cap"]
    write(project, {"app.py": "# a line\n" + MORE})
    assert new() == ["app.py:14 output-cap"]
    (project / "app.py").rename(project / "main.py")
    assert new() == ["main.py:9 output-cap", "main.py:14 output-cap"][1:]


def test_a_duplicate_in_the_same_function_is_new(project: Path) -> None:
    twice = APP.replace("    return client.chat", "    client.chat.completions.create(model=MODEL, messages=[])\n    return client.chat", 1)
    write(project, {"app.py": twice})
    assert len(new()) == 1


def test_it_holds_whatever_part_is_checked(project: Path) -> None:
    write(project, {"src/app.py": APP, "src/settings.py": 'MODEL = "gpt-6-luna"\n'})
    run("baseline", "write")
    assert new("src") == new("src/app.py") == new() == []


def test_update_drops_what_is_mended_and_adds_nothing(project: Path) -> None:
    write(project, {"other.py": APP})
    done = run("baseline", "update")
    assert done.stdout == f"{FILE}: 1 put off, 0 dropped; 1 new, which `llmlint check` reports\n"
    write(project, {"app.py": "x = 1\n"})
    assert "0 put off, 1 dropped" in run("baseline", "update").stdout
    assert json.loads((project / FILE).read_text())["findings"] == []


def test_update_of_a_folder_leaves_the_rest_alone(project: Path) -> None:
    write(project, {"src/app.py": APP, "src/settings.py": 'MODEL = "gpt-6-luna"\n'})
    run("baseline", "write")
    write(project, {"src/app.py": "x = 1\n"})
    run("baseline", "update", "src")
    assert [row["path"] for row in json.loads((project / FILE).read_text())["findings"]] == ["app.py"]
    write(project, {"src/app.py": APP})
    run("baseline", "write", "src")
    assert [row["path"] for row in json.loads((project / FILE).read_text())["findings"]] == ["app.py", "src/app.py"]


def test_put_off_findings_stay_in_the_reports_as_suppressed(project: Path) -> None:
    (suppressed,) = json.loads(run("check", "--format", "json").stdout)["suppressed"]
    assert suppressed["suppression"] == {
        "kind": "baseline", "line": None, "reason": "put off in the baseline", "where": FILE, "owner": None, "until": None,
    }  # fmt: skip
    (result,) = json.loads(run("check", "--format", "sarif").stdout)["runs"][0]["results"]
    assert result["suppressions"][0]["kind"] == "external"
    assert "1 in the baseline" in run("check").stdout


def test_it_puts_off_no_exemption_that_is_over(project: Path) -> None:
    row = "{rule: output-cap, path: x.py, reason: r, owner: o, until: 2019-12-31}"
    write(project, {"llmlint.yaml": f"baseline: {FILE}\nexemptions: [{row}]\n"})
    run("baseline", "write")
    assert new() == ["llmlint.yaml:2 exemption-expired"]


@pytest.mark.parametrize(("text", "words"), [
    (None, "there is no such baseline (`llmlint baseline write` writes one)"),
    ("", ":1: is not JSON: Expecting value"),
    ("<<<<<<< HEAD\n", "(resolve the merge conflict)"),
    ("[]", "is no baseline of llmlint"),
    ('{"schema": 2, "findings": []}', "has schema 2, not 1"),
    ('{"schema": 1, "findings": [{"path": 3}]}', "findings[0] needs path, rule and fingerprint"),
])  # fmt: skip
def test_a_broken_file_is_one_line(project: Path, text: str | None, words: str) -> None:
    file = project / FILE
    file.unlink() if text is None else file.write_text(text)
    done = run("check")
    assert done.exit_code == 2 and words in done.stderr and done.stderr.count("\n") == 1
    assert done.stderr.startswith(f"llmlint: {FILE}:")
