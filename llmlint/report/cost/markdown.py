"""`Ledger` → Markdown tables; nothing in the scanned code can break out of them."""

from __future__ import annotations

from pathlib import Path

from llmlint.money.amounts import dollar_range, dollars
from llmlint.money.cost import SiteCost
from llmlint.money.ledger import Ledger
from llmlint.report.cost import age, closing, shown_place
from llmlint.report.markdown import code_span, escaped


def render(ledger: Ledger, base: Path | None, explain: bool = False, width: int = 100) -> str:
    lines = ["## What the LLM calls cost", "", f"USD, {escaped(age(ledger))}", ""]
    if ledger.by != "site":
        lines += [f"| {ledger.by} | call sites | 1,000 calls of each | a month |", "| --- | ---: | ---: | ---: |"]
        for group in ledger.groups:
            month = "–" if group.per_month is None else dollars(group.per_month.mid)
            thousand = "–" if group.per_1k is None else dollars(group.per_1k.mid)
            lines.append(f"| {escaped(group.name)} | {group.sites} | {thousand} | {month} |")
    else:
        lines.append("| place | model | 1,000 calls | range | a month | rests on |")
        lines.append("| --- | --- | ---: | ---: | ---: | --- |")
        lines += [_row(ledger, one, base) for one in ledger.costs]
    lines += ["", *(escaped(line) + "  " for line in closing(ledger))]
    if explain:
        lines += ["", "<details>", "<summary>How it was worked out</summary>", ""]
        for one in ledger.costs:
            lines.append(f"- {code_span(shown_place(ledger, one, base))}: {escaped(one.formula or one.reason)}")
            lines += [f"  - {escaped(note)}" for note in one.assumptions]
        lines += ["", "</details>"]
    return "\n".join(line.rstrip() if not line.endswith("  ") else line for line in lines) + "\n"


def _row(ledger: Ledger, one: SiteCost, base: Path | None) -> str:
    model = one.model or " ".join(one.site.model.values) or "unknown"
    place = code_span(shown_place(ledger, one, base)).replace("|", "\\|")
    if one.per_1k_calls is None:
        row = (place, escaped(model), "–", "", "–", escaped(one.reason))
    else:
        thousand, month = one.per_1k_calls, one.per_month
        spread = "" if thousand.exact else dollar_range(thousand)
        label = one.label if one.volume_label in (None, one.label) else f"{one.label}, volume {one.volume_label}"
        monthly = "–" if month is None else dollars(month.mid)
        row = (place, escaped(model), dollars(thousand.mid), spread, monthly, label)
    return "| " + " | ".join(row) + " |"
