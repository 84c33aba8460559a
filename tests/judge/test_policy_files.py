"""Policy files as people and strangers write them: each mistake is one line with file, line and mend."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from llmlint.errors import PolicyError
from llmlint.judge.policy import load_policy

# text of llmlint.yaml, line, what the error says
BROKEN: list[tuple[bytes, int | None, str]] = [
    (b"rules:\n\tbatch: off\n", 2, "a tab stands where YAML wants spaces"),
    (b"fail_on: error\nfail_on: info\n", 2, "duplicated key 'fail_on', first on line 1"),
    (b"rules:\n  a: off\n  a: error\n", 3, "duplicated key 'a', first on line 2"),
    (b"a: &a [x]\nb: [*a, *a]\n", 2, "the alias *a is not allowed here"),
    (b"a: &a {x: 1}\nb:\n  <<: *a\n", 3, "the alias *a is not allowed"),
    (b"a: &a [*a]\n", 1, "the alias *a is not allowed"),
    (b"[" * 30 + b"]" * 30, 1, "nested more than 20 deep"),
    (b"[" * 100_000, 1, "nest"),
    (b"- " * 50_000, 1, "nested more than 20 deep"),
    (b"a: b: c\n", 1, "is no valid YAML: mapping values are not allowed"),
    (b"include: [a, b\nfail_on: info\n", 2, "is no valid YAML"),
    (b"include: @x\n", 1, "is no valid YAML"),
    (b"fail_on: error\n---\nfail_on: info\n", 2, "more than one YAML document"),
    (b"fail_on: err\x00or\n", 1, "holds a control character"),
    (b"fail_on: error\n# caf\xe9\n", 2, "is not UTF-8"),
    ("fail_on: error\n".encode("utf-16"), 1, "is not UTF-8"),
    (b"- fail_on\n", 1, "must be a mapping of keys to values, not a list"),
    (b"error\n", 1, "must be a mapping of keys to values, not a single value"),
    (b"? [a]\n: 1\n", 1, "a list or mapping stands where a key is expected"),
    (b"a: !!python/object/apply:os.system [x]\n", 1, "is not allowed here"),
    (b"include: !!set {a}\n", 1, "is not allowed here"),
    (b"budgets:\n  monthly_usd: .inf\n", 2, "'.inf' is not a number"),
    (b"budgets:\n  monthly_usd: " + b"9" * 5000, 2, "is not a number"),
    (b"budgets:\n  monthly_usd: !!int x\n", 2, "'x' is not a number"),
    (b"exemptions:\n- until: 2027-13-31\n", 2, "'2027-13-31' is not a date"),
    (b"# a comment\nfail_on: warn\n", 2, "fail_on: 'warn' is not a severity (did you mean 'warning'?)"),
    (b"paths:\n- match: a\n  rules:\n    b: of\n", 4, "paths[0].rules.b: 'of' is not a severity or off"),
    (b"rules:\n  b: wrong\nfail_n: 1\n", 2, "rules.b"),
    (b"extends: strct\n", 1, "there is no pack 'strct' (did you mean 'strict'?"),
    (b"fail_on: info\nextends:\n- ./none.yaml\n", 3, "extends: ./none.yaml is no file"),
    (b"extends: llmlint.yaml\n", 1, "extends itself"),
    (b"rule_folders: [none]\n", 1, "rule_folders: none is no folder"),
    (b"x: " + b"y" * 1_000_001, None, "is larger than 1 MB"),
]


@pytest.mark.parametrize(("text", "line", "message"), BROKEN, ids=lambda x: str(x)[:40])
def test_broken_yaml(tmp_path: Path, text: bytes, line: int | None, message: str) -> None:
    (tmp_path / "llmlint.yaml").write_bytes(text)
    with pytest.raises(PolicyError) as caught:
        load_policy(tmp_path)
    error = caught.value
    assert message in str(error)
    assert error.path == str(tmp_path / "llmlint.yaml")
    assert error.line == line
    assert error.mend and "\n" not in str(error) and len(error.message) < 200


@pytest.mark.parametrize("text", ["", "\n", "# only a comment\n", "---\n", "\ufeff", "rules:\n", "extends: default\n"])
def test_an_empty_policy_is_the_default(tmp_path: Path, text: str) -> None:
    (tmp_path / "llmlint.yaml").write_text(text, encoding="utf-8")
    policy, default = load_policy(tmp_path), load_policy(tmp_path, _written(tmp_path / "d.yaml", "extends: default"))
    assert (policy.tiers, policy.paths, policy.fail_on) == (default.tiers, default.paths, default.fail_on)
    assert policy.tiers["classification"] == "small"


def test_pyproject_lines(tmp_path: Path) -> None:
    _written(tmp_path / "pyproject.toml", TOML)
    policy = load_policy(tmp_path)
    origin = {key: place.rpartition(":")[2] for key, place in policy.origins.items()}
    assert origin["fail_on"] == "5"
    assert origin["rules.output-cap.max_tokens"] == "13"
    assert origin["rules.batch.severity"] == "14"
    assert [origin[f"paths[{i}]"] for i in (2, 3)] == ["16", "20"]
    assert origin["budgets.monthly_usd"] == "24"
    assert policy.extra["exemptions"][0]["until"] == "2027-03-31"
    assert policy.source == str(tmp_path / "pyproject.toml")


TOML = """\
[project]
name = "x"

