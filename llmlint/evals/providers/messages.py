"""Anthropic's Messages API: a request → its body, a body that came back → `Reply`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from llmlint.evals.providers.reading import (
    UnreadableAnswerError,
    UnreadableUsageError,
    count,
    finished,
    merged,
    output_limit,
    part,
    rows,
)
from llmlint.evals.records import Reply, Request, Status
from llmlint.money.usage import Usage

USUAL_LIMIT = 4096  # the API wants a limit where the task names none
ENDS: Mapping[str, Status] = {
    "refusal": "refused",
    "max_tokens": "truncated",
    "model_context_window_exceeded": "truncated",
    "pause_turn": "truncated",
}


def body(request: Request) -> dict[str, Any]:
    """The JSON to send. A system prompt that is the same for every item is marked for the provider's cache."""
    made: dict[str, Any] = {
        "model": request.candidate.model,
        "max_tokens": output_limit(request) or USUAL_LIMIT,
        "messages": [dict(one) for one in request.messages],
    }
    if request.system:
        block: dict[str, Any] = {"type": "text", "text": request.system}
        if request.static_system:
            block["cache_control"] = {"type": "ephemeral"}
        made["system"] = [block]
    if request.tools:
        made["tools"] = [
            {"name": one["name"], "description": one.get("description", ""), "input_schema": one["parameters"]}
            for one in request.tools
        ]
    if request.schema is not None:
        made["output_config"] = {"format": {"type": "json_schema", "schema": _closed(request.schema)}}
    return merged(made, request.candidate.parameters)


def reply(data: Mapping[str, Any], request: Request) -> Reply:
    """Raises UnreadableAnswerError where the JSON is no message."""
    if not isinstance(data.get("content"), list):
        raise UnreadableAnswerError("no content in the answer")
    blocks = rows(data, "content")
    text = "".join(str(one.get("text") or "") for one in blocks if one.get("type") == "text")
    calls = [(one.get("name"), one.get("input")) for one in blocks if one.get("type") == "tool_use"]
    return finished(request, ENDS.get(str(data.get("stop_reason"))), text, calls, _usage(data))


def _usage(data: Mapping[str, Any]) -> Usage | str:
    used = part(data, "usage")
    try:
        written, split = count(used, "cache_creation_input_tokens"), part(used, "cache_creation")
        hour = count(split, "ephemeral_1h_input_tokens")
        return Usage(
            input_tokens=count(used, "input_tokens", missing=None),
            output_tokens=count(used, "output_tokens", missing=None),
            cache_read_tokens=count(used, "cache_read_input_tokens"),
            cache_write_tokens=max(written - hour, 0),
            cache_write_1h_tokens=hour,
            reasoning_tokens=count(part(used, "output_tokens_details"), "thinking_tokens"),
        )
    except UnreadableUsageError as error:
        return str(error)


def _closed(schema: Any) -> Any:
    """The schema with every object closed, as the API wants it."""
    if isinstance(schema, list):
        return [_closed(one) for one in schema]
    if not isinstance(schema, Mapping):
        return schema
    made = {name: _closed(value) for name, value in schema.items()}
    if made.get("type") == "object":
        made.setdefault("additionalProperties", False)
    return made

