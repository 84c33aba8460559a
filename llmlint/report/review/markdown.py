"""`Review` → Markdown for a wiki page; nothing in the code or the usage can break out of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from llmlint.report.markdown import code_span, escaped
from llmlint.report.review import MOST, cache_line, headline, money, percent, rest, since_line, worth
from llmlint.report.usage import tokens

if TYPE_CHECKING:
    from llmlint.observe.review.records import Review, Slice, Spend, Trend

BAR = 20


def render(review: Review) -> str:
    lines = [f"# Review of what models cost, {review.day}", ""]
    lines += _spend(review.spend) if review.spend is not None else [escaped(f"Spend is unknown: {review.why}."), ""]
    lines += ["## Since the last review", "", escaped(since_line(review)), ""]
    if review.since is not None:
        for one in review.since.mended[:MOST]:
            promised = "" if one.usd_per_month is None else f": {money(one.usd_per_month)} a month"
            lines.append(f"- {escaped(one.code)} {escaped(one.rule)} in {code_span(one.path)}{promised}")
        lines.append("")
    lines += [*_opportunities(review), *_stale(review), *_audit(review)]
    return "\n".join(lines).rstrip() + "\n"


def _spend(spend: Spend) -> Iterator[str]:
    from llmlint.observe.review.records import TARGET

    yield from (escaped(headline(spend)), "")
    for note in spend.notes:
        yield f"- {escaped(note)}"
    yield from ("", "## Top spending teams", "")
    yield from _slices("team", spend.teams)
    if spend.labels:
        yield from ("## Labels", "")
        yield from _slices("label", spend.labels)
    yield from ("## Cache hit rate", "", escaped(cache_line(spend, TARGET)), "", "## Models", "")
    yield from _slices("model", spend.models, rates=True)
    yield from _trend(spend.trend)
    if spend.sites:
        yield from ("## Call sites", "")
        yield from _slices("call site", spend.sites, sure=True)
    if spend.unmatched:
        yield from ("## No call site of this code", "")
        yield from _slices("who", spend.unmatched)


def _slices(title: str, slices: Sequence[Slice], rates: bool = False, sure: bool = False) -> Iterator[str]:
    more = ["cached"] if rates else ["how sure"] if sure else []
    titles = [title, "spend", "share", "requests", "tokens read", "tokens written", *more]
    yield _row(titles)
    yield _row(["---", *["---:"] * (len(titles) - 1)])
    for one in slices:
        requests = "unknown" if one.requests is None else f"{one.requests:,}"
        extra = [percent(one.cache_hit_rate)] if rates else [one.note] if sure else []
        name = code_span(one.name) if sure else escaped(one.name)
        figures = [worth(one), percent(one.share), requests, tokens(one.prompt_tokens), tokens(one.output_tokens)]
        yield _row([name, *map(escaped, [*figures, *extra])])
    yield ""


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _trend(trend: Trend) -> Iterator[str]:
    if len(trend.buckets) < 2:
        return
    yield from (f"Share of each model by {trend.every}, in {trend.unit}:", "")
    yield _row([trend.every, *map(escaped, trend.models)])
    yield _row(["---", *["---:"] * len(trend.models)])
    for i, bucket in enumerate(trend.buckets):
        total = sum(values[i] for values in trend.values)
        yield _row([bucket, *(f"{values[i] / total:.0%}" if total else "" for values in trend.values)])
    yield ""


def _opportunities(review: Review) -> Iterator[str]:
    yield from ("## Opportunities", "")
    if not review.opportunities:
        yield from ("Nothing is found fault with.", "")
        return
    if review.together_usd is not None:
        yield from (f"Together {money(review.together_usd)} a month, the best of each call site.", "")
    yield _row(["saves a month", "where", "what", "next"])
    yield _row(["---:", "---", "---", "---"])
    for one in review.opportunities[:MOST]:
        what = f"{escaped(one.code)} {escaped(one.rule)}: {escaped(one.message)}"
        yield _row([escaped(money(one.usd_per_month)), code_span(one.place), what, code_span(one.command)])
    more = rest(review)
    if more:
        told = ", ".join(f"{n} × {code} {rule}" for code, rule, n in more)
        yield from ("", escaped(f"Further: {told}."))
    yield ""


def _stale(review: Review) -> Iterator[str]:
    yield from ("## Decisions and exemptions that are over, or soon will be", "")
    for one in review.stale:
        word = "over since" if one.over else "ends on"
        where = f"({code_span(one.where)}); {code_span(one.next)}"
        yield f"- **{word} {one.until}**: {one.kind} {escaped(one.what)} {where}"
    yield from (("" if review.stale else "None."), "")


def _audit(review: Review) -> Iterator[str]:
    from llmlint.report.audit import closing

    yield from ("## The fourteen items", "", escaped(closing(review.audit)), "")
    yield _row(["", "item", "status", "why"])
    yield _row(["---", "---", "---", "---"])
    for number, a in enumerate(review.audit.answers, 1):
        yield _row([str(number), escaped(a.item.title), f"**{a.status}**", escaped(a.why)])