[tool.llmlint]
fail_on = "info"
include = [
  "a",  # ] [
  "[tool.other]",
]
exemptions = [{rule = "a", path = "b", reason = "r", owner = "o", until = 2027-03-31}]

[tool.llmlint.rules]
output-cap = {severity = "error", max_tokens = 100}
batch = "off"

[[tool.llmlint.paths]]
match = "x"
rules = {batch = "off"}

[[tool.llmlint.paths]]
match = "y"
rules.batch = "error"
[tool . "llmlint".budgets] # money
monthly_usd = 5
"""


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("[tool.llmlint]\nfail_on = 'warn'\n", 2, "fail_on: 'warn' is not a severity"),
        ("[tool.llmlint]\nrules = {a = 'x'}\n", 2, "rules.a: 'x'"),
        ("[tool]\nx = 1\n[tool.llmlint.tiers]\nqa = 'small'\nchat = 'tiny'\n", 5, "tiers.chat: 'tiny' is not a tier"),
        ("[[tool.llmlint.paths]]\nmatch='a'\nrules={}\n[[tool.llmlint.paths]]\nmatch='b'\n", 4, "paths[1] has no"),
        ("[tool.llmlint]\nfail_on = \n", 2, "is no valid TOML"),
        ("[tool.llmlint]\nfail_on = 'info'\nfail_on = 'info'\n", 3, "is no valid TOML: Cannot overwrite a value"),
        ("[tool.llmlint.budgets]\nmonthly_usd = inf\n", 1, "a number is infinite"),
        ("tool.llmlint = 3\n", 1, "must be a mapping of keys to values"),
        ("[tool.llmlint]\nx = " + "[" * 5000 + "\n", None, "is no valid TOML"),
    ],
)  # fmt: skip
def test_broken_pyproject(tmp_path: Path, text: str, line: int | None, message: str) -> None:
    _written(tmp_path / "pyproject.toml", text)
    with pytest.raises(PolicyError) as caught:
        load_policy(tmp_path)
    assert message in str(caught.value)
    assert caught.value.line == line


@pytest.mark.parametrize(
    "text",
    ["[project\nname = 1\n", "[project]\ndependencies = ['llmlint'\n", "[tool.ruff]\n", "", "# llmlint\n[tool]\n"],
)
def test_pyproject_that_does_not_speak_of_policy_is_passed_over(tmp_path: Path, text: str) -> None:
    _written(tmp_path / "llmlint.yaml", "fail_on: info")
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    _written(inner / "pyproject.toml", text)
    assert load_policy(inner).fail_on == "info"


def test_the_nearest_policy_wins_and_yaml_goes_before_pyproject(tmp_path: Path) -> None:
    _written(tmp_path / "llmlint.yaml", "fail_on: error")
    inner = tmp_path / "a"
    inner.mkdir()
    _written(inner / "pyproject.toml", "[tool.llmlint]\nfail_on = 'info'\n")
    assert load_policy(inner).fail_on == "info"
    _written(inner / ".llmlint.yaml", "fail_on: warning")
    assert load_policy(inner).fail_on == "warning"
    assert load_policy(tmp_path).fail_on == "error"
    assert load_policy(tmp_path, inner / "pyproject.toml").fail_on == "info"


def test_files_that_are_none(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to("nowhere")
    _written(tmp_path / "pyproject.toml", "[tool.ruff]\n")
    for name, message in [
        ("folder", "is a directory"), ("none", "there is no such file"), ("pipe", "is not a regular file"),
        ("link", "a broken link"), ("pyproject.toml", "has no table [tool.llmlint]"),
    ]:  # fmt: skip
        with pytest.raises(PolicyError, match=message.replace("[", r"\[")):
            load_policy(tmp_path, tmp_path / name)


def test_a_policy_of_the_search_that_cannot_be_used_is_no_reason_to_go_on(tmp_path: Path) -> None:
    (tmp_path / "llmlint.yaml").mkdir()
    with pytest.raises(PolicyError, match="is a directory"):
        load_policy(tmp_path)


def _written(file: Path, text: str) -> Path:
    file.write_text(text, encoding="utf-8")
    return file
