"""The pack prices/reference-2026 and what is said of it, worked out by the program."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from benchmarks.worked_examples import AFTER, BEFORE, REQUEST, TUNING, reference_book
from llmlint.errors import UserError
from llmlint.judge.policy import load_policy
from llmlint.money.mix import Mix, cheaper_by, mixed_cost
from llmlint.money.prices import price_book
from llmlint.money.usage import Usage

BOOK = reference_book()
D, M = Decimal, 1_000_000


@pytest.mark.parametrize(
    ("model", "usd_in", "usd_out"),
    [
        ("claude-opus-4-7", "15", "75"),
        ("us.anthropic.claude-opus-4-7-v1:0", "15", "75"),
        ("claude-sonnet-4-6", "3", "15"),
        ("claude-haiku-4-5-20251001", "0.25", "1.25"),
        ("openai/gpt-5", "5", "15"),
        ("gpt-5-mini", "0.5", "2"),
        ("meta-llama/Llama-3.3-70B-Instruct", "0.5", "0.5"),
    ],
)
def test_the_table(model, usd_in, usd_out):
    price = BOOK.find(model)
    assert (price.input_usd_per_mtok, price.output_usd_per_mtok) == (D(usd_in), D(usd_out))


def test_it_is_not_what_holds_by_default(tmp_path):
    assert price_book([load_policy(tmp_path).extra.get("prices", {})]).find("claude-opus-4-7").input_usd_per_mtok == 5


@pytest.mark.parametrize("pack", ["prices/reference-2026", "[strict, prices/reference-2026]"])
def test_it_can_be_chosen_beside_any_other_pack(tmp_path: Path, pack):
    (tmp_path / "llmlint.yaml").write_text(f"extends: {pack}\nprices: {{gpt-5: {{discount: 0.5}}}}\n")
    policy = load_policy(tmp_path)
    book = price_book([policy.extra["prices"]], policy.origin)
    assert book.find("claude-opus-4-7").input_usd_per_mtok == 15
    assert book.find("gpt-5").source.endswith("llmlint.yaml:2")
    assert policy.tiers["classification"] == "small"


@pytest.mark.parametrize("model", ["claude-opus-4-7", "claude-sonnet-4-6", "claude-haiku-4-5", "gpt-5", "gpt-5-mini"])
def test_ninety_percent_off_cached_input_after_the_first_call(model):
    price = BOOK.find(model)
    assert price.cost(Usage(cache_read_tokens=M)) == price.cost(Usage(M)) / 10


@pytest.mark.parametrize("model", ["claude-opus-4-7", "claude-sonnet-4-6", "claude-haiku-4-5"])
def test_the_first_call_pays_a_quarter_more(model):
    price = BOOK.find(model)
    assert price.cost(Usage(cache_write_tokens=M)) == price.cost(Usage(M)) * D("1.25")


@pytest.mark.parametrize("model", ["claude-opus-4-7", "claude-sonnet-4-6", "claude-haiku-4-5", "gpt-5", "gpt-5-mini"])
def test_fifty_percent_off_batches(model):
    price = BOOK.find(model)
    usage = Usage(9_000, 700, cache_read_tokens=300)
    assert price.cost(usage, batch=True) == price.cost(usage) / 2


def test_output_costs_about_five_times_input():
    ratios = {
        name: BOOK.find(name).output_usd_per_mtok / BOOK.find(name).input_usd_per_mtok
        for name in ("claude-opus-4-7", "claude-sonnet-4-6", "claude-haiku-4-5", "gpt-5", "gpt-5-mini")
    }
    assert ratios == {
        "claude-opus-4-7": 5, "claude-sonnet-4-6": 5, "claude-haiku-4-5": 5, "gpt-5": 3, "gpt-5-mini": 4,
    }  # fmt: skip


def test_fine_tuning_breaks_even_in_six_days_by_its_own_figures():
    sums = TUNING.sums()
    assert (sums.before, sums.after, sums.one_off) == (3_000, 300, 500)
    assert round(sums.payback_months * 30, 1) == D("5.6")
    three_months = sums.net * 3
    assert three_months == 8_100
    dearer = replace(TUNING, labelling_usd=D(4_000), engineering_usd=D(3_000), evaluation_usd=D(600))
    assert dearer.sums().one_off == three_months
    assert dearer.sums().payback_months == 3


def test_the_same_output_seventy_percent_cheaper():
    by_hand = D(0)
    for share, usd in ((D("0.4"), 15), (D("0.4"), 3), (D("0.2"), D("0.25"))):
        each = (1_500 * usd + 1_500 * usd / D(10) + 300 * usd * 5) / M
        by_hand += share * (each * D("0.75") + each / 2 * D("0.25"))
    assert mixed_cost(BOOK, AFTER, REQUEST) == by_hand
    assert mixed_cost(BOOK, BEFORE, REQUEST) == D("0.0675")
    assert D("0.70") <= cheaper_by(BOOK, BEFORE, AFTER, REQUEST) < D("0.71")
    # no single step does it
    for one in (
        replace(AFTER, cached=D(0), batched=D(0)), Mix(BEFORE.models, cached=AFTER.cached), Mix(BEFORE.models, batched=AFTER.batched),
    ):  # fmt: skip
        assert cheaper_by(BOOK, BEFORE, one, REQUEST) < D("0.70")


@pytest.mark.parametrize("mix", [Mix((("gpt-5", D("0.9")),)), Mix((("gpt-5", D(1)),), cached=D(2)), Mix((("gpt-banan", D(1)),))])
def test_a_mix_that_is_none_is_refused(mix):
    with pytest.raises(UserError):
        mixed_cost(BOOK, mix, REQUEST)


def test_the_page_has_the_figures_that_the_program_prints(capsys):
    from benchmarks.worked_examples import main

    main()
    page = (Path(__file__).parents[2] / "docs" / "prices.md").read_text("utf-8")
    for line in capsys.readouterr().out.splitlines():
        assert line in page, line
