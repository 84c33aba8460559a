"""A `Review` → a report in the format asked for; each format is a module with `render`, imported when asked for."""

from __future__ import annotations

from decimal import Decimal
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from llmlint.observe.review.records import Review, Slice, Spend

# name → module with render(review) -> str
FORMATS: dict[str, str] = {
    "markdown": "llmlint.report.review.markdown",
    "html": "llmlint.report.review.html",
    "json": "llmlint.report.review.json",
}
MOST = 15  # opportunities with a command of their own; the others are counted by rule


def render(name: str, review: Review) -> str:
    """The report in full."""
    text: str = import_module(FORMATS[name]).render(review)
    return text


def money(usd: Decimal | float | None) -> str:
    """$1,234, $1.23, or unknown."""
    if usd is None:
        return "unknown"
    sign, amount = ("-" if usd < 0 else ""), abs(float(usd))
    return f"{sign}${amount:,.0f}" if amount >= 100 else f"{sign}${amount:,.2f}"


def percent(share: float | None) -> str:
    if share is None:
        return "unknown"
    return f"{share:.0%}" if share >= 0.01 or share == 0 else "<1%"


def worth(one: Slice) -> str:
    """With a plus where something has no price."""
    return money(one.usd) + ("+" if one.partly and one.usd is not None else "")


def headline(spend: Spend) -> str:
    """One sentence: what was spent, in which time, and how that compares."""
    days = f"{spend.days} day{'s' * (spend.days != 1)} ({spend.first} to {spend.last})"
    if spend.usd is None:
        return f"In {days} models were asked, and no price is known for any of them."
    words = f"{money(spend.usd)} in {days}, {money(spend.usd_per_month)} a month"
    if spend.before_usd:
        change = float(spend.usd / spend.before_usd) - 1
        words += f"; {abs(change):.0%} {'more' if change >= 0 else 'less'} than in as many days before"
    if spend.matched is not None:
        words += f". Call sites of this code account for {percent(spend.matched)}"
    return words + "."


def cache_line(spend: Spend, target: float) -> str:
    rate = spend.cache_hit_rate
    if rate is None:
        return "No source says what came from the cache, so the hit rate is unknown."
    verdict = "the target is met" if rate >= target else f"{(target - rate) * 100:.0f} points below the target"
    return f"{percent(rate)} of all prompt tokens came from the cache; the target is {percent(target)}: {verdict}."


def since_line(review: Review) -> str:
    since = review.since
    if since is None:
        return "No earlier review is on record: the next one compares with this one."
    words = f"The last review was held on {since.date} by {since.owner}. "
    count = len(since.mended)
    if not count:
        words += "None of the findings that stood open then is gone."
    else:
        words += f"{count} of the findings that stood open then {'is' if count == 1 else 'are'} gone"
        promised = since.promised_usd
        words += "." if promised is None else f", which were said to save {money(promised)} a month."
    if since.saved_usd is not None:
        then, now = money(since.usd_per_1k_then), money(since.usd_per_1k_now)
        way = "saved" if since.saved_usd >= 0 else "more spent"
        words += (
            f" A thousand requests cost {then} then and {now} now: {money(abs(since.saved_usd))} {way} over the days "
            "reviewed."
        )
    return words


def rest(review: Review) -> list[tuple[str, str, int]]:
    """(code, rule, how many) of the opportunities that are not listed one by one."""
    counts: dict[tuple[str, str], int] = {}
    for one in review.opportunities[MOST:]:
        counts[one.code, one.rule] = counts.get((one.code, one.rule), 0) + 1
    return [(code, rule, n) for (code, rule), n in sorted(counts.items())]
