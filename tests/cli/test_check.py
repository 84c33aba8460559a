from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from llmlint.facts import FileError, ScanStats
from llmlint.judge.policy import PathOverride, Policy, RuleSetting, Suppressions
from llmlint.judge.rules import Parameter
from llmlint.scan.options import ScanOptions
from tests.cli.pipeline import Pipeline, run
from tests.report.samples import finding, rule


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def pipeline(monkeypatch: pytest.MonkeyPatch) -> Pipeline:
    return Pipeline().install(monkeypatch)


WARNING, ERROR, INFO = (finding(severity=s) for s in ("warning", "error", "info"))
UNREAD = FileError("bad.py", 3, "invalid syntax", names_sdk=True)
FAILED = FileError("lint/own.yaml", 7, "rule `own`, when: division by zero (on a.py:1)", rule="own")
HARMLESS = FileError("py2.py", 1, "Python 2")
EXIT_CODES: list[tuple[tuple[Any, ...], tuple[Any, ...], list[str], int]] = [
    ((), (), [], 0),
    ((WARNING,), (), [], 1),
    ((INFO,), (), [], 0),  # the policy fails on warnings
    ((INFO,), (), ["--fail-on", "info"], 1),
    ((WARNING,), (), ["--fail-on", "error"], 0),
    ((ERROR,), (), ["--fail-on", "error"], 1),
    ((ERROR,), (), ["--fail-on", "never"], 0),
    ((ERROR,), (), ["--exit-zero"], 0),
    ((), (HARMLESS,), [], 0),
    ((), (UNREAD,), [], 2),
    ((ERROR,), (UNREAD,), ["--exit-zero"], 2),
    ((), (FAILED,), [], 2),
    ((ERROR,), (FAILED,), ["--exit-zero"], 2),
]


@pytest.mark.parametrize(("findings", "errors", "options", "code"), EXIT_CODES)
def test_exit_codes(findings: Any, errors: Any, options: list[str], code: int, pipeline: Pipeline) -> None:
    pipeline.findings, pipeline.errors = findings, errors
    assert run("check", *options).exit_code == code


def test_policy_can_let_unread_files_pass_and_set_the_threshold(pipeline: Pipeline) -> None:
    pipeline.policy, pipeline.errors = Policy(unread_files="warning"), (UNREAD,)
    assert run("check").exit_code == 0
    pipeline.errors = (UNREAD, FAILED)
    assert run("check").exit_code == 2
    pipeline.policy, pipeline.findings, pipeline.errors = Policy(fail_on="info"), (INFO,), ()
    assert run("check").exit_code == 1


def test_a_clean_run_is_one_line(pipeline: Pipeline) -> None:
    result = run("check")
    assert (result.stdout, result.stderr) == ("no findings: 3 files, 2 call sites, 0.2 s\n", "")


def test_no_python_files_is_said_and_no_failure(pipeline: Pipeline) -> None:
    pipeline.stats = ScanStats()
    result = run("check", ".")
    assert result.exit_code == 0 and result.stderr == "llmlint: no Python files found under .\n"


def test_errors_go_to_stderr_where_the_report_is_for_programs(pipeline: Pipeline) -> None:
    pipeline.errors = (UNREAD, HARMLESS)
    result = run("check", "--format", "json")
    assert json.loads(result.stdout)["errors"][0]["path"] == "bad.py"
    assert result.stderr.splitlines() == [
        "llmlint: bad.py:3: error: not analysed: invalid syntax",
        "llmlint: py2.py:1: warning: not analysed: Python 2",
    ]
    assert "bad.py:3: error: not analysed" in run("check").stdout and run("check").stderr == ""


def test_several_formats_at_once(pipeline: Pipeline, here: Path) -> None:
    pipeline.findings = (WARNING,)
    result = run("check", "-f", "text", "-f", "sarif=out.sarif", "-f", "json=out.json")
    assert result.exit_code == 1 and result.stdout.startswith("app/x.py:7:12: warning LLM101")
    assert json.loads((here / "out.sarif").read_text())["version"] == "2.1.0"
    assert json.loads((here / "out.json").read_text())["findings"][0]["code"] == "LLM101"


def test_paths_are_shown_from_here_and_from_the_repository(pipeline: Pipeline, here: Path) -> None:
    (here / ".git").mkdir()
    (here / "src").mkdir()
    pipeline.findings = (WARNING,)
    assert run("check", "src").stdout.startswith("src/app/x.py:7:12: ")
    assert "file=src/app/x.py," in run("check", "src", "-f", "github").stdout
    assert json.loads(run("check", "src", "-f", "json").stdout)["findings"][0]["path"] == "app/x.py"


