"""Days of usage + call sites → which call site each was, and how sure that is; what none was stays in sight.

    exact     the source names file and line of a call site
    label     a comment at the call and the source have the same label
    function  the source names the function, and one call in it can be meant
    model     one call site of the project asks that model
    shared    several can be meant; each is given an equal share, which is an assumption
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from llmlint.facts import CallSite, Facts
from llmlint.money.traffic import Traffic
from llmlint.observe.usage.records import Subject
from llmlint.observe.usage.store import DayRow

How = Literal["exact", "label", "function", "model", "shared"]
HOWS: tuple[How, ...] = ("exact", "label", "function", "model", "shared")
CERTAIN: tuple[How, ...] = ("exact", "label", "function")
ASKED = frozenset({"generate", "embed", "batch", "image", "audio"})


@dataclass(frozen=True, slots=True)
class Meant:
    """The call sites that a subject can be; several only where how is "shared"."""

    how: How
    sites: tuple[CallSite, ...]


@dataclass(frozen=True, slots=True)
class Matching:
    """rows: each with what it was matched to, None: nothing. days: how many they cover, from the first to the last."""

    rows: tuple[tuple[DayRow, Meant | None], ...]
    first: int
    days: int

    def traffic(self, source: str = "usage.db", certain: bool = False) -> dict[str, Traffic]:
        """Place of a call site → what was observed of it, on average over the days covered. certain: not by the model
        alone, and no shares."""
        found: dict[str, _Seen] = {}
        for row, meant in self.rows:
            if certain and meant is not None and meant.how not in CERTAIN:
                continue
            if meant is not None and row.subject.layer != "bill":
                for site in meant.sites:
                    found.setdefault(site.place, _Seen()).add(row, meant)
        span = f"{source}, {self.days} day{'s' * (self.days != 1)}"
        return {place: seen.traffic(self.days, span) for place, seen in found.items() if seen.requests}


@dataclass
class _Seen:
    """What was seen of one call site."""

    requests: Decimal = Decimal(0)
    prompt: Decimal = Decimal(0)
    output: Decimal = Decimal(0)
    cached: Decimal = Decimal(0)
    told: bool = False
    hows: set[How] = field(default_factory=set)
    models: dict[str, Decimal] = field(default_factory=dict)  # → requests

    def add(self, row: DayRow, meant: Meant) -> None:
        if row.requests is None:  # without a number of requests nothing is known of one
            return
        share = Decimal(len(meant.sites))
        self.requests += row.requests / share
        self.prompt += row.usage.prompt_tokens / share
        self.output += row.usage.output_tokens / share
        self.cached += row.usage.cache_read_tokens / share
        self.told = self.told or row.subject.cache_told
        self.hows.add(meant.how)
        if row.subject.model:
            known = self.models.get(row.subject.model, Decimal(0))
            self.models[row.subject.model] = known + row.requests / share

    def traffic(self, days: int, span: str) -> Traffic:
        worst = max(self.hows, key=HOWS.index)
        words = "in equal shares of calls that ask the model" if worst == "shared" else f"matched by {worst}"
        return Traffic(
            self.requests / days, self.prompt / self.requests, self.output / self.requests,
            self.cached / self.requests if self.told else None,
            "assumed" if worst == "shared" else "observed", f"{span}, {words}",
            model=max(sorted(self.models), key=self.models.__getitem__, default=None),
        )  # fmt: skip


def match(rows: Iterable[DayRow], facts: Facts, labels: Mapping[str, str]) -> Matching:
    """Each subject is looked for once. labels: of call sites, by place. Calls in tests are no traffic."""
    rows = tuple(rows)
    finder = _Finder(facts, labels)
    found: dict[Subject, Meant | None] = {}
    for row in rows:
        if row.subject not in found:
            found[row.subject] = finder.meant(row.subject)
    first = min((row.day for row in rows), default=0)
    last = max((row.day for row in rows), default=0)
    return Matching(tuple((row, found[row.subject]) for row in rows), first, last - first + 1)


class _Finder:
    """The call sites of one project, by what subjects name."""

    def __init__(self, facts: Facts, labels: Mapping[str, str]) -> None:
        from llmlint.link.callers import is_test

        self.sites = [s for s in facts.call_sites if s.kind in ASKED and not is_test(s.path)]
        self.by_file: dict[str, list[CallSite]] = {}
        self.by_label: dict[str, list[CallSite]] = {}
        self.by_function: dict[str, list[CallSite]] = {}
        for site in self.sites:
            self.by_file.setdefault(site.path.rpartition("/")[2], []).append(site)
            self.by_function.setdefault(site.function.rpartition(".")[2], []).append(site)
            if site.place in labels:
                self.by_label.setdefault(labels[site.place], []).append(site)

    def meant(self, subject: Subject) -> Meant | None:
        for look in (self._by_place, self._by_label, self._by_function, self._by_model):
            found = look(subject)
            if found is not None:
                return found
        return None

    def _by_place(self, subject: Subject) -> Meant | None:
        path = subject.path.replace("\\", "/").removeprefix("./")
        inside = _nearest(path, self.by_file.get(path.rpartition("/")[2], ())) if path else []
        if not inside:
            return None
        there = [s for s in inside if s.line <= subject.line <= s.end_line and s.cell is None]
        named = [s for s in inside if subject.function and _tail(s.function, subject.function)]
        if named:  # lines move; a call in another function is not the one that was recorded
            there = [s for s in there if s in named]
        if len(there) > 1:
            there = _asking(there, subject)
        if len(there) == 1:
            return Meant("exact", (there[0],))
        return _one(_asking(named, subject), "function")

    def _by_label(self, subject: Subject) -> Meant | None:
        return _one(_asking(self.by_label.get(subject.label, ()), subject), "label") if subject.label else None

    def _by_function(self, subject: Subject) -> Meant | None:
        if not subject.function or subject.function == "<module>":
            return None
        named = self.by_function.get(subject.function.rpartition(".")[2], ())
        found = [s for s in named if s.function and _same_function(s, subject.function)]
        return _one(_asking(found, subject), "function")

    def _by_model(self, subject: Subject) -> Meant | None:
        """Only calls that certainly ask the model: of those whose model is unknown nothing can be said."""
        if not subject.model or subject.path or subject.function:  # it says where, and that is not here
            return None
        return _one([s for s in self.sites if any(_same(v, subject.model) for v in s.model.values)], "model")


def _one(sites: Sequence[CallSite], how: How) -> Meant | None:
    if not sites:
        return None
    return Meant(how if len(sites) == 1 else "shared", tuple(sites))


def _asking(sites: Sequence[CallSite], subject: Subject) -> list[CallSite]:
    """Those that ask the subject's model; where none certainly does, those whose model is not known."""
    if not subject.model:
        return list(sites)
    sure = [s for s in sites if any(_same(v, subject.model) for v in s.model.values)]
    return sure or [s for s in sites if not s.model.values]


