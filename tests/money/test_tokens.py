"""The estimator against real tokenizers, and exact counts that never ask a network."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from benchmarks.token_estimates import counters, measured
from llmlint.facts import CallSite, ModelFact, PromptFact
from llmlint.money import tokens
from llmlint.money.amounts import exactly
from llmlint.money.tokens import HIGH, LOW, WIDE_HIGH, WIDE_LOW, count_tokens, exact_tokens, spread, spread_in
from llmlint.sdks.tokens import estimate


def test_every_sample_lies_in_its_range():
    if not counters():
        pytest.skip("no tokenizer is installed here")
    rows = list(measured())
    assert len(rows) > 12
    for name, latin, ratios in rows:
        low, high = (LOW, HIGH) if latin else (WIDE_LOW, WIDE_HIGH)
        assert all(float(low) <= ratio <= float(high) for ratio in ratios.values()), (name, ratios)


def test_english_code_and_json_are_within_an_eighth():
    if not counters():
        pytest.skip("no tokenizer is installed here")
    near = {name: ratios for name, _, ratios in measured() if name not in ("german", "russian")}
    for name, latin, ratios in measured():
        if latin and name in near:
            assert all(0.87 <= ratio <= 1.13 for ratio in ratios.values()), (name, ratios)


@pytest.mark.parametrize(
    ("text", "about"),
    [("", 0), ("hello", 1), ("Answer with yes or no.", 6), ('{"a": 1}', 5), ("1234567890", 4), ("你好世界", 3.44), ("\U0001f600", 1.2)],
)
def test_the_estimate_of_small_texts(text, about):
    assert estimate(text) == pytest.approx(about, abs=1)


def test_an_estimate_is_the_sum_of_its_parts():
    parts = ["You sort tickets.", "\n\nBilling, defects, other. ", "客户来信", ' {"label": "billing"}\n']
    assert estimate("".join(parts)) == pytest.approx(sum(map(estimate, parts)), abs=len(parts))


@pytest.mark.parametrize("text", ["a" * 300_000, " " * 300_000, "é" * 100_000, "\n \t" * 100_000, "aB1-" * 80_000, "\ud800" * 9])
def test_no_text_is_too_much(text):
    assert estimate(text) >= 0


def test_few_characters_a_token_mean_another_script_and_a_wider_range():
    assert spread(100, 450) == spread(100)
    assert spread(100, 130).high == 230
    chinese = PromptFact(static_chars=1_000, static_tokens=860)
    assert spread_in(chinese, 10).high == Decimal(23)
    assert spread_in(PromptFact(static_chars=4, static_tokens=4), 10).high == Decimal(15)


def test_a_tokenizer_on_this_machine_counts_exactly():
    if "o200k_base" not in counters():
        pytest.skip("no encoding is on this machine")
    assert count_tokens("hello world", "azure/gpt-4o-2024-08-06").span == exactly(2)
    assert not count_tokens("hello world", "claude-opus-4-7").span.exact
    prompt = PromptFact(static_tokens=9, text="hello world {ticket}<|endoftext|>")
    site = CallSite("a.py", 1, 1, 1, 1, "generate", "openai", "chat", model=ModelFact(("gpt-4o",)), prompt=prompt)
    assert exact_tokens(site, "gpt-4o") == count_tokens("hello world <|endoftext|>", "gpt-4o").span.mid
    assert exact_tokens(site, "claude-opus-4-7") is None
    assert exact_tokens(replace(site, tools=True), "gpt-4o") is None


def test_without_its_file_no_tokenizer_is_asked(monkeypatch, tmp_path):
    monkeypatch.setattr(tokens, "_folder_with", lambda file: None)
    tokens.local_encoding.cache_clear()
    try:
        assert not count_tokens("hello world", "gpt-4o").span.exact
        name = tokens.sha1(tokens.SOURCE.format("o200k_base").encode()).hexdigest()
        (tmp_path / name).write_bytes(b"not the encoding")  # tiktoken would throw it away and fetch
        monkeypatch.setattr(tokens, "_folder_with", lambda file: tmp_path)
        tokens.local_encoding.cache_clear()
        assert not count_tokens("hello world", "gpt-4o").span.exact
        assert (tmp_path / name).exists()
    finally:
        tokens.local_encoding.cache_clear()
