"""Findings + declared traffic + prices → the same findings with the dollars a month that their remedy saves.

Only where the traffic of the call is declared and the remedy has a price: what caching, a batch, another model, one
answer instead of several or less thinking would cost. A limit on an answer saves what nobody can know beforehand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from llmlint.facts import CallSite, Facts, ModelFact
from llmlint.judge.finding import Finding, Saving, Verdict
from llmlint.judge.policy import Policy
from llmlint.money.amounts import Span, dollars
from llmlint.money.cost import SiteCost, site_cost
from llmlint.money.prices import PriceBook, price_book
from llmlint.money.traffic import Traffic, is_declared, traffic_of

CACHES = frozenset({"prompt-cache", "cache-broken"})
OTHER_MODEL = frozenset({"model-tier", "eval-overruled", "model-retired"})
Place = tuple[str, "int | None", int, int]


def with_savings(
    verdict: Verdict, facts: Facts, policy: Policy, book: PriceBook | None = None,
    known: Mapping[str, Traffic] | None = None,
) -> Verdict:  # fmt: skip
    """known: the traffic by place, where more than what is declared is known.

    Raises TrafficError, and PricesMissing where genai-prices is needed and not installed."""
    if not verdict.findings or not (known or (known is None and is_declared(policy, facts))):
        return verdict
    book = book or price_book([policy.extra.get("prices") or {}], policy.origin)
    traffic = traffic_of(policy, facts) if known is None else known
    sites = {_place(site): site for site in facts.call_sites if site.place in traffic}

    def told(finding: Finding) -> Finding:
        site = sites.get((finding.path, finding.cell, finding.line, finding.column))
        if site is None or traffic[site.place].calls_per_day is None:
            return finding
        return replace(finding, saves=_saving(finding, site, traffic[site.place], policy, book))

    return replace(verdict, findings=tuple(told(finding) for finding in verdict.findings))


def _place(site: CallSite) -> Place:
    return site.path, site.cell, site.line, site.column


def _saving(finding: Finding, site: CallSite, traffic: Traffic, policy: Policy, book: PriceBook) -> Saving | None:
    """None: the remedy has no price, or saves nothing."""
    now = site_cost(site, book, traffic)
    if now.per_call is None or now.per_month is None:
        return None
    for words, then in _remedies(finding, site, now, traffic, policy, book):
        month = now.monthly(then)
        if month is not None and month.mid < now.per_month.mid:
            saved = now.per_month.mid - month.mid
            formula = f"{dollars(now.per_month.mid)} − {dollars(month.mid)} USD {words}; now {now.formula}"
            return Saving(round(float(saved), 2), formula)
    return None


def _remedies(
    finding: Finding, site: CallSite, now: SiteCost, traffic: Traffic, policy: Policy, book: PriceBook
) -> Iterator[tuple[str, Span]]:
    """What a request would cost as the finding says, and the words for it."""
    options = {option.name: option for option in now.options}

    def changed(**change: object) -> Span | None:
        return site_cost(replace(site, **change), book, traffic).per_call  # type: ignore[arg-type]

    if finding.rule in CACHES and "cache" in options:
        yield f"with the cache ({options['cache'].if_})", options["cache"].per_call
    elif finding.rule == "batch" and "batch" in options:
        yield "in batches", options["batch"].per_call
    elif finding.rule in OTHER_MODEL:
        for model in _models(finding, site, policy):
            span = changed(model=ModelFact((model,), site.model.how))
            if span is not None:
                yield f"with {model}, the same tokens", span
    elif finding.rule == "many-candidates":
        yield from _if_known("with one answer", changed(candidates=None))
    elif finding.rule == "reasoning-excess":
        yield from _if_known("without thinking", changed(effort="none", thinking_tokens=None))


def _if_known(words: str, span: Span | None) -> Iterator[tuple[str, Span]]:
    if span is not None:
        yield words, span


def _models(finding: Finding, site: CallSite, policy: Policy) -> Iterator[str]:
    """The model that the remedy names: the fix's, else the approved one of the same maker."""
    value = finding.fix.arguments.get("value") if finding.fix is not None else None
    if isinstance(value, str):
        yield value
    elif finding.rule == "model-tier":
        from llmlint.judge.helpers import FUNCTIONS

        same_maker: Callable[..., tuple[str, ...]] = FUNCTIONS["same_maker"]
        approved = policy.models.get(policy.tiers.get(site.task.type, ""), ())
        yield from (same_maker(approved, site.model.values[0]) or approved)[:1]
