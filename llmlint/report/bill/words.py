"""Sums of money and changes → the words that all reports of a bill share."""

from __future__ import annotations

from decimal import Decimal

from llmlint.money.amounts import Span
from llmlint.money.amounts import dollars as figures
from llmlint.money.bills.records import ZERO, Bill, Budget, Change


def dollars(amount: Decimal) -> str:
    """Without its sign: $1,234, $12.50, $0.0031."""
    return "$" + figures(abs(amount))


def signed(amount: Decimal) -> str:
    return ("−" if amount < 0 else "+" if amount > 0 else "") + dollars(amount)


def change_of(amount: Span | None) -> str:
    """ "+$1.70", "+$1.70 (+$1.20 to +$2.20)", "unknown"."""
    if amount is None:
        return "unknown"
    low, mid, high = signed(amount.low), signed(amount.mid), signed(amount.high)
    return mid if low == high else f"{mid} ({low} to {high})"


def delta(change: Change) -> str:
    """What one change costs, in one line."""
    if change.free:
        return "free"
    parts = []
    if change.per_month is not None:
        parts.append(f"{change_of(change.per_month)} a month")
    if change.per_1k is not None and not (change.repeats and change.per_1k == ZERO):
        parts.append(f"{change_of(change.per_1k)} per 1,000 calls")
    if change.repeats:
        parts.append("as often as its loop goes round")
    if change.unbounded:
        parts.append("and nothing limits the answer")
    return ", ".join(parts) or "price unknown"


def total(bill: Bill) -> str:
    """The bill in one line."""
    if not bill.changes:
        return "no request to a model changed"
    if all(c.free for c in bill.changes):
        return "free: what changed costs the same"
    known = []
    if bill.per_month is not None:
        known.append(f"{change_of(bill.per_month)} a month")
    if bill.per_1k is not None:
        known.append(f"{change_of(bill.per_1k)} per 1,000 calls of each")
    if bill.unpriced:
        count = len(bill.unpriced)
        known.append(f"{count} of {len(bill.changes)} changes without a price" if known else "price unknown")
    return ", ".join(known)


def budget_line(budget: Budget) -> str:
    limit = f"{budget.name} {dollars(budget.limit_usd)}"
    if budget.value_usd is None:
        return f"{limit}: cannot be held, for no volume is known" + (f" ({budget.note})" if budget.note else "")
    state = "BROKEN" if budget.broken else "holds"
    value = signed(budget.value_usd) if "increase" in budget.name else dollars(budget.value_usd)
    return f"{limit}: {value}, {state}" + (f" ({budget.note})" if budget.note else "")


def place(change: Change) -> str:
    site = change.site
    cell = "" if site.cell is None else f":cells[{site.cell}]"
    return f"{site.path}{cell}:{site.line}"
