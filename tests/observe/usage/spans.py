"""Exports of OpenTelemetry for these tests, built by hand."""

from __future__ import annotations

import json
from typing import Any

T = 1_790_000_000  # 2026-09-21T14:13:20Z


def pairs(attributes: dict[str, Any]) -> list[dict[str, Any]]:
    kinds = {int: "intValue", float: "doubleValue", str: "stringValue", bool: "boolValue"}
    return [{"key": k, "value": {kinds[type(v)]: str(v) if type(v) is int else v}} for k, v in attributes.items()]


def span(number: int, attributes: dict[str, Any], parent: int = 0, **more: Any) -> dict[str, Any]:
    return {
        "traceId": "a" * 32, "spanId": f"{number:016x}", "parentSpanId": f"{parent:016x}" if parent else "",
        "startTimeUnixNano": str(T * 10**9), "endTimeUnixNano": str((T + 2) * 10**9), "attributes": pairs(attributes),
        **more,
    }  # fmt: skip


def export(*spans: dict[str, Any], resource: dict[str, Any] | None = None) -> str:
    document = {
        "resourceSpans": [{"resource": {"attributes": pairs(resource or {})}, "scopeSpans": [{"spans": list(spans)}]}]
    }
    return json.dumps(document)


def metrics(*points: dict[str, Any], temporality: int = 1, name: str = "gen_ai.client.token.usage") -> str:
    body = {"name": name, "histogram": {"aggregationTemporality": temporality, "dataPoints": list(points)}}
    return json.dumps({"resourceMetrics": [{"resource": {}, "scopeMetrics": [{"metrics": [body]}]}]})


def point(kind: str, total: int, requests: int, start: int = T, end: int = T + 60) -> dict[str, Any]:
    attributes = {"gen_ai.token.type": kind, "gen_ai.request.model": "gpt-5", "gen_ai.system": "openai"}
    return {
        "attributes": pairs(attributes), "startTimeUnixNano": str(start * 10**9), "timeUnixNano": str(end * 10**9),
        "sum": total, "count": str(requests),
    }  # fmt: skip
