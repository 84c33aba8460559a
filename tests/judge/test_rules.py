"""Rule files: what is read, what is refused, and in which words."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path

import pytest

from llmlint.bundled import bundled
from llmlint.errors import RuleError
from llmlint.fixes.operators import OPERATORS
from llmlint.judge.documents import MAX_BYTES, read_document
from llmlint.judge.rules import Parameter, load_rules, parse_rule, rule_files, validated_rule

MINIMAL = """\
name: house-rule
code: ACME001
summary: Calls of the old gateway.
severity: warning
parameters:
  limit: {default: 5, type: integer, description: How many.}
when: >-
  call.kind == "generate"
  and call.line > param.limit
message: "`{{ call.api }}` goes through the old gateway"
remedy: use the new one
fix:
  operator: set-keyword
  arguments: {keyword: gateway, value: "{{ param.limit }}"}
  safety: safe
why: It is switched off in March.
examples:
  bad:
    - code: x = 1
  good:
    - files: {a.py: x = 1}
      note: nothing
      policy: {tiers: {qa: small}}
"""


def test_a_minimal_rule() -> None:
    rule = parse_rule(MINIMAL)
    assert (rule.name, rule.code, rule.scope, rule.default_off) == ("house-rule", "ACME001", "call", False)
    assert rule.parameters == {"limit": Parameter(5, "integer", "How many.")}
    assert rule.defaults() == {"limit": 5}
    assert rule.bad[0].files == {"app.py": "x = 1"}
    assert (rule.good[0].files, rule.good[0].policy) == ({"a.py": "x = 1"}, {"tiers": {"qa": "small"}})
    assert rule.fix is not None and rule.fix.operator == "set-keyword"


@pytest.mark.parametrize(("old", "new", "line", "message", "mend"), [
    ("summary:", "sumary:", 3, "there is no key `sumary` here", "did you mean `summary`?"),
    ("safety: safe", "savety: safe", 15, "there is no key `savety` here", "did you mean `safety`?"),
    ("summary: Calls of the old gateway.\n", "", 1, "`summary` is missing", "One line"),
    ("  safety: safe\n", "", 12, "`safety` is missing in `fix`", "safe: made by"),
    ("severity: warning", "severity: warnign", 4, "`severity` cannot be 'warnign'", "did you mean `warning`?"),
    ("operator: set-keyword", "operator: set-keywrd", 13, "`fix.operator` cannot be", "did you mean `set-keyword`?"),
    ("summary: Calls of the old gateway.", "summary: 3", 3, "`summary` must be a text", None),
    ("name: house-rule", "name: House Rule", 1, "`name` cannot be 'House Rule'", "as policies"),
    ("code: ACME001", "code: A1", 2, "`code` cannot be 'A1'", "three digits"),
    ("default: 5", "default: five", 6, "the default of `limit` is not of type integer", None),
    ("default: 5", "default: true", 6, "the default of `limit` is not of type integer", None),
    ("    - code: x = 1", "    - note: nothing", 19, "needs either `code` or `files`", None),
    ("files: {a.py: x = 1}", "files: {../a.py: x = 1}", 21, "cannot be '../a.py'", None),
    ("files: {a.py: x = 1}", "files: {/etc/a.py: x = 1}", 21, "cannot be '/etc/a.py'", None),
    ("  and call.line", "  and call.lien", 7, "rule `house-rule`, when: `call` has no `lien`", "did you mean `line`?"),
    ("param.limit\n", "param.limits\n", 7, "`param` has no `limits`", "did you mean `limit`?"),
    ("call.api }}", "call.apy }}", 10, "rule `house-rule`, message: `call` has no `apy`", "did you mean `api`?"),
    ("use the new one", "'{% for a in call %}{% endfor %}'", 11, "remedy: a loop is not allowed here", None),
    ('"{{ param.limit }}"', '"{{ param.limt }}"', 12, "fix: `param` has no `limt`", "did you mean `limit`?"),
    ("message: \"`{{ call.api }}`", "message: \"`{{ ''.__class__ }}`", 10, "underscore", None),
    ("why: It", "why: *It", 16, "is no valid YAML", None),
    ("why: It", "why: &It", 16, "", None),
    ("severity: warning", "severity: warning\nseverity: info", 5, "duplicated key 'severity', first on line 4", "put both"),
    ("severity: warning", "severity: warning\n? [a]\n: b", 5, "a list or mapping stands where a key is expected", None),
    ("severity: warning", "severity: !!python/name:os.system x", 4, "the tag 'tag:yaml.org,2002:python/name:os.syste… is not allowed here", None),
    ("severity: warning", "severity: [", 6, "is no valid YAML", None),
    ("severity: warning", "severity: 'a\x07'", 4, "holds a control character", "remove it"),
])  # fmt: skip
def test_a_mistake_is_told_with_line_and_mend(
    old: str, new: str, line: int | None, message: str, mend: str | None
) -> None:
    assert MINIMAL.count(old) == 1
    text = MINIMAL.replace(old, new)
    if not message:
        parse_rule(text)  # an anchor that nothing refers to does no harm
        return
    with pytest.raises(RuleError) as caught:
        parse_rule(text, "house.yaml")
    assert message in caught.value.message
    assert (caught.value.path, caught.value.line) == ("house.yaml", line)
    assert mend is None or mend in (caught.value.mend or "")
    assert "\n" not in str(caught.value)


def bomb() -> str:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 30)]
    return "\n".join(lines)


@pytest.mark.parametrize(("text", "message"), [
    (bomb(), "the alias *a"),
    ("a: &a [*a]", "the alias *a"),
    ("a: &a {b: 1}\nc:\n  <<: *a", "the alias *a"),
    ("[" * 100_000, "nest"),
    ("- " * 100_000, "nest"),
    ("{a: " * 60 + "1" + "}" * 60, "nested more than 20 deep"),
    ("", "a rule is a table of keys"),
    ("- a", "a rule is a table of keys"),
    ("just words", "a rule is a table of keys"),
    ("a: 1\n---\nb: 2", "more than one YAML document"),
    ("a: 0" + "_0" * 5_000, "is not a number"),
    ("a: 2026-99-99", "is not a date"),
    ("\t", ""),
    ("%YAML 9.9\n---\na: 1", ""),
])  # fmt: skip
def test_hostile_yaml_is_one_error(text: str, message: str) -> None:
    with pytest.raises(RuleError) as caught:
        parse_rule(text)
    assert message in str(caught.value)


def test_unreadable_files(tmp_path: Path) -> None:
    for name, content, message in [
        ("big", b"#" * (MAX_BYTES + 1), "larger than 256 KB"), ("latin", b"name: caf\xe9", "not UTF-8"),
    ]:  # fmt: skip
        (tmp_path / name).write_bytes(content)
        with pytest.raises(RuleError, match=message):
            read_document(tmp_path / name, RuleError, "rule")
    with pytest.raises(RuleError, match="cannot be read"):
        read_document(tmp_path / "absent", RuleError, "rule")


def test_a_new_rule_is_one_new_file(tmp_path: Path) -> None:
    (tmp_path / "house.yaml").write_text(MINIMAL, encoding="utf-8")
    rules = load_rules([tmp_path])
    assert [rule.code for rule in rules] == sorted(rule.code for rule in rules)
    assert {"house-rule", "output-cap", "model-tier", "prompt-cache", "batch"} <= {rule.name for rule in rules}


@pytest.mark.parametrize(("old", "new", "message"), [
    ("house-rule", "output-cap", "the name `output-cap` is taken by"),
    ("ACME001", "LLM101", "the code `LLM101` is taken by"),
    ("severity: warning", "severity: warning\nscope: comment", "for built-in rules"),
])  # fmt: skip
def test_rules_that_cannot_stand_beside_the_others(tmp_path: Path, old: str, new: str, message: str) -> None:
    (tmp_path / "house.yaml").write_text(MINIMAL.replace(old, new), encoding="utf-8")
    with pytest.raises(RuleError, match=message):
        load_rules([tmp_path])


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(RuleError, match="no such folder"):
        load_rules([tmp_path / "absent"])


@pytest.mark.parametrize("file", rule_files(bundled("rules")), ids=lambda f: f.stem)
def test_built_in_rules_are_valid(file: Path) -> None:
    rule = validated_rule(read_document(file, RuleError, "rule"))
    assert rule.name == file.stem
    assert len(rule.bad) >= 3 and len(rule.good) >= 3
    assert rule.code.startswith("LLM")


def test_the_schema_names_the_operators_that_exist() -> None:
    schema = json.loads(files("llmlint.judge").joinpath("schemas/rule.schema.json").read_text("utf-8"))
    assert set(schema["properties"]["fix"]["properties"]["operator"]["enum"]) == set(OPERATORS)
