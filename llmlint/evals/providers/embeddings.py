"""OpenAI's embeddings, also as compatible servers speak them: a text → its vector, as a reply that can be kept."""

from __future__ import annotations

import base64
import math
from array import array
from collections.abc import Mapping
from typing import Any

from llmlint.evals.providers.reading import UnreadableAnswerError, UnreadableUsageError, count, part, rows
from llmlint.evals.records import Reply, Request
from llmlint.money.usage import Usage


def body(request: Request) -> dict[str, Any]:
    """The JSON to send for the text of the last message."""
    return {
        "model": request.candidate.model, "input": request.messages[-1]["content"], "encoding_format": "float",
        **request.candidate.parameters,
    }  # fmt: skip


def reply(data: Mapping[str, Any], request: Request) -> Reply:
    """`vector_of` reads its text. Raises UnreadableAnswerError where there is no vector."""
    vector = next((one.get("embedding") for one in rows(data, "data")), None)
    try:
        numbers = array("f", vector)  # type: ignore[arg-type]
    except (TypeError, OverflowError):
        raise UnreadableAnswerError("no vector in the answer") from None
    if not numbers or not all(map(math.isfinite, numbers)):
        raise UnreadableAnswerError("no vector in the answer")
    try:
        usage, note = Usage(count(part(data, "usage"), "prompt_tokens", missing=None)), None
    except UnreadableUsageError as error:
        usage, note = Usage(), str(error)
    return Reply("ok", base64.b64encode(numbers.tobytes()).decode(), usage=usage, note=note)


def vector_of(reply: Reply) -> array[float]:
    """The vector that a reply keeps."""
    return array("f", base64.b64decode(reply.text))
