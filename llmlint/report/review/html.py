"""`Review` → one HTML page that needs nothing else: no script, no font, no image from elsewhere; it prints well."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llmlint.report.review import MOST, cache_line, headline, money, percent, rest, since_line, worth
from llmlint.report.spans import visible
from llmlint.report.usage import tokens

if TYPE_CHECKING:
    from llmlint.observe.review.records import Review, Slice, Trend

WIDTH, HEIGHT, LEFT, FOOT = 720.0, 220.0, 56.0, 22.0


def render(review: Review) -> str:
    from jinja2 import Environment

    from llmlint.observe.review.records import TARGET
    from llmlint.report.audit import closing

    template = (Path(__file__).parent / "review.html.jinja").read_text("utf-8")
    page = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True).from_string(template)
    spend = review.spend
    shown: dict[str, Any] = {}
    if spend is not None:
        shown = {
            "headline": visible(headline(spend)), "notes": [visible(n) for n in spend.notes],
            "figures": list(_figures(review)), "teams": _rows(spend.teams), "labels": _rows(spend.labels),
            "models": _rows(spend.models), "sites": _rows(spend.sites), "others": _rows(spend.unmatched),
            "cache": cache_line(spend, TARGET), "rate": spend.cache_hit_rate, "target": TARGET,
            "chart": chart(spend.trend), "trend": spend.trend,
        }  # fmt: skip
    return page.render(
        day=review.day.isoformat(), spend=shown, why=visible(review.why), since=visible(since_line(review)),
        mended=[
            {"rule": f"{m.code} {m.rule}", "path": visible(m.path), "usd": money(m.usd_per_month)}
            for m in (review.since.mended[:MOST] if review.since else ())
        ],
        together=None if review.together_usd is None else money(review.together_usd),
        chances=[
            {
                "usd": money(o.usd_per_month), "known": o.usd_per_month is not None, "place": visible(o.place),
                "rule": f"{o.code} {o.rule}", "message": visible(o.message), "formula": visible(o.formula),
                "command": visible(o.command),
            } for o in review.opportunities[:MOST]
        ],
        rest=[f"{n} × {code} {rule}" for code, rule, n in rest(review)],
        stale=[
            {"over": s.over, "until": s.until, "kind": s.kind, "what": visible(s.what), "where": visible(s.where),
             "next": visible(s.next)} for s in review.stale
        ],
        closing=visible(closing(review.audit)), score=review.audit.score,
        items=[
            {"number": n, "title": a.item.title, "status": a.status, "class": a.status.replace(" ", "-"),
             "why": visible(a.why), "next": visible(a.next)} for n, a in enumerate(review.audit.answers, 1)
        ],
    ) + "\n"  # fmt: skip


def _figures(review: Review) -> Iterator[tuple[str, str, str]]:
    """(number, what it is, class)."""
    from llmlint.observe.review.records import TARGET

    spend = review.spend
    assert spend is not None
    yield money(spend.usd_per_month), "a month", ""
    rate = spend.cache_hit_rate
    state = "" if rate is None else "pass" if rate >= TARGET else "fail"
    yield percent(rate), f"from the cache (target {percent(TARGET)})", state
    if review.together_usd is not None:
        yield money(review.together_usd), "a month can be saved", ""
    yield percent(spend.matched), "has a call site here", ""


def _rows(slices: Sequence[Slice]) -> list[dict[str, Any]]:
    """bar: the share of the dearest, 0 to 100."""
    most = max((float(s.usd or 0) for s in slices), default=0.0)
    return [
        {
            "name": visible(s.name), "usd": worth(s), "share": percent(s.share),
            "requests": "unknown" if s.requests is None else f"{s.requests:,}", "prompt": tokens(s.prompt_tokens),
            "output": tokens(s.output_tokens), "rate": percent(s.cache_hit_rate), "note": s.note,
            "bar": round(100 * float(s.usd or 0) / most, 1) if most else 0,
        }
        for s in slices
    ]  # fmt: skip


def chart(trend: Trend) -> dict[str, Any]:
    """Stacked bars in SVG units: rectangles with a title each, lines with labels, the key below."""
    totals = [sum(values[i] for values in trend.values) for i in range(len(trend.buckets))]
    top = _round_up(max(totals, default=0.0))
    step = (WIDTH - LEFT) / max(1, len(trend.buckets))
    scale = (HEIGHT - FOOT - 8) / top if top else 0.0
    bars = []
    for i, bucket in enumerate(trend.buckets):
        y = HEIGHT - FOOT
        for n, values in enumerate(trend.values):
            height = values[i] * scale
            y -= height
            if height > 0:
                title = f"{visible(trend.models[n])}, {trend.every} of {bucket}: {_amount(values[i], trend.unit)}"
                bars.append({
                    "x": round(LEFT + i * step + step * 0.12, 1), "y": round(y, 2), "width": round(step * 0.76, 1),
                    "height": round(height, 2), "colour": n, "title": title,
                })  # fmt: skip
    every = max(1, -(-len(trend.buckets) // 9))
    days = [
        {"x": round(LEFT + i * step + step / 2, 1), "text": bucket[5:] if trend.every == "week" else bucket[:7]}
        for i, bucket in enumerate(trend.buckets) if i % every == 0
    ]  # fmt: skip
    lines = [
        {"y": round(HEIGHT - FOOT - top * part * scale, 1), "text": _amount(top * part, trend.unit)}
        for part in (0.0, 0.5, 1.0)
    ]
    names = [visible(model) for model in trend.models]
    return {"width": WIDTH, "height": HEIGHT, "left": LEFT, "bars": bars, "days": days, "lines": lines, "names": names}


def _round_up(value: float) -> float:
    """The next of 1, 2, 5, 10 …"""
    from math import floor, log10

    if value <= 0:
        return 0.0
    power = 10.0 ** floor(log10(value))
    return float(next(factor * power for factor in (1, 2, 5, 10) if factor * power >= value))


def _amount(value: float, unit: str) -> str:
    if unit != "USD":
        return tokens(int(value))
    return f"${value:,.0f}" if value >= 10 or value == 0 else f"${value:,.2f}"
