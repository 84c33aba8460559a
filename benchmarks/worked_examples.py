"""The worked examples of docs/prices.md: run `python benchmarks/worked_examples.py`.

Prices are those of the pack prices/reference-2026, so that the figures stay the same.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

from llmlint.judge.policy import load_policy
from llmlint.money.mix import Mix, cheaper_by, mixed_cost
from llmlint.money.prices import PriceBook, price_book
from llmlint.money.returns.fine_tune import FineTune
from llmlint.money.usage import Usage

BEFORE = Mix((("claude-opus-4-7", Decimal(1)),))
AFTER = Mix(
    (("claude-opus-4-7", Decimal("0.4")), ("claude-sonnet-4-6", Decimal("0.4")), ("claude-haiku-4-5", Decimal("0.2"))),
    cached=Decimal("0.5"), batched=Decimal("0.25"),
)  # fmt: skip
REQUEST = Usage(input_tokens=3_000, output_tokens=300)
TUNING = FineTune(
    calls_per_day=Decimal(100_000), usd_per_call_before=Decimal("0.001"), usd_per_call_after=Decimal("0.0001"),
    training_usd=Decimal(500),
)  # fmt: skip


def reference_book() -> PriceBook:
    with TemporaryDirectory() as folder:
        (Path(folder) / "llmlint.yaml").write_text("extends: [default, prices/reference-2026]\n")
        policy = load_policy(Path(folder))
    return price_book([policy.extra["prices"]], policy.origin)


def main() -> None:
    book = reference_book()
    print("the same requests, 3,000 tokens in and 300 out, USD per 1,000:")
    steps = {
        "all on Opus 4.7, no cache, no batch": BEFORE,
        "+ 40 % Sonnet 4.6, 20 % Haiku 4.5": replace(AFTER, cached=Decimal(0), batched=Decimal(0)),
        "+ 50 % of the input from the cache": replace(AFTER, batched=Decimal(0)),
        "+ 25 % of the requests in batches": AFTER,
    }
    for words, mix in steps.items():
        cost, saved = mixed_cost(book, mix, REQUEST) * 1000, cheaper_by(book, BEFORE, mix, REQUEST)
        print(f"  {words:38} {cost:7.2f}  {saved:6.1%} less")
    sums = TUNING.sums()
    print(f"fine-tuning, 100,000 requests a day, {sums.one_off} USD of training:")
    print(f"  before {sums.before:,.0f} USD a month, after {sums.after:,.0f}")
    days, three_months = (sums.payback_months or 0) * 30, sums.net * 3
    print(f"  paid back in {days:.1f} days; three months take a one-off cost of {three_months:,.0f} USD")


if __name__ == "__main__":
    main()
