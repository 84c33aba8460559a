"""What a run would ask → lines of text, before anything is spent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from llmlint.evals.conclusion import money
from llmlint.report.spans import visible

if TYPE_CHECKING:
    from llmlint.evals.bill import Bill
    from llmlint.evals.forecast import Forecast
    from llmlint.evals.task import Cast, Task


def render(
    task: Task, cast: Cast, forecasts: Mapping[str, Forecast], judging: Mapping[str, Decimal], bill: Bill,
    budget: Decimal | None, paid: int = 0, presumed: Sequence[str] = (),
) -> str:  # fmt: skip
    """judging: USD of grading an answer, by name; paid: answers that the store has; presumed: candidates that are
    first asked what they cost."""
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
    judges = sum(judging.values(), Decimal(0))
    if judges:
        lines.append(f"  grading: {money(judges / len(judging) * 1000)} per 1,000 answers on average")
    answers = len(cast.candidates) * len(task.rows)
    most = sum((one.most_usd for one in forecasts.values()), judges) * len(task.rows)
    all_of_them = f"every candidate on every item: {money(bill.whole)} for {answers:,} answers"
    lines += ["", f"{all_of_them}, {money(most)} were every answer as long as it may"]
    if bill.usd < bill.whole:
        lines.append(f"asking stops once it is decided: about {money(bill.usd)} for {bill.calls:,} answers")
    if presumed:
        names = ", ".join(map(visible, presumed))
        lines.append(f"first asked about a few items, to see how much they think and cost: {names}")
    if paid:
        lines.append(f"{paid:,} of the answers are paid for by earlier runs and cost nothing")
    if budget is not None:
        less = ": less than all of them cost" if budget < bill.whole else ""
        lines.append(f"budget: {money(budget)}, never exceeded{less}")
    return "\n".join(lines) + "\n"
