"""Ids as code writes them, the overlay, dates and tiers: what a token costs."""

from __future__ import annotations

import json
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from llmlint.errors import PolicyError
from llmlint.money.price_memory import PriceMemory, price_from_json, price_to_json
from llmlint.money.prices import price_book, unknown_price
from llmlint.money.usage import Usage
from llmlint.scan.cache import Cache

TODAY = date(2026, 11, 25)
M = 1_000_000


def book(**overlay):
    return price_book([{name.replace("_", "-"): row for name, row in overlay.items()}], today=TODAY)


@pytest.mark.parametrize(
    ("model", "provider", "sold_by", "usd_in", "usd_out"),
    [
        ("claude-opus-4-7", None, "anthropic", "5", "25"),
        ("anthropic/claude-opus-4-7", None, "anthropic", "5", "25"),
        ("anthropic/claude-sonnet-4.6", "openai", "anthropic", "3", "15"),
        ("us.anthropic.claude-sonnet-4-6-v1:0", None, "aws", "3.3", "16.5"),
        ("global.anthropic.claude-sonnet-4-6-v1:0", "bedrock", "aws", "3", "15"),
        ("bedrock/us-east-1/anthropic.claude-3-haiku-20240307-v1:0", None, "aws", "0.25", "1.25"),
        ("openrouter/anthropic/claude-sonnet-4.6", None, "openrouter", "3", "15"),
        ("azure/gpt-5", None, "azure", "1.25", "10"),
        ("gpt-5", "azure-openai", "azure", "1.25", "10"),
        ("vertex_ai/claude-opus-4-7", None, "google", "5", "25"),
        ("claude-sonnet-4-5@20250929", "vertex", "google", "3", "15"),
        ("gemini/gemini-2.5-pro", None, "google", "1.25", "10"),
        ("openai:gpt-4o", None, "openai", "2.5", "10"),
        ("gpt-4o-2024-05-13", "openai", "openai", "5", "15"),  # a dated id with a price of its own
        ("gpt-4o-latest", None, "openai", "2.5", "10"),
        ("text-embedding-3-small", None, "openai", "0.02", "0"),
        ("llama-3.3-70b-versatile", "groq", "groq", "0.59", "0.79"),
        ("deepseek-chat", "openai", "deepseek", "0.27", "1.1"),  # the SDK of one, the server of another; peak hours
        ("claude-haiku-5-5", "litellm", "anthropic", "0.1", "0.5"),
    ],
)
def test_ids_as_code_writes_them(model, provider, sold_by, usd_in, usd_out):
    price = book().find(model, provider)
    assert price is not None
    assert (price.provider, price.input_usd_per_mtok, price.output_usd_per_mtok) == (
        sold_by, Decimal(usd_in), Decimal(usd_out),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("model", "provider"),
    [
        ("my-deployment", "azure-openai"),
        ("claude-foo", "anthropic"),
        ("ft:gpt-4o-mini:acme::abc", "openai"),  # a tuned model has prices of its own
        ("whisper-1", "openai"),  # by the hour
        ("mistral:7b", "ollama"),
        ("text-embedding-004", "google"),  # in the catalogue it only stands beside another model
        ("", None),
        ("x" * 100_000, None),
    ],
)
def test_what_nobody_has_a_price_for_is_none(model, provider):
    assert book().find(model, provider) is None


def test_an_unknown_model_is_named_with_the_nearest_and_the_lines_to_add():
    message = str(unknown_price("claude-opus-4-77", book()))
    assert "'claude-opus-4-77'" in message
    assert "claude-opus-4-7 (anthropic)" in message
    assert '`prices: {"claude-opus-4-77": {input_usd_per_mtok: 1.0, output_usd_per_mtok: 5.0}}`' in message
    assert "audio hours" in str(unknown_price("whisper-1", book()))


