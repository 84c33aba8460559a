"""Packs and files laid over each other, and what then holds for a rule in a file."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from llmlint.errors import PolicyError
from llmlint.judge.policy import Policy, RuleSetting, load_policy
from llmlint.judge.policy_document import PACKS, open_document, pack_file
from llmlint.judge.policy_schema import policy_schema, problems


def loaded(folder: Path, text: str, **more: str) -> Policy:
    for name, content in more.items():
        (folder / f"{name}.yaml").write_text(content, encoding="utf-8")
    (folder / "llmlint.yaml").write_text(text, encoding="utf-8")
    return load_policy(folder)


def test_no_file_is_the_default_pack(tmp_path: Path) -> None:
    policy = load_policy(tmp_path)
    assert policy.source is None
    assert set(policy.tiers) == set(policy_schema()["$defs"]["task"]["enum"])
    assert set(policy.origins.values()) == {"default (built in)"}


@pytest.mark.parametrize("name", PACKS)
def test_packs_are_right(name: str, tmp_path: Path) -> None:
    assert list(problems(dict(open_document(pack_file(name)).data))) == []
    policy = loaded(tmp_path, f"extends: {name}")
    assert policy.models["small"][0] == "claude-haiku-5-5"


@pytest.mark.parametrize(
    ("pack", "path", "severity"),
    [
        ("default", "app.py", "warning"), ("default", "docs/x.py", "info"), ("default", "tests/x.py", "off"),
        ("default", "pkg/tests/unit/x.py", "off"), ("default", "pkg/test_x.py", "off"),
        ("default", "latest/x.py", "warning"),
        ("strict", "app.py", "error"), ("strict", "docs/x.py", "error"), ("strict", "tests/x.py", "off"),
        ("advisory", "app.py", "info"), ("advisory", "tests/x.py", "off"),
    ],
)  # fmt: skip
def test_severity_in_packs(tmp_path: Path, pack: str, path: str, severity: str) -> None:
    policy = loaded(tmp_path, f"extends: {pack}")
    assert policy.setting("output-cap", path).in_force("warning", default_off=False) == severity
    assert policy.setting("output-cap", path).in_force("warning", default_off=True) == "off"


def test_own_file_over_packs_key_by_key(tmp_path: Path) -> None:
    policy = loaded(
        tmp_path,
        "extends: [strict, ./team.yaml]\nrules:\n  output-cap:\n    max_tokens: 5\n"
        "models: {small: [mine]}\nllm_calls: [b.c]\n",
        team="rules: {output-cap: {severity: info, max_tokens: 9, other: 1}, batch: off}\n"
        "llm_calls: [a.b]\nfail_on: error\n",
    )
    assert policy.setting("output-cap", "a.py") == RuleSetting("info", {"max_tokens": 5, "other": 1})
    assert policy.setting("batch", "a.py").severity == "off"
    assert policy.setting("else", "a.py") == RuleSetting("error", {}, general=True)
    assert policy.models["small"] == ("mine",) and policy.models["medium"]
    assert policy.scan.llm_calls == ("a.b", "b.c")
    assert policy.suppressions.require_reason
    assert policy.fail_on == "error"
    own, team = tmp_path / "llmlint.yaml", tmp_path / "team.yaml"
    assert policy.origin("rules.output-cap.max_tokens") == f"{own}:4"
    assert policy.origin("rules.output-cap.severity") == f"{team}:1"
    assert policy.origin("rules.*.severity") == "strict (built in)"
    assert policy.origin("tiers.qa") == "default (built in)"
    assert policy.origin("llm_calls[1]") == f"{own}:6"
    assert policy.origin("include") == "built in"


def test_a_shared_file_without_extends_does_not_bring_default_back_over_strict(tmp_path: Path) -> None:
    policy = loaded(tmp_path, "extends: [strict, ./team.yaml]", team="include: [src]")
    assert policy.suppressions.require_reason and policy.fail_on == "info"


def test_extending_nothing(tmp_path: Path) -> None:
    policy = loaded(tmp_path, "extends: []\nfail_on: info")
    assert (policy.tiers, policy.paths, policy.fail_on) == ({}, (), "info")


def test_a_document_is_laid_once(tmp_path: Path) -> None:
    common = {"a": "extends: ./c.yaml", "b": "extends: ./c.yaml", "c": "llm_calls: [m.f]"}
    policy = loaded(tmp_path, "extends: [./a.yaml, ./b.yaml]", **common)
    assert policy.scan.llm_calls == ("m.f",)


def test_a_cycle_names_both_places(tmp_path: Path) -> None:
    with pytest.raises(PolicyError) as caught:
        loaded(tmp_path, "\nextends: ./b.yaml", b="extends: ./c.yaml", c="\n\nextends:\n- ./llmlint.yaml")
    assert str(caught.value).startswith(f"{tmp_path}/llmlint.yaml:2: ")
    assert f"{tmp_path}/c.yaml:4" in str(caught.value)


def test_extending_is_bounded(tmp_path: Path) -> None:
    chain = {f"p{i}": f"extends: ./p{i + 1}.yaml" for i in range(30)}
    with pytest.raises(PolicyError, match="more than 16 files deep"):
        loaded(tmp_path, "extends: ./p0.yaml", **chain, p30="")


def test_overrides_last_wins_and_keep_other_keys(tmp_path: Path) -> None:
    policy = loaded(
        tmp_path,
        """
