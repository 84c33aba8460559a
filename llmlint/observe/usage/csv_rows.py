"""A table of usage with named columns → rows. Which column holds what is told from its name, or said by the user."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import IO

from llmlint.errors import UsageError
from llmlint.money.usage import Usage
from llmlint.observe.usage.files import opened
from llmlint.observe.usage.records import Refusal, Refused, Row, Subject
from llmlint.observe.usage.values import count, key_of, moment, money, name

# what a column means → the names it is known by, as written when case and punctuation are taken away
NAMES: Mapping[str, tuple[str, ...]] = {
    "time": ("time", "timestamp", "date", "day", "starttime", "start", "createdat", "datetime", "usagedate", "ts"),
    "model": ("model", "modelname", "modelid", "requestmodel", "genairequestmodel"),
    "provider": ("provider", "vendor", "customllmprovider", "genaiprovidername", "genaisystem"),
    "requests": ("requests", "calls", "count", "nummodelrequests", "numrequests", "requestcount", "n"),
    "input": ("inputtokens", "uncachedinputtokens", "tokensin"),
    "prompt": ("prompttokens", "totalinputtokens"),
    "output": ("outputtokens", "completiontokens", "tokensout"),
    "cache_read": ("cachereadtokens", "cachereadinputtokens", "cachedtokens", "cachedinputtokens", "inputcachedtokens"),
    "cache_write": ("cachewritetokens", "cachecreationinputtokens", "cachewriteinputtokens", "cachecreationtokens"),
    "cache_write_1h": ("cachewrite1htokens", "ephemeral1hinputtokens"),
    "reasoning": ("reasoningtokens",),
    "cost": ("cost", "costusd", "usd", "spend", "amount", "price", "totalcost", "costinusd"),
    "currency": ("currency", "currencycode", "costcurrency", "amountcurrency", "billingcurrency", "spendcurrency"),
    "path": ("path", "file", "filepath", "codefilepath"),
    "line": ("line", "lineno", "codelineno", "codelinenumber"),
    "function": ("function", "codefunction", "codefunctionname"),
    "label": ("label", "tag", "feature"),
    "team": ("team", "teamid", "teamalias", "project", "workspace", "costcenter"),
    "batch": ("batch", "isbatch"),
    "id": ("id", "requestid", "spanid"),
}  # fmt: skip
USD = "USD"
TRUE = frozenset({"1", "true", "yes", "t", "y"})
FALSE = frozenset({"", "0", "false", "no", "f", "n"})


@dataclass(frozen=True, slots=True)
class Table:
    """How a table is read. columns: meaning → header, where the user said so; rates: dollars per unit of a currency;
    team, label: for rows that name none; prompt_includes_cache: what is called input holds what came from the cache
    (None: as the columns' names say); latest: Unix seconds after which no row can be."""

    columns: Mapping[str, str] = field(default_factory=dict)
    rates: Mapping[str, Decimal] = field(default_factory=dict)
    team: str = ""
    label: str = ""
    prompt_includes_cache: bool | None = None
    latest: int = 1 << 40


def csv_rows(files: Sequence[str], table: Table) -> Iterator[Row | Refusal]:
    """The rows of all files, in order. Raises UsageError where a file is no table with a time and tokens or a cost."""
    seen = _Repeats()
    for file in files:
        with opened(file) as stream:
            yield from _rows(stream, file, table, seen)


class _Repeats:
    """Tells equal rows of one import apart by their number, so that two requests alike count twice, one file once."""

    def __init__(self) -> None:
        self._once: set[int] = set()
        self._more: dict[int, int] = {}

    def key(self, cells: Sequence[str]) -> bytes:
        key = key_of("csv", *cells)
        short = int.from_bytes(key[:8], "little")
        if short not in self._once:
            self._once.add(short)
            return key
        self._more[short] = number = self._more.get(short, 0) + 1
        return key_of("csv", number, *cells)


def _rows(stream: IO[str], file: str, table: Table, seen: _Repeats) -> Iterator[Row | Refusal]:
    head = stream.readline(1 << 16)
    if not head.strip():
        raise UsageError("the file is empty", path=file)
    if head.lstrip()[:1] in ("{", "["):  # its text is nobody's business, not even as names of columns
        raise UsageError("this is JSON, not a table", path=file, mend="say what it is with --from")
    delimiter = max(",;\t|", key=head.count)
    headers = next(csv.reader([head], delimiter=delimiter))
    at = _columns(headers, table, file)
    read = _Reader(at, table)
    rows = csv.reader(stream, delimiter=delimiter)
    while True:
        try:
            cells = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            yield Refusal(f"{file}:{rows.line_num + 1}", f"this is no row of a table: {error}")
            continue
        if not any(cells):
            continue
        try:
            yield read.row(cells, seen)
        except Refused as refused:
            yield Refusal(f"{file}:{rows.line_num + 1}", str(refused))
        except IndexError:
            yield Refusal(f"{file}:{rows.line_num + 1}", f"the row has {len(cells)} of {len(headers)} columns")


def _columns(headers: Sequence[str], table: Table, file: str) -> dict[str, int]:
    """Meaning → index of the column."""
    folded = [_folded(header) for header in headers]
    at: dict[str, int] = {}
    for meaning, header in table.columns.items():
        if meaning not in NAMES:
            raise UsageError(f"there is no column {meaning!r} to name", mend="one of " + ", ".join(NAMES))
        if header not in headers:
            raise UsageError(f"there is no column {header!r}", path=file, line=1, mend="there is " + _listed(headers))
        at[meaning] = headers.index(header)
    taken = set(at.values())
    for meaning, names in NAMES.items():
        if meaning not in at:
            found = [i for word in names for i, text in enumerate(folded) if text == word and i not in taken]
            if found:
                at[meaning] = found[0]
                taken.add(found[0])
    _complain(at, headers, file)
    return at


def _complain(at: Mapping[str, int], headers: Sequence[str], file: str) -> None:
    if "time" not in at:
        missing, meaning = "no column holds the time", "time"
    elif not {"input", "prompt", "output", "cost"} & at.keys():
        missing, meaning = "no column holds tokens or a cost", "input"
    else:
        return
    raise UsageError(
        missing, path=file, line=1,
        mend=f"say which with --column {meaning}=HEADER; there is {_listed(headers)}",
    )  # fmt: skip


def _listed(headers: Sequence[str]) -> str:
    return ", ".join(name(header)[:40] for header in headers[:20]) + (" …" if len(headers) > 20 else "")


def _folded(header: str) -> str:
    return "".join(char for char in header.lower() if char.isalnum())


class _Reader:
    """Cells of one row → `Row`, by the columns of this table."""

    def __init__(self, at: Mapping[str, int], table: Table) -> None:
        self.at, self.table = dict(at), table
        self.time = at["time"]
        self.id = at.get("id")
        self.subjects: dict[tuple[str, ...], Subject] = {}
        self.named = [at.get(n) for n in ("provider", "model", "path", "line", "function", "label", "team", "batch")]
        self.tokens = [at.get(n) for n in ("output", "cache_read", "cache_write", "cache_write_1h", "reasoning")]
        self.cache_told = "cache_read" in at
        self.input = at.get("prompt", at.get("input"))
        said = table.prompt_includes_cache
        self.whole_prompt = "prompt" in at if said is None else said
        self.requests, self.cost, self.currency = at.get("requests"), at.get("cost"), at.get("currency")

    def row(self, cells: Sequence[str], seen: _Repeats) -> Row:
        start = moment(cells[self.time], self.table.latest)
        key = seen.key(cells) if self.id is None or not cells[self.id] else key_of("csv", "id", cells[self.id])
        words = tuple("" if i is None else cells[i] for i in self.named)
        subject = self.subjects.get(words) or self._subject(words)
        requests = 1 if self.requests is None or not cells[self.requests] else count(cells[self.requests], "requests")
        return Row(key, start, 0, subject, requests, self._usage(cells), self._nano(cells))

    def _subject(self, words: tuple[str, ...]) -> Subject:
        provider, model, path, line, function, label, team, batch = map(name, words)
        if batch.lower() not in TRUE | FALSE:
            raise Refused("batch is neither true nor false")
        found = Subject(
            provider.lower(), model, path, count(line, "the line"), function, label or self.table.label,
            team or self.table.team, batch.lower() in TRUE, "requests", self.cache_told,
        )  # fmt: skip
        if len(self.subjects) < 100_000:
            self.subjects[words] = found
        return found

    def _usage(self, cells: Sequence[str]) -> Usage:
        output, read, write, hour, thought = (
            0 if i is None or not cells[i] else count(cells[i], NOUNS[n]) for n, i in enumerate(self.tokens)
        )
        prompt = 0 if self.input is None or not cells[self.input] else count(cells[self.input], "input tokens")
        if self.whole_prompt:
            prompt -= read + write + hour
            if prompt < 0:
                raise Refused("more tokens came from the cache than were read at all")
        return Usage(prompt, output, read, write, hour, thought)

    def _nano(self, cells: Sequence[str]) -> int | None:
        nano = None if self.cost is None else money(cells[self.cost])
        if nano is None or self.currency is None:
            return nano
        return in_dollars(nano, cells[self.currency], self.table.rates)


NOUNS = ("output tokens", "cache read tokens", "cache write tokens", "cache write tokens (1h)", "reasoning tokens")


def in_dollars(nano: int, currency: str, rates: Mapping[str, Decimal]) -> int:
    """Raises Refused where nobody said what the currency is worth: amounts of two currencies are never added up."""
    code = name(currency).upper()
    if code in ("", USD):
        return nano
    if code not in rates:
        raise Refused(f"the cost is in {code[:10]}; say what it is worth in dollars: --rate {code[:10]}=…")
    return round(nano * rates[code])
