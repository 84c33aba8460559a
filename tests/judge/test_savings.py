"""What the remedy of a finding saves a month, worked out by hand beside it."""

from __future__ import annotations

import pytest

from llmlint.facts import CallSite, CapFact, ContextFact, Facts, ModelFact, PromptFact, TaskFact
from llmlint.judge.finding import Finding, FixSpec, Verdict
from llmlint.judge.policy import Policy
from llmlint.judge.savings import with_savings

LONG = PromptFact(static_tokens=8_000, constant_tokens=8_000, cached=False, cache_mode="explicit")
ENTRY = {"match": {}, "calls_per_day": 10_000, "input_tokens": 9_000, "output_tokens": 100}


def site(**more) -> CallSite:
    given = {"model": ModelFact(("claude-opus-4-7",)), "prompt": LONG, "batch_api": True, **more}
    return CallSite("a.py", 3, 4, 5, 1, "generate", "anthropic", "messages.create", **given)


def finding(rule: str, **more) -> Finding:
    return Finding(rule, "LLM000", "warning", "a.py", 3, 4, 5, 1, "m", "r", **more)


def saved(rule: str, one: CallSite, entry=ENTRY, **more):
    policy = Policy(
        extra={"traffic": [entry]} if entry else {}, origins={"traffic[0]": "llmlint.yaml:2"},
        tiers={"classification": "small"}, models={"small": ("gpt-6-luna", "claude-haiku-4-5")},
    )  # fmt: skip
    verdict = with_savings(Verdict("/", (finding(rule, **more),)), Facts("/", (one,)), policy)
    return verdict.findings[0].saves


NOW = (9_000 * 5 + 100 * 25) / 1e6 * 300_000
CACHED = (1_000 * 5 + 8_000 * 0.5 + 100 * 25) / 1e6 * 300_000


@pytest.mark.parametrize(
    ("rule", "change", "fix", "usd"),
    [
        ("prompt-cache", {}, None, NOW - CACHED),
        ("batch", {}, None, NOW / 2),
        ("model-tier", {"task": TaskFact("classification")}, None, NOW * 4 / 5),
        ("model-tier", {}, FixSpec("replace-value", {"value": "claude-sonnet-4-6"}), NOW * 2 / 5),
        ("model-retired", {}, FixSpec("replace-value", {"value": "claude-sonnet-4-6"}), NOW * 2 / 5),
        ("model-retired", {}, FixSpec("replace-value", {"value": "claude-opus-4-1"}), None),  # dearer
        ("output-cap", {"output_cap": CapFact("missing")}, None, None),  # nobody knows beforehand
        ("batch", {"context": ContextFact(user_facing=True)}, None, None),
        ("prompt-cache", {"model": ModelFact(("claude-nobody",))}, None, None),
    ],
)
def test_what_a_remedy_saves(rule, change, fix, usd):
    found = saved(rule, site(**change), fix=fix)
    assert found is None if usd is None else found.usd_per_month == pytest.approx(usd, abs=0.01)


def test_the_formula_shows_both_sums():
    assert saved("batch", site()).formula == (
        "14,250 − 7,125 USD in batches; now (9,000 in × 5.00 + 100 out × 25.00) ÷ 1,000,000 = 0.0475 USD a call; "
        "× 10,000 a day × 30 days = 14,250 USD a month"
    )


@pytest.mark.parametrize("entry", [None, {"match": {"path": "b.py"}, "calls_per_day": 9}, {"match": {}, "input_tokens": 9}])
def test_without_a_declared_volume_nothing_is_said(entry):
    assert saved("batch", site(), entry) is None


def test_answers_that_nobody_reads_and_thinking_that_nobody_needs():
    entry = {"match": {}, "calls_per_day": 10_000, "input_tokens": 1_000}
    one = site(prompt=PromptFact(), task=TaskFact("classification"), candidates=5)
    assert saved("many-candidates", one, entry).usd_per_month > 0
    thinking = site(prompt=PromptFact(), task=TaskFact("classification"), thinking_tokens=8_000)
    assert saved("reasoning-excess", thinking, entry).usd_per_month == pytest.approx(4_000 * 25 / 1e6 * 300_000)


def test_prices_are_not_even_imported_where_nothing_is_declared():
    import subprocess
    import sys

    code = (
        "import sys; from llmlint.cli import main\n"
        "try: main(['check', 'evals', '--no-cache', '--exit-zero', '-q'])\n"
        "except SystemExit: pass\n"
        "assert not [m for m in sys.modules if m.split('.')[0] in ('genai_prices', 'pydantic')]"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr


def test_rules_see_the_volume_that_a_comment_declares(tmp_path):
    from llmlint.judge.judge import judge
    from llmlint.judge.policy import RuleSetting
    from llmlint.judge.rules import load_rules
    from llmlint.scan.options import ScanOptions
    from llmlint.tasks.collect import collect_facts

    code = (
        "import anthropic\nclient = anthropic.Anthropic()\n\n\ndef is_spam(message):\n    # NOTE\n"
        "    reply = client.messages.create(model='claude-opus-4-7', max_tokens=5,\n"
        "        system='Classify whether the message is spam. Answer only with yes or no.',\n"
        "        messages=[{'role': 'user', 'content': message}])\n"
        "    return reply.content[0].text.strip().lower() == 'yes'\n"
    )
    policy = Policy(rules={"distil-candidate": RuleSetting("warning")})

    def codes(note):
        (tmp_path / "a.py").write_text(code.replace("# NOTE", note))
        facts = collect_facts([tmp_path], ScanOptions(cache=False))
        return {f.code for f in judge(facts, policy, load_rules()).findings}

    assert "LLM604" not in codes("# nothing declared")
    assert "LLM604" in codes("# llmlint: volume=1M/day")
