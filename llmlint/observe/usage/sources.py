"""`--from KIND` and what is given with it → an iterator of rows, and what to call it in the store's list of imports."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import NamedTuple

from llmlint.errors import UsageError
from llmlint.observe.usage.records import Refusal, Row

DAYS = 30
SECONDS_AHEAD = 86_400  # clocks differ, and days begin elsewhere earlier


@dataclass(frozen=True, slots=True)
class Asked:
    """What `llmlint usage import` was told. now: Unix seconds; since, until: days asked of a server, the last excluded.

    columns, rates, prompt_includes_cache: see `csv_rows.Table`. profile: how the metrics of a Prometheus are called.
    team, label: for rows that say none.
    """

    sources: tuple[str, ...]
    now: int
    team: str = ""
    label: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)
    rates: Mapping[str, Decimal] = field(default_factory=dict)
    prompt_includes_cache: bool | None = None
    since: date | None = None
    until: date | None = None
    profile: str = "otel"

    @property
    def latest(self) -> int:
        """Unix seconds after which no record can be."""
        return self.now + SECONDS_AHEAD

    @property
    def span(self) -> tuple[date, date]:
        """The days asked of a server, the last excluded: the last 30 whole ones where nothing else was said."""
        today = datetime.fromtimestamp(self.now, timezone.utc).date()
        until = self.until or today
        since = self.since or until - timedelta(days=DAYS)
        if since >= until:
            raise UsageError(f"--since {since} is not before --until {until}")
        return since, until


class Source(NamedTuple):
    """what: files or a server, for the list of imports, without credentials."""

    what: str
    rows: Iterator[Row | Refusal]


def open_source(kind: str, asked: Asked) -> Source:
    """Raises UsageError where the kind needs something that was not given."""
    return KINDS[kind](asked)


def _files(asked: Asked, suffixes: Sequence[str]) -> list[str]:
    from llmlint.observe.usage.files import files_of

    if not asked.sources:
        raise UsageError("no file is named", mend="name files or folders, or - for standard input")
    return files_of(asked.sources, suffixes)


def _named(files: Sequence[str]) -> str:
    return ", ".join(files[:3]) + (f" and {len(files) - 3} more" if len(files) > 3 else "")


def _csv(asked: Asked) -> Source:
    from llmlint.observe.usage.csv_rows import Table, csv_rows

    files = _files(asked, (".csv", ".tsv"))
    table = Table(asked.columns, asked.rates, asked.team, asked.label, asked.prompt_includes_cache, asked.latest)
    return Source(_named(files), csv_rows(files, table))


def _otlp(asked: Asked) -> Source:
    from llmlint.observe.usage.otlp import SUFFIXES, Defaults, otlp_rows

    files = _files(asked, SUFFIXES)
    return Source(_named(files), otlp_rows(files, Defaults(asked.team, asked.label, asked.latest)))


def _litellm(asked: Asked) -> Source:
    from llmlint.observe.usage.litellm_logs import DATABASES, KEYS, SUFFIXES, database_rows, litellm_rows
    from llmlint.observe.usage.otlp import Defaults

    defaults = Defaults(asked.team, asked.label, asked.latest)
    url = asked.sources[0] if len(asked.sources) == 1 else _key(KEYS) if not asked.sources else None
    if url is not None and url.startswith(DATABASES):
        return Source("PostgreSQL", database_rows(url, asked.since, asked.until, defaults))
    if not asked.sources:
        raise UsageError("no file is named", mend=f"name an export, or set {KEYS[0]} to the address of the database")
    files = _files(asked, SUFFIXES)
    return Source(_named(files), litellm_rows(files, defaults))


def _prometheus(asked: Asked) -> Source:
    from llmlint.observe.metrics import PROFILES
    from llmlint.observe.usage.prometheus import KEYS, prometheus_rows, server

    if len(asked.sources) != 1:
        raise UsageError("name the address of one Prometheus", mend="such as https://prometheus.example")
    one = server(asked.sources[0], _key(KEYS))
    return Source(one.shown, prometheus_rows(one, PROFILES[asked.profile], *asked.span))


def _anthropic(asked: Asked) -> Source:
    from llmlint.observe.usage.anthropic_api import BASE, KEYS, anthropic_rows, server

    one = server(_base(asked, BASE), _needed(KEYS))
    return Source(one.shown, anthropic_rows(one, *asked.span, asked.latest))


def _openai(asked: Asked) -> Source:
    from llmlint.observe.usage.openai_api import BASE, KEYS, openai_rows, server

    one = server(_base(asked, BASE), _needed(KEYS))
    return Source(one.shown, openai_rows(one, *asked.span, asked.latest))


def _base(asked: Asked, base: str) -> str:
    if len(asked.sources) > 1:
        raise UsageError("name one address at most", mend=f"without one, {base} is asked")
    return asked.sources[0] if asked.sources else base


def _key(names: Sequence[str]) -> str | None:
    return next((value for one in names if (value := os.environ.get(one, "").strip())), None)


def _needed(names: Sequence[str]) -> str:
    key = _key(names)
    if key is None:
        raise UsageError("the admin API needs a key of its own", mend=f"set {names[0]} in the environment")
    if not key.isprintable() or not key.isascii():
        raise UsageError(f"{names[0]} is no key: it holds characters that no key has")
    return key


KINDS: Mapping[str, Callable[[Asked], Source]] = {
    "otlp": _otlp, "prometheus": _prometheus, "litellm": _litellm, "anthropic": _anthropic, "openai": _openai,
    "csv": _csv,
}  # fmt: skip
