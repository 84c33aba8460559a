"""`llmlint check --since`: what a pull request adds, wherever its values come from; git's work tree stays as it is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.pipeline import run
from tests.cli.repository import APP, commit, git, repository, write


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return repository(tmp_path)


def new(*more: str) -> list[str]:
    done = run("check", "--format", "json", "--no-cache", "--since", "HEAD", *more)
    return [f"{f['path']}:{f['line']} {f['rule']}" for f in json.loads(done.stdout)["findings"]]


MORE = APP.replace("def is_spam", "def more():\n    return client.responses.create(model=MODEL, input='x')\n\n\ndef is_spam")
TWICE = APP.replace("    return client.chat", "    client.chat.completions.create(model=MODEL, messages=[])\n    return client.chat", 1)


@pytest.mark.parametrize(("changes", "found"), [
    ({}, []),
    ({"README.md": "words"}, []),
    ({"logo.png": "words"}, []),
    ({"app.py": "# one\n# two\n" + APP}, []),
    ({"app.py": MORE}, ["app.py:13 output-cap"]),
    ({"app.py": TWICE}, ["app.py:10 output-cap"]),
    ({"settings.py": 'MODEL = "gpt-5.6"\n'}, ["app.py:13 model-tier"]),
    ({"new.py": APP}, ["new.py:9 output-cap"]),
])  # fmt: skip
def test_what_is_new(project: Path, changes: dict[str, str], found: list[str]) -> None:
    write(project, changes)
    before = git(project, "status", "--porcelain")
    assert new() == found
    assert git(project, "status", "--porcelain") == before


@pytest.mark.parametrize(("changes", "asked"), [
    ({"README.md": "words", "logo.png": "x", "docs/settings.html": "x"}, False),
    ({"system.md": "Be kind."}, True),
    ({"settings.py": 'MODEL = "gpt-6-luna"  # cheap\n'}, True),
    ({".github/workflows/ci.yml": "on: push\n"}, True),
])  # fmt: skip
def test_old_files_are_analysed_only_where_it_matters(
    project: Path, monkeypatch: pytest.MonkeyPatch, changes: dict[str, str], asked: bool
) -> None:
    write(project, {"app.py": APP + "\nRULES = open('system.md').read()\n", "settings.py": 'MODEL = "gpt-6-luna"\n'})
    commit(project)
    seen: list[str] = []
    monkeypatch.setattr("llmlint.judge.since.write_files", lambda *given: seen.append("written"))
    write(project, changes)
    run("check", "--since", "HEAD")
    assert bool(seen) is asked


def test_a_prompt_file_that_grew_is_looked_at(project: Path) -> None:
    code = APP.replace('"Is this spam? Answer yes or no."', "open('system.md').read()").replace(' == "yes"', "")
    code = code.replace("is_spam", "answer_mail").replace("max_tokens=3", "max_tokens=3000")
    write(project, {"app.py": code, "settings.py": 'MODEL = "gpt-5.6"\n', "system.md": "Prove the theorem in the mail."})
    commit(project)
    done = run("check", "--no-cache", "--format", "json")
    assert [f["rule"] for f in json.loads(done.stdout)["findings"]] == ["output-cap"]
    write(project, {"system.md": "Is this mail spam? Answer yes or no."})
    assert new() == ["app.py:13 model-tier"]


def test_a_renamed_file_brings_nothing_new(project: Path) -> None:
    git(project, "mv", "app.py", "main.py")
    assert new() == []
    write(project, {"main.py": MORE})
    assert new() == ["main.py:13 output-cap"]


def test_a_folder_of_the_repository(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(project, {"src/app.py": APP, "src/settings.py": 'MODEL = "gpt-6-luna"\n'})
    commit(project)
    write(project, {"src/app.py": MORE})
    assert new("src") == ["app.py:13 output-cap"]
    assert new("src/app.py") == ["src/app.py:13 output-cap"]
    monkeypatch.chdir(project / "src")
    assert new() == ["app.py:13 output-cap"]


def test_where_the_branch_left_the_trunk(project: Path) -> None:
    git(project, "branch", "trunk")
    git(project, "switch", "-q", "-c", "work")
    write(project, {"app.py": MORE})
    commit(project)
    git(project, "switch", "-q", "trunk")
    write(project, {"app.py": "x = 1\n"})
    commit(project)
    git(project, "switch", "-q", "work")
    count = {rev: len(json.loads(run("check", "-f", "json", "--since", rev).stdout)["findings"]) for rev in ("trunk", "trunk...")}
    assert count == {"trunk": 2, "trunk...": 1}


def test_a_comment_that_is_taken_away_brings_its_finding(project: Path) -> None:
    quiet = APP.replace("    return client.chat", "    # llmlint: ignore[output-cap] short\n    return client.chat")
    write(project, {"app.py": quiet})
    commit(project)
    assert new() == []
    write(project, {"app.py": APP})
    assert new() == ["app.py:9 output-cap"]


def test_what_was_there_before_stays_in_the_reports_as_suppressed(project: Path) -> None:
    report = json.loads(run("check", "--format", "json", "--since", "HEAD").stdout)
    (suppressed,) = report["suppressed"]
    assert suppressed["suppression"]["kind"] == "since" and suppressed["suppression"]["reason"] == "there at HEAD"
    done = run("check", "--since", "HEAD", "--format", "sarif")
    (result,) = json.loads(done.stdout)["runs"][0]["results"]
    assert result["suppressions"] == [
        {"kind": "external", "status": "accepted", "justification": f"there at HEAD ({git(project, 'rev-parse', 'HEAD')[:12]})"}
    ]
    assert done.exit_code == 0


@pytest.mark.parametrize(("name", "words"), [
    ("nope", "git knows no revision 'nope'"), ("-p", "'-p' is no revision"), ("nope...", "git knows no revision 'nope'"),
])  # fmt: skip
def test_a_revision_that_is_none(project: Path, name: str, words: str) -> None:
    done = run("check", f"--since={name}")
    assert done.exit_code == 2 and words in done.stderr and done.stderr.count("\n") == 1


def test_outside_of_git(tmp_path: Path) -> None:
    write(tmp_path, {"app.py": APP})
    done = run("check", str(tmp_path), "--since", "HEAD")
    assert done.exit_code == 2 and "is in no git work tree" in done.stderr
