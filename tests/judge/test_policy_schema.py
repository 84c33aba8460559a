"""The light reader of policy.schema.json agrees with jsonschema, and says where and how to mend."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, FormatChecker

from llmlint.judge.policy_build import EXTRA
from llmlint.judge.policy_schema import KEYWORDS, label, policy_schema, problems

ANNOTATIONS = {"$schema", "$id", "$defs", "title", "description", "examples", "x-wants", "x-key"}

GOOD: list[dict[str, Any]] = [
    {},
    {"extends": "default"},
    {"extends": []},
    {"extends": ["strict", "./a.yaml"]},
    {"rules": None},
    {"rules": {"output-cap": "error", "batch": "off", "x": False, "*": "info"}},
    {"rules": {"output-cap": {"severity": "error", "max_tokens": 4096, "names": ["a"], "by_task": {"qa": 10}}}},
    {"paths": [{"match": "a/**", "rules": {"batch": "off"}}, {"match": ["a", "!b"], "rules": {"batch": False}}]},
    {"tiers": {"qa": "medium"}, "models": {"small": ["m"], "large": []}},
    {"include": ["a"], "exclude": [], "extend_exclude": ["b/"], "respect_gitignore": False},
    {"llm_calls": ["myapp.llm.ask", "größe.ask"], "rule_folders": ["./r"]},
    {"suppressions": {"allow": False, "require_reason": True}, "unread_files": "warning", "fail_on": "info"},
    {"traffic": [{"match": {"path": "app/**", "function": "ask"}, "calls_per_day": 12000, "input_tokens": 0.5}]},
    {"budgets": {"monthly_usd": 20000, "pr_increase_usd": 0}},
    {"exemptions": [{"rule": "a", "path": "a.py", "reason": "r", "owner": "o", "until": "2027-03-31"}]},
    {"prices": {"m": {"input_usd_per_mtok": 1}}},
    {"attestations": {"cost-alarm": {"reason": "r", "owner": "o", "date": "2026-01-01", "link": "x"}}},
    {"roi": [{"name": "n", "kind": "distil", "one_off_usd": 1}]},
    {"evals": {"margin": 0.03, "target": "dataset", "decisions": [{"task": "t", "model": "m", "date": "2026-01-01"}]}},
]

# document, what the first complaint says, what the mend says
BAD: list[tuple[dict[str, Any], str, str]] = [
    ({"exlude": []}, "unknown key 'exlude'", "did you mean 'exclude'?"),
    ({"zzz": 1}, "unknown key 'zzz'", "use one of extends, rules"),
    ({"rules": []}, "rules must be a mapping of rule names to settings, not a list", "for example `rules: {"),
    ({"rules": {"output-cap": "fatal"}}, "rules.output-cap: 'fatal' is not a severity or off", "use one of error"),
    ({"rules": {"output-cap": "eror"}}, "'eror'", "did you mean 'error'?"),
    ({"rules": {"output-cap": True}}, "rules.output-cap: true is not a severity or off", "error, warning, info, off"),
    ({"rules": {"output-cap": 0}}, "rules.output-cap must be a severity, off, or a mapping", "for example"),
    ({"rules": {"output-cap": None}}, "not nothing", "for example"),
    ({"rules": {"output-cap": {"severity": "off!"}}}, "rules.output-cap.severity: 'off!'", "did you mean 'off'?"),
    ({"rules": {"output-cap": {"max_tokens": -1}}}, "rules.output-cap.max_tokens must not be negative", "0 or more"),
    ({"rules": {"a b": "off"}}, "'a b' cannot be a rule name in rules", "letters, digits"),
    ({"paths": {"match": "a"}}, "paths must be a list, not a mapping", "for example"),
    ({"paths": [{"match": "a"}]}, "paths[0] has no 'rules'", "add `rules:"),
    ({"paths": [{"match": [], "rules": {}}]}, "paths[0].match is an empty list", "for example"),
    ({"paths": [{"match": 3, "rules": {}}]}, "paths[0].match must be a pattern or a list of patterns", "scripts/**"),
    ({"tiers": {"clasification": "small"}}, "unknown task type 'clasification' in tiers", "'classification'?"),
    ({"tiers": {"qa": "smal"}}, "tiers.qa: 'smal' is not a tier", "did you mean 'small'?"),
    ({"models": {"tiny": []}}, "unknown tier 'tiny' in models", "use one of small, medium, large, frontier"),
    ({"models": {"small": "m"}}, "models.small must be a list of model ids, not a text", "claude-haiku-5-5"),
    ({"include": "src"}, "include must be a list of patterns, not a text", 'for example `include: ["src/**"]`'),
    ({"include": [""]}, "include[0] is empty", "for example"),
    ({"respect_gitignore": "yes"}, "respect_gitignore must be true or false", "respect_gitignore: true"),
    ({"respect_gitignore": 1}, "respect_gitignore must be true or false, not a number", "true"),
    ({"llm_calls": ["my app"]}, "llm_calls[0]: 'my app' is not the dotted name of a function", "myapp.llm.ask"),
    ({"fail_on": "never"}, "fail_on: 'never' is not a severity", "error, warning, info"),
    ({"fail_on": ["error"]}, "fail_on must be a severity, not a list", "fail_on: warning"),
    ({"unread_files": "ignore"}, "unread_files: 'ignore'", "error, warning"),
    ({"suppressions": {"alow": True}}, "unknown key 'alow' in suppressions", "did you mean 'allow'?"),
    ({"suppressions": {"allow": "no"}}, "suppressions.allow must be true or false", "allow: true"),
    ({"budgets": {"monthly_usd": -5}}, "budgets.monthly_usd must not be negative: -5", "0 or more"),
    ({"budgets": {"monthly_usd": "20k"}}, "budgets.monthly_usd must be a number, 0 or more, not a text", "20000"),
    ({"budgets": {"monthly_usd": True}}, "budgets.monthly_usd must be a number", "20000"),
    ({"traffic": [{"calls_per_day": 5}]}, "traffic[0] has no 'match'", "add `match:"),
    ({"traffic": [{"match": {"paht": "a"}}]}, "unknown key 'paht' in traffic[0].match", "'path'?"),
    (
        {"exemptions": [{"rule": "a", "path": "a", "reason": "r", "owner": "o", "until": "2027-02-30"}]},
        "exemptions[0].until: '2027-02-30' is not a date", "2027-03-31",
    ),
    ({"exemptions": [{"rule": "a", "path": "a", "reason": "r", "until": "2027-01-01"}]}, "no 'owner'", "add `owner:"),
    ({"attestations": {"batch": {"owner": "o", "date": "20270101"}}}, "is not a date", "2026-11-01"),
    ({"attestations": {"cost-alert": {}}}, "unknown item of the checklist 'cost-alert'", "did you mean 'cost-alarm'?"),
    ({"evals": {"margin": 3}}, "evals.margin: 3 is not a number from 0 to 1", "0.03"),
    ({"prices": {"m": {"input": 3}}}, "unknown key 'input' in prices.m", "input_usd_per_mtok"),
    ({"extends": 3}, "extends must be the name of a pack, a path, or a list of them", "strict"),
]  # fmt: skip


@pytest.fixture(scope="module")
def reference() -> Draft202012Validator:
    Draft202012Validator.check_schema(policy_schema())
    return Draft202012Validator(policy_schema(), format_checker=FormatChecker())


@pytest.mark.parametrize("document", GOOD, ids=str)
def test_good_documents(document: dict[str, Any], reference: Draft202012Validator) -> None:
    assert list(problems(document)) == []
    assert reference.is_valid(document)


@pytest.mark.parametrize(("document", "message", "mend"), BAD, ids=lambda x: str(x)[:50])
def test_bad_documents(document: dict[str, Any], message: str, mend: str, reference: Draft202012Validator) -> None:
    found = next(problems(document))
    assert message in found.message
    assert mend in found.mend
    assert "\n" not in found.message + found.mend
    assert not reference.is_valid(document)


names = st.sampled_from([
    "rules", "paths", "match", "severity", "tiers", "qa", "small", "evals", "margin", "date", "until", "extends", "roi",
    "budgets", "monthly_usd", "include", "traffic", "path", "x", "*", "a b", "name", "kind", "prices", "fail_on",
])  # fmt: skip
leaves = st.none() | st.booleans() | st.integers(-2, 2) | st.floats(-1, 2) | names | st.just("2027-01-01") | st.just("")
values = st.recursive(leaves, lambda v: st.lists(v, max_size=3) | st.dictionaries(names, v, max_size=4), max_leaves=12)


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(names, values, max_size=4))
def test_any_document_is_judged_as_jsonschema_does(document: dict[str, Any]) -> None:
    reference = Draft202012Validator(policy_schema(), format_checker=FormatChecker())
    assert (not list(problems(document))) == reference.is_valid(document)


def _nodes(schema: Mapping[str, Any], key: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Mapping[str, Any]]]:
    yield key, schema
    for word in ("properties", "$defs"):
        for name, node in schema.get(word, {}).items():
            yield from _nodes(node, (*key, name))
    for word in ("items", "additionalProperties", "propertyNames"):
        if isinstance(schema.get(word), dict):
            yield from _nodes(schema[word], (*key, word))
    for i, node in enumerate(schema.get("anyOf", ())):
        yield from _nodes(node, (*key, str(i)))


def test_the_schema_uses_only_keywords_that_are_understood() -> None:
    used = {word for _, node in _nodes(policy_schema()) for word in node}
    assert used - ANNOTATIONS == KEYWORDS


def test_every_key_is_described_and_its_examples_are_right(reference: Draft202012Validator) -> None:
    for name, node in policy_schema()["properties"].items():
        assert node["description"] and node["examples"], name
        for example in node["examples"]:
            assert list(problems({name: example})) == [], name
            assert reference.is_valid({name: example}), name


def test_keys_for_later_commands_are_in_the_schema() -> None:
    assert set(EXTRA) < set(policy_schema()["properties"])


def test_labels() -> None:
    assert label(("paths", 0, "match")) == "paths[0].match"
    assert label(()) == "the policy"
