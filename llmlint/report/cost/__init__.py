"""`Ledger` → text, json, markdown, csv, html."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from llmlint.report.places import shown_path

if TYPE_CHECKING:
    from llmlint.money.cost import SiteCost
    from llmlint.money.ledger import Ledger

FORMATS = {
    "text": "llmlint.report.cost.text",
    "json": "llmlint.report.cost.json",
    "markdown": "llmlint.report.cost.markdown",
    "csv": "llmlint.report.cost.csv",
    "html": "llmlint.report.cost.html",
}


def render(name: str, ledger: Ledger, base: Path | None, explain: bool = False, width: int = 100) -> str:
    """base: the folder that paths are shown relative to. explain: with formulas and assumptions, where a format can
    leave them out."""
    return str(import_module(FORMATS[name]).render(ledger, base, explain, width))


def shown_place(ledger: Ledger, one: SiteCost, base: Path | None) -> str:
    cell = "" if one.site.cell is None else f":cells[{one.site.cell}]"
    return f"{shown_path(ledger.root, one.site.path, base)}{cell}:{one.site.line}"


def age(ledger: Ledger) -> str:
    """Where prices come from and how old they are."""
    told = ledger.prices or "prices of the policy"
    if ledger.checked is not None and ledger.today is not None:
        days = (ledger.today - ledger.checked).days
        told += f", last checked {ledger.checked} ({days} day{'' if days == 1 else 's'} ago)"
    if ledger.own and ledger.prices:
        told += f"; {ledger.own} of the policy's own go before"
    return told


def closing(ledger: Ledger) -> list[str]:
    """Sentences under the table: the sum, what is not in it, what to do next."""
    from llmlint.money.amounts import dollar_range, dollars

    sites = len(ledger.costs)
    counted = f"{sites} call site{'' if sites == 1 else 's'}"
    lines = []
    month = ledger.per_month
    if month is not None:
        spread = "" if month.exact else f" ({dollar_range(month)})"
        lines.append(f"{dollars(month.mid)} USD a month{spread}: {ledger.counted} of {counted} with declared traffic.")
    else:
        lines.append(f"{counted}, {ledger.priced} with a price. How often they run is not declared: nothing per month.")
    idle = sum(1 for one in ledger.costs if one.per_call is not None and one.per_month is None)
    if month is not None and idle:
        lines.append(f"{idle} more have a price but no declared traffic: they are not in the sum.")
    unpriced = sum(1 for one in ledger.costs if one.per_call is None and not one.elsewhere)
    if unpriced:
        lines.append(f"{unpriced} have no price: not in any sum, each with its reason.")
    elsewhere = sum(1 for one in ledger.costs if one.elsewhere)
    if elsewhere:
        lines.append(f"{elsewhere} only make a model object: counted where it is asked.")
    lines += [f"{where}: this entry of traffic means no call site." for where in ledger.idle]
    return lines
