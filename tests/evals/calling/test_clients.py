"""Candidates → the clients of the SDKs, for each provider and whatever version of the SDK is installed."""

from __future__ import annotations

from pathlib import Path

import pytest

from llmlint.evals.providers.clients import ProviderError, check_client, endpoint, open_client
from llmlint.evals.records import Candidate
from tests.evals.calling.conftest import ask, requests
from tests.evals.server import serving


def test_azure_is_asked_by_deployment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_OPENAI_API_KEY", "azure-key")
    with serving() as server:
        asked = Candidate("mid", "azure", "mid", base_url=server.url)
        result = ask(tmp_path, requests(asked, 3))
        assert result.statuses() == {"ok"}
        assert server.books.headers[0]["api-key"] == "azure-key"
        assert server.books.bodies[0]["max_completion_tokens"] == 20


@pytest.mark.parametrize(
    ("asked", "variables", "address"),
    [
        (Candidate("a", "openai", "gpt-x"), {"OPENAI_API_KEY": "k"}, "https://api.openai.com/v1/"),
        (Candidate("a", "anthropic", "claude-x"), {"ANTHROPIC_API_KEY": "k"}, "https://api.anthropic.com"),
        (Candidate("a", "anthropic", "claude-x"), {"ANTHROPIC_AUTH_TOKEN": "k"}, "https://api.anthropic.com"),
        (Candidate("a", "openai", "llama3", base_url="http://localhost:11434/v1"), {}, "http://localhost:11434/v1/"),
        (
            Candidate("a", "bedrock", "openai.gpt-oss-20b-1:0"),
            {"AWS_BEARER_TOKEN_BEDROCK": "k", "AWS_REGION": "eu-west-1"},
            "https://bedrock-runtime.eu-west-1.amazonaws.com/openai/v1/",
        ),
    ],
    ids=lambda value: value.provider if isinstance(value, Candidate) else None,
)
def test_each_provider_has_its_client(
    asked: Candidate, variables: dict[str, str], address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    client = open_client(asked, 10)
    assert str(client.base_url).rstrip("/") == address.rstrip("/")
    assert client.max_retries == 0


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        (Candidate("a", "openai", "gpt-x"), "a: OPENAI_API_KEY is not set"),
        (Candidate("a", "anthropic", "claude-x"), "a: ANTHROPIC_API_KEY is not set"),
        (Candidate("a", "azure", "gpt-x"), "a: no address of the Azure resource"),
        (Candidate("a", "openai", "gpt-x", api="messages"), "a: openai has no API 'messages'"),
        (Candidate("a", "anthropic", "claude-x", api="chat"), "a: anthropic has no API 'chat'"),
        (Candidate("a", "smoke", "gpt-x"), "nobody asks over the wire for provider 'smoke'"),
    ],
)
def test_what_is_missing_is_said(asked: Candidate, message: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AZURE_OPENAI_ENDPOINT", raising=False)
    with pytest.raises(Exception, match=r"a: |nobody") as error:
        open_client(asked, 10)
    assert message in str(error.value)


def test_a_missing_package_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "openai", None)
    asked = Candidate("a", "openai", "m", base_url="http://localhost:1/v1")
    for missing in (lambda: open_client(asked, 10), lambda: check_client(asked)):
        with pytest.raises(ProviderError, match="openai package is not installed"):
            missing()


def test_what_is_missing_is_known_before_an_sdk_is_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("llmlint.evals.providers.clients.import_module", pytest.fail)
    for asked in (Candidate("a", "openai", "m", key_env="OWN"), Candidate("a", "anthropic", "m")):
        with pytest.raises(ProviderError, match="is not set"):
            check_client(asked)
    monkeypatch.setenv("ANTHROPIC_AUTH_TOKEN", "t")
    check_client(Candidate("a", "anthropic", "m"))


@pytest.mark.parametrize("address", ["http://x/v1", "http://x/v1/"])
def test_an_address_is_the_same_with_and_without_a_slash_at_its_end(address: str) -> None:
    assert endpoint(Candidate("a", "openai", "m", base_url=address)) == "http://x/v1"
