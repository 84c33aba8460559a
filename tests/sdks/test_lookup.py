"""Model ids as code writes them, and what is known of them."""

from __future__ import annotations

import re

import pytest

from llmlint.errors import CatalogueError
from llmlint.sdks.models import load_models, lookup, table_from_data

NAMES = [
    # id as written, canonical id, provider, tier
    ("claude-opus-4-7", "claude-opus-4-7", "anthropic", "large"),
    ("claude-3-5-sonnet-20240620", "claude-3-5-sonnet", "anthropic", "medium"),
    ("claude-3-5-sonnet@20240620", "claude-3-5-sonnet", "anthropic", "medium"),
    ("claude-3-5-sonnet-v2@20241022", "claude-3-5-sonnet", "anthropic", "medium"),
    ("claude-3-haiku-20240307", "claude-3-haiku", "anthropic", "small"),
    ("claude-sonnet-4.5", "claude-sonnet-4-5", "anthropic", "medium"),
    ("claude-opus-4-20250514", "claude-opus-4", "anthropic", "large"),
    ("anthropic/claude-opus-4-1-20250805", "claude-opus-4-1", "anthropic", "large"),
    ("openrouter/anthropic/claude-3.5-sonnet:beta", "claude-3-5-sonnet", "anthropic", "medium"),
    ("bedrock/us.anthropic.claude-sonnet-4-5-20250929-v1:0", "claude-sonnet-4-5", "anthropic", "medium"),
    ("anthropic.claude-3-haiku-20240307-v1:0", "claude-3-haiku", "anthropic", "small"),
    ("anthropic:claude-haiku-4-5", "claude-haiku-4-5", "anthropic", "small"),
    ("claude-opus-9-20300101", "claude-opus-9-20300101", "anthropic", "large"),
    ("claude-fable-5-1", "claude-fable-5-1", "anthropic", "frontier"),
    ("claude-2.1", "claude-2", "anthropic", "large"),
    ("gpt-4o", "gpt-4o", "openai", "medium"),
    ("openai:gpt-4o-2024-08-06", "gpt-4o", "openai", "medium"),
    ("azure/gpt-4o-mini", "gpt-4o-mini", "openai", "small"),
    ("openai/gpt-4.1-2025-04-14", "gpt-4.1", "openai", "medium"),
    ("gpt-4-1106-preview", "gpt-4-turbo", "openai", "large"),
    ("gpt-4", "gpt-4", "openai", "large"),
    ("gpt-35-turbo", "gpt-3.5-turbo", "openai", "small"),
    ("gpt-3.5-turbo-0301", "gpt-3.5-turbo", "openai", "small"),
    ("ft:gpt-4o-mini-2024-07-18:acme::a1", "gpt-4o-mini", "openai", "small"),
    ("gpt-5", "gpt-5", "openai", "large"),
    ("gpt-5-mini-2025-08-07", "gpt-5-mini", "openai", "small"),
    ("o1-pro", "o1-pro", "openai", "frontier"),
    ("o3-mini-2025-01-31", "o3-mini", "openai", "small"),
    ("gpt-6-astra", "gpt-6-astra", "openai", "frontier"),
    ("openai/gpt-oss-120b", "gpt-oss-120b", "openai-open-weights", "small"),
    ("models/gemini-1.5-pro-latest", "gemini-1.5-pro", "google", "medium"),
    ("vertex_ai/gemini-2.5-pro", "gemini-2.5-pro", "google", "medium"),
    ("gemini-2.5-flash-preview-05-20", "gemini-2.5-flash", "google", "small"),
    ("mistral:7b", "mistral:7b", "mistral", "small"),
    ("mistral-large-latest", "mistral-large", "mistral", "medium"),
    ("llama3:8b", "llama3:8b", "meta", "small"),
    ("meta-llama/Llama-3.1-8B-Instruct", "llama-3-1-8b-instruct", "meta", "small"),
    ("deepseek/deepseek-chat", "deepseek-chat", "deepseek", "small"),
    ("deepseek.r1-v1:0", "deepseek-reasoner", "deepseek", "small"),
    ("text-embedding-3-small", "text-embedding-3-small", "openai", None),
    ("gpt-4o-audio-preview", "gpt-4o-audio-preview", "openai", None),
    ("dall-e-3", "dall-e-3", "openai", None),
]  # fmt: skip


@pytest.mark.parametrize(("written", "canonical", "provider", "tier"), NAMES)
def test_a_model_is_known_by_the_names_that_code_gives_it(
    written: str, canonical: str, provider: str, tier: str | None
) -> None:
    info = lookup(written)
    assert info is not None
    assert (info.id, info.provider, info.tier) == (canonical, provider, tier)


@pytest.mark.parametrize(
    "name",
    ["", "my-deployment", "azure/prod", "gpt", "en_core_web_sm", "resnet50", "claudette", "x" * 5000, "openai/", "::"],
)
def test_what_is_not_in_the_table_is_not_guessed(name: str) -> None:
    assert lookup(name) is None