def test_scan_options_of_the_command_line_go_before_the_policy(pipeline: Pipeline, here: Path) -> None:
    pipeline.policy = Policy(scan=ScanOptions(jobs=4, exclude=("x",), cache_dir="c"))
    run("check", "-j", "2", "--no-cache", "--cache-dir", "d", "--policy", "p.yaml")
    assert pipeline.seen["options"] == ScanOptions(jobs=2, exclude=("x",), cache=False, cache_dir=str(here / "d"))
    assert pipeline.seen["policy_file"] == Path("p.yaml")
    run("check")
    assert pipeline.seen["options"] == pipeline.policy.scan and pipeline.seen["paths"] == [here]


def severities(pipeline: Pipeline) -> dict[str, Any]:
    return {name: setting.severity for name, setting in pipeline.seen["policy"].rules.items()}


SELECTIONS = [
    (["--select", "output-cap"], {"model-tier": "off"}),
    (["--select", "LLM201"], {"output-cap": "off", "model-tier": "warning"}),  # one that is off by default comes on
    (["--select", "llm101, model-tier"], {"model-tier": "warning"}),
    (["--ignore", "output-cap"], {"output-cap": "off"}),
    (["--select", "output-cap", "--ignore", "LLM101"], {"output-cap": "off", "model-tier": "off"}),
]


@pytest.mark.parametrize(("options", "expected"), SELECTIONS)
def test_select_and_ignore(options: list[str], expected: dict[str, str], pipeline: Pipeline) -> None:
    assert run("check", *options).exit_code == 0
    assert severities(pipeline) == expected


def test_selection_goes_before_path_overrides_and_keeps_parameters(pipeline: Pipeline) -> None:
    capped = rule(parameters={"max_tokens": Parameter(4096, "integer", "the limit")})
    pipeline.rules = (capped, *pipeline.rules[1:])
    pipeline.policy = Policy(
        rules={"output-cap": RuleSetting("error", {"max_tokens": 9})},
        paths=(PathOverride(("a/**",), {"model-tier": RuleSetting("error"), "output-cap": RuleSetting("info")}),),
    )
    run("check", "--select", "output-cap")
    policy = pipeline.seen["policy"]
    assert policy.rules["output-cap"] == RuleSetting("error", {"max_tokens": 9})
    assert policy.paths[0].rules == {"output-cap": RuleSetting("info")}


UNKNOWN = [("output-cup", "output-cap"), ("LLM109", "LLM101"), ("nothing-like-it", "llmlint rules")]


@pytest.mark.parametrize(("name", "hint"), UNKNOWN)
def test_an_unknown_rule_is_a_mistake_with_a_mend(name: str, hint: str, pipeline: Pipeline) -> None:
    result = run("check", "--select", name)
    assert result.exit_code == 2 and repr(name) in result.stderr and hint in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_suppressions_can_be_ignored(pipeline: Pipeline) -> None:
    pipeline.policy = Policy(suppressions=Suppressions(require_reason=True))
    run("check", "--ignore-suppressions")
    assert pipeline.seen["policy"].suppressions == Suppressions(allow=False, require_reason=True)


def test_quiet(pipeline: Pipeline) -> None:
    pipeline.findings = (WARNING,)
    assert run("check", "-q").stdout.count("LLM101") == 1
    assert "help:" not in run("check", "-q").stdout
    pipeline.findings = ()
    assert run("check", "-q").output == ""


@pytest.mark.parametrize("command", ["check", "fix", "facts"])
def test_help_begins_with_an_example(command: str) -> None:
    text = run(command, "--help").output
    assert text.index("Examples:\n") < text.index("Options:") and f"llmlint {command} " in text


IMPORTS = """
import sys
from tests.cli.pipeline import Pipeline
import llmlint.judge.policy, llmlint.judge.rules, llmlint.judge.judge, llmlint.tasks.collect
before = set(sys.modules)
import pytest
Pipeline().install(pytest.MonkeyPatch())
from llmlint.cli import main
main(["check"], standalone_mode=False)
heavy = {"rich", "jinja2", "jsonschema", "libcst", "yaml", "multiprocessing", "xml.etree", "concurrent.futures"}
print(sorted(name for name in heavy if any(m == name or m.startswith(name + ".") for m in set(sys.modules) - before)))
"""


def test_a_clean_run_imports_nothing_heavy(here: Path) -> None:
    root = Path(__file__).parents[2]
    script = f"import sys; sys.path.insert(0, {str(root)!r})\n" + IMPORTS
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=here, check=False)
    assert done.stdout.splitlines() == ["no findings: 3 files, 2 call sites, 0.2 s", "[]"], done.stderr
