"""A semantic cache: questions that mean the same get the answer that is stored, found by their embedding.

Every question pays for its embedding; a hit saves the model's answer. Among the hits are answers to another question;
`usd_per_wrong_answer` is what one costs you (a second question, a call of support).
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from llmlint.money.returns.inputs import BEFORE, DAYS, assumed, needed
from llmlint.money.returns.records import Step, Sums
from llmlint.money.returns.working import figure, plus

TITLE = "a semantic cache"
NOTE = "measure the hit share on a week of logged questions before you build it"


@dataclass(frozen=True)
class SemanticCache:
    calls_per_day: Decimal = needed("calls a day", "Questions.")
    usd_per_call: Decimal = needed("USD a call", "What an answer of the model costs.", instead=BEFORE)
    hit_share: Decimal = assumed("0.3", "share", "Questions that were asked before in other words.")
    embedding_usd_per_call: Decimal = assumed("0.000002", "USD a call", "Embedding one question (100 tokens at 0.02).")
    store_usd_per_month: Decimal = assumed("50", "USD a month", "The vector store.")
    wrong_share: Decimal = assumed("0.01", "share", "Hits that answer another question.")
    usd_per_wrong_answer: Decimal = assumed("0", "USD", "What a wrong answer costs.")
    one_off_usd: Decimal = assumed("0", "USD", "Work to put it in place.")

    def sums(self) -> Sums:
        calls = self.calls_per_day * DAYS
        before = calls * self.usd_per_call
        wrong = self.hit_share * self.wrong_share * self.usd_per_wrong_answer
        after = calls * ((1 - self.hit_share) * self.usd_per_call + self.embedding_usd_per_call + wrong)
        each = f"{figure(1 - self.hit_share)} × {figure(self.usd_per_call)} + {figure(self.embedding_usd_per_call)}"
        working = f"{figure(calls)} calls × ({each}{plus(wrong, 'for wrong answers')})"
        return Sums(before, after + self.store_usd_per_month, self.one_off_usd, (
            Step("before", f"{figure(calls)} calls × {figure(self.usd_per_call)} USD", before),
            Step("after", working + plus(self.store_usd_per_month, "store"), after + self.store_usd_per_month),
        ))  # fmt: skip
