"""OpenAI's chat completions, also as compatible servers speak them: a request → its body, what came back → `Reply`."""

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

ENDS: Mapping[str, Status] = {"length": "truncated", "content_filter": "refused"}
LIMITS = ("max_completion_tokens", "max_output_tokens", "max_tokens")


def body(request: Request) -> dict[str, Any]:
    """The JSON to send. Compatible servers know `max_tokens`, OpenAI's newer models `max_completion_tokens` alone."""
    candidate = request.candidate
    system = [{"role": "system", "content": request.system}] if request.system else []
    made: dict[str, Any] = {"model": candidate.model, "messages": [*system, *(dict(one) for one in request.messages)]}
    limit = output_limit(request)
    if limit is not None and not any(name in candidate.parameters for name in LIMITS):
        compatible = candidate.base_url is not None and candidate.provider == "openai"
        made["max_tokens" if compatible else "max_completion_tokens"] = limit
    if request.tools:
        made["tools"] = [{"type": "function", "function": dict(one)} for one in request.tools]
    if request.schema is not None:
        strict = is_strict(request.schema)
        shape = {"name": "answer", "schema": dict(request.schema), "strict": strict}
        made["response_format"] = {"type": "json_schema", "json_schema": shape}
    return merged(made, candidate.parameters)


def reply(data: Mapping[str, Any], request: Request) -> Reply:
    """Raises UnreadableAnswerError where the JSON is no completion."""
    choices = rows(data, "choices")
    if not choices or not isinstance(choices[0].get("message"), Mapping):
        raise UnreadableAnswerError("no choices in the answer")
    message = part(choices[0], "message")
    functions = [part(one, "function") for one in rows(message, "tool_calls")]
    status = ENDS.get(str(choices[0].get("finish_reason")))
    text = text_of(message.get("content"))
    if message.get("refusal"):
        status, text = "refused", text or str(message["refusal"])
    calls = [(one.get("name"), one.get("arguments")) for one in functions]
    return finished(request, status, text, calls, openai_usage(data, "prompt_tokens", "completion_tokens"))


def text_of(content: Any) -> str:
    """The text of a message: a string, or the text parts of a list."""
    if isinstance(content, list):
        return "".join(str(one.get("text") or "") for one in content if isinstance(one, Mapping))
    return content if isinstance(content, str) else ""
