"""A call site, prices and traffic → what it costs: per call, per 1,000 calls, per month, with the formula.

    costs = site_costs(facts, book, traffic_of(policy, facts))
    costs[0].per_month            # Span(low, mid, high) in USD, or None: nobody has said how often it runs

Without traffic there is no figure per month: a volume that nobody gave is not made up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any, Literal

from llmlint.facts import CallSite, CostFact, Facts
from llmlint.light import dataclass
from llmlint.money.amounts import Basis, Span, Tokens, count, dollars, exactly, spanning, weakest
from llmlint.money.caching import NO_CACHE, Caching, caching_now, caching_possible
from llmlint.money.prices import Price, PriceBook
from llmlint.money.sizes import Size, size_of
from llmlint.money.traffic import DAYS_PER_MONTH, Traffic
from llmlint.money.usage import Usage

THOUSAND = Decimal(1000)
Count = Callable[[CallSite, str], "int | None"]  # a call site and a model id → exact tokens, None: estimate them
Label = Literal["declared", "observed", "assumed"]
UNPRICED = {
    "fine_tune": "a fine-tuning job is paid by the tokens that it trains on, which the code does not show",
    "image": "images are not paid by the tokens of a prompt",
    "audio": "sound is not paid by the tokens of a prompt",
}


@dataclass(frozen=True, slots=True)
class Option:
    """What the same request would cost otherwise. name: "cache", "batch" or "cache and batch"; if_: its condition."""

    name: str
    per_call: Span
    if_: str


@dataclass(frozen=True, slots=True)
class SiteCost:
    """What one call site costs, in USD. per_call None: not known, `reason` says why.

    model: the one that the middle and the formula are for, the dearest where several can be asked. source: of its
    price. label: what the numbers rest on at the weakest point. assumptions: sentences, one for each.
    """

    site: CallSite
    per_call: Span | None = None
    calls_per_day: Decimal | None = None
    label: Label = "assumed"
    volume_label: Label | None = None
    model: str = ""
    source: str = ""
    input: Tokens | None = None
    output: Tokens | None = None
    caching: Caching = NO_CACHE
    batched: bool = False
    formula: str = ""
    assumptions: tuple[str, ...] = ()
    reason: str = ""
    elsewhere: bool = False  # a model object is made here: it is paid where it is asked
    options: tuple[Option, ...] = ()

    @property
    def place(self) -> str:
        return self.site.place

    @property
    def calls_per_month(self) -> Decimal | None:
        return None if self.calls_per_day is None else self.calls_per_day * DAYS_PER_MONTH

    @property
    def per_1k_calls(self) -> Span | None:
        return None if self.per_call is None else self.per_call * THOUSAND

    @property
    def per_month(self) -> Span | None:
        """None: the price or the volume is not known."""
        return self.monthly(self.per_call)

    def monthly(self, per_call: Span | None) -> Span | None:
        calls = self.calls_per_month
        return None if per_call is None or calls is None else per_call * calls

    def fact(self) -> CostFact:
        """As `llmlint facts` and rules see it."""
        call, month = self.per_call, self.per_month
        told = self.assumptions if call is not None else (self.reason,)
        return CostFact(
            None if call is None else (float(call.low), float(call.high)),
            None if month is None else float(month.mid), told,
        )  # fmt: skip


def site_costs(
    facts: Facts, book: PriceBook, traffic: Mapping[str, Traffic], count: Count | None = None
) -> tuple[SiteCost, ...]:
    """One for each call site, in their order. A model object is paid where it is asked, not where it is made."""
    asked = {place: site for site in facts.call_sites for place in site.constructed_at}
    out = []
    for site in facts.call_sites:
        user = asked.get(site.place) if site.kind == "constructor" else None
        if user is not None:
            out.append(SiteCost(site, reason=f"counted where the model is asked: {user.place}", elsewhere=True))
        else:
            out.append(site_cost(site, book, traffic.get(site.place), count))
    return tuple(out)


def site_cost(
    site: CallSite, book: PriceBook, traffic: Traffic | None = None, count: Count | None = None
) -> SiteCost:
    """What one request costs at the book's prices. A batch: each request in it. count: of the text in the code."""
    blank = SiteCost(
        site, calls_per_day=traffic.calls_per_day if traffic else None, volume_label=traffic.basis if traffic else None
    )
    if site.kind == "count":
        free = "providers count tokens for nothing"
        return replace(blank, per_call=exactly(0), label="declared", formula=free, assumptions=(free,))
    if site.kind in UNPRICED:
        return replace(blank, reason=UNPRICED[site.kind])
    models, told = site.model.values, ""
    if not models and traffic is not None and traffic.model is not None:
        models = (traffic.model,)
        told = f"the code shows no model: {traffic.model} is {traffic.basis} ({traffic.source})"
    if not models:
        return replace(blank, reason="the code does not show which model is asked (declare it: docs/cost.md)")
    priced, missing = [], []
    for model in models:
        price = _price(site, model, book)
        if price is None:
            missing.append(model)
        else:
            priced.append(_of_model(blank, traffic, model, price, count(site, model) if count else None))
    if not priced:
        return replace(blank, reason=_no_price(site, missing))
    known = _of_all(priced, missing)
    return replace(known, assumptions=(told, *known.assumptions)) if told else known


