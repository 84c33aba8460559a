"""A candidate → the client of its official SDK, without the SDK's retries; keys come from the environment."""

from __future__ import annotations

import os
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from llmlint.errors import UserError
from llmlint.evals.providers import api_of, speaks_messages
from llmlint.evals.records import Candidate

AZURE_VERSION = "2024-10-21"
NO_KEY = "none"  # what a server that asks for no key is sent
KEYS = {"anthropic": "ANTHROPIC_API_KEY", "openai": "OPENAI_API_KEY"}
ADDRESSES = {  # the variables by which the SDKs themselves go elsewhere
    "anthropic": ("ANTHROPIC_BASE_URL",),
    "openai": ("OPENAI_BASE_URL",),
    "azure": ("AZURE_OPENAI_ENDPOINT",),
    "bedrock": ("ANTHROPIC_BEDROCK_BASE_URL", "AWS_REGION", "AWS_DEFAULT_REGION"),
    "vertex": ("ANTHROPIC_VERTEX_BASE_URL", "CLOUD_ML_REGION"),
}


class ProviderError(UserError):
    """A candidate cannot be asked: a key, a package or an address is missing."""


def endpoint(candidate: Candidate) -> str:
    """Where a candidate is asked, "" for the usual address. Answers of one place never stand for another's."""
    if candidate.base_url:
        return candidate.base_url.rstrip("/")
    return "|".join(os.environ.get(name, "").rstrip("/") for name in ADDRESSES.get(candidate.provider, ())).strip("|")


def check_client(candidate: Candidate) -> None:
    """Raises ProviderError where a package, an address or a key is seen to be missing; imports nothing.

    What clouds take for a key (a profile, a metadata server) only their own packages know.
    """
    api_of(candidate)
    package = "anthropic" if speaks_messages(candidate) else "openai"
    try:
        found = find_spec(package)
    except ValueError:
        found = None
    if found is None:
        raise _not_installed(package)
    if candidate.provider == "azure":
        _azure_address(candidate)
        _key(candidate, "AZURE_OPENAI_API_KEY")
    elif candidate.provider in KEYS and not _by_token(candidate):
        _key(candidate, KEYS[candidate.provider])


def open_client(candidate: Candidate, timeout: float) -> Any:
    """timeout: seconds for one attempt. To an address that a task names goes only a key that the task names too."""
    api_of(candidate)
    settings: dict[str, Any] = {"max_retries": 0, "timeout": timeout}
    if candidate.provider in ("anthropic", "openai"):
        if candidate.base_url:
            settings["base_url"] = candidate.base_url
        return _plain(candidate, settings)
    if candidate.provider == "azure":
        address = _azure_address(candidate)
        version = os.environ.get("OPENAI_API_VERSION", AZURE_VERSION)
        key = _key(candidate, "AZURE_OPENAI_API_KEY")
        return _sdk("openai").AsyncAzureOpenAI(api_key=key, azure_endpoint=address, api_version=version, **settings)
    if candidate.provider == "bedrock":
        return _bedrock(candidate, settings)
    if candidate.provider == "vertex":
        if candidate.base_url:
            settings["base_url"] = candidate.base_url
        region = os.environ.get("CLOUD_ML_REGION", "global")
        return _made(candidate, _sdk("anthropic").AsyncAnthropicVertex, {"region": region, **settings})
    raise ProviderError(f"{candidate.name}: nobody asks over the wire for provider {candidate.provider!r}")


def _azure_address(candidate: Candidate) -> str:
    address = candidate.base_url or os.environ.get("AZURE_OPENAI_ENDPOINT")
    if not address:
        mend = "set base_url, or AZURE_OPENAI_ENDPOINT"
        raise ProviderError(f"{candidate.name}: no address of the Azure resource", mend=mend)
    return address


def _plain(candidate: Candidate, settings: dict[str, Any]) -> Any:
    if candidate.provider == "openai":
        return _sdk("openai").AsyncOpenAI(api_key=_key(candidate, KEYS["openai"]), **settings)
    sdk = _sdk("anthropic")
    if _by_token(candidate):
        return sdk.AsyncAnthropic(auth_token=os.environ["ANTHROPIC_AUTH_TOKEN"], **settings)
    made = sdk.AsyncAnthropic(api_key=_key(candidate, KEYS["anthropic"]), **settings)
    made.auth_token = None  # read from the environment though a key is given
    return made


def _by_token(candidate: Candidate) -> bool:
    own = candidate.key_env or candidate.base_url or os.environ.get(KEYS["anthropic"])
    return candidate.provider == "anthropic" and bool(os.environ.get("ANTHROPIC_AUTH_TOKEN")) and not own


def _bedrock(candidate: Candidate, settings: dict[str, Any]) -> Any:
    if candidate.base_url:
        settings["base_url"] = candidate.base_url
    if speaks_messages(candidate):
        return _made(candidate, _sdk("anthropic").AsyncAnthropicBedrock, settings)
    region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or "us-east-1"
    settings.setdefault("base_url", f"https://bedrock-runtime.{region}.amazonaws.com/openai/v1")
    return _sdk("openai").AsyncOpenAI(api_key=_key(candidate, "AWS_BEARER_TOKEN_BEDROCK"), **settings)


def _made(candidate: Candidate, client: Any, settings: dict[str, Any]) -> Any:
    """The SDKs for clouds say themselves what they miss, and import the cloud's own packages."""
    try:
        return client(**settings)
    except ImportError as error:
        raise ProviderError(f"{candidate.name}: {error}", mend="pip install 'anthropic[bedrock,vertex]'") from error
    except ValueError as error:
        raise ProviderError(f"{candidate.name}: {str(error).splitlines()[0]}") from error


def _key(candidate: Candidate, usual: str) -> str:
    name = candidate.key_env or (usual if not candidate.base_url or candidate.provider == "azure" else None)
    if name is None:
        return NO_KEY
    key = os.environ.get(name, "").strip()
    if not key:
        raise ProviderError(f"{candidate.name}: {name} is not set", mend=f"export {name}=…, or name another by key_env")
    return key


def _sdk(name: str) -> Any:
    try:
        return import_module(name)
    except ImportError as error:
        raise _not_installed(name) from error


def _not_installed(name: str) -> ProviderError:
    return ProviderError(f"the {name} package is not installed", mend="pip install 'llmlint[eval]'")
