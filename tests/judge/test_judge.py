"""Facts + policy + rules → verdict: severities, parameters, failures, fingerprints, conditions of the four rules."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from llmlint.errors import PolicyError
from llmlint.facts import CallSite, FileError
from llmlint.judge.finding import Finding, FixSpec
from llmlint.judge.judge import check_rule_names, judge
from llmlint.judge.policy import PathOverride, Policy, RuleSetting
from llmlint.judge.rules import Rule, load_rules, parse_rule
from llmlint.judge.suppress import Sources
from tests.judge.sites import facts, site

RULES = load_rules()
NO_SOURCES = Sources(lambda path: None, ())


def rule(name: str) -> Rule:
    return next(r for r in RULES if r.name == name)


def own(when: str = "true", message: str = "found", extra: str = "", name: str = "own") -> Rule:
    return parse_rule(
        f"name: {name}\ncode: OWN001\nsummary: s\nseverity: info\nremedy: do it\nwhy: because\n{extra}"
        f"when: {when!r}\nmessage: {message!r}\nexamples: {{bad: [{{code: x}}], good: [{{code: x}}]}}\n"
    )


def findings(rules: Rule | list[Rule], *sites: CallSite, policy: Policy | None = None) -> tuple[Finding, ...]:
    rules = [rules] if isinstance(rules, Rule) else rules
    verdict = judge(facts(*sites), policy or Policy(), rules, NO_SOURCES)
    assert verdict.errors == ()
    return verdict.findings


@pytest.mark.parametrize(("setting", "severity"), [
    (None, "info"), (RuleSetting(), "info"), (RuleSetting("error"), "error"), (RuleSetting("off"), None),
])  # fmt: skip
def test_the_policy_sets_the_severity(setting: RuleSetting | None, severity: str | None) -> None:
    policy = Policy(rules={"own": setting} if setting else {})
    assert [f.severity for f in findings(own(), site(), policy=policy)] == ([severity] if severity else [])


def test_a_rule_that_is_off_by_default_speaks_where_a_policy_says_so() -> None:
    quiet = own(extra="default: off\n")
    assert findings(quiet, site()) == ()
    assert len(findings(quiet, site(), policy=Policy(rules={"own": RuleSetting("warning")}))) == 1


def test_parameters_differ_by_path() -> None:
    counting = own("call.line > param.limit", "{{ param.limit }}",
                   "parameters: {limit: {default: 5, type: integer, description: d}}\n")  # fmt: skip
    override = PathOverride(("scripts/**",), {"own": RuleSetting(None, {"limit": 50})})
    policy = Policy(rules={"own": RuleSetting(None, {"limit": 3})}, paths=(override,))
    found = findings(counting, site("app.py", 4), site("scripts/a.py", 4), site("scripts/a.py", 60), policy=policy)
    assert [(f.path, f.line, f.message) for f in found] == [("app.py", 4, "3"), ("scripts/a.py", 60, "50")]


def test_of_calls_that_are_the_same_to_a_rule_the_first_is_told() -> None:
    sites = [site("a.py", 1), site("a.py", 2), site("b.py", 3)]
    assert [f.line for f in findings(own(extra="once: call.path\n"), *sites)] == [1, 3]
    assert [f.line for f in findings(own(extra="once: none\n"), *sites)] == [1, 2, 3]


def test_findings_come_in_the_order_of_the_files() -> None:
    found = findings(own(), site("b.py", 1), site("a.py", 9), site("a.py", 2, cell=3), site("a.py", 7, cell=1))
    assert [(f.path, f.cell, f.line) for f in found] == [
        ("a.py", None, 9), ("a.py", 1, 7), ("a.py", 3, 2), ("b.py", None, 1),
    ]  # fmt: skip


LONG = "{{ call.path | replace('x', 'yyyyyyyyyyyy') | replace('y', 'zzzzzzzzzzzz') }}" * 2


@pytest.mark.parametrize(("when", "words", "line", "message"), [
    ("call.line / 0 > 1", "m", 7, "division by zero"),
    ("call.path < 1", "m", 7, "not supported"),
    ("true", LONG, 8, "the text is longer"),
])  # fmt: skip
def test_a_rule_that_fails_is_one_error_and_the_others_go_on(when: str, words: str, line: int, message: str) -> None:
    broken = own(when, words, name="broken")
    sites = [site("x" * 60 + ".py", i) for i in range(1, 4)]
    verdict = judge(facts(*sites), Policy(), [broken, own()], NO_SOURCES)
    assert [f.rule for f in verdict.findings] == ["own"] * 3
    (error,) = verdict.errors
    assert isinstance(error, FileError) and error.rule == "broken" and error.grave and not error.names_sdk
    assert message in error.message and "rule `broken`" in error.message
    assert ".py:1)" in error.message and error.message.endswith("; so it does on 2 more calls")
    assert (error.path, error.line) == ("rule.yaml", line)


def test_a_rule_that_fails_on_one_call_judges_the_others() -> None:
    shaky = own("1 / (call.line - 4) > -9", name="shaky")
    verdict = judge(facts(site("a.py", 4), site("a.py", 5), site("b.py", 6)), Policy(), [shaky], NO_SOURCES)
    assert [(f.path, f.line) for f in verdict.findings] == [("a.py", 5), ("b.py", 6)]
    (error,) = verdict.errors
    assert error.message.endswith("division by zero (on a.py:4)")


def test_a_failed_project_rule_names_the_first_call() -> None:
    rule = own("1 / (calls | length - 2)", extra="scope: project\n")
    (error,) = judge(facts(site("a.py", 3), site("b.py", 4)), Policy(), [rule], NO_SOURCES).errors
    assert error.rule == "own" and error.message.endswith("(on a.py:3)")


def test_the_file_of_a_failed_rule_is_told_from_the_root_where_it_is_below(tmp_path: Path) -> None:
    told = []
    for file in (tmp_path / "lint" / "own.yaml", tmp_path.parent / "own.yaml"):
        rule = replace(own("1 / 0"), path=str(file))
        told += judge(replace(facts(site()), root=str(tmp_path)), Policy(), [rule], NO_SOURCES).errors
    assert [error.path for error in told] == ["lint/own.yaml", str(tmp_path.parent / "own.yaml")]


def test_errors_of_the_scan_are_kept() -> None:
    error = FileError("bad.py", 3, "broken", True)
    verdict = judge(replace(facts(site()), errors=(error,)), Policy(), [own()], NO_SOURCES)
    assert verdict.errors == (error,)


def test_a_project_rule_is_judged_once() -> None:
    message = "{{ calls | length }} calls of {{ listed(calls | map(attribute='provider') | unique) }}"
    rule = own("calls | length > 1", message, "scope: project\n")
    assert findings(rule, site()) == ()
    (found,) = findings(rule, site("a.py", 3), site("b.py", 4))
    assert (found.path, found.line, found.message) == ("a.py", 3, "2 calls of `openai`")
    off = Policy(paths=(PathOverride(("a.py",), {"own": RuleSetting("off")}),))
    assert findings(rule, site("a.py", 3), site("b.py", 4), policy=off) == ()


# fingerprints ---------------------------------------------------------------------------------------------------------


def prints(*sites: CallSite) -> list[str]:
    return [f.fingerprint for f in findings(own(), *sites)]


def test_fingerprints_survive_moved_lines() -> None:
    assert prints(site(line=3), site(line=9)) == prints(site(line=13), site(line=99))


def test_fingerprints_tell_calls_apart() -> None:
    every = prints(site(line=1), site(line=2), site(line=3, function="other"), site(line=4, api="responses.create"))
    assert len(set(every)) == 4 and all(len(p) == 16 for p in every)


def test_fingerprints_survive_renamed_files() -> None:
    assert prints(site("a.py", 3), site("a.py", 9)) == prints(site("b.py", 3), site("b.py", 9))


@pytest.mark.parametrize(("when", "new"), [("true", False), ('tier_rank(call.model.tier) >= 0', True)])
def test_another_tier_is_new_to_a_rule_that_asks_for_it(when: str, new: bool) -> None:
    small, large = (findings(own(when), site(model={"tier": tier}))[0].fingerprint for tier in ("small", "large"))
    assert (small != large) is new


def test_a_call_added_below_changes_no_fingerprint_above() -> None:
    assert prints(site(line=3)) == prints(site(line=3), site(line=9))[:1]


# policy names ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("rules", "message", "mend"), [
    ({"output-cup": RuleSetting()}, "there is no rule `output-cup`", "did you mean `output-cap`?"),
    ({"LLM101": RuleSetting()}, "there is no rule `LLM101`", "write `output-cap`"),
    ({"output-cap": RuleSetting(None, {"max_token": 1})}, "has no parameter `max_token`", "did you mean `max_tokens`?"),
    ({"output-cap": RuleSetting(None, {"max_tokens": "1"})}, "`max_tokens` of rule `output-cap` must be", "4096"),
    ({"output-cap": RuleSetting(None, {"max_tokens": True})}, "`max_tokens` of rule `output-cap` must be", "4096"),
    ({"batch": RuleSetting(None, {"size": 1})}, "rule `batch` has no parameter `size`", "it has none"),
])  # fmt: skip
def test_a_policy_that_names_no_rule(rules: dict[str, RuleSetting], message: str, mend: str) -> None:
    origins = {f"rules.{name}": "llmlint.yaml:12" for name in rules}
    with pytest.raises(PolicyError) as caught:
        check_rule_names(Policy(rules=rules, origins=origins, source="llmlint.yaml"), RULES)
    assert message in caught.value.message and mend in (caught.value.mend or "")
    assert (caught.value.path, caught.value.line) == ("llmlint.yaml", 12)


def test_a_policy_that_names_rules() -> None:
    rules = {"output-cap": RuleSetting("error", {"max_tokens": 9}), "suppression-unused": RuleSetting("off"),
             "*": RuleSetting("info")}  # fmt: skip
    check_rule_names(Policy(rules=rules, paths=(PathOverride(("a",), {"batch": RuleSetting("off")}),)), RULES)


def test_names_in_paths_are_checked_too() -> None:
    with pytest.raises(PolicyError, match="no rule `bach`"):
        check_rule_names(Policy(paths=(PathOverride(("a",), {"bach": RuleSetting()}),)), RULES)


# the four rules -------------------------------------------------------------------------------------------------------

CAP: list[tuple[str, dict[str, Any], bool]] = [
    ("missing", {}, True),
    ("set", {"output_cap": {"state": "set"}}, False),
    ("unknown", {"output_cap": {"state": "unknown"}}, False),
    ("an embedding", {"kind": "embed"}, False),
    ("a model object", {"kind": "constructor", "provider": "langchain", "api": "ChatOpenAI"}, True),
    ("a model object that asks for its limit in the call", {"kind": "constructor", "provider": "google"}, False),
    ("a class with a small limit of its own", {"kind": "constructor", "provider": "langchain", "api": "OpenAI"}, False),
    ("a class that asks one's own machine", {"kind": "constructor", "provider": "langchain", "api": "ChatOllama"}, False),
    ("an SDK that asks one's own machine", {"sdk": "ollama", "provider": "other"}, False),
    ("one's own machine behind litellm", {"provider": "litellm", "model": {"values": ("ollama/llama3",)}}, False),
    ("one's own machine on one of two ways", {"model": {"values": ("gpt-5-mini", "ollama/llama3")}}, True),
    ("a service with a small limit of its own", {"provider": "bedrock", "api": "invoke_model"}, False),
    ("Bedrock's other call", {"provider": "bedrock", "api": "converse"}, True),
    ("a model that draws", {"provider": "google", "model": {"values": ("gemini-2.5-flash-image",)}}, False),
    ("the API refuses it", {"output_cap": {"required": True}}, False),
    ("the class sends the model's maximum",
     {"kind": "constructor", "provider": "langchain", "api": "ChatAnthropic", "output_cap": {"required": True}}, True),
    ("an address nobody knows", {"sdk": "http", "provider": "other", "model": {"values": ()}}, False),
    ("an address nobody knows, a model nobody sells", {"sdk": "http", "provider": "other", "model": {"values": ("m",)}}, False),
    ("a post to Ollama's own API", {"sdk": "http", "provider": "other", "output_cap": {"keyword": None}}, False),
    ("an address nobody knows, a model that is sold", {"sdk": "http", "provider": "other"}, True),
    ("the address of a provider", {"sdk": "http", "provider": "openai", "model": {"values": ()}}, True),
    ("a call on a model object", {"constructed_at": ("app.py:9",)}, False),
]


@pytest.mark.parametrize(("changes", "found"), [row[1:] for row in CAP], ids=[row[0] for row in CAP])
def test_output_cap(changes: dict[str, Any], found: bool) -> None:
    assert bool(findings(rule("output-cap"), site(**changes))) is found


def test_output_cap_offers_the_sdk_s_own_keyword() -> None:
    policy = Policy(rules={"output-cap": RuleSetting(None, {"max_tokens": 300})})
    (found,) = findings(rule("output-cap"), site(), policy=policy)
    assert found.fix == FixSpec("set-keyword", {"keyword": "max_tokens", "value": 300}, "safe")
    assert "`max_tokens=300`" in found.remedy
    (found,) = findings(rule("output-cap"), site(output_cap={"keyword": None}))
    assert found.fix is None and "4,096 tokens" in found.remedy


@pytest.mark.parametrize(("states", "found"), [
    ([], 1), (["missing"], 1), (["set", "missing"], 1), (["set"], 0), (["unknown"], 0), (["set", "unknown"], 0),
])  # fmt: skip
@pytest.mark.parametrize("cell", [None, 2])
def test_a_model_object_is_accused_once_and_only_if_a_call_goes_uncapped(
    states: list[str], found: int, cell: int | None
) -> None:
    place = "app.py:1" if cell is None else f"app.py:{cell}:1"
    made = site(line=1, kind="constructor", provider="langchain", api="ChatOpenAI", cell=cell)
    calls = [
        site(line=5 + i, cell=cell, constructed_at=(place,), output_cap={"state": state})
        for i, state in enumerate(states)
    ]
    assert [f.line for f in findings(rule("output-cap"), made, *calls)] == [1] * found


@pytest.mark.parametrize(("provider", "keyword", "models", "offered"), [
    ("openai", "max_completion_tokens", ("gpt-5-mini",), "max_completion_tokens"),
    ("openai", "max_completion_tokens", (), "max_completion_tokens"),
    ("openai", "max_completion_tokens", ("deepseek-chat",), "max_tokens"),
    ("openai", "max_completion_tokens", ("gpt-5-mini", "deepseek-chat"), "max_tokens"),
    ("azure-openai", "max_completion_tokens", ("our-deployment",), "max_completion_tokens"),
    ("anthropic", "max_tokens", ("claude-haiku-4-5",), "max_tokens"),
])  # fmt: skip
def test_another_maker_s_server_is_offered_the_keyword_that_it_knows(
    provider: str, keyword: str, models: tuple[str, ...], offered: str
) -> None:
    call = site(provider=provider, model={"values": models}, output_cap={"keyword": keyword})
    (found,) = findings(rule("output-cap"), call)
    assert found.fix == FixSpec("set-keyword", {"keyword": offered, "value": 4096}, "safe")
    assert f"`{offered}=4096`" in found.remedy


@pytest.mark.parametrize(("api", "provider", "words"), [
    ("models.generate_content", "google", '`config={"max_output_tokens": 4096}`'),
    ("generate_content", "google", '`generation_config={"max_output_tokens": 4096}`'),
    ("converse", "bedrock", '`inferenceConfig={"maxTokens": 4096}`'),
    ("chat_stream", "cohere", "4,096 tokens"),
])  # fmt: skip
def test_a_limit_inside_another_value_is_shown_as_it_is_written(api: str, provider: str, words: str) -> None:
    (found,) = findings(rule("output-cap"), site(api=api, provider=provider, sdk=provider, output_cap={"keyword": None}))
    assert words in found.remedy and found.fix is None


TIER_POLICY = Policy(tiers={"classification": "small"}, models={"small": ("gpt-5-mini", "claude-haiku-4-5")})
TASK = {"type": "classification", "simple": True, "confidence": 0.9, "evidence": ("yes or no", "a cap of 5")}
OPUS = {"values": ("claude-opus-4-7",), "how": "literal", "tier": "large"}
TIER: list[tuple[str, dict[str, Any], bool]] = [
    ("above", {}, True),
    ("not above", {"model": {"values": ("claude-haiku-4-5",), "tier": "small"}}, False),
    ("tier unknown", {"model": {"values": ("mystery",), "tier": None}}, False),
    ("no model known", {"model": {"values": (), "tier": None}}, False),
    ("one of two above", {"model": {"values": ("claude-haiku-4-5", "claude-opus-4-7"), "tier": "large"}}, False),
    ("both above", {"model": {"values": ("claude-opus-4-6", "claude-opus-4-7"), "tier": "large"}}, True),
    ("one of two unknown", {"model": {"values": ("claude-opus-4-7", "mystery"), "tier": None}}, False),
    ("not sure", {"task": {**TASK, "confidence": 0.5}}, False),
    ("one piece of evidence", {"task": {**TASK, "evidence": ("a cap of 5",)}}, False),
    ("what goes in is no second one", {"task": {**TASK, "evidence": ("a cap of 5", "takes a value: {x}")}}, False),
    ("not simple", {"task": {**TASK, "simple": False}}, False),
    ("simple unknown", {"task": {**TASK, "simple": None}}, False),
    ("a task that the policy does not name", {"task": {**TASK, "type": "rewriting"}}, False),
    ("a constructor", {"kind": "constructor"}, False),
]


@pytest.mark.parametrize(("changes", "found"), [row[1:] for row in TIER], ids=[row[0] for row in TIER])
def test_model_tier(changes: dict[str, Any], found: bool) -> None:
    call = site(**{"provider": "anthropic", "api": "messages.create", "model": OPUS, "task": TASK, **changes})
    assert bool(findings(rule("model-tier"), call, policy=TIER_POLICY)) is found


def test_model_tier_names_the_approved_model_of_the_same_maker() -> None:
    call = site(provider="anthropic", model=OPUS, task=TASK)
    (found,) = findings(rule("model-tier"), call, policy=TIER_POLICY)
    assert found.message == (
        "`claude-opus-4-7` (large tier) does classification here; the policy grants classification the small tier "
        "(evidence: yes or no; a cap of 5)"
    )
    assert "`claude-haiku-4-5`" in found.remedy
    assert found.fix == FixSpec("replace-value", {"keyword": "model", "value": "claude-haiku-4-5"}, "unsafe")


@pytest.mark.parametrize(("changes", "models", "remedy"), [
    ({}, {"small": ("gpt-5-mini",)}, "`gpt-5-mini`"),
    ({}, {}, "a model of the small tier"),
    ({"model": {**OPUS, "how": "constant"}}, {"small": ("claude-haiku-4-5",)}, "`claude-haiku-4-5`"),
    ({"provider": "litellm", "model": {**OPUS, "values": ("anthropic/claude-opus-4-7",)}},
     {"small": ("claude-haiku-4-5",)}, "`claude-haiku-4-5`"),
])  # fmt: skip
def test_model_tier_offers_no_edit_that_could_not_work(
    changes: dict[str, Any], models: dict[str, tuple[str, ...]], remedy: str
) -> None:
    policy = replace(TIER_POLICY, models=models)
    call = site(**{"provider": "anthropic", "model": OPUS, "task": TASK, **changes})
    (found,) = findings(rule("model-tier"), call, policy=policy)
    assert remedy in found.remedy and found.fix is None


PROMPT = {
    "cache_mode": "explicit", "cached": False, "static_tokens": 5000, "cache_minimum": 1024, "system_fixable": True,
}  # fmt: skip
CONTEXT = {"entry_points": ("app:ask",)}
CACHE: list[tuple[str, dict[str, Any], bool]] = [
    ("a function that others call", {}, True),
    ("cached", {"prompt": {**PROMPT, "cached": True}}, False),
    ("cached unknown", {"prompt": {**PROMPT, "cached": None}}, False),
    ("the provider caches by itself", {"prompt": {**PROMPT, "cache_mode": "automatic"}}, False),
    ("below the parameter", {"prompt": {**PROMPT, "static_tokens": 1023, "cache_minimum": 512}}, False),
    ("below the model's minimum", {"prompt": {**PROMPT, "static_tokens": 1500, "cache_minimum": 2048}}, False),
    ("minimum unknown, short", {"prompt": {**PROMPT, "static_tokens": 4095, "cache_minimum": None}}, False),
    ("minimum unknown, long", {"prompt": {**PROMPT, "static_tokens": 4096, "cache_minimum": None}}, True),
    ("size unknown", {"prompt": {**PROMPT, "static_tokens": None}}, False),
    ("at the top level", {"function": "", "context": {"entry_points": ("app:<module>",)}}, False),
    ("reached from the top level only", {"context": {"entry_points": ("app:<module>",)}}, False),
    ("reached from main only", {"context": {"entry_points": ("cli:main",)}}, False),
    ("reached from main and elsewhere", {"context": {"entry_points": ("cli:main", "web:index")}}, True),
    ("a script", {"context": {**CONTEXT, "offline": True}}, False),
    ("a script's loop", {"repeated": True, "context": {**CONTEXT, "offline": True}}, True),
    ("a loop at the top level", {"repeated": True, "function": "", "context": {}}, True),
    ("callers unknown", {"context": {}}, False),
    ("a person waits", {"context": {"user_facing": True}}, True),
    ("an embedding", {"kind": "embed"}, False),
]


@pytest.mark.parametrize(("changes", "found"), [row[1:] for row in CACHE], ids=[row[0] for row in CACHE])
def test_prompt_cache(changes: dict[str, Any], found: bool) -> None:
    call = site(**{"provider": "anthropic", "prompt": PROMPT, "context": CONTEXT, **changes})
    assert bool(findings(rule("prompt-cache"), call)) is found


@pytest.mark.parametrize(("fixable", "fix"), [(True, FixSpec("cache-system", {}, "safe")), (False, None)])
def test_prompt_cache_offers_the_edit_where_it_can_be_made(fixable: bool, fix: FixSpec | None) -> None:
    (found,) = findings(rule("prompt-cache"), site(prompt={**PROMPT, "system_fixable": fixable}, context=CONTEXT))
    assert found.fix == fix and "5,000 tokens" in found.message


JOB = {
    "offline": True, "offline_why": "reached from the __main__ block (a.py:9)", "loop": "for loop over `rows` (a.py:3)",
}  # fmt: skip
BATCH: list[tuple[str, dict[str, Any], bool]] = [
    ("a loop in a job", {}, True),
    ("tools and stream unknown", {"tools": None, "stream": None}, True),
    ("not repeated", {"repeated": False}, False),
    ("repetition unknown", {"repeated": None}, False),
    ("not known to be offline", {"context": {**JOB, "offline": None}}, False),
    ("no Batch API", {"batch_api": False}, False),
    ("streamed", {"stream": True}, False),
    ("tools", {"tools": True}, False),
    ("an agent", {"task": {"type": "agent"}}, False),
    ("a conversation", {"task": {"type": "chat"}}, False),
    ("a batch", {"kind": "batch"}, False),
    ("a list in the code", {"context": {**JOB, "loop_handful": True}}, False),
    ("an agent's loop", {"context": {**JOB, "loop_class": "agent"}}, False),
    ("a test", {"context": {**JOB, "offline_why": "a.py is a test"}}, False),
    ("offline for an unknown reason", {"context": {**JOB, "offline_why": None}}, True),
]


def in_a_job(**changes: Any) -> CallSite:
    return site(**{"repeated": True, "batch_api": True, "stream": False, "tools": False, "context": JOB, **changes})


@pytest.mark.parametrize(("changes", "found"), [row[1:] for row in BATCH], ids=[row[0] for row in BATCH])
def test_batch(changes: dict[str, Any], found: bool) -> None:
    assert bool(findings(rule("batch"), in_a_job(**changes))) is found


@pytest.mark.parametrize(("provider", "api", "words"), [
    ("anthropic", "messages.create", "client.messages.batches.create("),
    ("openai", "chat.completions.create", 'endpoint="/v1/chat/completions"'),
    ("azure-openai", "responses.create", 'endpoint="/v1/responses"'),
    ("google", "models.generate_content", "client.batches.create(model="),
    ("bedrock", "converse", "create_model_invocation_job"),
    ("litellm", "completion", "litellm.create_batch("),
    ("langchain", "invoke", "the provider's own Batch API"),
    ("other", "chat.complete", "the provider's Batch API"),
])  # fmt: skip
def test_batch_shows_the_provider_s_own_call(provider: str, api: str, words: str) -> None:
    (found,) = findings(rule("batch"), in_a_job(provider=provider, api=api))
    assert words in found.remedy
    assert "for loop over `rows` (a.py:3)" in found.message and "__main__ block (a.py:9)" in found.message


def test_a_clean_run_does_not_load_jinja() -> None:
    code = (
        "import sys; from llmlint.judge.judge import judge; from llmlint.judge.policy import Policy\n"
        "from llmlint.judge.rules import load_rules; from llmlint.facts import Facts\n"
        "judge(Facts('/nowhere', ()), Policy(), load_rules())\n"
        "sys.exit(', '.join({'jinja2', 'jsonschema', 'libcst'} & set(sys.modules)) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
