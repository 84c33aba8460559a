"""`Ledger` → a table for people, formulas on request."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from llmlint.money.amounts import count_range, dollar_range, dollars
from llmlint.money.cost import SiteCost
from llmlint.money.ledger import Ledger
from llmlint.report.cost import age, closing, shown_place
from llmlint.report.spans import cells, clip, visible

LEAST_PLACE = 24


def render(ledger: Ledger, base: Path | None, explain: bool = False, width: int = 100) -> str:
    lines = [f"USD, {age(ledger)}", ""]
    if ledger.by != "site":
        head = (ledger.by, "sites", "1,000 calls of each", "a month")
        lines += _table([head, *_groups(ledger)], width, right=(1, 2, 3))
    elif explain:
        for one in ledger.costs:
            lines += [*_explained(ledger, one, base), ""]
    elif ledger.costs:
        known = [_row(ledger, one, base) for one in ledger.costs if one.per_call is not None]
        columns = ("place", "model", "1,000 calls", "range", "a month", "rests on")
        lines += _table([columns, *known], width, right=(2, 3, 4)) if known else []
        lines += _unpriced(ledger, base)
    return "\n".join([*lines, "", *closing(ledger)]) + "\n"


def _row(ledger: Ledger, one: SiteCost, base: Path | None) -> tuple[str, ...]:
    place = visible(shown_place(ledger, one, base))
    model = visible(one.model or (one.site.model.values[-1] if one.site.model.values else "unknown"))
    thousand, month = one.per_1k_calls, one.per_month
    assert thousand is not None
    label = _rests(one)
    spread = "" if thousand.exact else dollar_range(thousand)
    return place, model, dollars(thousand.mid), spread, "–" if month is None else dollars(month.mid), label


def _rests(one: SiteCost) -> str:
    """On what the call and the volume rest."""
    return one.label if one.volume_label in (None, one.label) else f"{one.label}, volume {one.volume_label}"


def _groups(ledger: Ledger) -> Iterator[tuple[str, ...]]:
    for group in ledger.groups:
        month = "–" if group.per_month is None else dollars(group.per_month.mid)
        thousand = "–" if group.per_1k is None else dollars(group.per_1k.mid)
        sites = str(group.sites) if group.priced == group.sites else f"{group.sites} ({group.priced} with a price)"
        yield visible(group.name), sites, thousand, month


def _unpriced(ledger: Ledger, base: Path | None) -> Iterator[str]:
    reasons: dict[str, list[str]] = {}
    for one in ledger.costs:
        if one.per_call is None and not one.elsewhere:
            reasons.setdefault(one.reason, []).append(shown_place(ledger, one, base))
    if reasons:
        yield ""
        yield "No price:"
    for reason, places in sorted(reasons.items(), key=lambda item: (-len(item[1]), item[0])):
        more = f" and {len(places) - 3} more" if len(places) > 3 else ""
        yield f"  {visible(reason)}: {visible(', '.join(places[:3]))}{more}"


def _explained(ledger: Ledger, one: SiteCost, base: Path | None) -> Iterator[str]:
    yield visible(f"{shown_place(ledger, one, base)}  {one.site.provider} {one.site.api}")
    if one.per_call is None or one.input is None or one.output is None:
        yield f"  {visible(one.reason or one.formula)}"
        return
    yield f"  {visible(one.formula)}"
    month = one.per_month
    spread = "" if month is None else f"; a month {dollar_range(month)}"
    yield f"  range: 1,000 calls {dollar_range(one.per_call * 1000)}{spread} ({_rests(one)})"
    reads, writes = one.input, one.output
    yield f"  in {count_range(reads.span)} tokens ({reads.basis}), out {count_range(writes.span)} ({writes.basis})"
    for note in one.assumptions:
        yield f"  - {visible(note)}"
    for option in one.options:
        saved = one.per_call.mid - option.per_call.mid
        monthly = one.monthly(option.per_call)
        thousand = f"{dollars(option.per_call.mid * 1000)} per 1,000 calls"
        told = thousand if monthly is None else f"{dollars(monthly.mid)} a month"
        share = f", {saved / one.per_call.mid:.0%} less" if one.per_call.mid else ""
        yield f"  + with {option.name}: {told}{share} ({visible(option.if_)})"


def _table(rows: Sequence[tuple[str, ...]], width: int, right: tuple[int, ...]) -> Iterator[str]:
    """Columns as wide as their widest cell; the first and second give way where the terminal is narrow."""
    widths = [max(cells(row[i]) for row in rows) for i in range(len(rows[0]))]
    over = sum(widths) + 2 * (len(widths) - 1) - width
    if over > 0:
        widths[0] = max(widths[0] - over, min(LEAST_PLACE, widths[0]))
    for row in rows:
        shown = [_left_cut(row[0], widths[0]), *row[1:]]
        padded = (
            " " * (w - cells(cell)) + cell if i in right else cell + " " * (w - cells(cell))
            for i, (cell, w) in enumerate(zip(shown, widths, strict=True))
        )
        yield "  ".join(padded).rstrip()


def _left_cut(text: str, width: int) -> str:
    """The end of a place says more than its beginning."""
    if cells(text) <= width:
        return text
    return clip("…" + text[-(width - 1) :], width) if text.isascii() else clip(text, width)