def _price(site: CallSite, model: str, book: PriceBook) -> Price | None:
    if site.endpoint == "local":
        return book.own(model)
    if site.endpoint == "other":
        price = book.find(model)
        note = "another server than the provider's is asked: its price may differ"
    else:
        price = book.find(model, site.provider)
        note = "the server's address comes from elsewhere: priced as if it were the provider's"
    if price is None or site.endpoint == "default":
        return price
    return replace(price, notes=(*price.notes, note))


def _no_price(site: CallSite, missing: list[str]) -> str:
    if site.endpoint == "local":
        return "a server of your own is asked: say under `prices:` what it costs (docs/prices.md)"
    return f"no price is known for {', '.join(missing)}: `llmlint prices {missing[0]}` says what to write"


def _of_all(priced: list[SiteCost], missing: list[str]) -> SiteCost:
    """Several models can reach the call: from the cheapest to the dearest, which is also the middle."""
    spans = [one.per_call for one in priced if one.per_call is not None]
    dearest = max(priced, key=lambda one: one.per_call.mid if one.per_call else Decimal(0))
    notes = list(dearest.assumptions)
    if len(priced) > 1:
        notes.insert(0, f"{len(priced)} models can be asked here: the middle is the dearest, {dearest.model}")
    if missing:
        notes.append(f"left out, no price is known: {', '.join(missing)}")
    low, high = min(span.low for span in spans), max(span.high for span in spans)
    assert dearest.per_call is not None
    return replace(dearest, per_call=Span(low, dearest.per_call.mid, high), assumptions=tuple(notes))


# one model ------------------------------------------------------------------------------------------------------------


def _of_model(
    blank: SiteCost, traffic: Traffic | None, model: str, price: Price, counted: int | None = None
) -> SiteCost:
    site = blank.site
    size = size_of(site, traffic, model, counted)
    caching = caching_now(site, traffic, model, price)
    batched = site.kind == "batch" and price.batch is not None
    per_call = _per_call(price, size, caching, batched)
    bases: list[Basis] = [size.input.basis, size.output.basis]
    if caching is not NO_CACHE:
        bases.append(caching.basis)
    return replace(
        blank, per_call=per_call, label=_label(weakest(bases)), model=model, source=price.source, input=size.input,
        output=size.output, caching=caching, batched=batched,
        assumptions=tuple(_assumptions(price, size, caching, batched)),
        formula=_formula(price, size, caching, batched, per_call, blank.calls_per_day),
        options=tuple(_options(site, traffic, model, price, size, caching, per_call)),
    )  # fmt: skip


def _per_call(price: Price, size: Size, caching: Caching, batched: bool) -> Span:
    """The cheap end has the short texts and the warm cache, the dear end the long ones and the cold cache."""
    reads, writes, cached, hits = size.input.span, size.output.span, caching.tokens, caching.hits
    return spanning(
        _cost(price, reads.low, writes.low, cached.low, hits.high, caching, batched),
        _cost(price, reads.mid, writes.mid, cached.mid, hits.mid, caching, batched),
        _cost(price, reads.high, writes.high, cached.high, hits.low, caching, batched),
    )


