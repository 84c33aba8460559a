"""What the parts of the harness hand to one another: items, candidates, requests, replies, grades, outcomes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal

from llmlint.money.usage import Usage

# what became of a request. "ok": an answer to be graded; "refused": the model declined; "truncated": the output limit
# cut it; "empty": nothing in it; "malformed": not what was asked for (no JSON where JSON was asked for, a body that no
# SDK can read); "failed": no answer could be had (outage, time-out, spent quota, no access): never a wrong answer
Status = Literal["ok", "refused", "truncated", "empty", "malformed", "failed"]


@dataclass(frozen=True, slots=True)
class Item:
    """One row of a data set. values: its columns; group: items that share one are one draw (None: a draw by itself)."""

    id: str
    values: Mapping[str, Any]
    group: str | None = None


@dataclass(frozen=True, slots=True)
class Candidate:
    """A model that could do the task, and how it is asked.

    name: how the task and every output call it, unique; provider: "anthropic", "openai", "azure", "bedrock", "vertex",
    "callable", "command" or "replay"; api: "messages", "chat" or "responses", "" where the provider has one way only.
    parameters: sent as they are (temperature, max_tokens, reasoning_effort …); base_url: of a compatible server.
    key_env: the variable of the environment that holds the key, never the key. stand_in: a local program, not a model.
    """

    name: str
    provider: str
    model: str
    api: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    base_url: str | None = None
    key_env: str | None = None
    tier: str | None = None
    stand_in: bool = False


@dataclass(frozen=True, slots=True)
class Request:
    """One question to one candidate: what is sent, provider-independent. `text`s are never logged.

    messages: {"role": "user" | "assistant", "content": str}; system: constant over the items where `static_system`, so
    that it may be cached; tools: {"name", "description", "parameters"} with a JSON schema; schema: of the answer.
    max_tokens: what may be written at most, thinking included; None: the provider's own limit, which the budget then
    reserves.
    """

    candidate: Candidate
    messages: tuple[Mapping[str, str], ...]
    system: str | None = None
    static_system: bool = True
    tools: tuple[Mapping[str, Any], ...] = ()
    schema: Mapping[str, Any] | None = None
    max_tokens: int | None = None
    item: str = ""  # the id of the item it asks about; the callable provider and the reports go by it
    values: Mapping[str, Any] = field(default_factory=dict)  # the item's columns without the answers, for callables
    repeat: int = 0  # asked the same again on purpose: a further, separately paid answer


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back, and what it cost. usd: by the usage that the API returned; None where no price applies.

    error: one line without secrets where `status` is "failed" or "malformed". seconds: from the last attempt's start.
    stored: it was paid for in an earlier run and costs nothing now. note: what is odd though the answer counts, such as
    a usage that cannot be read, so that the worst case is counted; one line.
    """

    status: Status
    text: str = ""
    tool_calls: tuple[Mapping[str, Any], ...] = ()  # {"name", "arguments": {…}}
    usage: Usage = field(default_factory=Usage)
    usd: Decimal | None = None
    seconds: float | None = None
    error: str | None = None
    batch: bool = False
    stored: bool = False
    attempts: int = 1
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Grade:
    """How good an answer is. score: 0 to 1, None where it could not be judged (`error` says why).

    expected, predicted: the labels, for tables per class; parts: further named scores (fields, precision, …).
    usd: what judging it cost.
    """

    score: float | None
    expected: str | None = None
    predicted: str | None = None
    parts: Mapping[str, float] = field(default_factory=dict)
    error: str | None = None
    usd: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class Outcome:
    """One candidate on one item: the row that statistics, reports and exports read."""

    item: str
    candidate: str
    reply: Reply
    grade: Grade
