"""JSON of unknown honesty → texts, tokens, calls of tools; what is not as it should be is said, not guessed."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from llmlint.evals.records import Reply, Request, Status
from llmlint.money.usage import Usage

CREDIBLE = 10**8  # tokens of one request; more is a mistake of the server, not a bill


class UnreadableAnswerError(Exception):
    """The JSON is not an answer of this API."""


class UnreadableUsageError(Exception):
    """What the request used is missing, or no plain number of tokens."""


def part(data: Any, name: str) -> Mapping[str, Any]:
    """data[name] if it is a map, else an empty one."""
    inner = data.get(name) if isinstance(data, Mapping) else None
    return inner if isinstance(inner, Mapping) else {}


def rows(data: Any, name: str) -> Sequence[Mapping[str, Any]]:
    """The maps in the list data[name]."""
    inner = data.get(name) if isinstance(data, Mapping) else None
    return [one for one in inner if isinstance(one, Mapping)] if isinstance(inner, list) else []


def count(data: Mapping[str, Any], name: str, missing: int | None = 0) -> int:
    """data[name] as a number of tokens. missing: what its absence means; None: it must be there."""
    value = data.get(name)
    if value is None:
        value = missing
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= CREDIBLE:
        raise UnreadableUsageError(f"usage says {name} = {str(value)[:20]!r}")
    return value


def finished(
    request: Request, status: Status | None, text: str, calls: Sequence[tuple[Any, Any]], usage: Usage | str
) -> Reply:
    """status: what the API said of the end, None: nothing special. calls: tools asked for, each its name and arguments.

    usage: a text says why there is none to read.
    """
    tools = [{"name": str(name), "arguments": _arguments(given)} for name, given in calls]
    error: str | None = None
    if status is None:
        status = "ok" if text.strip() or tools else "empty"
        if any(one["arguments"] is None for one in tools):
            status, error = "malformed", "the arguments of a tool call are no JSON object"
        elif text.strip() and request.schema is not None and not tools and not _is_json(text):
            status, error = "malformed", "JSON was asked for and something else came"
    whole = tuple(one for one in tools if one["arguments"] is not None)
    read, note = (usage, None) if isinstance(usage, Usage) else (Usage(), usage)
    return Reply(status=status, text=text, tool_calls=whole, usage=read, error=error, note=note)


def _arguments(given: Any) -> Mapping[str, Any] | None:
    """The arguments of a tool call, which come as JSON text or as they are; None: neither."""
    try:
        read = given if isinstance(given, Mapping) else json.loads(given or "{}")
    except (TypeError, ValueError, RecursionError):
        return None
    return read if isinstance(read, Mapping) else None


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def openai_usage(data: Mapping[str, Any], read: str, written: str) -> Usage | str:
    """What was used, or why it cannot be told. read, written: what the API calls the two sides.

    Some servers leave thinking out of what was written and count it in the total: the total is believed.
    """
    used = part(data, "usage")
    try:
        prompt = count(used, read, missing=None)
        output = max(count(used, written, missing=None), count(used, "total_tokens") - prompt)
        details = part(used, f"{read}_details")
        cached, stored = count(details, "cached_tokens"), count(details, "cache_write_tokens")
        thought = count(part(used, f"{written}_details"), "reasoning_tokens")
    except UnreadableUsageError as error:
        return str(error)
    if cached + stored > prompt:
        return f"usage says {cached + stored} cached tokens of {prompt}"
    return Usage(prompt - cached - stored, output, cached, stored, 0, min(thought, output))


def output_limit(request: Request) -> int | None:
    """How many tokens may be written at most, as the parameters or the request say; None: nobody says."""
    for name in ("max_completion_tokens", "max_output_tokens", "max_tokens"):
        value = request.candidate.parameters.get(name)
        if isinstance(value, int) and not isinstance(value, bool) and value > 0:
            return value
    return request.max_tokens


def merged(body: dict[str, Any], parameters: Mapping[str, Any]) -> dict[str, Any]:
    """The body with the candidate's parameters over it; maps (`output_config`, `text`) are joined."""
    for name, value in parameters.items():
        before = body.get(name)
        joined = isinstance(before, dict) and isinstance(value, Mapping)
        body[name] = {**before, **value} if joined and isinstance(before, dict) else value
    return body


def is_strict(schema: Any) -> bool:
    """May OpenAI hold the answer to this schema? Each object must be closed and require all its properties."""
    if isinstance(schema, list):
        return all(is_strict(one) for one in schema)
    if not isinstance(schema, Mapping):
        return True
    if schema.get("type") == "object" or "properties" in schema:
        names = set(part(schema, "properties"))
        required = schema.get("required") or []
        if schema.get("additionalProperties") is not False or names - set(required):
            return False
    return all(is_strict(one) for one in schema.values())
