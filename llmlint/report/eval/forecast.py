"""What a run would ask → lines of text, before anything is spent."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING

from llmlint.evals.conclusion import money
from llmlint.report.spans import visible

if TYPE_CHECKING:
    from llmlint.evals.bill import Bill
    from llmlint.evals.forecast import Forecast
    from llmlint.evals.task import Cast, Task


def render(task: Task, cast: Cast, forecasts: Mapping[str, Forecast], bill: Bill, budget: Decimal | None) -> str:
    kind = task.kind.replace("_", " ")
    lines = [f"{task.name}: {kind}, {len(task.rows):,} items, {len(cast.candidates)} candidates", ""]
    if cast.note:
        lines += [visible(cast.note), ""]
    width = max(len(one.name) for one in cast.candidates)
    for one in cast.candidates:
        known = forecasts[one.name]
        reads, writes = known.usage.prompt_tokens, known.usage.output_tokens
        cached = f", {known.usage.cache_read_tokens:,} of them cached" if known.usage.cache_read_tokens else ""
        role = "  reference" if one.name == cast.reference else ""
        lines.append(
            f"  {visible(one.name):<{width}}  {money(known.usd * 1000):>8} per 1,000 items "
            f"(about {reads:,} tokens read{cached}, {writes:,} written){role}"
        )
    whole = sum((one.usd for one in forecasts.values()), Decimal(0)) * len(task.rows)
    most = sum((one.most_usd for one in forecasts.values()), Decimal(0)) * len(task.rows)
    at_most = f"were every answer as long as it may: {money(most)}"
    lines += ["", f"every candidate on every item: about {money(whole)}, {at_most}"]
    if bill.usd < whole:
        range_ = f"{money(bill.low)} to {money(bill.high)} in eight runs of ten"
        lines.append(f"until it is decided: about {money(bill.usd)} for {bill.calls:,} answers, {range_}")
    if budget is not None:
        lines.append(f"budget: {money(budget)}, never exceeded" + (": less than the whole" if budget < whole else ""))
    return "\n".join(lines) + "\n"
