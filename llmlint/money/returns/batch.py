"""Batches: the same requests through the provider's Batch API, where an answer may take up to a day.

Only the share that can wait moves, at the batch's discount; `upkeep_usd_per_month` is what watching the jobs costs.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from llmlint.money.returns.inputs import BEFORE, DAYS, assumed, needed
from llmlint.money.returns.records import Step, Sums
from llmlint.money.returns.working import figure, plus

TITLE = "batches"
NOTE = "an answer can take up to 24 hours"


@dataclass(frozen=True)
class Batch:
    calls_per_day: Decimal = needed("calls a day", "Requests.")
    usd_per_call: Decimal = needed("USD a call", "What one costs now.", instead=BEFORE)
    deferrable_share: Decimal = assumed("1", "share", "Requests whose answer can wait a day.")
    discount: Decimal = assumed("0.5", "share", "What the Batch API takes off.")
    upkeep_usd_per_month: Decimal = assumed("0", "USD a month", "Watching the jobs, fetching the results.")
    one_off_usd: Decimal = assumed("0", "USD", "Work to put it in place.")

    def sums(self) -> Sums:
        calls = self.calls_per_day * DAYS
        before = calls * self.usd_per_call
        saved = self.deferrable_share * self.discount
        after = before * (1 - saved) + self.upkeep_usd_per_month
        return Sums(before, after, self.one_off_usd, (
            Step("before", f"{figure(calls)} calls × {figure(self.usd_per_call)} USD", before),
            Step("after", f"before × (1 − {figure(self.deferrable_share)} × {figure(self.discount)})"
                          + plus(self.upkeep_usd_per_month, "upkeep"), after),
        ))  # fmt: skip
