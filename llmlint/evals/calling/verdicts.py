"""What came over the wire → what to do now: take the answer, try again, give up the request, give up the model."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from llmlint.evals.providers import Api
from llmlint.evals.providers.reading import UnreadableAnswerError, part
from llmlint.evals.providers.transport import Answer
from llmlint.evals.records import Reply, Request

SPENT = re.compile(  # waiting does not help: somebody has to pay first
    r"insufficient_quota|exceeded your current quota|credit balance|billing_(error|hard_limit|not_active)"
    r"|quota_exceeded|insufficient[ _](credits?|funds|balance)|payment required",
    re.IGNORECASE,
)
TOO_LARGE = re.compile(r"request too large|requested tokens? exceed|too large for", re.IGNORECASE)
DECLINED = re.compile(r"content_filter|content_policy_violation|invalid_prompt|content management policy", re.I)
SECRET = re.compile(r"(sk-[\w*.-]{4,}|(?i:bearer)\s+\S+|\b[A-Za-z0-9_-]{40,}\b)")
NO_ACCESS = {401: "no access (401)", 402: "unpaid (402)", 403: "no access (403)", 404: "not found (404)"}


@dataclass(frozen=True, slots=True)
class Taken:
    """The request has its answer, not yet priced."""

    reply: Reply


@dataclass(frozen=True, slots=True)
class Again:
    """Try again. crowded: the server has too much to do or we ask too often; billed: it may have been paid for."""

    why: str
    crowded: bool = False
    limited: bool = False  # "too many requests": does not count as an attempt
    billed: bool = False
    unreadable: bool = False


@dataclass(frozen=True, slots=True)
class Failed:
    """This request gets no answer, others may. same: likely to happen to every request, as a wrong parameter does."""

    why: str
    same: bool = False


@dataclass(frozen=True, slots=True)
class Ended:
    """No request to this model gets an answer any more."""

    why: str


Verdict = Taken | Again | Failed | Ended


def judged(answer: Answer, api: Api, request: Request) -> Verdict:
    """200 is read by the API's own reader; everything else by status and the error's own words."""
    if answer.status == 200:
        return _read(answer, api, request)
    said = error_text(answer.body)
    why = f"{answer.status}: {said}" if said else f"status {answer.status}"
    if answer.status in (402, 403, 429, 400) and SPENT.search(said):
        return Ended(f"the quota is spent ({answer.status}: {said})")
    if answer.status == 429:
        return Failed(why) if TOO_LARGE.search(said) else Again(why, crowded=True, limited=True)
    if answer.status in NO_ACCESS:
        return Ended(f"{NO_ACCESS[answer.status]}: {said}" if said else NO_ACCESS[answer.status])
    if answer.status in (408, 409, 425) or answer.status >= 500:
        return Again(why, crowded=answer.status in (503, 529))
    if answer.status == 400 and DECLINED.search(said):
        return Taken(Reply("refused", text=said))
    return Failed(why, same=True)


def _read(answer: Answer, api: Api, request: Request) -> Verdict:
    try:
        data = json.loads(answer.body)
    except (ValueError, RecursionError):
        kind = answer.headers.get("content-type", "").split(";")[0] or "no type"
        return Again(f"200 with {kind} that is no JSON ({len(answer.body)} bytes)", billed=True, unreadable=True)
    if not isinstance(data, dict):
        return Again("200 with JSON that is no answer", billed=True, unreadable=True)
    if data.get("error") and not data.get("choices") and not data.get("content"):
        return Again(f"200 with an error: {error_text(answer.body)}", billed=True, unreadable=True)
    try:
        return Taken(api.reply(data, request))
    except UnreadableAnswerError as error:
        return Again(f"200, but {error}", billed=True, unreadable=True)


def error_text(body: bytes) -> str:
    """The type, code and message of an error, on one line, without anything that looks like a key."""
    try:
        data: Any = json.loads(body)
    except (ValueError, RecursionError):
        data = None
    inner = part(data, "error") or (data if isinstance(data, Mapping) else {})
    told = [inner.get(name) for name in ("type", "code", "message")]
    words = [str(one) for one in told if isinstance(one, str) and one]
    if not words and isinstance(data, Mapping):
        words = [str(data[name]) for name in ("error", "detail", "message") if isinstance(data.get(name), str)]
    return masked(" ".join(" ".join(dict.fromkeys(words)).split())[:200])


def masked(text: str) -> str:
    """The text without what looks like a key: servers like to repeat the one they refuse."""
    return SECRET.sub("…", text)
