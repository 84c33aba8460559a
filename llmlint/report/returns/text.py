"""`Result` → text for people in 80 columns: the answer, the sums, what would turn it, a picture, what it rests on."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from llmlint.money.returns.working import usd
from llmlint.report.returns import words
from llmlint.report.spans import Line, clip, plain, visible, wrap

if TYPE_CHECKING:
    from llmlint.money.returns.records import Result, Swing

WIDTH = 80
MAX_FLIPS = 8
MAX_SWINGS = 6
BAR = 30
STYLES = {"pays": "good", "too slow": "warning", "never": "error"}


def render(result: Result) -> str:
    return plain(layout(result, WIDTH))


def layout(result: Result, width: int) -> list[Line]:
    """The report as styled lines."""
    lines = wrap([(STYLES[result.answer], words.headline(result))], width)
    lines += [[], *_sums(result, width), [], *_flips(result, width)]
    if result.swings:
        lines += [[], *picture(result.swings[:MAX_SWINGS], result.total, result)]
    told = words.claim(result)
    if told:
        lines += [[], *wrap([("", told)], width)]
    lines += [[], [("rule", "What it rests on")], *_inputs(result, width)]
    if result.note:
        lines += [[], *wrap([("dim", f"Note: {result.note}.")], width)]
    return lines


def _sums(result: Result, width: int) -> list[Line]:
    rows = words.sums(result)
    lines: list[Line] = []
    amounts = max(len(row[1].partition(" ")[0]) for row in rows)
    units = max(len(row[1].partition(" ")[2]) for row in rows)
    for what, amount, how in rows:
        value, _, unit = amount.partition(" ")
        head = f"  {what:<10}{value:>{amounts}} {unit:<{units}}  "
        lines += wrap([("", head), ("dim", how)], width, " " * len(head))
    return lines


def _flips(result: Result, width: int) -> list[Line]:
    lines = wrap([("rule", words.turn(result))], width)
    for row in columns([words.flip_row(result, one) for one in result.flips[:MAX_FLIPS]]):
        lines += wrap([("", "  " + row)], width, " " * 4)
    if len(result.flips) > MAX_FLIPS:
        lines.append([("dim", f"  and {len(result.flips) - MAX_FLIPS} more: --format json")])
    return lines


def _inputs(result: Result, width: int) -> list[Line]:
    rows = [words.input_row(one) for one in result.inputs]
    heads = columns([row[:2] for row in rows])
    column = max(map(len, heads)) + 4
    lines: list[Line] = []
    for one, head, row in zip(result.inputs, heads, rows, strict=True):
        style = "dim" if one.label == "assumed" else ""
        lines += wrap([(style, f"  {head:<{column - 2}}{visible(row[2])}")], width, " " * column)
    return lines


def columns(rows: Sequence[Sequence[str]]) -> list[str]:
    """Rows of cells → lines, each column as wide as its widest cell."""
    if not rows:
        return []
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return ["  ".join(f"{cell:<{w}}" for cell, w in zip(row, widths, strict=True)).rstrip() for row in rows]


def picture(swings: Sequence[Swing], total: Decimal, result: Result) -> list[Line]:
    """A bar for each input: the return from where it is half to where it is twice what it is."""
    ends = [value for one in swings for value in (one.at_low, one.at_high)] + [total, Decimal(0)]
    low, high = min(ends), max(ends)
    lines: list[Line] = [
        [("rule", f"What remains after {words.months(result.horizon)}, in USD, with each input halved and doubled")]
    ]  # fmt: skip
    name = max(len(words.label(one.name)) for one in swings)
    left = max(len(usd(min(one.at_low, one.at_high))) for one in swings)
    for one in swings:
        bar = _bar(one, low, high, total)
        ends_text = sorted((one.at_low, one.at_high))
        head = f"  {clip(words.label(one.name), name):<{name}}  {usd(ends_text[0]):>{left}} "
        lines.append([("", head), ("fixable", bar), ("", f" {usd(ends_text[1])}")])
    lines.append([("dim", f"  {'':<{name}}  {'':>{left}} {_axis(low, high, total)}")])
    return lines


def _bar(one: Swing, low: Decimal, high: Decimal, total: Decimal) -> str:
    start, end = sorted((_column(one.at_low, low, high), _column(one.at_high, low, high)))
    now = _column(total, low, high)
    return "".join("┃" if i == now else "━" if start <= i <= end else "·" for i in range(BAR))


def _axis(low: Decimal, high: Decimal, total: Decimal) -> str:
    """Marks where it breaks even and where it is now."""
    zero, now = _column(Decimal(0), low, high), _column(total, low, high)
    marks = "".join("^" if i == now else "0" if i == zero else " " for i in range(BAR))
    return f"{marks.rstrip()}  ^ now" + (", 0 nothing" if zero != now else "")


def _column(value: Decimal, low: Decimal, high: Decimal) -> int:
    return int((value - low) / (high - low) * (BAR - 1)) if high > low else 0
