"""What a call site costs, worked out by hand beside it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from llmlint.facts import CallSite, CapFact, ContextFact, Facts, ModelFact, PromptFact, TaskFact
from llmlint.money.cost import site_cost, site_costs
from llmlint.money.prices import price_book
from llmlint.money.traffic import Traffic

BOOK = price_book(today=date(2026, 11, 25))
D = Decimal


def site(model="claude-opus-4-7", kind="generate", **more):
    values = (model,) if isinstance(model, str) else model
    return CallSite("a.py", 1, 1, 1, 1, kind, more.pop("provider", "anthropic"), "messages.create", model=ModelFact(values), **more)


def traffic(calls=None, reads=None, writes=None, **more):
    return Traffic(*(None if n is None else D(n) for n in (calls, reads, writes)), source="llmlint.yaml:3", **more)


def test_everything_declared_is_exact():
    cost = site_cost(site(), BOOK, traffic(12_000, 1_000, 200))
    by_hand = D(1_000 * 5 + 200 * 25) / 1_000_000
    assert (cost.per_call.low, cost.per_call.mid, cost.per_call.high) == (by_hand,) * 3
    assert cost.per_1k_calls.mid == by_hand * 1000
    assert cost.per_month.mid == by_hand * 12_000 * 30 == 3_600
    assert (cost.label, cost.volume_label) == ("declared", "declared")
    assert cost.formula == (
        "(1,000 in × 5.00 + 200 out × 25.00) ÷ 1,000,000 = 0.01 USD a call; × 12,000 a day × 30 days = 3,600 USD a month"
    )


def test_without_traffic_there_is_no_month():
    cost = site_cost(site(), BOOK)
    assert cost.per_month is None
    assert cost.per_1k_calls.low < cost.per_1k_calls.mid < cost.per_1k_calls.high
    assert cost.label == "assumed"
    assert cost.formula.endswith("USD") and "a day" not in cost.formula


def test_observed_numbers_are_labelled_so():
    cost = site_cost(site(), BOOK, traffic(10, 1_000, 200, basis="observed", cache_read_tokens=D(400)))
    assert cost.per_call.mid == (600 * 5 + D(400) * D("0.5") + 200 * 25) / 1_000_000
    assert (cost.label, cost.volume_label) == ("observed", "observed")


def test_a_declared_model_prices_what_the_code_leaves_open():
    said = traffic(10, 1_000, 200, model="claude-opus-4-7")
    cost = site_cost(site(()), BOOK, said)
    assert (cost.model, cost.per_call) == ("claude-opus-4-7", site_cost(site(), BOOK, said).per_call)
    assert cost.assumptions[0] == "the code shows no model: claude-opus-4-7 is declared (llmlint.yaml:3)"
    assert site_cost(site("claude-haiku-4-5"), BOOK, said).model == "claude-haiku-4-5"  # the code goes before it


def test_a_cap_bounds_the_answer():
    capped = site_cost(site(output_cap=CapFact("set", 100), task=TaskFact("qa")), BOOK, traffic(reads=1_000))
    assert (capped.output.span.low, capped.output.span.mid, capped.output.span.high) == (50, 100, 100)
    assert capped.label == "assumed"
    open_ended = site_cost(site(output_cap=CapFact("missing")), BOOK)
    assert any("nothing limits the answer" in note for note in open_ended.assumptions)


def test_thinking_is_paid_as_output():
    plain = site_cost(site("claude-haiku-4-5"), BOOK).output.span
    thinking = site_cost(site("claude-haiku-4-5", thinking_tokens=4_000), BOOK).output.span
    assert (thinking.mid - plain.mid, thinking.high - plain.high) == (2_000, 4_000)


def test_several_answers_and_several_models():
    one, three = (site_cost(site("gpt-5", provider="openai", candidates=n), BOOK).output.span.mid for n in (None, 3))
    assert three == 3 * one
    both = site_cost(site(("claude-haiku-4-5", "claude-opus-4-7")), BOOK)
    cheap, dear = (site_cost(site(name), BOOK) for name in ("claude-haiku-4-5", "claude-opus-4-7"))
    assert (both.per_call.low, both.per_call.mid, both.per_call.high) == (
        cheap.per_call.low, dear.per_call.mid, dear.per_call.high,
    )  # fmt: skip
    assert both.model == "claude-opus-4-7"


CACHED = PromptFact(
    static_tokens=8_000, constant_tokens=8_000, cached=True, cached_tokens=8_000, cache_mode="explicit", cache_minimum=2_048
)


def test_nine_tenths_off_cached_input_after_the_first_call():
    cost = site_cost(site(prompt=CACHED), BOOK, traffic(reads=8_000, writes=0))
    first, later = D(8_000) * D("6.25"), D(8_000) * D("0.5")
    assert cost.per_call.mid == (first + 999 * later) / 1000 / 1_000_000
    assert later == D(8_000) * 5 / 10


@pytest.mark.parametrize(
    ("calls", "life", "share"),
    [(1_440, "5m", "0.9933"), (24, "5m", "0.08"), (24, "1h", "0.6321"), (100_000, "5m", "1.0")],
)
def test_the_share_that_finds_the_cache_warm_follows_from_the_volume(calls, life, share):
    prompt = PromptFact(static_tokens=8_000, cached=True, cached_tokens=8_000, cache_mode="explicit", ttl=life)
    assert site_cost(site(prompt=prompt), BOOK, traffic(calls, 8_000, 0)).caching.hits.mid == D(share)


def test_below_the_models_minimum_nothing_is_cached():
    prompt = PromptFact(static_tokens=1_000, cached=True, cached_tokens=1_000, cache_mode="explicit")
    cost = site_cost(site(prompt=prompt), BOOK, traffic(reads=1_000, writes=0))
    assert cost.per_call.mid == D(5_000) / 1_000_000


def test_an_automatic_cache_is_not_certain():
    prompt = PromptFact(static_tokens=4_000, constant_tokens=4_000, constant=True, cache_mode="automatic")
    cost = site_cost(site("gpt-5", provider="openai", prompt=prompt), BOOK, traffic(writes=0))
    assert cost.per_call.high >= D(4_000) * D("1.25") / 1_000_000
    assert cost.per_call.mid < D(4_000) * D("0.13") / 1_000_000


def test_what_caching_and_batches_would_make_of_it():
    prompt = PromptFact(static_tokens=8_000, constant_tokens=8_000, cached=False, cache_mode="explicit", cache_minimum=2_048)
    offline = ContextFact(offline=True)
    cost = site_cost(site(prompt=prompt, batch_api=True, context=offline), BOOK, traffic(100_000, 9_000, 100))
    options = {option.name: option.per_call.mid for option in cost.options}
    assert cost.per_call.mid == D(9_000 * 5 + 100 * 25) / 1_000_000
    assert options["cache"] == (8_000 * D("0.5") + 1_000 * 5 + 100 * 25) / 1_000_000
    assert options["batch"] == cost.per_call.mid / 2
    assert options["cache and batch"] == options["cache"] / 2


@pytest.mark.parametrize("more", [{"context": ContextFact(user_facing=True)}, {"stream": True}, {"batch_api": False}])
def test_no_batch_for_whoever_waits(more):
    given = {"batch_api": True, **more}
    assert site_cost(site(**given), BOOK).options == ()


def test_a_batch_is_paid_at_the_batch_price():
    single, batch = (site_cost(site(kind=kind), BOOK, traffic(reads=1_000, writes=100)) for kind in ("generate", "batch"))
    assert batch.per_call.mid * 2 == single.per_call.mid
    assert "a request of the batch" in batch.formula


@pytest.mark.parametrize(
    ("one", "words"),
    [
        (site(model=()), "does not show which model"),
        (site("claude-foo"), "no price is known for claude-foo"),
        (site("my-deployment", provider="azure-openai"), "no price is known for my-deployment"),
        (site("llama-3.3-70b", endpoint="local"), "a server of your own"),
        (site(kind="fine_tune"), "fine-tuning job"),
        (site(kind="image"), "images"),
    ],
)
def test_what_has_no_price_says_why_and_is_not_zero(one, words):
    cost = site_cost(one, BOOK, traffic(100, 10, 10))
    assert cost.per_call is None and cost.per_month is None and cost.per_1k_calls is None
    assert words in cost.reason
    assert cost.fact().usd_per_call is None and words in cost.fact().assumptions[0]


def test_a_server_of_ones_own_is_paid_by_the_policy():
    book = price_book([{"llama-3.3-70b": {"gpu_hour_usd": 2, "tokens_per_second": 1000}}], today=BOOK.today)
    cost = site_cost(site("llama-3.3-70b", endpoint="local"), book, traffic(1, 1_000_000, 0))
    assert round(cost.per_call.mid, 6) == round(D(2_000_000) / 3_600_000, 6)


def test_another_server_is_priced_by_the_models_maker_and_says_so():
    cost = site_cost(site("deepseek-chat", provider="openai", endpoint="other"), BOOK)
    assert cost.per_call is not None
    assert any("its price may differ" in note for note in cost.assumptions)


def test_a_model_object_is_paid_where_it_is_asked():
    made = site(kind="constructor")
    asking = CallSite("a.py", 9, 9, 1, 1, "generate", "langchain", "invoke", model=made.model, constructed_at=("a.py:1",))
    first, second = site_costs(Facts("/", (made, asking)), BOOK, {})
    assert first.per_call is None and first.reason == "counted where the model is asked: a.py:9"
    assert second.per_call is not None
    (alone,) = site_costs(Facts("/", (made,)), BOOK, {})
    assert alone.per_call is not None


def test_embeddings_write_nothing_and_counting_is_free():
    embed = site_cost(site("text-embedding-3-small", "embed", provider="openai"), BOOK, traffic(reads=1_000_000))
    assert embed.per_call.mid == D("0.02")
    assert site_cost(site(kind="count"), BOOK).assumptions == ("providers count tokens for nothing",)


def test_of_several_texts_the_range_goes_from_the_shortest_to_the_longest():
    prompt = PromptFact(static_tokens=10, constant_tokens=500, least_tokens=100, constant=True)
    span = site_cost(site(prompt=prompt), BOOK).input.span
    assert (span.low, span.mid, span.high) == (75, 300, 750)


@pytest.mark.parametrize("more", [{"prompt": PromptFact(history="unbounded")}, {"context": ContextFact(loop_class="agent")}])
def test_no_batch_for_what_goes_on_from_the_answer_before(more):
    assert site_cost(site(batch_api=True, **more), BOOK).options == ()
