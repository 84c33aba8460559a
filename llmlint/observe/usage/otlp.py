"""OpenTelemetry's spans and metrics of models, as OTLP JSON → rows: files of the collector, folders of them, gzip.

Read are the GenAI conventions, old and new names, and OpenInference's. Of a request that two instrumentations record,
one within the other, one span counts. Prompts and answers in the spans are not looked at.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from llmlint.money.usage import Usage
from llmlint.observe.usage.files import documents, opened
from llmlint.observe.usage.records import Layer, Refusal, Refused, Row, Subject
from llmlint.observe.usage.values import EARLIEST, count, key_of, moment, money, name

SUFFIXES = (".json", ".jsonl", ".ndjson")
TOKENS_METRIC = frozenset({"gen_ai.client.token.usage", "gen_ai_client_token_usage"})
# spans that only hold requests, with the sum of what these used
AROUND = frozenset({"invoke_agent", "create_agent", "execute_tool", "invoke_workflow", "plan", "retrieval"})

# what an attribute means → its names, the newest first; of several the first counts
NAMES: Mapping[str, tuple[str, ...]] = {
    "model": ("gen_ai.request.model", "gen_ai.response.model", "llm.model_name", "llm.request.model"),
    "provider": ("gen_ai.provider.name", "gen_ai.system", "llm.provider", "llm.system"),
    "input": (
        "gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens", "llm.token_count.prompt", "llm.usage.prompt_tokens",
    ),
    "output": (
        "gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens", "llm.token_count.completion",
        "llm.usage.completion_tokens",
    ),
    "cache_read": (
        "gen_ai.usage.cache_read.input_tokens", "gen_ai.usage.cache_read_input_tokens",
        "gen_ai.usage.input_tokens.cached", "llm.token_count.prompt_details.cache_read",
    ),
    "cache_write": (
        "gen_ai.usage.cache_creation.input_tokens", "gen_ai.usage.cache_creation_input_tokens",
        "gen_ai.usage.input_tokens.cache_write", "llm.token_count.prompt_details.cache_write",
    ),
    "reasoning": (
        "gen_ai.usage.reasoning.output_tokens", "gen_ai.usage.reasoning_tokens",
        "gen_ai.usage.output_tokens.reasoning", "llm.token_count.completion_details.reasoning",
    ),
    "cost": ("gen_ai.usage.cost", "gen_ai.usage.total_cost", "llm.cost.total"),
    "path": ("code.file.path", "code.filepath"),
    "line": ("code.line.number", "code.lineno"),
    "function": ("code.function.name", "code.function"),
    "namespace": ("code.namespace",),
    "label": ("llmlint.label", "label"),
    "team": ("llmlint.team", "team", "team.id", "team.name", "service.namespace"),
    "tier": (
        "openai.response.service_tier", "gen_ai.openai.response.service_tier", "openai.request.service_tier",
        "gen_ai.openai.request.service_tier",
    ),
    "operation": ("gen_ai.operation.name",),
    "token_type": ("gen_ai.token.type",),
    "kind": ("openinference.span.kind",),
}  # fmt: skip
MEANING = {key: (meaning, rank) for meaning, keys in NAMES.items() for rank, key in enumerate(keys)}
PLAIN = (str, int, float, bool)
PROVIDERS: Mapping[str, str] = {  # as spans call them → as the code's facts do
    "aws.bedrock": "bedrock", "aws_bedrock": "bedrock", "az.ai.openai": "azure-openai",
    "azure.ai.openai": "azure-openai", "azure": "azure-openai", "azure_openai": "azure-openai",
    "vertex_ai": "vertex", "gcp.vertex_ai": "vertex", "gcp.gemini": "google", "gcp.gen_ai": "google",
    "gemini": "google", "mistral_ai": "mistral",
}  # fmt: skip
EXPORTS = frozenset({"resourceSpans", "resourceMetrics", "resourceLogs"})
HOLDERS = frozenset({"AGENT", "CHAIN", "TOOL", "RETRIEVER"})  # OpenInference's word for `AROUND`
ERROR = (2, "2", "STATUS_CODE_ERROR")
CUMULATIVE = (2, "2", "AGGREGATION_TEMPORALITY_CUMULATIVE")
Attributes = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Defaults:
    """What rows that say nothing are given; latest: Unix seconds after which no record can be."""

    team: str = ""
    label: str = ""
    latest: int = 1 << 40


def otlp_rows(files: Sequence[str], defaults: Defaults) -> Iterator[Row | Refusal]:
    """The spans and metric points of all files that tell what a model used, in order; other spans are passed over."""
    reader = _Reader(defaults)
    for file in files:
        with opened(file) as stream:
            for where, document in documents(stream, file):
                if isinstance(document, Refusal):
                    yield document
                else:
                    yield from reader.document(where, document)


class _Attributes:
    """Lists of attributes → those that matter, by what they mean; what has another shape is left out.

    The spans of one instrumentation name the same attributes in the same order: where which of them stands is worked
    out once.
    """

    def __init__(self) -> None:
        self._places: dict[tuple[str, ...], list[tuple[int, str]]] = {}

    def __call__(self, raw: Any) -> dict[str, Any]:
        if not isinstance(raw, list):
            return {}
        try:
            keys = tuple([pair["key"] for pair in raw])
            places = self._places.get(keys)
        except (TypeError, KeyError):  # one of them has no name, or one that is no text
            keys, places = (), None
        if places is None:
            places = _places(raw)
            if keys and len(self._places) < 1_000:
                self._places[keys] = places
        found: dict[str, Any] = {}
        for at, meaning in places:
            try:
                (value,) = raw[at]["value"].values()
            except (TypeError, KeyError, ValueError, AttributeError):
                continue
            if value.__class__ in PLAIN:
                found[meaning] = value
        return found


def _places(raw: Sequence[Any]) -> list[tuple[int, str]]:
    """(index, meaning) of the attributes that have one, the newest names last, for they count."""
    known: list[tuple[int, int, str]] = []
    for at, pair in enumerate(raw):
        key = pair.get("key") if isinstance(pair, dict) else None
        if isinstance(key, str) and key in MEANING:
            meaning, rank = MEANING[key]
            known.append((-rank, at, meaning))
    return [(at, meaning) for _, at, meaning in sorted(known)]


def _parts(document: Any, outer: str, inner: Sequence[str], leaf: str) -> Iterator[tuple[Any, list[Any]]]:
    """(the resource's raw attributes, its spans or metrics) of one export."""
    resources = document.get(outer) if isinstance(document, dict) else None
    for resource in resources if isinstance(resources, list) else ():
        if not isinstance(resource, dict):
            continue
        described = resource.get("resource")
        shared = described.get("attributes") if isinstance(described, dict) else None
        for scope in (s for n in inner for s in resource.get(n) or () if isinstance(s, dict)):
            yield shared, [one for one in scope.get(leaf) or () if isinstance(one, dict)]


class _Reader:
    """Holds what was counted, so that one request counts once."""

    def __init__(self, defaults: Defaults) -> None:
        self.defaults = defaults
        self.counted: set[int] = set()
        self.outer: set[int] = set()
        self.subjects: dict[tuple[Any, ...], Subject] = {}
        self.attributes = _Attributes()

    def document(self, where: str, document: Any) -> Iterator[Row | Refusal]:
        found = False
        for raw, spans in _parts(document, "resourceSpans", ("scopeSpans", "instrumentationLibrarySpans"), "spans"):
            found, shared = found or bool(spans), self.attributes(raw)
            for span in spans:
                try:
                    row = self.span(shared, span)
                except Refused as refused:
                    yield Refusal(where, str(refused))
                    continue
                if row is not None:
                    yield row
        for raw, metrics in _parts(document, "resourceMetrics", ("scopeMetrics",), "metrics"):
            found, shared = found or bool(metrics), self.attributes(raw)
            for metric in metrics:
                if metric.get("name") in TOKENS_METRIC:
                    yield from self.metric(where, shared, metric)
        if not found and not (isinstance(document, dict) and EXPORTS & document.keys()):
            yield Refusal(where, "this is no export of OpenTelemetry: it has neither resourceSpans nor resourceMetrics")

    def span(self, shared: Attributes, span: Mapping[str, Any]) -> Row | None:
        """None: it is no request to a model, one that failed, or one that is counted already."""
        own = self.attributes(span.get("attributes"))
        if not ("model" in own or "input" in own or "output" in own):
            return None
        if own.get("operation") in AROUND or own.get("kind") in HOLDERS:
            return None
        if "input" not in own and "output" not in own:
            status = span.get("status")
            if isinstance(status, dict) and status.get("code") in ERROR:
                return None  # nobody pays for a request that failed
            raise Refused("the span names a model and says no tokens")
        span_id, parent_id = span.get("spanId"), span.get("parentSpanId")
        number, parent = _number(span_id), _number(parent_id) if parent_id else 0
        if number in self.outer or (parent and parent in self.counted):
            return None
        start, seconds = self._times(span.get("startTimeUnixNano"), span.get("endTimeUnixNano"))
        usage = _usage(own)
        nano = money(own["cost"]) if "cost" in own else None
        subject = self._subject(own, shared)
        if number:
            self.counted.add(number)
        if parent:
            self.outer.add(parent)
        trace = span.get("traceId")
        key = key_of("span", trace, span_id) if number else key_of("span", trace, start, seconds, subject, usage, nano)
        return Row(key, start, seconds, subject, 1, usage, nano)

    def _times(self, start: Any, end: Any) -> tuple[int, int]:
        first = self._moment(start, "the time")
        if end in (None, 0, "0", ""):
            return first, 0
        last = self._moment(end, "the end")
        if last < first - 60:
            raise Refused("the span ends before it starts: the clock that wrote it was set back")
        return first, max(0, last - first)

    def _moment(self, value: Any, what: str) -> int:
        if value.__class__ is str and len(value) < 25 and value.isdecimal():
            value = int(value)
        if value.__class__ is int and EARLIEST <= (seconds := value // 1_000_000_000) <= self.defaults.latest:
            return int(seconds)
        return moment(value or 0, self.defaults.latest, what)

    def _subject(self, own: Attributes, shared: Attributes, layer: Layer = "requests") -> Subject:
        get = own.get
        words = (
            get("provider"), get("model"), get("path"), get("line"), get("namespace"), get("function"),
            get("label") or shared.get("label"), get("team") or shared.get("team"), get("tier") == "batch", layer,
            "cache_read" in own or "cache_write" in own,
        )  # fmt: skip
        known = self.subjects.get(words)
        if known is None:
            provider, model, path, line, space, function, label, team, batch, kind, told = words
            if space and function:
                function = f"{space}.{function}"
            known = Subject(
                PROVIDERS.get(name(provider).lower(), name(provider).lower()), name(model), name(path),
                count(line, "the line"), name(function), name(label) or self.defaults.label,
                name(team) or self.defaults.team, batch, kind, told,
            )  # fmt: skip
            if len(self.subjects) < 100_000:
                self.subjects[words] = known
        return known

    def metric(self, where: str, shared: Attributes, metric: Mapping[str, Any]) -> Iterator[Row | Refusal]:
        """Points of a histogram or sum of tokens. One that adds up since a process began replaces what it said."""
        body = metric.get("histogram") or metric.get("exponentialHistogram") or metric.get("sum")
        if not isinstance(body, dict):
            return
        grows = body.get("aggregationTemporality") in CUMULATIVE
        for point in body.get("dataPoints") or ():
            try:
                if isinstance(point, dict):
                    yield self._point(shared, point, grows)
            except Refused as refused:
                yield Refusal(where, str(refused))

    def _point(self, shared: Attributes, point: Mapping[str, Any], grows: bool) -> Row:
        own = self.attributes(point.get("attributes"))
        begun, ended = point.get("startTimeUnixNano"), point.get("timeUnixNano")
        start, seconds = self._times(begun or ended, ended)
        value = point.get("sum", point.get("asInt", point.get("asDouble")))
        tokens = count(value, "the tokens")
        kind = str(own.get("token_type", "")).lower()
        usage = {
            "input": Usage(input_tokens=tokens), "prompt": Usage(input_tokens=tokens),
            "output": Usage(output_tokens=tokens), "completion": Usage(output_tokens=tokens),
        }.get(kind)  # fmt: skip
        if usage is None:
            raise Refused("gen_ai.token.type is neither input nor output")
        requests = count(point.get("count"), "requests") if usage.input_tokens or kind in ("input", "prompt") else 0
        subject = self._subject(own, shared, "totals")
        series = (*subject, kind, begun) if grows else (*subject, kind, begun, ended)
        everything = tuple(sorted(f"{p.get('key')}={p.get('value')}" for p in point.get("attributes") or ()))
        key = key_of("point", *series, *everything, *sorted(shared.items()))
        return Row(key, start, seconds, subject, requests, usage)


def _number(span_id: Any) -> int:
    """16 hexadecimal digits → a number that takes little room; 0 where there is none."""
    if not isinstance(span_id, str) or not span_id:
        return 0
    try:
        return int(span_id, 16) & 0xFFFFFFFFFFFFFFFF
    except ValueError:
        return hash(span_id) & 0x7FFFFFFFFFFFFFFF


def _usage(own: Attributes) -> Usage:
    """By the conventions what came from the cache is part of the input. Where it cannot be, it was told besides."""
    prompt, output = count(own.get("input"), "input tokens"), count(own.get("output"), "output tokens")
    thought = count(own["reasoning"], "reasoning tokens") if "reasoning" in own else 0
    cached = count(own["cache_read"], "cache read tokens") if "cache_read" in own else 0
    written = count(own["cache_write"], "cache write tokens") if "cache_write" in own else 0
    fresh = prompt - cached - written
    return Usage(fresh if fresh >= 0 else prompt, output, cached, written, 0, thought)