def test_a_request_is_paid_by_kind_of_token():
    price = book().find("claude-sonnet-4-6")
    usage = Usage(1000, 200, cache_read_tokens=10_000, cache_write_tokens=400, cache_write_1h_tokens=100)
    by_hand = (1000 * 3 + 200 * 15 + 10_000 * Decimal("0.3") + 400 * Decimal("3.75") + 100 * 6) / Decimal(M)
    assert price.cost(usage) == by_hand
    assert price.cost(usage, batch=True) == by_hand / 2


def test_a_long_prompt_pays_the_dearer_rate_for_all_its_tokens():
    price = book().find("claude-haiku-5-5")
    assert price.cost(Usage(100_000)) == Decimal("0.01")
    assert price.cost(Usage(100_001)) == 100_001 * Decimal("0.5") / M
    assert price.cost(Usage(1, cache_read_tokens=100_000)) == (Decimal("0.5") + 100_000 * Decimal("0.05")) / M
    many = Usage(2_000_000, 1000)
    assert price.cost(many, requests=100) == (2_000_000 * Decimal("0.1") + 1000 * Decimal("0.5")) / M


def test_tokens_of_a_cache_without_a_price_are_paid_as_input():
    price = book().find("gpt-4")
    assert price.cache_read_usd_per_mtok is None
    assert price.cost(Usage(cache_read_tokens=M)) == 30


def test_a_price_holds_on_its_day():
    one = book(x=[
        {"input_usd_per_mtok": 2, "output_usd_per_mtok": 8, "until": "2026-11-30"},
        {"input_usd_per_mtok": 1, "output_usd_per_mtok": 4, "from": "2026-12-01"},
    ])  # fmt: skip
    assert one.find("x").input_usd_per_mtok == 2
    assert one.find("x", day=date(2026, 12, 1)).input_usd_per_mtok == 1
    late = book(x=[{"input_usd_per_mtok": 2, "output_usd_per_mtok": 8, "from": "2027-01-01"}])
    assert late.find("x") is None


def test_what_a_row_leaves_out_keeps_its_ratio_to_the_public_price():
    price = book(claude_haiku_5_5={"input_usd_per_mtok": 0.08}).find("claude-haiku-5-5-20261001")
    assert price.input_usd_per_mtok == Decimal("0.08")
    assert price.output_usd_per_mtok == Decimal("0.5")
    assert price.cache_read_usd_per_mtok == Decimal("0.008")
    assert price.standard.input.at(100_001) == Decimal("0.40")
    assert price.cost(Usage(M // 100), batch=True) == Decimal("0.0004")


@pytest.mark.parametrize(
    ("row", "usage", "usd"),
    [
        ({"discount": 0.2}, Usage(M, M), "24"),
        ({"cache_read_multiplier": 0.05}, Usage(cache_read_tokens=M), "0.25"),
        ({"like": "gpt-5"}, Usage(M, M), "11.25"),
        ({"gpu_hour_usd": 2.5, "tokens_per_second": 1400, "gpus": 2, "utilization": 0.5}, Usage(M), "1.984126984126984126984126984"),
        ({"above": [{"prompt_tokens": 1000, "input_usd_per_mtok": 10}]}, Usage(1001), "0.01001"),
        ({"above": [{"prompt_tokens": 1000, "input_usd_per_mtok": 10}]}, Usage(1, cache_read_tokens=1000), "0.00101"),
    ],
)
def test_rows_of_the_overlay(row, usage, usd):
    assert book(claude_opus_4_7=row).find("claude-opus-4-7").cost(usage) == Decimal(usd)


def test_of_several_rows_the_nearest_to_the_model_holds():
    rows = {
        "claude-*": {"discount": 0.5},
        "claude-opus-*": {"discount": 0.1},
        "claude-sonnet-4-6": {"discount": 0.2, "provider": "anthropic"},
    }
    one = price_book([rows], today=TODAY)
    assert one.find("claude-haiku-4-5").input_usd_per_mtok == Decimal("0.5")
    assert one.find("claude-opus-4-7").input_usd_per_mtok == Decimal("4.5")
    assert one.find("claude-sonnet-4-6", "anthropic").input_usd_per_mtok == Decimal("2.4")
    assert one.find("claude-sonnet-4-6", "bedrock").input_usd_per_mtok == Decimal("1.65")


def test_batch_and_cache_multipliers_where_the_list_has_none():
    row = {"input_usd_per_mtok": 1, "output_usd_per_mtok": 2, "batch_multiplier": 0.4, "cache_read_multiplier": 0.25}
    price = book(own=row).find("own")
    assert price.cost(Usage(M, M, cache_read_tokens=M)) == Decimal("3.25")
    assert price.cost(Usage(M, M), batch=True) == Decimal("1.2")
    assert book(own={"input_usd_per_mtok": 1, "output_usd_per_mtok": 2}).find("own").batch is None


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"gpu_hour_usd": 2}, "needs the throughput"),
        ({"gpu_hour_usd": 2, "tokens_per_second": 0}, "needs the throughput"),
        ({"tokens_per_second": 9}, "without gpu_hour_usd"),
        ({"gpu_hour_usd": 2, "tokens_per_second": 9, "utilization": 0}, "infinitely dear"),
        ({"gpu_hour_usd": 2, "tokens_per_second": 9, "input_usd_per_mtok": 1}, "gives both"),
        ({"from": "2026-12-01", "until": "2026-11-01"}, "ends before it begins"),
        ({"cache_read_usd_per_mtok": 1, "cache_read_multiplier": 0.1}, "and its multiplier"),
    ],
)
def test_a_row_that_contradicts_itself_is_refused_with_its_place(row, words):
    with pytest.raises(PolicyError, match=words) as error:
        price_book([{"m": row}], lambda key: f"llmlint.yaml:12 {key}")
    assert str(error.value).startswith("llmlint.yaml:12 prices.m: prices.m: ")


