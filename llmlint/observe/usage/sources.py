"""`--from KIND` and what is given with it → an iterator of rows, and what to call it in the store's list of imports."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from llmlint.errors import UsageError
from llmlint.observe.usage.records import Refusal, Row

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


KINDS: Mapping[str, Callable[[Asked], Source]] = {"csv": _csv, "otlp": _otlp}
