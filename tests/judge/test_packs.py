"""Policy packs of installed packages: found by name, and nothing of the package is run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from llmlint.errors import PolicyError, RuleError
from llmlint.judge.policy import load_policy
from llmlint.judge.rules import load_rules
from tests.cli.test_own_rule import RULE

TRAP = "raise SystemExit('a package was imported to read its policy')\n"


def install(site: Path, package: str, point: str, files: dict[str, str], editable: Path | None = None) -> None:
    """As pip leaves a package behind; every Python file of it is a trap."""
    module = package.replace("-", "_")
    home = editable or site
    files = {f"{module}/__init__.py": TRAP, **{f"{module}/{path}": text for path, text in files.items()}}
    for path, text in files.items():
        (home / path).parent.mkdir(parents=True, exist_ok=True)
        (home / path).write_text(text, encoding="utf-8")
    info = site / f"{module}-1.2.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.2\n")
    (info / "entry_points.txt").write_text(f"[llmlint.packs]\n{point}\n")
    listed = [] if editable else [*files]
    (info / "RECORD").write_text("".join(f"{path},,\n" for path in [*listed, f"{info.name}/METADATA"]))
    if editable:
        told = {"url": editable.as_uri(), "dir_info": {"editable": True}}
        (info / "direct_url.json").write_text(json.dumps(told))


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.chdir(tmp_path)
    return folder


def policy(folder: Path, extends: str = "acme") -> Path:
    (folder / "llmlint.yaml").write_text(f"extends: {extends}\n")
    return folder


@pytest.mark.parametrize(("value", "file"), [
    ("acme_llm.policy", "policy.yaml"), ("acme_llm", "llmlint.yaml"), ("acme_llm.packs.hard", "packs/hard/llmlint.yaml"),
])  # fmt: skip
def test_a_pack_is_found_with_its_rules(site: Path, tmp_path: Path, value: str, file: str) -> None:
    rules = "/".join([".."] * file.count("/") + ["rules"])
    pack = {file: f"rule_folders: [{rules}]\nfail_on: error\n", "rules/mini.yaml": RULE}
    install(site, "acme-llm", f"acme = {value}", pack)
    found = load_policy(policy(tmp_path))
    assert found.fail_on == "error" and found.tiers["chat"] == "medium"  # a pack extends `default` like any policy
    assert found.origin("fail_on").endswith(f"acme_llm/{file}:2")
    assert "no-temperature-zero-on-mini" in [rule.name for rule in load_rules(found.rule_folders)]


@pytest.mark.parametrize("below", ["", "src"])
def test_a_pack_that_is_installed_in_place(site: Path, tmp_path: Path, below: str) -> None:
    checkout = tmp_path / "checkout"
    install(site, "acme-llm", "acme = acme_llm.policy", {"policy.yaml": "fail_on: info\n"}, editable=checkout)
    if below:
        (checkout / below).mkdir()
        (checkout / "acme_llm").rename(checkout / below / "acme_llm")
    assert load_policy(policy(tmp_path)).fail_on == "info"


@pytest.mark.parametrize(("point", "message"), [
    ("other = acme_llm.policy", "extends: there is no pack 'acme' (use one of default, strict, advisory, prices/reference-2026, other "),
    ("acmee = acme_llm.policy", "extends: there is no pack 'acme' (did you mean 'acmee'? "),
    ("acme = acme_llm:policy", "extends: pack 'acme' of acme-llm 1.2: entry point value 'acme_llm:policy' is no dotted path"),
    ("acme = acme_llm.nowhere", "means acme_llm/nowhere.yaml or acme_llm/nowhere/llmlint.yaml, and there is neither"),
])  # fmt: skip
def test_packs_that_are_none(site: Path, tmp_path: Path, point: str, message: str) -> None:
    install(site, "acme-llm", point, {"policy.yaml": "fail_on: info\n"})
    with pytest.raises(PolicyError) as raised:
        load_policy(policy(tmp_path))
    assert str(raised.value).startswith("llmlint.yaml:1: ") and message in str(raised.value)


def test_two_packages_with_one_pack_are_both_named(site: Path, tmp_path: Path) -> None:
    for package in ("acme-llm", "other-llm"):
        install(site, package, f"acme = {package.replace('-', '_')}.policy", {"policy.yaml": "fail_on: info\n"})
    with pytest.raises(PolicyError, match=r"acme-llm 1\.2 and other-llm 1\.2 both bring a pack 'acme'"):
        load_policy(policy(tmp_path))


@pytest.mark.parametrize(("what", "change"), [("name", ("ACME001", "ACME002")), ("code", ("name: no-", "name: other-"))])
def test_two_packs_with_one_rule_are_both_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str, change: tuple[str, str]) -> None:
    monkeypatch.chdir(tmp_path)
    for folder, rule in (("a", RULE), ("b", RULE.replace(*change))):
        (tmp_path / folder / "rules").mkdir(parents=True)
        (tmp_path / folder / "rules" / "mini.yaml").write_text(rule)
        (tmp_path / folder / "llmlint.yaml").write_text("rule_folders: [rules]\n")
    with pytest.raises(RuleError) as raised:
        load_rules(load_policy(policy(tmp_path, "[./a, ./b]")).rule_folders)
    line = {"name": 1, "code": 2}[what]
    assert str(raised.value).startswith(f"b/rules/mini.yaml:{line}: the {what} `")
    assert f"is taken by a/rules/mini.yaml:{line} (choose another {what})" in str(raised.value)


def test_one_folder_of_rules_named_by_two_packs_counts_once(tmp_path: Path) -> None:
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "mini.yaml").write_text(RULE)
    for name in ("a", "b"):
        (tmp_path / f"{name}.yaml").write_text("rule_folders: [./rules]\n")
    found = load_policy(policy(tmp_path, "[./a.yaml, ./b.yaml]"))
    assert [rule.code for rule in load_rules(found.rule_folders)].count("ACME001") == 1


def test_a_cycle_names_both_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name, extends in (("llmlint", "./b.yaml"), ("b", "[default, ./c.yaml]"), ("c", "./llmlint.yaml")):
        (tmp_path / f"{name}.yaml").write_text(f"extends: {extends}\n")
    with pytest.raises(PolicyError) as raised:
        load_policy(tmp_path)
    assert str(raised.value).startswith("llmlint.yaml:1: extends a policy that extends it in turn, at c.yaml:1")
