"""Facts, policy, verdict, audit and the usage store → the `Review`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from llmlint.facts import Facts
from llmlint.judge.audit import Audit
from llmlint.judge.finding import Verdict
from llmlint.judge.policy import Policy
from llmlint.judge.reviews import PastReview, past_reviews
from llmlint.money.owners import team_of
from llmlint.money.traffic import labels_of
from llmlint.observe.review import opportunities as chances
from llmlint.observe.review.records import Review, Spend
from llmlint.observe.review.spending import EPOCH, spending
from llmlint.observe.review.stale import stale
from llmlint.observe.usage.matching import Matching, match
from llmlint.observe.usage.reckoning import Reckoning, reckon
from llmlint.observe.usage.spend import Price
from llmlint.observe.usage.store import UsageStore

QUARTER = 91  # days
GAP = 3


@dataclass(frozen=True, slots=True)
class Known:
    """All that a review starts from. store: the file of the usage store, whether or not it exists. since: the first day
    reviewed; None: the day of the last review, else a quarter before the last day of usage."""

    facts: Facts
    policy: Policy
    verdict: Verdict
    audit: Audit
    store: Path
    price: Price
    day: date
    since: date | None = None
    sources: tuple[str, ...] = ()


def review(known: Known, notes: Callable[[Matching, Reckoning], list[str]]) -> Review:
    """notes: what must be known to read the sums, as sentences."""
    past = last_review(known)
    spend, why = _spend(known, past, notes)
    found = chances.opportunities(known.verdict)
    return Review(
        known.facts.root, known.day, spend, why, found, chances.together(found),
        chances.since(past, known.verdict, spend), stale(known.policy, known.day), known.audit,
    )  # fmt: skip


def last_review(known: Known) -> PastReview | None:
    """The last one held before this day."""
    if known.policy.reviews is None:
        return None
    before = [one for one in past_reviews(known.policy.reviews) if one.date < known.day.isoformat()]
    return before[-1] if before else None


def _spend(
    known: Known, past: PastReview | None, notes: Callable[[Matching, Reckoning], list[str]]
) -> tuple[Spend | None, str]:
    if not known.store.exists():
        return None, "no usage was imported: `llmlint usage import` reads traces, metrics, logs and bills"
    with UsageStore(known.store, create=False) as store:
        ends = [s.last for s in store.sources() if s.last is not None]
        end = min(max(ends, default=0) // 86_400, (known.day - EPOCH).days)
        asked = known.since or (date.fromisoformat(past.date) if past is not None else None)
        start = (asked - EPOCH).days if asked is not None else end - QUARTER + 1
        rows = tuple(store.days(start, end, known.sources))
        if not rows:
            return None, f"no usage is known since {asked or 'then'}"
        first = min(row.day for row in rows)
        earliest = first - (end - first + 1)
        before = tuple(store.days(earliest, first - 1, known.sources))
        if min((row.day for row in before), default=first) > earliest + GAP:
            before = ()  # they do not reach back as far, so that they compare with nothing
    counted = reckon(rows, known.price)
    matching = match(counted.rows, known.facts, labels_of(known.facts))
    earlier = reckon(before, known.price).rows
    team = team_of(Path(known.facts.root))
    return spending(matching, counted, earlier, known.price, team, notes(matching, counted)), ""
