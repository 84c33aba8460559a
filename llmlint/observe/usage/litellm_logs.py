"""LiteLLM's spend logs → rows: what its API or a table export gives as JSON or CSV, or the table itself in PostgreSQL.

Prompts and answers, which the logs may hold, are not looked at; the database is not even asked for them.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from llmlint.errors import UsageError
from llmlint.money.usage import Usage
from llmlint.observe.usage.files import documents, opened
from llmlint.observe.usage.otlp import PROVIDERS, Defaults
from llmlint.observe.usage.records import Refusal, Refused, Row, Subject
from llmlint.observe.usage.values import count, key_of, moment, money, name

SUFFIXES = (".json", ".jsonl", ".ndjson", ".csv")
COLUMNS = (
    "request_id", "call_type", "spend", "total_tokens", "prompt_tokens", "completion_tokens", "startTime", "endTime",
    "model", "custom_llm_provider", "metadata", "cache_hit", "request_tags", "team_id", "status",
)  # fmt: skip
DATABASES = ("postgresql://", "postgres://")
KEYS = ("LITELLM_DATABASE_URL", "DATABASE_URL")


def litellm_rows(files: Sequence[str], defaults: Defaults) -> Iterator[Row | Refusal]:
    """The logs of all files."""
    reader = _Reader(defaults)
    for file in files:
        with opened(file) as stream:
            if file.lower().removesuffix(".gz").endswith(".csv"):
                csv.field_size_limit(1 << 24)
                for number, cells in enumerate(csv.DictReader(stream), 2):
                    yield reader.read(f"{file}:{number}", cells)
                continue
            for where, document in documents(stream, file):
                yield from _document(where, document, reader)


def _document(where: str, document: Any, reader: _Reader) -> Iterator[Row | Refusal]:
    """One log, or a page of them as the API gives it."""
    if isinstance(document, dict) and isinstance(document.get("data"), list) and "request_id" not in document:
        if (document.get("total_pages") or 1) != 1:
            page, last = document.get("page"), document.get("total_pages")
            yield Refusal(where, f"this is page {name(page)} of {name(last)}: put the logs of all pages together")
            return
        for i, log in enumerate(document["data"]):
            yield reader.read(f"{where}[{i}]", log)
    elif isinstance(document, Refusal):
        yield document
    else:
        yield reader.read(where, document)


def database_rows(url: str, since: date | None, until: date | None, defaults: Defaults) -> Iterator[Row | Refusal]:
    """The table LiteLLM_SpendLogs. Raises UsageError, without the address, which holds a password."""
    try:
        import psycopg
        from psycopg import sql
        from psycopg.rows import dict_row
    except ImportError:
        mend = "pip install 'psycopg[binary]', or export the table as CSV"
        raise UsageError("reading PostgreSQL needs psycopg, which is not installed", mend=mend) from None
    names = sql.SQL(", ").join(map(sql.Identifier, COLUMNS))
    query = sql.SQL("SELECT {} FROM {} WHERE {} >= %s AND {} < %s").format(
        names, sql.Identifier("LiteLLM_SpendLogs"), sql.Identifier("startTime"), sql.Identifier("startTime")
    )
    reader = _Reader(defaults)
    try:
        with psycopg.connect(url, connect_timeout=20) as db, db.cursor("usage", row_factory=dict_row) as cursor:
            cursor.itersize = 10_000
            cursor.execute(query, (since or date(2019, 1, 1), until or date(9999, 1, 1)))
            for number, log in enumerate(cursor, 1):
                yield reader.read(f"log {number}", log)
    except psycopg.errors.UndefinedTable:
        raise UsageError("the database has no table LiteLLM_SpendLogs", mend="is it LiteLLM's?") from None
    except psycopg.Error as error:
        raise UsageError(f"the database cannot be read: {type(error).__name__}", mend="is its address right?") from None


class _Reader:
    """Logs → rows. Who asked is worked out once for all logs that say the same of it."""

    def __init__(self, defaults: Defaults) -> None:
        self.defaults = defaults
        self.subjects: dict[tuple[Any, ...], Subject] = {}

    def read(self, where: str, log: Any) -> Row | Refusal:
        try:
            return self.row(log)
        except Refused as refused:
            return Refusal(where, str(refused))

    def row(self, log: Any) -> Row:
        """One log; raises Refused."""
        if not isinstance(log, dict) or not log.get("request_id") or "startTime" not in log:
            raise Refused("this is no spend log of LiteLLM: it has no request_id and startTime")
        metadata = _json(log.get("metadata"), dict)
        first, last = log["startTime"], log.get("endTime")
        start = moment(_time(first), self.defaults.latest)
        end = start if not last or last == first else moment(_time(last), self.defaults.latest, "the end")
        told, usage = _usage(log, metadata)
        key = key_of("litellm", log["request_id"])
        subject = self.subject(log, metadata, told)
        return Row(key, start, max(0, end - start), subject, 1, usage, money(log.get("spend")))

    def subject(self, log: Mapping[str, Any], metadata: Mapping[str, Any], told: bool) -> Subject:
        tags, own = log.get("request_tags"), metadata.get("spend_logs_metadata")
        words = (
            log.get("custom_llm_provider"), log.get("model"), own or None,
            tuple(tags) if tags.__class__ is list else tags, metadata.get("user_api_key_team_alias"),
            log.get("team_id"), log.get("call_type"), told,
        )  # fmt: skip
        try:
            known = self.subjects.get(words)
        except TypeError:  # one of them holds others
            return _subject(log, metadata, told, self.defaults)
        if known is None:
            known = _subject(log, metadata, told, self.defaults)
            if len(self.subjects) < 100_000:
                self.subjects[words] = known
        return known


def _subject(log: Mapping[str, Any], metadata: Mapping[str, Any], told: bool, defaults: Defaults) -> Subject:
    own, tags = _json(metadata.get("spend_logs_metadata"), dict), _json(log.get("request_tags"), list)
    provider = name(log.get("custom_llm_provider")).lower()
    return Subject(
        PROVIDERS.get(provider, provider), name(log.get("model")), name(own.get("path")),
        count(own.get("line"), "the line"), name(own.get("function")),
        name(own.get("label")) or _tag(tags) or defaults.label,
        name(metadata.get("user_api_key_team_alias") or log.get("team_id")) or defaults.team,
        "batch" in str(log.get("call_type") or ""), "requests", told,
    )  # fmt: skip


def _usage(log: Mapping[str, Any], metadata: Mapping[str, Any]) -> tuple[bool, Usage]:
    """(does it say what came from the provider's cache, tokens). What LiteLLM's own cache answered used none."""
    prompt = count(log.get("prompt_tokens"), "prompt tokens")
    output = count(log.get("completion_tokens"), "completion tokens")
    if 0 < count(log.get("total_tokens"), "total tokens") < prompt + output:
        raise Refused("the total is less than its parts")
    if str(log.get("cache_hit")).lower() == "true":
        return False, Usage()
    said = _json(metadata.get("usage_object"), dict) or _json(metadata.get("additional_usage_values"), dict)
    details = _json(said.get("prompt_tokens_details"), dict)
    read = said.get("cache_read_input_tokens", details.get("cached_tokens"))
    write = said.get("cache_creation_input_tokens", details.get("cache_creation_tokens"))
    thought = _json(said.get("completion_tokens_details"), dict).get("reasoning_tokens")
    cached, written = count(read, "cache read tokens"), count(write, "cache write tokens")
    fresh = prompt - cached - written
    told = read is not None or write is not None
    return told, Usage(fresh if fresh >= 0 else prompt, output, cached, written, 0, count(thought, "reasoning tokens"))


def _tag(tags: Sequence[Any]) -> str:
    """The first tag that somebody set; "label:triage" before any other."""
    words = [tag for tag in tags if isinstance(tag, str) and not tag.startswith(("User-Agent", "Credential"))]
    labels = [tag.partition(":")[2] for tag in words if tag.startswith("label:")]
    return name(next(iter([*labels, *words]), ""))


def _time(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value


def _json(value: Any, kind: type[Any]) -> Any:
    """JSON in a text, or what it stands for; an empty one where it is something else."""
    if value is None:
        return kind()
    if isinstance(value, str) and value:
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return kind()
    return value if isinstance(value, kind) else kind()
