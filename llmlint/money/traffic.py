"""`traffic:` of the policy and comments in the code → how often each call site runs, as the team declares it.

    traffic:                                            # in the policy
      - {match: {path: app/**, function: ask}, calls_per_day: 12000, input_tokens: 800, output_tokens: 150}

    client.messages.create(...)  # llmlint: label=triage volume=12000/day input_tokens=800 model=claude-haiku-5-5

A volume is that of each call site that is meant. A model is taken where the code does not show one. Of several entries
that speak of one the last wins, key by key; what stands in the code goes before the policy.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import field
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

from llmlint.errors import UserError
from llmlint.facts import CallSite, Facts
from llmlint.light import dataclass
from llmlint.money.matching import is_meant

if TYPE_CHECKING:
    from llmlint.scan.source import Source

Basis = Literal["declared", "observed", "assumed", "code"]

DAYS_PER_MONTH = Decimal(30)
MOST = Decimal(10) ** 12  # of anything; more is a slip of the keyboard
PER_DAY = {
    "second": Decimal(86_400), "minute": Decimal(1440), "hour": Decimal(24), "day": Decimal(1),
    "week": 1 / Decimal(7), "month": 1 / DAYS_PER_MONTH,
}  # fmt: skip
SHORT = {"s": "second", "sec": "second", "min": "minute", "h": "hour", "hr": "hour", "d": "day", "w": "week"}
KEYS = ("label", "volume", "input_tokens", "output_tokens", "model")
MARK = re.compile(rf"#\s*llmlint:\s*(?P<pairs>(?:{'|'.join(KEYS)})\s*=[^#]*)")
MARK_BYTES = re.compile(rf"llmlint:\s*(?:{'|'.join(KEYS)})\s*=".encode())
NUMBER = re.compile(r"(\d[\d_]*(?:\.\d+)?)([kKmM]?)")


class TrafficError(UserError):
    """A volume that cannot be meant: negative, zero, in a unit that there is not."""


@dataclass(frozen=True, slots=True)
class Traffic:
    """How often one call site runs, and how large its requests are on average; None: not said.

    input_tokens: of the whole prompt, cached or not; cache_read_tokens: how many of them came from the cache, only
    where that was observed. basis: who says so; "assumed": an equal share of
    what was observed of several call sites. source: "llmlint.yaml:12", "app/x.py:14", "usage.db, 30 days".
    model: the one that is asked, or asked most, for where the code does not show it.
    """

    calls_per_day: Decimal | None = None
    input_tokens: Decimal | None = None
    output_tokens: Decimal | None = None
    cache_read_tokens: Decimal | None = None
    basis: Literal["declared", "observed", "assumed"] = "declared"
    source: str = ""
    label: str | None = None
    model: str | None = None

    @property
    def calls_per_month(self) -> Decimal | None:
        return None if self.calls_per_day is None else self.calls_per_day * DAYS_PER_MONTH


class Declares(Protocol):
    """What of a policy is needed here."""

    @property
    def extra(self) -> Mapping[str, Any]: ...

    @property
    def prefix(self) -> str: ...

    def origin(self, key: str) -> str: ...


@dataclass(frozen=True, slots=True)
class Declared:
    """All that is declared. by_place: the call site's place → its traffic; idle: entries that mean no call site."""

    by_place: Mapping[str, Traffic] = field(default_factory=dict)
    idle: tuple[str, ...] = ()


def traffic_of(policy: Declares, facts: Facts) -> dict[str, Traffic]:
    """Place of a call site ("path:line") → what is declared of it. Raises TrafficError with file and line."""
    return dict(declared(policy, facts).by_place)


def labels_of(facts: Facts, read: Callable[[str], bytes] | None = None) -> dict[str, str]:
    """Place of a call site → the label that a comment gives it. read: of files that are not below the root."""
    notes = [note for note in _notes(facts, read) if "label" in note.values]
    out: dict[str, str] = {}
    for site in facts.call_sites if notes else ():
        own = [note for note in notes if note.speaks_for(site)]
        if own:
            out[site.place] = own[-1].values["label"]
    return out


def is_declared(policy: Declares, facts: Facts) -> bool:
    """Is there anything declared at all? Cheap: asked in every run of `check`."""
    return bool(policy.extra.get("traffic")) or any(_notes(facts))


def declared(policy: Declares, facts: Facts, read: Callable[[str], bytes] | None = None) -> Declared:
    """As `traffic_of`, with the entries that mean no call site. read: a path's bytes, where they are not on disk."""
    entries = [_entry(row, policy.origin(f"traffic[{i}]")) for i, row in enumerate(policy.extra.get("traffic") or ())]
    notes = list(_notes(facts, read))
    if not entries and not notes:
        return Declared()
    by_place: dict[str, Traffic] = {}
    used: set[int] = set()
    for site in facts.call_sites:
        own = [note for note in notes if note.speaks_for(site)]
        label = next((note.values["label"] for note in reversed(own) if "label" in note.values), None)
        found: dict[str, Any] = {}
        for i, (match, values, where) in enumerate(entries):
            if is_meant(match, policy.prefix, site, label):
                used.add(i)
                found.update(values, source=where)
        for note in own:
            found.update({**note.values, "source": note.where} if note.values.keys() - {"label"} else note.values)
        if found.keys() - {"label", "source"}:
            by_place[site.place] = Traffic(**found)
    idle = tuple(entries[i][2] for i in range(len(entries)) if i not in used)
    return Declared(by_place, idle)


