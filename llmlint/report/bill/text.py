"""A bill → text for a terminal."""

from __future__ import annotations

from llmlint.money.bills.records import Bill, Change
from llmlint.report.bill.words import budget_line, delta, place, total
from llmlint.report.spans import visible


def layout(bill: Bill) -> str:
    """Nothing at all where there is nothing to report."""
    if bill.quiet:
        return ""
    lines = [f"{bill.base} → {bill.head}: {total(bill)}"]
    for change in bill.changes:
        if not (change.kind == "moved" and change.free):
            lines += ["", *_change(change)]
    moved = sum(c.kind == "moved" and c.free for c in bill.changes)
    if moved:
        lines += ["", f"{moved:,} call site{'s' if moved > 1 else ''} only moved: free"]
    if bill.budgets:
        lines += ["", *(f"budget {budget_line(budget)}" for budget in bill.budgets)]
    for error in bill.errors:
        lines += ["", f"{error.path}{f':{error.line}' if error.line else ''}: {error}"]
    lines += ["", *(f"note: {text}" for text in bill.notes)] if bill.notes else []
    return "".join(visible(line).rstrip() + "\n" for line in lines)


def _change(change: Change) -> list[str]:
    function = f" in {change.site.function}" if change.site.function else ""
    lines = [f"{place(change)}{function}: {change.kind}, {delta(change)}"]
    lines += [f"    {reason}" for reason in change.why]
    if change.unknown:
        lines.append(f"    price: {change.unknown}")
    return lines
