"""Exports of OpenTelemetry → rows: names old and new, who asked, what counts once, what cannot be counted."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from llmlint.errors import UsageError
from llmlint.money.usage import Usage
from llmlint.observe.usage.files import files_of
from llmlint.observe.usage.otlp import Defaults, otlp_rows
from llmlint.observe.usage.records import Refusal, Row
from tests.observe.usage.spans import T, export, metrics, point, span

DEFAULTS = Defaults(latest=T + 10 * 86_400)
CHAT = {"gen_ai.request.model": "gpt-5", "gen_ai.usage.input_tokens": 100, "gen_ai.usage.output_tokens": 7}


def read(folder: Path, *texts: str, defaults: Defaults = DEFAULTS) -> tuple[list[Row], list[Refusal]]:
    files = []
    for i, text in enumerate(texts):
        files.append(folder / f"{i}.jsonl")
        files[-1].write_text(text, encoding="utf-8")
    found = list(otlp_rows([str(f) for f in files], defaults))
    return [r for r in found if isinstance(r, Row)], [r for r in found if isinstance(r, Refusal)]


@pytest.mark.parametrize(
    ("attributes", "usage"),
    [
        (CHAT, Usage(100, 7)),
        ({"gen_ai.response.model": "m", "gen_ai.usage.prompt_tokens": 5, "gen_ai.usage.completion_tokens": 6}, Usage(5, 6)),
        ({"llm.model_name": "m", "llm.token_count.prompt": 5, "llm.token_count.completion": 6}, Usage(5, 6)),
        # what came from the cache is part of the input, by the conventions …
        ({**CHAT, "gen_ai.usage.cache_read.input_tokens": 60}, Usage(40, 7, 60)),
        ({**CHAT, "gen_ai.usage.cache_read_input_tokens": 60, "gen_ai.usage.cache_creation_input_tokens": 30}, Usage(10, 7, 60, 30)),
        # … and where it cannot be, it was told besides
        ({**CHAT, "gen_ai.usage.cache_read.input_tokens": 600}, Usage(100, 7, 600)),
        ({**CHAT, "gen_ai.usage.reasoning.output_tokens": 5}, Usage(100, 7, reasoning_tokens=5)),
        ({"gen_ai.request.model": "embed", "gen_ai.usage.input_tokens": 9}, Usage(9, 0)),
    ],
)
def test_tokens(tmp_path: Path, attributes: dict[str, Any], usage: Usage) -> None:
    (row,), refused = read(tmp_path, export(span(1, attributes)))
    assert (row.usage, row.requests, row.start, row.seconds, row.nano_usd, refused) == (usage, 1, T, 2, None, [])


def test_who_asked(tmp_path: Path) -> None:
    new = {"code.file.path": "/srv/app/x.py", "code.line.number": 12, "code.function.name": "app.x.ask"}
    old = {"code.filepath": "/srv/app/x.py", "code.lineno": 12, "code.namespace": "app.x", "code.function": "ask"}
    for code in (new, old):
        attributes = {**CHAT, **code, "gen_ai.system": "az.ai.openai", "llmlint.label": "triage"}
        (row,), _ = read(tmp_path, export(span(1, attributes), resource={"service.namespace": "billing"}))
        subject = row.subject
        assert (subject.path, subject.line, subject.function) == ("/srv/app/x.py", 12, "app.x.ask")
        assert (subject.provider, subject.model, subject.label, subject.team) == ("azure-openai", "gpt-5", "triage", "billing")
    (row,), _ = read(tmp_path, export(span(1, CHAT)), defaults=Defaults("core", "search", T + 9))
    assert (row.subject.team, row.subject.label) == ("core", "search")


def test_a_request_counts_once(tmp_path: Path) -> None:
    inner, outer, agent = span(2, CHAT, parent=1), span(1, CHAT), span(9, {**CHAT, "gen_ai.operation.name": "invoke_agent"})
    for order in ((inner, outer), (outer, inner)):
        rows, refused = read(tmp_path, export(*order, agent), export(span(3, CHAT)))
        assert len(rows) == 2 and not refused
    assert len({row.key for row in rows}) == 2


@pytest.mark.parametrize(
    ("attributes", "more", "why"),
    [
        ({**CHAT, "gen_ai.usage.input_tokens": -5}, {}, "input tokens is negative"),
        ({**CHAT, "gen_ai.usage.output_tokens": "many"}, {}, "output tokens is not a number"),
        ({**CHAT, "gen_ai.usage.cost": float("nan")}, {}, "the cost is not a number"),
        ({"gen_ai.request.model": "gpt-5"}, {}, "names a model and says no tokens"),
        (CHAT, {"startTimeUnixNano": "0", "endTimeUnixNano": "0"}, "before 2019"),
        (CHAT, {"startTimeUnixNano": "²"}, "not a date or time"),
        (CHAT, {"startTimeUnixNano": str((T + 20 * 86_400) * 10**9)}, "in the future"),
        (CHAT, {"endTimeUnixNano": str((T - 3_600) * 10**9)}, "ends before it starts"),
    ],
)
def test_what_cannot_be_counted(tmp_path: Path, attributes: dict[str, Any], more: dict[str, Any], why: str) -> None:
    rows, (refusal,) = read(tmp_path, export(span(1, attributes, **more)))
    assert not rows and why in refusal.why and refusal.where.endswith("0.jsonl:1")


def test_spans_without_a_number_are_told_apart_by_what_they_say(tmp_path: Path) -> None:
    one, other = span(1, CHAT, spanId=None), span(1, {**CHAT, "gen_ai.usage.input_tokens": 9}, spanId=None)
    rows, _ = read(tmp_path, export(one, other, one))
    assert len({row.key for row in rows}) == 2


def test_what_is_no_request_is_passed_over(tmp_path: Path) -> None:
    failed = span(1, {"gen_ai.request.model": "gpt-5"}, status={"code": 2})
    other = span(2, {"http.request.method": "POST"})
    assert read(tmp_path, export(failed, other), '{"resourceLogs": []}') == ([], [])


@pytest.mark.parametrize(
    ("text", "rows", "refused"),
    [
        (export(span(1, CHAT)) + "\n" + export(span(2, CHAT)) + "\n", 2, []),
        (export(span(1, CHAT)) + "\n{\"resourceSpans\": [}\n" + export(span(2, CHAT)), 2, ["this is not JSON"]),
        (json.dumps(json.loads(export(span(1, CHAT), span(2, CHAT))), indent=2), 2, []),
        (json.dumps(json.loads(export(span(1, CHAT))), indent=2) * 3, 3, []),
        ("[" + export(span(1, CHAT)) + ",\n" + export(span(2, CHAT)) + "]", 2, []),
        ("[" + export(span(1, CHAT)) + "," + export(span(2, CHAT))[:-9], 1, ["cut off"]),
        ("\ufeff" + export(span(1, CHAT)), 1, []),
        ("<html>busy</html>", 0, ["this is not JSON"]),
        ('{"spans": 3}', 0, ["no export of OpenTelemetry"]),
        ("[" * 5_000, 0, ["cut off"]),
        ('{"resourceSpans": [{"resource": 3, "scopeSpans": [{"spans": [1, null, {"attributes": "x"}]}]}, 7, null]}', 0, []),
    ],
)
def test_shapes_of_files(tmp_path: Path, text: str, rows: int, refused: list[str]) -> None:
    found, refusals = read(tmp_path, text)
    assert len(found) == rows and len(refusals) == len(refused)
    assert all(why in refusal.why for why, refusal in zip(refused, refusals, strict=True))


def test_packed_files_and_folders(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "a.jsonl.gz").write_bytes(gzip.compress(export(span(1, CHAT)).encode()))
    (tmp_path / "b.json").write_text(export(span(2, CHAT)))
    (tmp_path / "notes.txt").write_text("no export")
    files = files_of([str(tmp_path)], (".json", ".jsonl"))
    assert len(list(otlp_rows(files, DEFAULTS))) == 2
    (tmp_path / "deep" / "a.jsonl.gz").write_bytes(gzip.compress(export(span(1, CHAT)).encode() * 50)[:-20])
    with pytest.raises(UsageError, match=r"a\.jsonl\.gz: the compressed data is damaged or cut off"):
        list(otlp_rows(files, DEFAULTS))


def test_metrics(tmp_path: Path) -> None:
    rows, refused = read(tmp_path, metrics(point("input", 900, 3), point("output", 60, 3)))
    assert not refused and [(r.usage, r.requests, r.seconds) for r in rows] == [(Usage(900), 3, 60), (Usage(0, 60), 0, 60)]
    assert {r.subject.layer for r in rows} == {"totals"} and not any(r.subject.cache_told for r in rows)
    growing = [metrics(point("input", total, 3, T, T + at), temporality=2) for total, at in ((900, 60), (1_500, 120))]
    first, second = read(tmp_path, *growing)[0]
    assert first.key == second.key  # what a process says later takes the place of what it said before
    assert read(tmp_path, metrics(point("audio", 1, 1)))[1][0].why == "gen_ai.token.type is neither input nor output"
    assert read(tmp_path, metrics(point("input", 1, 1), name="http.server.duration")) == ([], [])