def _entry(row: Mapping[str, Any], where: str) -> tuple[Mapping[str, Any], dict[str, Any], str]:
    values: dict[str, Any] = {}
    for key in ("calls_per_day", "input_tokens", "output_tokens"):
        if row.get(key) is not None:
            values[key] = _amount(str(row[key]), key, where, zero=key == "output_tokens")
    if row.get("model") is not None:
        values["model"] = str(row["model"])
    source = f"{where}, {row['source']}" if row.get("source") else where
    return row.get("match") or {}, values, source


def _amount(text: str, name: str, where: str, zero: bool = False) -> Decimal:
    """A number above 0 (or from 0 on); raises TrafficError."""
    place, line = _split(where)
    try:
        number = Decimal(text)
    except ArithmeticError:
        raise TrafficError(f"{name}: {text[:40]!r} is no number", place, line, f"write `{name}: 800`") from None
    mend = f"write a number from 1 to {MOST:,}"
    if not number.is_finite() or number > MOST:
        raise TrafficError(f"{name} is no amount: {text[:40]}", place, line, mend)
    if number < 0:
        raise TrafficError(f"{name} must not be negative: {text[:40]}", place, line, mend)
    if number == 0 and not zero:
        raise TrafficError(f"{name} must be above 0", place, line, "leave it out where nothing is known")
    return number


def _split(where: str) -> tuple[str, int | None]:
    path, _, line = where.rpartition(":")
    return (path, int(line)) if path and line.isdigit() else (where, None)


# comments -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Note:
    """One comment. It speaks for the calls on its own lines, or for those that begin between `first` and `last`."""

    path: str
    cell: int | None
    line: int
    first: int
    last: int
    values: Mapping[str, Any]

    @property
    def where(self) -> str:
        return f"{self.path}:{self.line}"

    def speaks_for(self, site: CallSite) -> bool:
        if (site.path, site.cell) != (self.path, self.cell):
            return False
        return site.line <= self.line <= site.end_line or self.first <= site.line <= self.last


def _notes(facts: Facts, read: Callable[[str], bytes] | None = None) -> Iterator[Note]:
    for path in facts.annotated:
        data = read(path) if read is not None else _read(Path(facts.root) / path)
        if MARK_BYTES.search(data):
            from llmlint.scan.source import read_source

            source = read_source(path, data).source
            if source is not None:
                yield from notes_in(source)


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError:
        return b""


def notes_in(source: Source) -> Iterator[Note]:
    """The comments of a file that declare traffic; one that stands on or above a `def` speaks for all of it."""
    alone = {comment.line for comment in source.comments if comment.alone}
    spans: dict[int, int] | None = None
    for comment in source.comments:
        match = MARK.search(comment.text)
        if match is None:
            continue
        cell, line = source.locate(comment.line)
        values = _pairs(match["pairs"], f"{source.path}:{line}")
        first = comment.line
        if comment.alone:
            while first in alone:
                first += 1
        if spans is None:
            spans = _definitions(source)
        last = spans.get(first, first if comment.alone else 0)
        shift = comment.line - line
        yield Note(source.path, cell, line, first - shift, last - shift, values)


def _definitions(source: Source) -> dict[int, int]:
    """First line of each function, decorators included, and the line of its `def` → its last line."""
    import ast

    out: dict[int, int] = {}
    for node in ast.walk(source.tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            for line in (node.lineno, *(decorator.lineno for decorator in node.decorator_list)):
                out[line] = max(out.get(line, 0), node.end_lineno or node.lineno)
    return out


def _pairs(text: str, where: str) -> dict[str, Any]:
    place, line = _split(where)
    found = dict(re.findall(r"([\w-]+)\s*=\s*([^\s,]*)", text))
    out: dict[str, Any] = {}
    for key, value in found.items():
        if key not in KEYS:
            raise TrafficError(f"a traffic comment knows no {key!r}", place, line, f"write {', '.join(KEYS)}")
        if not value:
            raise TrafficError(f"{key} is empty", place, line, "for example `# llmlint: label=triage volume=12000/day`")
        if key in ("label", "model"):
            out[key] = value
        elif key == "volume":
            out["calls_per_day"] = _volume(value, where)
        else:
            out[key] = _amount(_plain(value), key, where, zero=key == "output_tokens")
    return out


def _volume(text: str, where: str) -> Decimal:
    """12000/day, 12k/day, 500/hour → calls a day."""
    place, line = _split(where)
    mend = "write one number and one unit: volume=12000/day, 500/hour, 2k/minute"
    number, slash, unit = text.partition("/")
    if not slash:
        raise TrafficError(f"volume: {text[:40]!r} says no unit", place, line, mend)
    name = unit.lower().removeprefix("per-")
    name = SHORT.get(name, name.removesuffix("s"))
    if name not in PER_DAY:
        raise TrafficError(f"volume: there is no unit {unit[:40]!r}", place, line, mend)
    return _amount(_plain(number), "volume", where) * PER_DAY[name]


def _plain(text: str) -> str:
    """12_000, 12k, 1.5M → digits."""
    match = NUMBER.fullmatch(text)
    if match is None:
        return text
    factor = {"": 1, "k": 1_000, "m": 1_000_000}[match[2].lower()]
    return str(Decimal(match[1].replace("_", "")) * factor)


