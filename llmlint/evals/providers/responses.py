"""OpenAI's Responses API: a request → its body, what came back → `Reply`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from llmlint.evals.providers.reading import (
    UnreadableAnswerError,
    finished,
    is_strict,
    merged,
    openai_usage,
    output_limit,
    part,
    rows,
)
from llmlint.evals.records import Reply, Request, Status

ENDS: Mapping[str, Status] = {"max_output_tokens": "truncated", "content_filter": "refused"}


def body(request: Request) -> dict[str, Any]:
    """The JSON to send; nothing is kept at the provider."""
    made: dict[str, Any] = {
        "model": request.candidate.model,
        "input": [dict(one) for one in request.messages],
        "store": False,
    }
    limit = output_limit(request)
    if limit is not None:
        made["max_output_tokens"] = limit
    if request.system:
        made["instructions"] = request.system
    if request.tools:
        made["tools"] = [{"type": "function", "strict": False, **one} for one in request.tools]
    if request.schema is not None:
        strict = is_strict(request.schema)
        shape = {"type": "json_schema", "name": "answer", "schema": dict(request.schema), "strict": strict}
        made["text"] = {"format": shape}
    return merged(made, request.candidate.parameters)


def reply(data: Mapping[str, Any], request: Request) -> Reply:
    """Raises UnreadableAnswerError where the JSON is no response."""
    if not isinstance(data.get("output"), list):
        raise UnreadableAnswerError("no output in the answer")
    items = rows(data, "output")
    parts = [one for item in items if item.get("type") == "message" for one in rows(item, "content")]
    text = "".join(str(one.get("text") or "") for one in parts if one.get("type") == "output_text")
    refusals = [str(one.get("refusal") or "") for one in parts if one.get("type") == "refusal"]
    status = ENDS.get(str(part(data, "incomplete_details").get("reason")))
    if refusals:
        status, text = "refused", text or "".join(refusals)
    elif data.get("status") == "failed":
        raise UnreadableAnswerError("the response failed at the provider")
    calls = [(one.get("name"), one.get("arguments")) for one in items if one.get("type") == "function_call"]
    return finished(request, status, text, calls, openai_usage(data, "input_tokens", "output_tokens"))
