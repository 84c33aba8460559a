"""The parts of calling by themselves: waits that headers ask for, verdicts, worst cases, buckets, usage."""

from __future__ import annotations

import asyncio
import json
from datetime import datetime, timezone
from decimal import Decimal
from typing import Any

import pytest

from llmlint.evals.calling.budget import Budget, worst_usage
from llmlint.evals.calling.headers import exhausted, retry_after
from llmlint.evals.calling.lanes import Bucket, Lane
from llmlint.evals.calling.settings import Settings
from llmlint.evals.calling.verdicts import Again, Ended, Failed, Taken, judged
from llmlint.evals.providers import APIS, chat, messages, responses
from llmlint.evals.providers.transport import Answer
from llmlint.evals.records import Candidate, Request
from llmlint.money.usage import Usage

NOW = datetime(2026, 1, 1, 12, 0, tzinfo=timezone.utc)
ASKED = Request(Candidate("a", "openai", "m"), ({"role": "user", "content": "hi"},), max_tokens=7)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "7"}, 7),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after": "7", "retry-after-ms": "1500"}, 1.5),
        ({"retry-after": "Thu, 01 Jan 2026 12:00:30 GMT"}, 30),
        ({"retry-after": "Thu, 01 Jan 2026 11:00:30 GMT"}, 0),
        ({"retry-after": "-3"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "soon"}, None),
    ],
)
def test_how_long_a_server_asks_to_wait(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(headers, NOW) == seconds


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, 0),
        ({"x-ratelimit-remaining-requests": "5", "x-ratelimit-reset-requests": "9s"}, 0),
        ({"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "1m2.5s"}, 62.5),
        ({"x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "20ms"}, 0.02),
        ({"x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "24h"}, 120),
        ({"x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "later"}, 0),
        ({"anthropic-ratelimit-requests-remaining": "0", "anthropic-ratelimit-requests-reset": "2026-01-01T12:00:09Z"}, 9),
        ({"anthropic-ratelimit-output-tokens-remaining": "0"}, 0),
    ],
)
def test_how_long_a_limit_stays_empty(headers: dict[str, str], seconds: float) -> None:
    assert exhausted(headers, NOW) == pytest.approx(seconds)


def error(message: str = "", **more: Any) -> bytes:
    return json.dumps({"error": {"message": message, **more}}).encode()


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (429, error("slow down"), Again),
        (429, error("Request too large for gpt-x on tokens per min (TPM): Limit 10, Requested 20"), Failed),
        (429, error(code="insufficient_quota"), Ended),
        (400, error("Your credit balance is too low"), Ended),
        (402, b"", Ended),
        (401, b"<html>", Ended),
        (404, error("no such model"), Ended),
        (400, error("bad parameter"), Failed),
        (400, error(code="content_filter"), Taken),
        (413, b"", Failed),
        (302, b"", Failed),
        (500, b"oops", Again),
        (529, error("Overloaded"), Again),
        (200, b"<html>", Again),
        (200, b"[" * 100_000, Again),
        (200, b"[]", Again),
        (200, b'{"choices": []}', Again),
        (200, error("upstream failed"), Again),
        (200, b'{"choices": [{"message": {"content": "x"}}]}', Taken),
    ],
)
def test_what_an_answer_means(status: int, body: bytes, kind: type) -> None:
    verdict = judged(Answer(status, {}, body), APIS["chat"], ASKED)
    assert isinstance(verdict, kind), verdict
    assert "\n" not in getattr(verdict, "why", "")


@pytest.mark.parametrize("key", ["sk-proj-abcdefghijklmnop", "Bearer abc.def", "a" * 45])
def test_a_key_in_an_error_is_masked(key: str) -> None:
    verdict = judged(Answer(401, {}, error(f"Incorrect API key provided: {key}.")), APIS["chat"], ASKED)
    assert isinstance(verdict, Ended) and key not in verdict.why and "…" in verdict.why


CHAT = {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120}


@pytest.mark.parametrize(
    ("used", "expected"),
    [
        (CHAT, Usage(100, 20)),
        ({**CHAT, "prompt_tokens_details": {"cached_tokens": 60}}, Usage(40, 20, 60)),
        ({**CHAT, "completion_tokens_details": {"reasoning_tokens": 15}}, Usage(100, 20, reasoning_tokens=15)),
        ({**CHAT, "total_tokens": 150}, Usage(100, 50)),  # thinking that is not counted among what was written
        ({**CHAT, "prompt_tokens_details": None}, Usage(100, 20)),
        ({**CHAT, "prompt_tokens_details": {"cached_tokens": 600}}, None),
        ({**CHAT, "completion_tokens": "many"}, None),
        ({**CHAT, "completion_tokens": -1}, None),
        ({**CHAT, "completion_tokens": True}, None),
        ({**CHAT, "completion_tokens": 10**12}, None),
        ({**CHAT, "completion_tokens": 1.5}, None),
        ({"prompt_tokens": 100}, None),
        ({}, None),
        (None, None),
        ("many", None),
    ],
)
def test_usage_is_read_or_its_fault_is_named(used: Any, expected: Usage | None) -> None:
    reply = chat.reply({"choices": [{"message": {"content": "x"}}], "usage": used}, ASKED)
    if expected is None:
        assert reply.note is not None and reply.note.startswith("usage says")
    else:
        assert (reply.usage, reply.note) == (expected, None)


def test_anthropics_caches_are_counted_apart() -> None:
    used = {
        "input_tokens": 10, "output_tokens": 5, "cache_read_input_tokens": 300, "cache_creation_input_tokens": 70,
        "cache_creation": {"ephemeral_5m_input_tokens": 50, "ephemeral_1h_input_tokens": 20},
        "output_tokens_details": {"thinking_tokens": 3},
    }  # fmt: skip
    reply = messages.reply({"content": [{"type": "text", "text": "x"}], "usage": used}, ASKED)
    assert reply.usage == Usage(10, 5, 300, 50, 20, 3)


def test_a_constant_system_prompt_is_marked_for_the_cache_and_a_changing_one_is_not() -> None:
    for static in (True, False):
        request = Request(ASKED.candidate, ASKED.messages, "Be brief.", static_system=static)
        assert ("cache_control" in messages.body(request)["system"][0]) is static


@pytest.mark.parametrize("api", [chat, responses, messages])
def test_parameters_are_sent_as_they_are_and_win(api: Any) -> None:
    candidate = Candidate("a", "openai", "m", parameters={"temperature": 0, "text": {"verbosity": "low"}, "top_k": 3})
    request = Request(candidate, ASKED.messages, schema={"type": "object", "properties": {}}, max_tokens=9)
    body = api.body(request)
    assert (body["temperature"], body["top_k"], body["model"]) == (0, 3, "m")
    assert body["text"]["verbosity"] == "low"
    assert 9 in body.values()
    if api is responses:
        assert body["text"]["format"]["type"] == "json_schema"


@pytest.mark.parametrize("text", ["hi", "größer", "日本語のテキスト", "\U0001f600" * 9, "\ud800"])
def test_the_worst_case_is_no_fewer_tokens_than_bytes(text: str) -> None:
    request = Request(Candidate("a", "openai", "m", parameters={"n": 3}), ({"role": "user", "content": text},), max_tokens=7)
    worst = worst_usage(request, chat.body(request))
    assert worst.input_tokens >= len(text.encode("utf-8", "replace"))
    assert worst.output_tokens == 21


def test_a_budget_reserves_and_settles() -> None:
    budget = Budget(Decimal(1))
    assert budget.reserve(Decimal("0.6")) and not budget.reserve(Decimal("0.5"))
    assert budget.left == Decimal("0.4") and budget.fits_alone(Decimal("0.5"))
    budget.settle(Decimal("0.6"), Decimal("0.7"), certain=False)
    assert (budget.left, budget.uncertain) == (Decimal("0.3"), Decimal("0.7"))
    assert not budget.fits_alone(Decimal("0.5"))


def test_a_bucket_fills_again() -> None:
    bucket = Bucket(600)  # ten a second, sixty at once
    assert bucket.delay(60, 0) == 0
    bucket.take(60)
    assert bucket.delay(10, 0) == pytest.approx(1)
    assert bucket.delay(10, 1) == pytest.approx(0)
    assert bucket.delay(10_000, 1) == pytest.approx(5)  # more than it ever holds: when it is full


def test_a_lane_halves_when_most_are_turned_away_and_not_when_a_few_are() -> None:
    async def limits(rejected_of_ten: int) -> float:
        lane = Lane(Settings(at_once=16), [], 16)
        for n in range(200):
            if n % 10 < rejected_of_ten:
                lane.rejected(lane.now(), 0)
            else:
                lane.succeeded(0)
        return lane.limit

    assert asyncio.run(limits(2)) == 16
    assert asyncio.run(limits(9)) < 8