CACHING = [
    ("claude-opus-5", "explicit", 512),
    ("claude-fable-5", "explicit", 512),
    ("claude-opus-4-8", "explicit", 1024),
    ("claude-sonnet-4-5", "explicit", 1024),
    ("claude-sonnet-4-20250514", "explicit", 1024),
    ("claude-3-5-sonnet-20241022", "explicit", 1024),
    ("claude-3-7-sonnet-20250219", "explicit", 1024),
    ("claude-opus-4-7", "explicit", 2048),
    ("us.anthropic.claude-opus-4-7-v1:0", "explicit", 4096),
    ("claude-3-5-haiku-latest", "explicit", 2048),
    ("claude-haiku-4-5", "explicit", 4096),
    ("claude-opus-5-5", "explicit", 4096),  # no source: nobody is accused below the highest floor
    ("claude-sonnet-99", "explicit", 4096),
    ("gpt-4o", "automatic", None),
    ("deepseek-chat", "automatic", None),
    ("gemini-2.5-pro", "automatic", None),
    ("gemini-1.5-pro", None, None),
    ("mistral-large-latest", None, None),
]  # fmt: skip


@pytest.mark.parametrize(("name", "mode", "minimum"), CACHING)
def test_how_a_model_caches(name: str, mode: str | None, minimum: int | None) -> None:
    info = lookup(name)
    assert info is not None
    assert (info.cache_mode, info.cache_minimum) == (mode, minimum)


FLOORS = [
    ("claude-opus-4-8", 1024),
    ("claude-haiku-4-5", 4096),
    ("claude-sonnet-4-6", 1024),  # two sources differ: only below the smaller is it certain
    ("claude-opus-5-5", 512),  # no source: below what every model caches
    ("gpt-4o", None),
]


@pytest.mark.parametrize(("name", "floor"), FLOORS)
def test_below_what_nothing_is_cached(name: str, floor: int | None) -> None:
    info = lookup(name)
    assert info is not None and info.cache_floor == floor


EARLY = [
    ("gemini-2.5-flash", False),
    ("gemini-2.5-flash-preview-05-20", True),
    ("gpt-3.5-turbo-0613", True),
    ("gpt-4o-2024-05-13", False),  # has a date of its own
    ("claude-sonnet-4-5-20250929", False),
    ("gpt-4.1-nano-2025-04-14", False),
]


@pytest.mark.parametrize(("name", "early"), EARLY)
def test_a_preview_goes_before_its_model(name: str, early: bool) -> None:
    info = lookup(name)
    assert info is not None and info.retires and info.early is early


def test_prefixes_of_gateways_that_serve_their_own_models_or_yours() -> None:
    assert lookup("gemini/gpt-4o") is None
    served, local = lookup("gemini/gemini-2.5-pro"), lookup("ollama/gpt-4o")
    assert served is not None and served.retires
    assert local is not None and local.retires is None


RETIRING = [
    ("claude-sonnet-4-5-20250929", "2026-11-30", "claude-sonnet-5-5"),
    ("gpt-5-2025-08-07", "2026-12-11", None),
    ("gpt-4o-2024-05-13", "2026-10-23", None),  # earlier than gpt-4o itself
    ("gpt-4o", "2027-01-14", None),
    ("gpt-4.1-nano", "2026-10-23", None),
    ("ft:gpt-4.1-nano-2025-04-14:acme::a1", "2026-10-23", None),
    ("ft:gpt-5:acme::a1", None, None),  # a tuned model has its own date
    ("claude-opus-5-5", None, None),
    ("us.anthropic.claude-sonnet-4-5-20250929-v1:0", "2027-04-08", "claude-sonnet-5-5"),  # Bedrock's calendar
    ("azure/gpt-4o", None, None),  # Azure's is not known
    ("claude-sonnet-4-5@20250929", None, None),  # nor Vertex's
    ("vertex_ai/gemini-2.5-pro", None, None),
]  # fmt: skip


@pytest.mark.parametrize(("name", "retires", "successor"), RETIRING)
def test_when_a_model_retires(name: str, retires: str | None, successor: str | None) -> None:
    info = lookup(name)
    assert info is not None
    assert (info.retires, info.successor) == (retires, successor)


def test_every_successor_is_in_the_table_and_stays() -> None:
    heirs = {i.successor for i in load_models().by_name.values() if i.successor}
    assert heirs
    for heir in heirs:
        info = lookup(heir)
        assert info is not None and info.retires is None, heir


BROKEN = [
    ({"families": [{"provider": "x", "models": {"a": "tiny"}}]}, "no such tier: 'tiny'"),
    ({"families": [{"provider": "x", "models": {"a": {"teir": "small"}}}]}, "'teir'"),
    ({"families": [{"models": {"a": "small"}}]}, "provider"),
    ({"families": [{"provider": "x", "models": {"a.1": "small", "a-1": "large"}}]}, "stands twice"),
]  # fmt: skip


@pytest.mark.parametrize(("data", "says"), BROKEN)
def test_a_broken_table_is_told_in_a_sentence(data: dict[str, object], says: str) -> None:
    with pytest.raises(CatalogueError) as caught:
        table_from_data(data)
    assert str(caught.value).startswith("models.yaml: ")
    assert says in str(caught.value)


def test_every_pattern_compiles() -> None:
    """None is compiled before a name is tried on it."""
    table = load_models()
    for pattern in (*(text for text, _ in table.patterns), *table.thinks):
        re.compile(pattern)
