"""A cheaper model for the same task, where the dearer one helps out.

`escalated_share` of the answers are not good enough and are asked for again from the dearer model; `check_usd_per_call`
is what telling them apart costs. Whether the cheaper model is good enough at all is a question for `llmlint eval`.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from llmlint.money.returns.inputs import AFTER, BEFORE, DAYS, assumed, needed
from llmlint.money.returns.records import Step, Sums
from llmlint.money.returns.working import figure, plus

TITLE = "a cheaper model"
NOTE = "whether it is good enough is for `llmlint eval` to say"


@dataclass(frozen=True)
class Tier:
    calls_per_day: Decimal = needed("calls a day", "Requests.")
    usd_per_call_before: Decimal = needed("USD a call", "Now.", instead=BEFORE)
    usd_per_call_after: Decimal = needed("USD a call", "Cheaper.", instead=AFTER)
    escalated_share: Decimal = assumed("0", "share", "Answers that the dearer model gives again.")
    check_usd_per_call: Decimal = assumed("0", "USD a call", "Telling good answers from others.")
    evaluation_usd: Decimal = assumed("0", "USD", "Finding out whether it is good enough.")

    def sums(self) -> Sums:
        calls = self.calls_per_day * DAYS
        before = calls * self.usd_per_call_before
        again = self.escalated_share * self.usd_per_call_before
        after = calls * (self.usd_per_call_after + again + self.check_usd_per_call)
        each = f"{figure(self.usd_per_call_after)}{plus(again, 'asked again')}{plus(self.check_usd_per_call, 'check')}"
        return Sums(before, after, self.evaluation_usd, (
            Step("before", f"{figure(calls)} calls × {figure(self.usd_per_call_before)} USD", before),
            Step("after", f"{figure(calls)} calls × ({each}) USD", after),
        ))  # fmt: skip
