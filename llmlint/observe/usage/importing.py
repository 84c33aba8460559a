"""Rows from a source → the store, and what became of them: read, new, known, refused and why."""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from llmlint.errors import UsageError
from llmlint.observe.usage.records import Refusal, Row
from llmlint.observe.usage.store import UsageStore

SHOWN = 5


@dataclass(frozen=True, slots=True)
class Imported:
    """records: read and counted; added: of these, new or changed; refused: not counted, the first few with reasons.

    first, last: Unix seconds of what was read. unnamed: records that name no model.
    """

    source: str
    records: int
    added: int
    refused: int
    refusals: tuple[Refusal, ...] = ()
    first: int | None = None
    last: int | None = None
    unnamed: int = 0


@dataclass
class _Tally:
    records: int = 0
    refused: int = 0
    unnamed: int = 0
    first: int = 1 << 60
    last: int = -1
    refusals: list[Refusal] = field(default_factory=list)

    def rows(self, found: Iterable[Row | Refusal]) -> Iterator[Row]:
        """Lets rows through and keeps count."""
        for one in found:
            if isinstance(one, Refusal):
                self.refused += 1
                if len(self.refusals) < SHOWN:
                    self.refusals.append(one)
                continue
            self.records += 1
            if not one.subject.model:
                self.unnamed += 1
            if one.start < self.first:
                self.first = one.start
            if one.start > self.last:
                self.last = one.start
            yield one


def import_rows(
    store: UsageStore, source: str, what: str, found: Iterable[Row | Refusal], now: int
) -> Imported:
    """All of a source, or nothing where it breaks off with an error. now: Unix seconds.

    Raises UsageError where nothing can be counted: an import that says nothing must not look like one of zero.
    """
    tally = _Tally()
    collecting = gc.isenabled()
    gc.disable()  # nothing read refers back to what holds it: looking for that takes a quarter of the time
    try:
        added = store.add(source, tally.rows(found))
    finally:
        if collecting:
            gc.enable()
    if not tally.records:
        raise _nothing(what, tally)
    store.note_import(source, now, what, tally.records, added, tally.refused)
    store.commit()
    return Imported(
        source, tally.records, added, tally.refused, tuple(tally.refusals), tally.first, tally.last, tally.unnamed
    )


def _nothing(what: str, tally: _Tally) -> UsageError:
    if not tally.refused:
        return UsageError("no record of usage was found", path=what)
    first = tally.refusals[0]
    count = f"all {tally.refused:,} records are" if tally.refused > 1 else "the only record is"
    return UsageError(f"nothing was imported: {count} unusable; {first.where}: {first.why}", path=what)
