"""`Ledger` → one HTML page that needs nothing else: a treemap of the dollars, the table, how each was worked out."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

from llmlint.light import dataclass
from llmlint.money.amounts import Span, count_range, dollar_range, dollars
from llmlint.money.cost import SiteCost
from llmlint.money.ledger import Ledger
from llmlint.report.cost import age, closing, shown_place
from llmlint.report.spans import clip, visible

WIDTH, HEIGHT = 960.0, 360.0
MOST_TILES = 60  # smaller ones are one tile together
COLOURS = 8


@dataclass(frozen=True, slots=True)
class Tile:
    """One rectangle of the picture, in SVG units; texts are cut to what it can hold."""

    x: float
    y: float
    width: float
    height: float
    title: str
    name: str
    worth: str
    colour: int


def render(ledger: Ledger, base: Path | None, explain: bool = False, width: int = 100) -> str:
    from jinja2 import Environment

    template = (Path(__file__).parent / "cost.html.jinja").read_text("utf-8")
    page = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True).from_string(template)
    monthly = ledger.per_month is not None
    return page.render(
        age=visible(age(ledger)), closing=[visible(line) for line in closing(ledger)], by=ledger.by,
        per="a month" if monthly else "if each ran 1,000 times",
        tiles=tiles(_worths(ledger, base, monthly)), width=WIDTH, height=HEIGHT,
        groups=[
            {
                "name": visible(g.name), "sites": g.sites, "thousand": _mid(g.per_1k), "month": _mid(g.per_month),
            } for g in ledger.groups
        ],
        rows=[_row(ledger, one, base) for one in ledger.costs],
    ) + "\n"  # fmt: skip


def _row(ledger: Ledger, one: SiteCost, base: Path | None) -> dict[str, object]:
    thousand, month = one.per_1k_calls, one.per_month
    labels = one.label if one.volume_label in (None, one.label) else f"{one.label}, volume {one.volume_label}"
    sizes = "" if one.input is None or one.output is None else (
        f"in {count_range(one.input.span)} tokens ({one.input.basis}), "
        f"out {count_range(one.output.span)} ({one.output.basis})"
    )
    return {
        "place": visible(shown_place(ledger, one, base)),
        "model": visible(one.model or " ".join(one.site.model.values) or "unknown"), "task": one.site.task.type,
        "thousand": _mid(thousand), "range": "" if thousand is None or thousand.exact else dollar_range(thousand),
        "month": _mid(month), "label": labels if thousand is not None else "no price",
        "formula": visible(one.formula or one.reason), "sizes": sizes,
        "notes": [visible(note) for note in one.assumptions],
        "options": [
            (
                option.name, dollars(option.per_call.mid * 1000),
                f"{1 - option.per_call.mid / one.per_call.mid:.0%}" if one.per_call and one.per_call.mid else "",
                visible(option.if_),
            )
            for option in one.options
        ],
    }  # fmt: skip


def _mid(span: Span | None) -> str:
    return "–" if span is None else dollars(span.mid)


# the picture ----------------------------------------------------------------------------------------------------------


def _worths(ledger: Ledger, base: Path | None, monthly: bool) -> list[tuple[str, Decimal]]:
    if ledger.by != "site":
        named = [(group.name, group.per_month if monthly else group.per_1k) for group in ledger.groups]
    else:
        named = [
            (shown_place(ledger, one, base), one.per_month if monthly else one.per_1k_calls) for one in ledger.costs
        ]
    return [(name, span.mid) for name, span in named if span is not None and span.mid > 0]


def tiles(worths: Sequence[tuple[str, Decimal]]) -> list[Tile]:
    """A treemap: each name's area is its share of the sum. Halved again and again, always across the longer side."""
    sizes = sorted(worths, key=lambda item: -item[1])
    if len(sizes) > MOST_TILES:
        rest = sizes[MOST_TILES - 1 :]
        sizes = [*sizes[: MOST_TILES - 1], (f"{len(rest)} others", sum((worth for _, worth in rest), Decimal(0)))]
    out: list[Tile] = []
    if sizes:
        _split([(i, name, worth) for i, (name, worth) in enumerate(sizes)], 0.0, 0.0, WIDTH, HEIGHT, out)
    return out


def _split(
    items: Sequence[tuple[int, str, Decimal]], x: float, y: float, width: float, height: float, out: list[Tile]
) -> None:
    if len(items) == 1:
        i, name, worth = items[0]
        name, told = visible(name), f"{dollars(worth)} USD"
        fits = height > 34 and width > 60
        room = max(int((width - 14) / 7), 1)
        shown = "…" + name[-(room - 1) :] if len(name) > room else name
        texts = (shown, clip(told, room)) if fits else ("", "")
        out.append(Tile(x, y, width, height, f"{name}: {told}", *texts, i % COLOURS))
        return
    whole = sum((worth for _, _, worth in items), Decimal(0))
    first, at = items[0][2], 1
    while at < len(items) - 1 and first + items[at][2] / 2 < whole / 2:
        first += items[at][2]
        at += 1
    share = float(first / whole)
    if width >= height:
        _split(items[:at], x, y, width * share, height, out)
        _split(items[at:], x + width * share, y, width * (1 - share), height, out)
    else:
        _split(items[:at], x, y, width, height * share, out)
        _split(items[at:], x, y + height * share, width, height * (1 - share), out)
