"""Requests ↔ what the providers' APIs speak: bodies, answers, usage, clients and the way over the wire."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from llmlint.errors import UserError
from llmlint.evals.providers import chat, embeddings, messages, responses
from llmlint.evals.records import Candidate, Reply, Request

HTTP = ("anthropic", "openai", "azure", "bedrock", "vertex")  # asked over the wire, through the official SDKs
BATCHED = ("anthropic", "openai")  # who has a Batch API


@dataclass(frozen=True, slots=True)
class Api:
    """One way to ask. body: a request → the JSON that is sent; reply: the JSON that came back → its reading."""

    name: str
    path: str  # below the version, as the Batch APIs name it
    body: Callable[[Request], dict[str, Any]]
    reply: Callable[[Mapping[str, Any], Request], Reply]


APIS = {
    "messages": Api("messages", "/v1/messages", messages.body, messages.reply),
    "chat": Api("chat", "/v1/chat/completions", chat.body, chat.reply),
    "responses": Api("responses", "/v1/responses", responses.body, responses.reply),
    "embeddings": Api("embeddings", "/v1/embeddings", embeddings.body, embeddings.reply),
}


def api_of(candidate: Candidate) -> Api:
    """How a candidate is asked: what it says itself, or the usual way of its provider."""
    usual = "messages" if speaks_messages(candidate) else "chat"
    name = candidate.api or usual
    if name not in APIS or (name == "messages") != (usual == "messages"):
        known = "messages" if usual == "messages" else "chat or responses"
        raise UserError(f"{candidate.name}: {candidate.provider} has no API {name!r}", mend=f"api: {known}")
    return APIS[name]


def speaks_messages(candidate: Candidate) -> bool:
    """Is this Anthropic's format? Claude on Bedrock and Vertex is asked in it too."""
    claude = "claude" in candidate.model or "anthropic" in candidate.model
    return candidate.provider in ("anthropic", "vertex") or (candidate.provider == "bedrock" and claude)


__all__ = ["APIS", "BATCHED", "HTTP", "Api", "api_of", "speaks_messages"]