def _nearest(path: str, sites: Sequence[CallSite]) -> list[CallSite]:
    """The sites of the file that a path means: one of both paths ends as the other is, or they share two parts or more;
    the longest agreement wins, and where two files agree alike neither is meant."""
    parts = path.split("/")
    best: dict[str, int] = {}
    for site in sites:
        own = site.path.split("/")
        shared = 0
        while shared < min(len(own), len(parts)) and own[-1 - shared] == parts[-1 - shared]:
            shared += 1
        if shared >= min(2, len(own), len(parts)) and (shared > 1 or len(own) == 1 or len(parts) == 1):
            best[site.path] = shared
    most = max(best.values(), default=0)
    chosen = [p for p, n in best.items() if n == most]
    return [s for s in sites if s.path == chosen[0]] if len(chosen) == 1 else []


def _same_function(site: CallSite, named: str) -> bool:
    """`ask`, `Agent.ask` or `app.agents.Agent.ask`: as far as both names go, they agree."""
    module = site.path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    return _tail(f"{module}.{site.function}", named)


def _tail(one: str, other: str) -> bool:
    short, long = sorted((one.split("."), other.split(".")), key=len)
    return long[len(long) - len(short) :] == short


def _same(one: str, other: str) -> bool:
    from llmlint.judge.decisions import same_model

    return same_model(one, other)