def test_the_overlay_is_enough_where_the_library_is_missing(monkeypatch):
    from llmlint.money import library

    def missing(name):
        raise ImportError(name)

    monkeypatch.setattr(library, "import_module", missing)
    library.library.cache_clear()
    one = book(own={"input_usd_per_mtok": 1, "output_usd_per_mtok": 2})
    assert one.find("own").input_usd_per_mtok == 1
    with pytest.raises(library.PricesMissing, match=r"llmlint\[money\]"):
        one.find("claude-opus-4-7")
    library.library.cache_clear()


def test_the_list_says_how_old_it_is():
    assert book().source.startswith("genai-prices ")
    assert date(2026, 1, 1) < book().checked <= TODAY


def test_a_price_that_was_kept_is_the_same() -> None:
    """Steps, batches, cache rates and models that write nothing."""
    whole = price_book(today=TODAY)
    for model in ("claude-opus-4-7", "claude-haiku-5-5", "gemini-2.5-pro", "text-embedding-3-small", "gpt-4o-latest"):
        price = whole.find(model)
        assert price is not None and price_from_json(json.loads(json.dumps(price_to_json(price)))) == price


def test_what_was_learned_holds_for_a_day(tmp_path: Path) -> None:
    with Cache(tmp_path) as cache:
        with PriceMemory(cache, TODAY) as memory:
            price = price_book(today=TODAY, memory=memory).find("claude-opus-4-7")
            price_book(today=TODAY, memory=memory).find("nobodys-model")
        again, later = PriceMemory(cache, TODAY), PriceMemory(cache, TODAY + timedelta(days=1))
        assert again.get("claude-opus-4-7", None) == (True, price) and again.get("nobodys-model", None) == (True, None)
        assert not later.get("claude-opus-4-7", None)[0]
        cache.put_many({again._key or "": b'{"[\\"claude-opus-4-7\\", null]": {"standard": 1}}'})
        assert not PriceMemory(cache, TODAY).get("claude-opus-4-7", None)[0]
