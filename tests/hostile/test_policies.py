"""Policies and rules from strangers: one line with file, line and mend, exit code 2; never a hang, a crash or a hole."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from tests.hostile.harness import check, lay, llmlint
from tests.hostile.test_texts import LAUGHS

BAD_POLICIES = {
    "laughs": LAUGHS,
    "an alias": "rules: &a {output-cap: off}\npaths: [{match: x, rules: *a}]\n",
    "an alias of itself": "rules: &a\n  output-cap: *a\n",
    "merge key": "<<: {extends: default}\n",
    "unknown key": "extends: default\nruls: {}\n",
    "wrong type": "rules: [1, 2]\n",
    "wrong severity": "rules: {output-cap: {severity: fatal}}\n",
    "unknown rule": "rules: {output-cup: off}\n",
    "wrong parameter": "rules: {output-cap: {max_tokens: lots}}\n",
    "unknown parameter": "rules: {output-cap: {max_tokns: 5}}\n",
    "a number": "7\n",
    "a list": "[a, b]\n",
    "python tag": "rules: !!python/object/apply:os.system ['touch hacked']\n",
    "broken": "rules: {a\n",
    "tabs": "rules:\n\toutput-cap: off\n",
    "two documents": "extends: default\n---\nextends: strict\n",
    "NUL": "extends: 'a\0b'\n",
    "100,000 brackets": "rules: " + "[" * 100_000,
    "100,000 dashes": "- " * 100_000 + "x",
    "900 lists": "rules: " + "[" * 900 + "]" * 900,
    "extends itself": "extends: ./llmlint.yaml\n",
    "extends a device": "extends: /dev/zero\n",
    "extends nothing": "extends: nowhere.yaml\n",
    "twice": "extends: default\nextends: strict\n",
    "bad pattern": "paths: [{match: '[z-a]', rules: {output-cap: off}}]\n",
    "no such date": "exemptions: [{rule: output-cap, path: x, reason: y, owner: z, until: 2027-99-99}]\n",
    "3 MB": "# " + "x" * 3_000_000 + "\nrules: 1\n",
    "no text": "extends: \xff".encode("latin-1"),
    "terminal escapes": "'\x1b[31mred': 1\n",
    "escapes in a value": 'extends: "\\e[31mred"\n',
    "rule folder": "rule_folders: [/dev]\nrules: {x: off}\n",
}
RULE = """\
name: mine
code: XYZ101
summary: A sentence.
severity: warning
when: {when}
message: {message}
remedy: nothing
why: because
examples:
  bad: [{{code: "x = 1"}}]
  good: [{{code: "x = 1"}}]
