"""The usage store of a project + its call sites → the traffic observed of each, over the last 30 days that it has."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from llmlint.facts import Facts
from llmlint.money.traffic import Traffic, labels_of

if TYPE_CHECKING:
    from llmlint.observe.usage.matching import Matching
    from llmlint.observe.usage.reckoning import Reckoning
    from llmlint.observe.usage.spend import Price

DAYS = 30
Read = Callable[[str], bytes]


def observed_traffic(
    file: Path, facts: Facts, days: int = DAYS, read: Read | None = None, certain: bool = False
) -> dict[str, Traffic]:
    """Place of a call site → what was observed; empty where there is no store. Raises UsageError where it is broken.

    certain: only where the records name the place, its label or its function: facts that are a part of the project
    cannot tell which call asks a model alone. read: of files that are not below the root.
    """
    if not file.exists() or not facts.call_sites:
        return {}
    matching, _ = matched(file, facts, lambda _: None, days, read)
    return matching.traffic(file.name, certain)


def matched(
    file: Path, facts: Facts, price: Price, days: int = DAYS, read: Read | None = None
) -> tuple[Matching, Reckoning]:
    """The last days of the store, each row counted once, with its call sites."""
    from llmlint.observe.usage.matching import match
    from llmlint.observe.usage.reckoning import reckon
    from llmlint.observe.usage.store import UsageStore

    with UsageStore(file, create=False) as store:
        last = max((s.last for s in store.sources() if s.last is not None), default=0)
        rows = tuple(store.days(max(0, (last - 1) // 86_400 - days + 1)))
    counted = reckon(rows, price)
    return match(counted.rows, facts, labels_of(facts, read)), counted
