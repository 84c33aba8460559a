"""The GitHub Action and the CI templates: valid by their official schemas, and their scripts do what they say."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cli.repository import commit, git, write
from tests.packaging.conftest import ROOT

ACTION = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
GITLAB = yaml.safe_load((ROOT / "docs/ci/gitlab.yml").read_text(encoding="utf-8"))
CALL = """\
from openai import OpenAI


def ask(question):
    return OpenAI().chat.completions.create(model="gpt-5", max_completion_tokens=50, messages=[{"role": "user", "content": question}])
"""


@pytest.mark.skipif(find_spec("check_jsonschema") is None, reason="check-jsonschema is not installed")
@pytest.mark.parametrize("arguments", [
    ["vendor.github-actions", "action.yml"],
    ["vendor.github-workflows", "docs/ci/github.yml"],
    ["vendor.gitlab-ci", "--data-transform", "gitlab-ci", "docs/ci/gitlab.yml"],
])  # fmt: skip
def test_the_schema_holds(arguments: list[str]) -> None:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def steps() -> dict[str, dict[str, Any]]:
    return {step["name"]: step for step in ACTION["runs"]["steps"]}


@pytest.mark.parametrize("name", [name for name, step in steps().items() if "run" in step])
def test_a_script_is_sound(name: str) -> None:
    step = steps()[name]
    assert "${{" not in step["run"], "what others write (branch names, inputs) comes in by env, never into the script"
    assert subprocess.run(["bash", "-n"], input=step["run"], text=True, check=False).returncode == 0


def test_every_input_and_output_is_used() -> None:
    text = (ROOT / "action.yml").read_text(encoding="utf-8")
    used = set(re.findall(r"inputs\.([\w-]+)", text))
    assert used == set(ACTION["inputs"])
    written = set(re.findall(r"echo \"([\w-]+)=", text))
    assert set(re.findall(r"steps\.diff\.outputs\.([\w-]+)", text)) <= written


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    write(folder, {"app.py": CALL, "README.md": "words"})
    git(folder, "init", "-q", "-b", "main")
    commit(folder)
    return folder


def outputs(project: Path, name: str, **env: str) -> tuple[int, str, dict[str, str]]:
    """One step of the action as a runner runs it: exit code, log, outputs."""
    temp = project.parent / "temp"
    (temp / "llmlint" / "bin").mkdir(parents=True, exist_ok=True)
    tool = temp / "llmlint" / "bin" / "llmlint"
    tool.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m llmlint "$@"\n', encoding="utf-8")
    tool.chmod(0o755)
    files = {"GITHUB_OUTPUT": temp / "output", "GITHUB_STEP_SUMMARY": temp / "summary"}
    for file in files.values():
        file.write_text("", encoding="utf-8")
    environment = {**os.environ, "RUNNER_TEMP": str(temp), "PYTHONPATH": str(ROOT), **{k: str(f) for k, f in files.items()}, **env}
    done = subprocess.run(["bash", "-eo", "pipefail", "-c", steps()[name]["run"]], cwd=project, env=environment, capture_output=True, text=True, check=False)
    told = dict(line.split("=", 1) for line in files["GITHUB_OUTPUT"].read_text(encoding="utf-8").splitlines())
    return done.returncode, done.stdout + done.stderr, {**told, "summary": files["GITHUB_STEP_SUMMARY"].read_text(encoding="utf-8")}


def test_a_change_is_annotated(project: Path) -> None:
    write(project, {"app.py": CALL.replace("max_completion_tokens=50, ", "")})
    commit(project)
    code, log, told = outputs(project, "llmlint diff", BASE="HEAD^", POLICY="")
    assert (code, told["exit-code"]) == (0, "0") and "file=app.py,line=5" in log and "output limit removed" in log
    assert "output limit removed" in told["summary"] and "output limit removed" in Path(told["comment"]).read_text(encoding="utf-8")
    assert json.loads(Path(told["report"]).read_text(encoding="utf-8"))["call_sites"][0]["change"] == "changed"
    assert json.loads(Path(told["sarif"]).read_text(encoding="utf-8"))["runs"][0]["results"]


def test_nothing_is_said_where_nothing_changed(project: Path) -> None:
    write(project, {"README.md": "more words"})
    commit(project)
    code, log, told = outputs(project, "llmlint diff", BASE="HEAD^", POLICY="")
    assert (code, told["exit-code"], told["summary"]) == (0, "0", "") and "::" not in log
    assert Path(told["comment"]).read_text(encoding="utf-8") == ""


def test_a_base_that_is_not_there_fails_the_job(project: Path) -> None:
    code, log, told = outputs(project, "llmlint diff", BASE="nope", POLICY="")
    assert code == 0 and told["exit-code"] == "2" and "git knows no revision 'nope'" in log and "sarif" not in told
    assert outputs(project, "Hold the budgets", CODE="2", FAIL="false")[0] == 2


@pytest.mark.parametrize(("code", "fail", "ends"), [("0", "true", 0), ("1", "true", 1), ("1", "false", 0), ("2", "true", 2)])
def test_a_broken_budget_fails_the_job(project: Path, code: str, fail: str, ends: int) -> None:
    assert outputs(project, "Hold the budgets", CODE=code, FAIL=fail)[0] == ends


GH = """\
#!/bin/sh
echo "$@" >> "$LOG"
case "$*" in *--paginate*) printf '%s' "$KNOWN";; esac
"""


@pytest.mark.parametrize(("known", "text", "asked"), [
    ("", "<!-- llmlint diff -->\\nmore", "--method POST repos/o/r/issues/7/comments"),
    ("42\n", "<!-- llmlint diff -->\\nmore", "--method PATCH repos/o/r/issues/comments/42"),
    ("42\n", "", "--method DELETE repos/o/r/issues/comments/42"),
    ("", "", ""),
])  # fmt: skip
def test_one_comment_is_kept(project: Path, known: str, text: str, asked: str) -> None:
    tools = project.parent / "tools"
    tools.mkdir()
    (tools / "gh").write_text(GH, encoding="utf-8")
    (tools / "gh").chmod(0o755)
    comment, log = project.parent / "comment.md", project.parent / "log"
    comment.write_text(text, encoding="utf-8")
    path = f"{tools}{os.pathsep}{os.environ['PATH']}"
    code, said, _ = outputs(project, "Comment", PATH=path, LOG=str(log), KNOWN=known, REPOSITORY="o/r", NUMBER="7", COMMENT=str(comment))
    calls = log.read_text(encoding="utf-8").splitlines()
    assert code == 0, said
    assert [line for line in calls if "--method" in line] == ([line for line in calls if asked in line] if asked else [])
    assert len(calls) == (2 if asked else 1)


def test_the_job_of_gitlab_writes_its_reports(project: Path) -> None:
    write(project, {"app.py": CALL.replace("max_completion_tokens=50, ", "")})
    commit(project)
    job = GITLAB["llmlint"]
    script = job["script"][-1].replace("llmlint diff", f'"{sys.executable}" -m llmlint diff', 1)
    environment = {**os.environ, "CI_MERGE_REQUEST_DIFF_BASE_SHA": git(project, "rev-parse", "HEAD^").strip(), "PYTHONPATH": str(ROOT)}
    done = subprocess.run(["bash", "-eo", "pipefail", "-c", script], cwd=project, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0 and "output limit removed" in done.stdout, done.stderr
    issues = json.loads((project / job["artifacts"]["reports"]["codequality"]).read_text(encoding="utf-8"))
    assert [(one["check_name"], one["location"]["path"]) for one in issues] == [("cost-increase", "app.py")]
    assert all((project / path).is_file() for path in job["artifacts"]["paths"])
