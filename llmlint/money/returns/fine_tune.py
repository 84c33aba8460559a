"""Fine-tuning: a small model that was tuned takes the place of a larger one, or of a long prompt.

Paid once: training, and what is easily forgotten (labelling, engineering, evaluation). Paid again: each training after
the first, since a tuned model is retired with the model it was made from; hosting, where the tuned model runs apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from llmlint.money.returns.inputs import AFTER, BEFORE, DAYS, assumed, needed
from llmlint.money.returns.records import Step, Sums
from llmlint.money.returns.working import figure, plus

TITLE = "fine-tuning"
NOTE = "a tuned model is retired with its base: count the trainings to come"


@dataclass(frozen=True)
class FineTune:
    calls_per_day: Decimal = needed("calls a day", "Requests that the tuned model takes over.")
    usd_per_call_before: Decimal = needed("USD a call", "Now.", instead=BEFORE)
    usd_per_call_after: Decimal = needed("USD a call", "Tuned.", instead=AFTER)
    training_usd: Decimal = needed("USD", "One training.")
    labelling_usd: Decimal = assumed("0", "USD", "Labelling the examples.")
    engineering_usd: Decimal = assumed("0", "USD", "People's work.")
    evaluation_usd: Decimal = assumed("0", "USD", "Finding out whether it is as good.")
    trainings_per_year: Decimal = assumed("0", "trainings a year", "After the first one.")
    hosting_usd_per_month: Decimal = assumed("0", "USD a month", "Running the tuned model, where that is paid apart.")

    def sums(self) -> Sums:
        calls = self.calls_per_day * DAYS
        before = calls * self.usd_per_call_before
        again = self.trainings_per_year * self.training_usd / 12
        after = calls * self.usd_per_call_after + again + self.hosting_usd_per_month
        one_off = self.training_usd + self.labelling_usd + self.engineering_usd + self.evaluation_usd
        more = plus(again, "for trainings to come") + plus(self.hosting_usd_per_month, "hosting")
        parts = plus(self.labelling_usd, "labelling") + plus(self.engineering_usd, "engineering")
        parts += plus(self.evaluation_usd, "evaluation")
        return Sums(before, after, one_off, (
            Step("before", f"{figure(calls)} calls × {figure(self.usd_per_call_before)} USD", before),
            Step("after", f"{figure(calls)} calls × {figure(self.usd_per_call_after)} USD{more}", after),
            Step("one-off", f"{figure(self.training_usd)} training{parts}", one_off),
        ))  # fmt: skip
