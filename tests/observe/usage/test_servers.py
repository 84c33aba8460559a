"""The admin APIs and Prometheus, against servers that answer as documented, and against servers that refuse or lie."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from llmlint.errors import UsageError
from llmlint.money.usage import Usage
from llmlint.observe.metrics import PROFILES
from llmlint.observe.usage import anthropic_api, http, openai_api, prometheus
from llmlint.observe.usage.records import Refusal, Row
from tests.cli.pipeline import run
from tests.observe.usage.server import Answer, serving

SINCE, UNTIL, LATEST = date(2026, 10, 1), date(2026, 10, 3), 1_795_000_000
DAY1 = 1_790_812_800  # 2026-10-01


def anthropic(path: str, query: dict[str, list[str]], headers: dict[str, str]) -> Answer:
    assert headers["x-api-key"] == "sk-admin" and query["starting_at"] == ["2026-10-01T00:00:00Z"]
    bucket: dict[str, Any] = {"starting_at": "2026-10-01T00:00:00Z", "ending_at": "2026-10-02T00:00:00Z"}
    if path.endswith("cost_report"):
        result = {"amount": "1234.5", "currency": "USD", "model": "claude-x", "workspace_id": "w1", "token_type": "t"}
        return 200, {"data": [{**bucket, "results": [result, {**result, "amount": "100", "token_type": "u"}]}], "has_more": False}
    assert query["group_by[]"] == ["model", "workspace_id", "service_tier"]
    if "page" not in query:
        result = {
            "model": "claude-x", "workspace_id": "w1", "service_tier": "batch", "uncached_input_tokens": 100,
            "cache_read_input_tokens": 900, "output_tokens": 5,
            "cache_creation": {"ephemeral_1h_input_tokens": 7, "ephemeral_5m_input_tokens": 3},
        }  # fmt: skip
        return 200, {"data": [{**bucket, "results": [result]}], "has_more": True, "next_page": "p2"}
    return 200, {"data": [{**bucket, "results": [{"model": "claude-y", "output_tokens": 1}]}], "has_more": False}


def openai(path: str, query: dict[str, list[str]], headers: dict[str, str]) -> Answer:
    assert headers["authorization"] == "Bearer sk-admin" and query["start_time"] == [str(DAY1)]
    bucket: dict[str, Any] = {"start_time": DAY1, "end_time": DAY1 + 86_400}
    result: dict[str, Any] = {"project_id": "proj", "model": "gpt-x"}
    if path.endswith("/costs"):
        result = {"project_id": "proj", "line_item": "gpt-x, input", "amount": {"value": 0.06, "currency": "usd"}}
    elif path.endswith("/completions"):
        result |= {"input_tokens": 1_000, "input_cached_tokens": 800, "output_tokens": 50, "num_model_requests": 5, "batch": True}
    else:
        result |= {"input_tokens": 30, "num_model_requests": 3}
    return 200, {"data": [{**bucket, "results": [result]}], "has_more": False, "next_page": None}


def test_anthropic() -> None:
    with serving(anthropic) as base:
        rows = list(anthropic_api.anthropic_rows(anthropic_api.server(base, "sk-admin"), SINCE, UNTIL, LATEST))
    assert all(isinstance(row, Row) and row.start == DAY1 and row.seconds == 86_400 for row in rows)
    used, other, *bills = rows
    assert isinstance(used, Row) and used.usage == Usage(100, 5, 900, 3, 7) and used.requests is None
    assert used.subject[:2] == ("anthropic", "claude-x") and used.subject.batch and used.subject.team == "w1"
    assert isinstance(other, Row) and other.subject.model == "claude-y"
    assert [(b.nano_usd, b.subject.layer) for b in bills if isinstance(b, Row)] == [(12_345_000_000, "bill"), (10**9, "bill")]
    assert len({row.key for row in rows if isinstance(row, Row)}) == 4


def test_openai() -> None:
    with serving(openai) as base:
        rows = list(openai_api.openai_rows(openai_api.server(base, "sk-admin"), SINCE, UNTIL, LATEST))
    told = [(r.subject.layer, r.subject.model, r.requests, r.usage, r.nano_usd) for r in rows if isinstance(r, Row)]
    assert told == [
        ("totals", "gpt-x", 5, Usage(200, 50, 800), None), ("totals", "gpt-x", 3, Usage(30), None),
        ("bill", "gpt-x", None, Usage(), 60_000_000),
    ]  # fmt: skip


GOOD = {"starting_at": "2026-10-01T00:00:00Z", "ending_at": "2026-10-02T00:00:00Z"}


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ((200, b"<html>Sign in"), "a page for people, not data"),
        ((200, b'{"data": ['), "no JSON, or cut off"),
        ((200, b"[]"), "another shape than documented"),
        ((200, {"data": {}}), "another shape than documented"),
        ((200, {"data": [], "has_more": True}), "says that there is another page and names none"),
        ((200, {"data": [], "has_more": True, "next_page": "p"}), "names one that it gave before"),
        ((500, b"oops"), "answers /v1/organizations/usage_report/messages with 500 4 times"),
        ((401, {"error": "no"}), "refuses /v1/organizations/usage_report/messages: 401 .does the key have the right"),
        ((302, b"", {"Location": "http://127.0.0.1:1/steal"}), "sends .* elsewhere, which is not followed"),
        ((404, b""), "with 404$"),
    ],
)
def test_servers_that_refuse_or_lie(answer: Any, why: str) -> None:
    with serving(lambda *_: answer) as base:
        server = http.Server(base, {"x-api-key": "sk-admin"}, True, sleep=lambda _: None)
        with pytest.raises(UsageError, match=why) as raised:
            list(anthropic_api.anthropic_rows(server, SINCE, UNTIL, LATEST))
    assert "sk-admin" not in str(raised.value)


@pytest.mark.parametrize(
    ("bucket", "why"),
    [
        ({**GOOD, "results": [{"output_tokens": -1}]}, "output tokens is negative"),
        ({**GOOD, "results": ["x"]}, "another shape"),
        ({**GOOD, "ending_at": "2026-09-01T00:00:00Z", "results": [{}]}, "ends before it starts"),
        ({"results": [{}]}, "the time is missing"),
        ({**GOOD, "starting_at": "2030-10-01T00:00:00Z", "results": [{}]}, "in the future"),
    ],
)
def test_buckets_that_cannot_be_counted(bucket: dict[str, Any], why: str) -> None:
    def answer(path: str, *_: Any) -> Answer:
        return 200, {"data": [bucket] if "usage" in path else [], "has_more": False}

    with serving(answer) as base:
        (refusal,) = anthropic_api.anthropic_rows(http.Server(base), SINCE, UNTIL, LATEST)
    assert isinstance(refusal, Refusal) and why in refusal.why


def test_a_busy_server_is_asked_again() -> None:
    waits: list[float] = []
    answers = iter([(429, b"", {"Retry-After": "7"}), (529, b""), (200, {"ok": 1})])
    with serving(lambda *_: next(answers)) as base:
        assert http.Server(base, sleep=waits.append).get("/x") == {"ok": 1}
    assert waits == [7.0, 4.0]


@pytest.mark.parametrize(
    ("base", "why"),
    [
        ("http://prometheus.example", "a key is not sent without encryption"),
        ("prometheus.example:9090", "no address of a server"),
        ("file:///etc/passwd", "no address of a server"),
        ("http://[broken", "no address of a server"),
        ("http://127.0.0.1:1", "cannot be reached"),
    ],
)
def test_addresses(base: str, why: str) -> None:
    with pytest.raises(UsageError, match=why):
        http.Server(base, secret=True, sleep=lambda _: None).get("/")
    assert "hunter2" not in http.Server("https://me:hunter2@host/x?token=hunter2").shown


def series(query: str) -> dict[str, Any]:
    values = {"_count": "3.9", "_sum{gen_ai_token_type=\"input\"}": "1000.2", "_sum{gen_ai_token_type=\"output\"}": "60"}
    value = next((v for k, v in values.items() if k in query), "0")
    metric = {"service_namespace": "core", "gen_ai_request_model": "gpt-x", "gen_ai_provider_name": "openai"}
    days = [[DAY1 + 86_400, value], [DAY1 + 2 * 86_400, "0"]]
    return {"resultType": "matrix", "result": [{"metric": metric, "values": days}]}


def test_prometheus() -> None:
    def answer(path: str, query: dict[str, list[str]], headers: dict[str, str]) -> Answer:
        assert path == "/api/v1/query_range" and query["step"] == ["86400"] and "authorization" not in headers
        assert query["start"] == [str(DAY1 + 86_400)] and query["end"] == [str(DAY1 + 2 * 86_400)]
        assert query["query"][0].startswith("sum by (service_namespace, gen_ai_request_model, gen_ai_provider_name) (increase(")
        return 200, {"status": "success", "data": series(query["query"][0])}

    with serving(answer) as base:
        rows = list(prometheus.prometheus_rows(http.Server(base), PROFILES["otel"], SINCE, UNTIL))
    (row,) = rows  # a day on which nothing was asked is no row
    assert isinstance(row, Row) and (row.start, row.seconds, row.requests, row.usage) == (DAY1, 86_400, 4, Usage(1000, 60))
    assert (row.subject.team, row.subject.model, row.subject.layer, row.nano_usd) == ("core", "gpt-x", "totals", None)


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ({"status": "success", "data": {"resultType": "matrix", "result": []}}, "there is no series of gen_ai_client"),
        ({"status": "error", "error": "too many samples"}, "the query fails: too many samples"),
        ({"status": "success", "isPartial": True, "data": series("_count")}, "only a part of the data"),
        ({"status": "success", "data": {"resultType": "vector"}}, "another shape"),
        ({"status": "success", "data": {"resultType": "matrix", "result": [{"metric": {}, "values": [[1]]}]}}, "another shape"),
    ],
)
def test_prometheus_that_lies(body: Any, why: str) -> None:
    with serving(lambda *_: (200, body)) as base, pytest.raises(UsageError, match=why):
        list(prometheus.prometheus_rows(http.Server(base), PROFILES["otel"], SINCE, UNTIL))


def test_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LLMLINT_TODAY", "2026-11-25")
    monkeypatch.delenv("ANTHROPIC_ADMIN_KEY", raising=False)
    missing = run("usage", "import", "--from", "anthropic")
    assert missing.exit_code == 2 and "set ANTHROPIC_ADMIN_KEY in the environment" in missing.stderr
    monkeypatch.setenv("ANTHROPIC_ADMIN_KEY", "sk-admin")
    with serving(anthropic) as base:
        command = ("usage", "import", base, "--from", "anthropic", "--since", "2026-10-01", "--until", "2026-10-03")
        assert run(*command).stdout == "4 records from anthropic, 2026-10-01 to 2026-10-01: 4 new, 0 known\n"
        assert "0 new, 4 known" in run(*command).stdout
    assert b"sk-admin" not in (tmp_path / ".llmlint" / "usage.db").read_bytes()
    wrong = run("usage", "import", "--from", "anthropic", "--since", "2026-10-03", "--until", "2026-10-03")
    assert wrong.exit_code == 2 and "--since 2026-10-03 is not before --until" in wrong.stderr
