"""Build or buy: an open model on graphics cards of one's own against paying by the token.

A request keeps a replica busy for input / input_tokens_per_second + output / output_tokens_per_second seconds. Enough
replicas run, day and night, for the busiest hour (`peak_factor` times the mean), at `load` of what they can; one of
them takes `gpus_per_replica` cards. `usd_per_mtok`, a price for hosted open models, goes before the cards where given.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal

from llmlint.money.returns.inputs import BEFORE, DAYS, HOURS, MTOK, assumed, needed
from llmlint.money.returns.records import Step, Sums
from llmlint.money.returns.working import figure, plus

TITLE = "hosting a model of one's own"
NOTE = "cards are bought whole: the cost after moves in steps; look at the question again once a year"


@dataclass(frozen=True)
class SelfHost:
    calls_per_day: Decimal = needed("calls a day", "Requests.")
    usd_per_call_before: Decimal = needed("USD a call", "Now.", instead=BEFORE)
    input_tokens: Decimal = needed("tokens", "Read in one request.")
    output_tokens: Decimal = needed("tokens", "Written in one answer.")
    gpu_usd_per_hour: Decimal = assumed("2.5", "USD an hour", "One card, rented or written off.")
    output_tokens_per_second: Decimal = assumed("1500", "tokens a second", "One replica writes, in all.", low="1")
    input_tokens_per_second: Decimal = assumed("15000", "tokens a second", "One replica reads.", low="1")
    gpus_per_replica: Decimal = assumed("2", "cards", "That one copy of the model takes.", whole=True, low="1")
    peak_factor: Decimal = assumed("3", "times the mean", "The busiest hour.", low="1")
    load: Decimal = assumed("0.7", "share", "Of its throughput that a replica is planned for.", low="0.05")
    spare_replicas: Decimal = assumed("1", "replicas", "For when one fails.", whole=True)
    operations_usd_per_month: Decimal = assumed("3000", "USD a month", "People who run it.")
    usd_per_mtok: Decimal | None = assumed(None, "USD per million tokens", "Hosting at a flat price instead.")
    one_off_usd: Decimal = assumed("10000", "USD", "Setting it up, and finding out whether the model is good enough.")

    @property
    def cards(self) -> Decimal:
        """How many cards run."""
        seconds = self.input_tokens / self.input_tokens_per_second + self.output_tokens / self.output_tokens_per_second
        busy = self.calls_per_day / 86400 * seconds * self.peak_factor / self.load
        return (max(busy.to_integral_value(ROUND_CEILING), Decimal(1)) + self.spare_replicas) * self.gpus_per_replica

    def sums(self) -> Sums:
        calls = self.calls_per_day * DAYS
        before = calls * self.usd_per_call_before
        if self.usd_per_mtok is not None:
            million = calls * (self.input_tokens + self.output_tokens) / MTOK
            hosting = million * self.usd_per_mtok
            working = f"{figure(million)} million tokens × {figure(self.usd_per_mtok)} USD"
        else:
            hosting = self.cards * HOURS * self.gpu_usd_per_hour
            working = f"{figure(self.cards)} cards × {figure(HOURS)} hours × {figure(self.gpu_usd_per_hour)} USD"
        after = hosting + self.operations_usd_per_month
        return Sums(before, after, self.one_off_usd, (
            Step("before", f"{figure(calls)} calls × {figure(self.usd_per_call_before)} USD", before),
            Step("after", working + plus(self.operations_usd_per_month, "operations"), after),
        ))  # fmt: skip