def _cost(
    price: Price, reads: Decimal, writes: Decimal, cached: Decimal, hits: Decimal, caching: Caching, batched: bool
) -> Decimal:
    held = min(cached, reads)
    plain, out, kept = round(reads - held), round(writes), round(held)
    if not kept:
        return price.cost(Usage(plain, out), batched)
    warm = price.cost(Usage(plain, out, cache_read_tokens=kept), batched)
    if caching.life == "1h":
        cold = price.cost(Usage(plain, out, cache_write_1h_tokens=kept), batched)
    else:
        cold = price.cost(Usage(plain, out, cache_write_tokens=kept), batched)
    return hits * warm + (1 - hits) * cold


def _options(
    site: CallSite, traffic: Traffic | None, model: str, price: Price, size: Size, now: Caching, per_call: Span
) -> Iterator[Option]:
    better = caching_possible(site, traffic, model, price)
    if better is not None:
        cached = Option("cache", _per_call(price, size, better, site.kind == "batch"), better.why)
        if cached.per_call.mid < per_call.mid:
            yield cached
        else:
            better = None
    if price.batch is None or not site.batch_api or site.kind == "batch":
        return
    if site.context.user_facing or site.stream or _goes_on(site):
        return
    waits = "nobody waits for the answer" if site.context.offline else "if nobody waits for the answer"
    yield Option("batch", _per_call(price, size, now, True), f"{waits}; it comes within 24 hours")
    if better is not None:
        yield Option("cache and batch", _per_call(price, size, better, True), f"{waits}; {better.why}")


def _goes_on(site: CallSite) -> bool:
    """Each request needs the answer of the one before."""
    grows = site.prompt.history in ("bounded", "unbounded")
    return grows or site.context.loop_class in ("agent", "conversation", "attempts", "poll")


def _label(basis: Basis) -> Label:
    """What the code itself gives is declared there."""
    return "declared" if basis == "code" else basis


def _assumptions(price: Price, size: Size, caching: Caching, batched: bool) -> Iterator[str]:
    for what, tokens in (("input", size.input), ("output", size.output)):
        if tokens.basis == "assumed":
            yield f"{what}: {tokens.why}"
    if caching is not NO_CACHE:
        yield f"cache: {caching.why}"
    if batched and price.batch_assumed:
        yield "batch: half price, as the provider says of all its models"
    yield from price.notes
    yield from size.notes


def _formula(
    price: Price, size: Size, caching: Caching, batched: bool, per_call: Span, calls_per_day: Decimal | None
) -> str:
    """The middle of the range, worked out."""
    rates = price.batch if batched and price.batch is not None else price.standard
    reads, writes = size.input.span.mid, size.output.span.mid
    prompt = round(reads)
    held = min(caching.tokens.mid, reads)
    parts = []
    if held:
        read = (rates.cache_read or rates.input).at(prompt)
        hour = rates.cache_write_1h if caching.life == "1h" else None
        write = (hour or rates.cache_write or rates.input).at(prompt)
        if caching.hits.mid == 1:
            parts.append(f"{count(Decimal(round(held)))} from the cache × {dollars(read)}")
        else:
            warm = f"{caching.hits.mid * 100:.4g} % × {dollars(read)}"
            cold = f"{(1 - caching.hits.mid) * 100:.4g} % × {dollars(write)}"
            parts.append(f"{count(Decimal(round(held)))} cached × ({warm} + {cold})")
    parts.append(f"{count(Decimal(round(reads - held)))} in × {dollars(rates.input.at(prompt))}")
    if rates.output is not None:
        parts.append(f"{count(Decimal(round(writes)))} out × {dollars(rates.output.at(prompt))}")
    each = "a request of the batch" if batched else "a call"
    text = f"({' + '.join(parts)}) ÷ 1,000,000 = {dollars(per_call.mid)} USD {each}"
    if calls_per_day is None:
        return f"{text}; × 1,000 = {dollars(per_call.mid * THOUSAND)} USD"
    month = per_call.mid * calls_per_day * DAYS_PER_MONTH
    return f"{text}; × {count(calls_per_day)} a day × {DAYS_PER_MONTH} days = {dollars(month)} USD a month"


def as_json(span: Span | None) -> dict[str, Any] | None:
    """Numbers as JSON has them."""
    return None if span is None else {"low": float(span.low), "mid": float(span.mid), "high": float(span.high)}