"""
BAD_RULES = {
    "class": ("\"call.__class__\"", "m"),
    "mro": ("\"''.__class__.__mro__[1].__subclasses__()\"", "m"),
    "range": ("\"range(10**9) | list | length > 0\"", "m"),
    "power": ("\"9**9**9**9 > 1\"", "m"),
    "repeat": ("\"'a' * 10**10 == 'b'\"", "m"),
    "repeat in steps": ("\"" + " * ".join(["'a' * 1000"] + ["1000"] * 6) + " == 'b'\"", "m"),
    "format": ("\"'%1000000000d' % 1 == 'b'\"", "m"),
    "format method": ("\"'{:>1000000000}'.format(1)\"", "m"),
    "filter format": ("\"'%0999999999d' | format(1)\"", "m"),
    "attr": ("\"call | attr('__class__')\"", "m"),
    "map attr": ("\"[call] | map('attr', '__class__') | list\"", "m"),
    "map attribute": ("\"[call] | map(attribute='__class__.__mro__') | first\"", "m"),
    "loop": ("call.line > 0", "\"{% for a in range(99999) %}{% for b in range(99999) %}x{% endfor %}{% endfor %}\""),
    "loop over text": ("call.line > 0", "\"" + "{% for a in 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaa' %}" * 10 + "x" + "{% endfor %}" * 10 + "\""),
    "macro": ("call.line > 0", "\"{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}\""),
    "include": ("call.line > 0", "\"{% include '/etc/passwd' %}\""),
    "import": ("call.line > 0", "\"{% import 'os' as os %}{{ os }}\""),
    "extends": ("call.line > 0", "\"{% extends '/etc/passwd' %}\""),
    "set": ("call.line > 0", "\"" + "{% set x = 'aaaaaaaaaa' %}" + "{% set x = x ~ x ~ x ~ x %}" * 40 + "{{ x }}\""),
    "call": ("call.line > 0", "\"{{ call() }}{{ self.x }}{{ cycler }}{{ lipsum(n=1000000) }}\""),
    "nesting": ("\"" + "(" * 5_000 + "1" + ")" * 5_000 + "\"", "m"),
    "not": ("\"" + "not " * 20_000 + "1\"", "m"),
    "sum": ("\"" + "1 + " * 20_000 + "1\"", "m"),
    "syntax": ("\"call.line >\"", "m"),
    "no such field": ("\"call.lyne > 0\"", "m"),
    "two expressions": ("\"1 }}{{ 2\"", "m"),
    "a regular expression": ("\"'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!' is match('(a+)+$')\"", "m"),
}  # fmt: skip


def one_line_naming(text: str, file: str) -> bool:
    return text.count("\n") == 1 and file in text and len(text) < 600 and "\x1b" not in text


@pytest.mark.parametrize("name", BAD_POLICIES)
def test_a_bad_policy_is_one_line(tmp_path: Path, name: str) -> None:
    folder = lay(tmp_path / "project", {"llmlint.yaml": BAD_POLICIES[name]})
    outcome = llmlint(folder, "check", "--no-cache")
    assert outcome.code == 2 and outcome.out == ""
    assert one_line_naming(outcome.err, "llmlint.yaml"), outcome.err
    assert not (folder / "hacked").exists()
    assert llmlint(folder, "policy", "show").code == 2 or name in ("unknown rule", "wrong parameter", "unknown parameter", "bad pattern", "rule folder")  # fmt: skip  # noqa: E501


@pytest.mark.parametrize("name", BAD_RULES)
def test_a_bad_rule_is_one_line(tmp_path: Path, name: str) -> None:
    when, message = BAD_RULES[name]
    files = {"llmlint.yaml": "rule_folders: [mine]\n", "mine/bad.yaml": RULE.format(when=when, message=message)}
    folder = lay(tmp_path / "project", dict(files))
    outcome = llmlint(folder, "check", "--no-cache", "--format", "json")
    assert outcome.code == 2, outcome.out
    if outcome.out:  # refused when it ran, and the other rules went on
        assert [f["rule"] for f in outcome.findings("good.py")].count("output-cap") == 1
        (error,) = outcome.report["errors"]
        assert error["path"].endswith("bad.yaml") and error["line"] and len(error["message"]) < 300
        assert one_line_naming(outcome.err, "bad.yaml"), outcome.err
    else:
        assert one_line_naming(outcome.err, "bad.yaml"), outcome.err


@pytest.mark.parametrize(
    "text", [LAUGHS, "", "7", "[]", "name: x", "name: &a x\ncode: *a\n", "!!python/name:os.system", "name: [", "- " * 50_000, "\0"]
)
def test_a_broken_rule_file_is_one_line(tmp_path: Path, text: str) -> None:
    folder = lay(tmp_path / "project", {"llmlint.yaml": "rule_folders: [mine]\n", "mine/bad.yaml": text})
    outcome = llmlint(folder, "check", "--no-cache")
    assert outcome.code == 2 and one_line_naming(outcome.err, "bad.yaml"), outcome.err


@pytest.mark.skipif(sys.platform == "win32", reason="made with POSIX calls")
@pytest.mark.parametrize("kind", ["fifo", "folder", "loop", "dangling", "device"])
def test_a_policy_that_is_no_file_does_not_hang(tmp_path: Path, kind: str) -> None:
    folder = lay(tmp_path / "project", {})
    policy = folder / "llmlint.yaml"
    {
        "fifo": lambda: os.mkfifo(policy), "folder": policy.mkdir, "loop": lambda: policy.symlink_to(policy),
        "dangling": lambda: policy.symlink_to("nowhere"), "device": lambda: policy.symlink_to("/dev/zero"),
    }[kind]()  # fmt: skip
    outcome = llmlint(folder, "check", "--no-cache")
    assert outcome.code in (1, 2) and outcome.err.count("\n") <= 1
    named = llmlint(folder, "check", "--no-cache", "--policy", "llmlint.yaml")
    assert named.code == 2 and one_line_naming(named.err, "llmlint.yaml"), named.err


PYPROJECTS = ["[tool.llmlint", "[tool.llmlint]\nrules = 1\n", "[tool]\nllmlint = 5\n", "[tool.llmlint]\n" + "a." * 3_000 + "b = 1\n", "[tool.llmlint]\nx = " + "[" * 100_000]  # fmt: skip  # noqa: E501


@pytest.mark.parametrize("number", range(len(PYPROJECTS)))
def test_a_bad_pyproject_is_one_line(tmp_path: Path, number: int) -> None:
    folder = lay(tmp_path / "project", {"pyproject.toml": PYPROJECTS[number]})
    outcome = llmlint(folder, "check", "--no-cache")
    assert outcome.code == 2 and one_line_naming(outcome.err, "pyproject.toml"), outcome.err


def test_a_sound_policy_lets_the_run_go_on(tmp_path: Path) -> None:
    folder = lay(tmp_path / "project", {"llmlint.yaml": "extends: default\n"})
    assert check(folder).code == 1
