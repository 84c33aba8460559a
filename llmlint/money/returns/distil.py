"""Distilling: a small model learns one narrow task from the stored answers of the large one.

The student answers `student_share` of the calls for good; the others go on to the teacher after the student has tried.
Examples that are already stored cost nothing: `usd_per_example` 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from llmlint.money.returns.inputs import AFTER, BEFORE, DAYS, assumed, needed
from llmlint.money.returns.records import Step, Sums
from llmlint.money.returns.working import figure, plus

TITLE = "distilling"
NOTE = "try a small model as it is first: `llmlint eval` says whether it is good enough without training"


@dataclass(frozen=True)
class Distil:
    calls_per_day: Decimal = needed("calls a day", "Requests of the task.")
    usd_per_call_before: Decimal = needed("USD a call", "The teacher.", instead=BEFORE)
    usd_per_call_after: Decimal = needed("USD a call", "The student.", instead=AFTER)
    training_usd: Decimal = needed("USD", "One training of the student.")
    student_share: Decimal = assumed("1", "share", "Calls that the student answers for good.")
    examples: Decimal = assumed("5000", "examples", "Answers of the teacher to learn from.", whole=True)
    usd_per_example: Decimal = assumed("0", "USD", "Getting one: 0 where stored, else the teacher's call and a check.")
    engineering_usd: Decimal = assumed("0", "USD", "People's work.")
    evaluation_usd: Decimal = assumed("0", "USD", "Finding out whether it is as good.")
    trainings_per_year: Decimal = assumed("0", "trainings a year", "After the first one.")
    hosting_usd_per_month: Decimal = assumed("0", "USD a month", "Running the student, where that is paid apart.")

    def sums(self) -> Sums:
        calls = self.calls_per_day * DAYS
        before = calls * self.usd_per_call_before
        each = self.usd_per_call_after + (1 - self.student_share) * self.usd_per_call_before
        again = self.trainings_per_year * self.training_usd / 12
        after = calls * each + again + self.hosting_usd_per_month
        taught = self.examples * self.usd_per_example
        one_off = self.training_usd + taught + self.engineering_usd + self.evaluation_usd
        parts = plus(taught, "examples") + plus(self.engineering_usd, "engineering")
        parts += plus(self.evaluation_usd, "evaluation")
        teacher = f"{figure(1 - self.student_share)} × {figure(self.usd_per_call_before)}"
        tried = f"{figure(self.usd_per_call_after)} + {teacher}"
        more = plus(again, "for trainings to come") + plus(self.hosting_usd_per_month, "hosting")
        return Sums(before, after, one_off, (
            Step("before", f"{figure(calls)} calls × {figure(self.usd_per_call_before)} USD", before),
            Step("after", f"{figure(calls)} calls × ({tried}) USD{more}", after),
            Step("one-off", f"{figure(self.training_usd)} training{parts}", one_off),
        ))  # fmt: skip
