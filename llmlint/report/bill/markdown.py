"""A bill → Markdown for a comment or a job summary; nothing in the scanned code can break out of it."""

from __future__ import annotations

from llmlint.money.bills.records import Bill, Budget, Change
from llmlint.report.bill.words import budget_line, change_of, place, total
from llmlint.report.markdown import code_span, escaped

MARK = "<!-- llmlint diff -->"  # by which a later run finds its own comment


def page(bill: Bill) -> str:
    """Nothing at all where there is nothing to report: no comment is written then."""
    if bill.quiet:
        return ""
    told = [c for c in bill.changes if not (c.kind == "moved" and c.free)]
    lines = [MARK, f"## LLM costs: {escaped(total(bill))}", ""]
    if told:
        lines += ["| call site | change | why | per 1,000 calls | a month |", "| --- | --- | --- | ---: | ---: |"]
        lines += [_row(change) for change in told]
    moved = len(bill.changes) - len(told)
    if moved:
        lines += ["", f"{moved:,} call site{'s' if moved > 1 else ''} only moved: free."]
    if bill.budgets:
        lines += ["", *(f"- {_sign(budget)} {escaped(budget_line(budget))}" for budget in bill.budgets)]
    for error in bill.errors:
        where = f"{error.path}:{error.line}" if error.line else error.path
        lines += ["", f"- {code_span(where)}: {escaped(str(error))}"]
    lines += ["", *(f"> {escaped(note)}" for note in bill.notes)] if bill.notes else []
    lines += ["", f"<sub>{escaped(f'llmlint diff, {bill.base} → {bill.head}')}</sub>"]
    return "\n".join(lines) + "\n"


def _row(change: Change) -> str:
    why = "<br>".join(escaped(reason) for reason in change.why)
    if change.unknown:
        why += f"<br><sub>{escaped(change.unknown)}</sub>"
    times = "× its loop" if change.repeats else ""
    per_1k = f"{change_of(change.per_1k)} {times}".strip()
    cells = (code_span(place(change)), change.kind, why, per_1k, change_of(change.per_month))
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _sign(budget: Budget) -> str:
    return "❌" if budget.broken else "❔" if budget.value_usd is None else "✅"
