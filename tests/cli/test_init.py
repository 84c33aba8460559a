"""`llmlint init`: a starter that loads, says what was found, and never overwrites by accident."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from llmlint.cli import main
from llmlint.facts import CallSite, Facts, ModelFact
from llmlint.judge.policy import load_policy
from llmlint.judge.starter import Survey, starter_policy


def site(sdk: str, tier: str | None, *models: str) -> CallSite:
    return CallSite(
        "a.py", 1, 1, 1, 2, "generate", sdk, "x", sdk=sdk, model=ModelFact(models, "literal", tier)  # type: ignore[arg-type]
    )  # fmt: skip


SITES = (
    site("anthropic", "large", "claude-opus-4-7"), site("anthropic", "large", "claude-opus-4-7"),
    site("openai", "small", "gpt-5-nano"), site("openai", None, "evil\nextends: []"), site("openai", None),
)  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("llmlint.tasks.collect.collect_facts", lambda paths, options, **_: Facts(str(paths[0]), SITES))
    return tmp_path


def run(*args: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(main, ["init", *args])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.stdout, result.stderr


def test_what_is_found_is_written(folder: Path) -> None:
    (folder / "tests").mkdir()
    (folder / "n.ipynb").write_text("{}", encoding="utf-8")
    assert run() == (0, "wrote llmlint.yaml (5 call sites: openai 3, anthropic 2)\nnext: llmlint check\n", "")
    text = (folder / "llmlint.yaml").read_text(encoding="utf-8")
    for part in (
        "# Found 5 call sites: openai 3, anthropic 2\n#   claude-opus-4-7 (large): 2 call sites\n",
        "#   1 call site whose model the code alone does not tell", "Tests (tests), examples", "# 1 notebook:",
        "#   small: [gpt-5-nano]",
    ):  # fmt: skip
        assert part in text
    assert "evil" not in text
    assert max(map(len, text.splitlines())) <= 120
    policy = load_policy(folder)
    assert policy.source == "llmlint.yaml"
    assert policy.setting("x", "a/n.ipynb").severity == "info"


@pytest.mark.parametrize("survey", [Survey(), Survey(SITES, ("tests",), 0), Survey(SITES, (), 3)])
def test_with_every_comment_taken_away_it_still_loads(tmp_path: Path, survey: Survey) -> None:
    text = starter_policy(survey)
    (tmp_path / "llmlint.yaml").write_text(text, encoding="utf-8")
    assert load_policy(tmp_path).fail_on == "warning"
    bare = [line[2:] for line in text.splitlines() if line.startswith("# ") and _is_yaml(line[2:])]
    (tmp_path / "llmlint.yaml").write_text("\n".join(bare), encoding="utf-8")
    policy = load_policy(tmp_path)
    assert policy.extra["traffic"] and policy.scan.llm_calls == ("myapp.llm.ask",)


def _is_yaml(line: str) -> bool:
    words = "rules paths tiers models llm_calls extend_exclude suppressions fail_on traffic"
    begins = tuple(f"{word}:" for word in words.split())
    return line.startswith(begins) or (line.startswith("  ") and "call site" not in line)


@pytest.mark.parametrize("name", ["llmlint.yaml", ".llmlint.yaml", "pyproject.toml"])
def test_it_does_not_overwrite(folder: Path, name: str) -> None:
    text = "[tool.llmlint]\n" if name.endswith("toml") else "fail_on: info\n"
    (folder / name).write_text(text, encoding="utf-8")
    code, out, err = run()
    assert (code, out) == (2, "") and err == f"llmlint: {name}: holds a policy already (--force writes a new one)\n"
    assert run("--force")[0] == 0
    assert (folder / name).exists() and (folder / "llmlint.yaml").read_text(encoding="utf-8").startswith("# The policy")


def test_another_folder(folder: Path) -> None:
    (folder / "app").mkdir()
    assert run("app")[1].splitlines()[-1] == "next: llmlint check app"
    assert (folder / "app" / "llmlint.yaml").exists()
    code, _, err = run("none")
    assert code == 2 and "there is no such folder" in err
    assert json.loads(CliRunner().invoke(main, ["policy", "show", "app", "--format", "json"]).stdout)["source"] == "app/llmlint.yaml"


def test_help_begins_with_an_example() -> None:
    assert "Examples:\n    llmlint init" in run("--help")[1]