extends: []
rules: {a: {severity: error, n: 1, m: 1}, b: off}
paths:
- {match: "x/**", rules: {a: {n: 2}, "*": info}}
- {match: ["/x/y/", "!/x/y/keep.py"], rules: {a: off, b: error}}
""",
    )
    assert policy.setting("a", "z.py") == RuleSetting("error", {"n": 1, "m": 1})
    assert policy.setting("a", "x/z.py") == RuleSetting("info", {"n": 2, "m": 1})
    assert policy.setting("a", "x/y/z.py").severity == "off"
    assert policy.setting("a", "x/y/keep.py").severity == "info"
    assert policy.setting("b", "x/z.py").severity == "off", '"*" turns nothing on'
    assert policy.setting("b", "x/y/z.py").severity == "error"
    assert policy.setting("a", None).severity == "error"


def test_every_rule_off_and_some_on(tmp_path: Path) -> None:
    policy = loaded(tmp_path, 'rules: {"*": off, a: error}\npaths: [{match: y, rules: {"*": info}}]')
    assert policy.setting("a", "x.py").severity == "error"
    assert policy.setting("b", "x.py").in_force("warning", False) == "off"
    assert policy.setting("b", "y/x.py").in_force("warning", False) == "info"
    assert policy.setting("b", "y/x.py").in_force("warning", True) == "off"


def test_patterns_are_relative_to_the_policy_whatever_is_scanned(tmp_path: Path) -> None:
    (tmp_path / "scripts").mkdir()
    loaded(tmp_path, "paths: [{match: /scripts/**, rules: {a: off}}]")
    assert load_policy(tmp_path).setting("a", "scripts/x.py").severity == "off"
    assert load_policy(tmp_path / "scripts").setting("a", "x.py").severity == "off"


def test_a_policy_from_elsewhere_is_relative_to_the_project(tmp_path: Path) -> None:
    project, other = tmp_path / "p", tmp_path / "o"
    (project / "scripts").mkdir(parents=True)
    (project / ".git").mkdir()
    other.mkdir()
    loaded(other, "paths: [{match: /scripts/**, rules: {a: off}}]")
    policy = load_policy(project / "scripts", other / "llmlint.yaml")
    assert policy.setting("a", "x.py").severity == "off"


@pytest.mark.parametrize("pattern", ["!", "[z-a]", "a\\\\"])
def test_a_pattern_that_is_none(tmp_path: Path, pattern: str) -> None:
    policy = loaded(tmp_path, f'paths:\n- {{match: "{pattern}", rules: {{a: off}}}}')
    with pytest.raises(PolicyError, match=r"llmlint.yaml:2: .* is not a pattern"):
        policy.setting("a", "x.py")


def test_loading_imports_nothing_heavy(tmp_path: Path) -> None:
    (tmp_path / "llmlint.yaml").write_text("rules: {output-cap: error}", encoding="utf-8")
    code = (
        "import sys; from pathlib import Path; from llmlint.judge.policy import load_policy;"
        f"load_policy(Path({str(tmp_path)!r})).setting('output-cap', 'app.py');"
        "print(*sorted({'jsonschema', 'libcst', 'rich', 'jinja2', 'tomllib', 'difflib'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "\n"
