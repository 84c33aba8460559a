"""What a review says, section by section. Money in USD; None is unknown, never nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from llmlint.judge.audit import Audit

TARGET = 0.30  # of all prompt tokens, read from the cache


@dataclass(frozen=True, slots=True)
class Slice:
    """What one team, label, model or call site used. share: of all dollars; partly: some of it has no price.

    cache_hit_rate None: no source says what came from the cache.
    """

    name: str
    usd: Decimal | None
    share: float | None = None
    requests: int | None = None
    prompt_tokens: int = 0
    output_tokens: int = 0
    cache_hit_rate: float | None = None
    partly: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True)
class Trend:
    """Model distribution over time. buckets: first days; values[model][bucket]: in dollars or tokens, as unit says."""

    unit: str
    every: str
    buckets: tuple[str, ...]
    models: tuple[str, ...]
    values: tuple[tuple[float, ...], ...]


@dataclass(frozen=True, slots=True)
class Spend:
    """first, last: the days that the records cover. before_usd: of as many days before; None: nothing is known of them.

    matched: share of the dollars that call sites of this code account for. notes: what must be known to read the sums.
    """

    first: date
    last: date
    days: int
    usd: Decimal | None
    before_usd: Decimal | None
    requests: int | None
    cache_hit_rate: float | None
    matched: float | None
    teams: tuple[Slice, ...]
    labels: tuple[Slice, ...]
    models: tuple[Slice, ...]
    sites: tuple[Slice, ...]
    unmatched: tuple[Slice, ...]
    trend: Trend
    notes: tuple[str, ...] = ()

    @property
    def usd_per_month(self) -> Decimal | None:
        return None if self.usd is None else self.usd / self.days * 30

    @property
    def usd_per_1k(self) -> Decimal | None:
        return None if self.usd is None or not self.requests else self.usd / self.requests * 1000


@dataclass(frozen=True, slots=True)
class Opportunity:
    """Findings of one rule at one call site or more. usd_per_month None: not known. command: what acts on it."""

    code: str
    rule: str
    place: str
    message: str
    usd_per_month: Decimal | None
    formula: str
    command: str


@dataclass(frozen=True, slots=True)
class Mended:
    """A finding of the last review that is gone. usd_per_month: what its remedy was said to save then."""

    code: str
    rule: str
    path: str
    usd_per_month: float | None


@dataclass(frozen=True, slots=True)
class Since:
    """What changed since the last review. usd_per_1k_*: of a thousand requests; saved_usd: what the difference comes to
    over the time reviewed, negative where requests became dearer; None where one side is unknown."""

    date: str
    owner: str
    mended: tuple[Mended, ...]
    usd_per_1k_then: float | None
    usd_per_1k_now: float | None
    saved_usd: Decimal | None

    @property
    def promised_usd(self) -> float | None:
        """Dollars a month that the mended findings were said to save."""
        known = [m.usd_per_month for m in self.mended if m.usd_per_month is not None]
        return sum(known) if known else None


@dataclass(frozen=True, slots=True)
class Stale:
    """Something on record that does not hold any more, or soon will not. over: it does not today."""

    kind: str
    what: str
    until: str
    over: bool
    where: str
    next: str


@dataclass(frozen=True, slots=True)
class Review:
    """spend None: no usage is known, `why` says why. together_usd: a month, the best opportunity of each call site."""

    root: str
    day: date
    spend: Spend | None
    why: str
    opportunities: tuple[Opportunity, ...]
    together_usd: Decimal | None
    since: Since | None
    stale: tuple[Stale, ...]
    audit: Audit
