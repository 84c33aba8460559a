"""`Result` → one HTML page that needs nothing else: the cumulated return and the tornado are inline SVG."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llmlint.money.returns.working import usd
from llmlint.report.returns import words

if TYPE_CHECKING:
    from llmlint.money.returns.records import Result

WIDTH, HEIGHT = 640, 260
LEFT, RIGHT, TOP, BOTTOM = 70, 20, 16, 34
ROW = 30
NAMES, FIGURES = 210, 80  # columns of the tornado


def render(result: Result) -> str:
    from jinja2 import Environment

    template = (Path(__file__).parent / "returns.html.jinja").read_text("utf-8")
    page = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True).from_string(template)
    return page.render(
        headline=words.headline(result), answer=result.answer.replace(" ", "-"), sums=words.sums(result),
        turn=words.turn(result), flips=[words.flip_row(result, one) for one in result.flips], claim=words.claim(result),
        inputs=[(*words.input_row(one), one.label) for one in result.inputs], note=result.note,
        line=cumulated(result), tornado=tornado(result), months=words.months(result.horizon),
    ) + "\n"  # fmt: skip


def cumulated(result: Result) -> dict[str, Any]:
    """The return month by month: a straight line from what is paid once, and where it crosses nothing."""
    span = result.horizon
    start, end = -result.sums.one_off, result.total
    low, high = min(start, end, Decimal(0)), max(start, end, Decimal(0))
    height = (high - low) or Decimal(1)

    def x(month: Decimal) -> float:
        return round(float(LEFT + (WIDTH - LEFT - RIGHT) * month / span), 1)

    def y(value: Decimal) -> float:
        return round(float(TOP + (HEIGHT - TOP - BOTTOM) * (high - value) / height), 1)

    even = result.sums.payback_months
    crossing = None
    if even is not None and 0 < even <= span:
        crossing = {"x": x(even), "y": y(Decimal(0)), "text": words.duration(result.payback_days or Decimal(0))}
    ticks = sorted({Decimal(0), span / 4, span / 2, span * 3 / 4, span})
    return {
        "width": WIDTH, "height": HEIGHT, "left": LEFT, "right": WIDTH - RIGHT, "bottom": HEIGHT - BOTTOM,
        "x1": x(Decimal(0)), "y1": y(start), "x2": x(span), "y2": y(end), "zero": y(Decimal(0)), "even": crossing,
        "ticks": [(x(month), f"{float(month):g}") for month in ticks],
        "values": [(y(value), usd(value)) for value in apart((end, start, Decimal(0)), height / 16)],
    }  # fmt: skip


def apart(values: Iterable[Decimal], least: Decimal) -> list[Decimal]:
    """Those whose labels do not stand on those before them."""
    kept: list[Decimal] = []
    for value in values:
        if all(abs(value - other) >= least for other in kept):
            kept.append(value)
    return kept


def tornado(result: Result) -> dict[str, Any]:
    """A bar for each input, from the return where it is half to where it is double."""
    ends = [value for one in result.swings for value in (one.at_low, one.at_high)] + [result.total, Decimal(0)]
    low, high = min(ends), max(ends)
    left, right = NAMES + FIGURES, WIDTH - FIGURES

    def x(value: Decimal) -> float:
        return round(float(left + (right - left) * (value - low) / ((high - low) or Decimal(1))), 1)

    bars = []
    for i, one in enumerate(result.swings):
        start, end = sorted((one.at_low, one.at_high))
        bars.append({
            "name": words.label(one.name), "y": i * ROW + 24, "x": x(start), "width": max(x(end) - x(start), 1.0),
            "low": usd(start), "high": usd(end), "end": x(end), "rising": one.at_high >= one.at_low,
        })  # fmt: skip
    return {
        "width": WIDTH, "height": len(bars) * ROW + 48, "bars": bars, "now": x(result.total), "zero": x(Decimal(0)),
        "names": NAMES - 10, "foot": len(bars) * ROW + 40,
    }  # fmt: skip
