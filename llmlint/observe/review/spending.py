"""Days of usage with their call sites → where the money went: teams, labels, models over time, call sites."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from llmlint.money.owners import NOBODY
from llmlint.observe.review.records import Slice, Spend, Trend
from llmlint.observe.usage.matching import Matching, Meant
from llmlint.observe.usage.placed import Places, placed
from llmlint.observe.usage.reckoning import Reckoning, usd_of
from llmlint.observe.usage.spend import Price, Sum
from llmlint.observe.usage.store import DayRow

EPOCH = date(1970, 1, 1)
SHOWN = 12
BANDS = 6  # models of their own in the picture
MOST_WEEKS = 27
NAMELESS = "(not said)"
OTHERS = "others"


def spending(
    matching: Matching, counted: Reckoning, before: Sequence[DayRow], price: Price, team: Callable[[str], str],
    notes: Iterable[str],
) -> Spend:  # fmt: skip
    """matching: of the time reviewed; before: rows of as many days before it. team: path → owners."""
    view = _View(matching, price, team)
    places = placed(matching, counted, price)
    total = view.all
    usd = None if total.unpriced and not total.usd and not places.unseen_usd else total.usd + places.unseen_usd
    known = [usd_of(row, price) for row in before]
    first = EPOCH + timedelta(days=matching.first)
    return Spend(
        first, first + timedelta(days=matching.days - 1), matching.days, usd,
        sum((u for u in known if u is not None), Decimal(0)) if before else None,
        None if total.uncounted else total.requests, total.cache_hit_rate,
        float(places.matched_usd / usd) if usd else None, view.slices(view.team_of, usd, places),
        view.slices(lambda row, _: row.subject.label, usd, None, nameless=False),
        view.slices(lambda row, _: row.subject.model, usd, None), _sites(places, usd), _others(places, usd),
        view.trend(), tuple(notes),
    )  # fmt: skip


@dataclass
class _View:
    matching: Matching
    price: Price
    team: Callable[[str], str]
    all: Sum = field(default_factory=Sum)

    def __post_init__(self) -> None:
        self.told = {(r.source, r.subject.model) for r, _ in self.matching.rows if r.subject.cache_told}
        for row, _ in self.matching.rows:
            self.add(self.all, row)

    def add(self, total: Sum, row: DayRow) -> None:
        total.add(row, self.price, (row.source, row.subject.model) in self.told)

    def team_of(self, row: DayRow, meant: Meant | None) -> str:
        """The owners of the code, else the team that the source names."""
        owners = {self.team(site.path) for site in meant.sites} if meant is not None else set()
        owner = owners.pop() if len(owners) == 1 else NOBODY
        return owner if owner != NOBODY else row.subject.team

    def slices(
        self, by: Callable[[DayRow, Meant | None], str], usd: Decimal | None, places: Places | None,
        nameless: bool = True,
    ) -> tuple[Slice, ...]:  # fmt: skip
        found: dict[str, Sum] = {}
        for row, meant in self.matching.rows:
            self.add(found.setdefault(by(row, meant), Sum()), row)
        if not nameless and set(found) <= {""}:
            return ()
        slices = [_slice(name or NAMELESS, total, usd) for name, total in found.items()]
        for provider, amount in (places.counted.unseen if places else {}).items():
            slices.append(Slice(f"billed by {provider or NAMELESS}, not traced", amount, _share(amount, usd)))
        return tuple(sorted(slices, key=lambda s: (-(s.usd or 0), -s.prompt_tokens, s.name))[:SHOWN])

    def trend(self) -> Trend:
        """By week, by month where there are many; dollars, or tokens where nothing has a price."""
        unit = "USD" if self.all.usd else "tokens"
        weekly = self.matching.days <= MOST_WEEKS * 7
        cells: dict[str, dict[date, float]] = {}
        for row, _ in self.matching.rows:
            bucket = _bucket(EPOCH + timedelta(days=row.day), weekly)
            usd = usd_of(row, self.price)
            tokens = row.usage.prompt_tokens + row.usage.output_tokens
            worth = float(usd or 0) if unit == "USD" else float(tokens)
            mine = cells.setdefault(row.subject.model or NAMELESS, {})
            mine[bucket] = mine.get(bucket, 0.0) + worth
        ranked = sorted(cells, key=lambda m: (-sum(cells[m].values()), m))
        ranked = [m for m in ranked if sum(cells[m].values())]  # what has no price is no share of dollars
        kept, rest = ranked[:BANDS], ranked[BANDS:]
        buckets = _buckets(self.matching, weekly)
        values = [tuple(cells[m].get(b, 0.0) for b in buckets) for m in kept]
        if rest:
            values.append(tuple(sum(cells[m].get(b, 0.0) for m in rest) for b in buckets))
        names = (*kept, *([OTHERS] if rest else []))
        return Trend(unit, "week" if weekly else "month", tuple(b.isoformat() for b in buckets), names, tuple(values))


def _bucket(day: date, weekly: bool) -> date:
    return day - timedelta(days=day.weekday()) if weekly else day.replace(day=1)


def _buckets(matching: Matching, weekly: bool) -> list[date]:
    """Without gaps: a week in which nothing was asked is seen."""
    first = EPOCH + timedelta(days=matching.first)
    days = (first + timedelta(days=i) for i in range(matching.days))
    return list(dict.fromkeys(_bucket(day, weekly) for day in days))


def _slice(name: str, total: Sum, usd: Decimal | None) -> Slice:
    own = None if total.unpriced and not total.usd else total.usd
    return Slice(
        name, own, _share(own, usd), total.requests if total.requests or not total.uncounted else None,
        total.usage.prompt_tokens, total.usage.output_tokens, total.cache_hit_rate, bool(total.unpriced),
    )  # fmt: skip


def _share(own: Decimal | None, usd: Decimal | None) -> float | None:
    return float(own / usd) if own is not None and usd else None


def _sites(places: Places, usd: Decimal | None) -> tuple[Slice, ...]:
    return tuple(
        Slice(
            p.site.place, p.usd, _share(p.usd, usd), None if p.requests is None else int(p.requests), int(p.prompt),
            int(p.output), None, bool(p.unpriced), p.how or "",
        )
        for p in places.sites[:SHOWN] if p.site is not None
    )  # fmt: skip


def _others(places: Places, usd: Decimal | None) -> tuple[Slice, ...]:
    out = []
    for p in places.unmatched[:SHOWN]:
        s = p.subject
        words = (s.model, s.path or s.function or s.label, s.team and f"({s.team})")
        name = " ".join(word for word in words if word) or NAMELESS
        requests = None if p.requests is None else int(p.requests)
        tokens = (int(p.prompt), int(p.output))
        out.append(Slice(name, p.usd, _share(p.usd, usd), requests, *tokens, None, bool(p.unpriced)))
    return tuple(out)
