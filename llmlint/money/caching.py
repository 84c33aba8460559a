"""A call site → what of its prompt is read from the provider's cache: as it is written, and as it could be."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Literal

from llmlint.facts import CallSite
from llmlint.light import dataclass
from llmlint.money.amounts import Basis, Span, exactly
from llmlint.money.rates import Price
from llmlint.money.tokens import spread_in
from llmlint.money.traffic import Traffic
from llmlint.sdks.models import lookup

AUTOMATIC_MINIMUM = 1024  # tokens from which providers that cache by themselves do so
UNKNOWN_MINIMUM = 4096  # of a model that is not in the table
MINUTES = {"5m": 5.0, "1h": 60.0}
ALL_BUT_FIRST = Decimal("0.999")  # of a thousand calls the first one writes
BURST = frozenset({"items", "agent", "conversation", "attempts", "poll"})


@dataclass(frozen=True, slots=True)
class Caching:
    """tokens: that the cache can hold; hits: the share of calls that find them there; life: of an entry.

    The share's low end is the dear one.
    """

    tokens: Span
    hits: Span
    life: Literal["5m", "1h"]
    basis: Basis
    why: str


NO_CACHE = Caching(exactly(0), exactly(0), "5m", "code", "nothing is read from a cache")


def caching_now(site: CallSite, traffic: Traffic | None, model: str, price: Price) -> Caching:
    """As the code is written."""
    prompt = site.prompt
    if traffic is not None and traffic.cache_read_tokens is not None:
        return Caching(exactly(traffic.cache_read_tokens), exactly(1), "5m", traffic.basis, traffic.source)
    if price.standard.cache_read is None:
        return NO_CACHE
    if prompt.cached:
        tokens = prompt.cached_tokens if prompt.cached_tokens is not None else prompt.static_tokens
        life: Literal["5m", "1h"] = "1h" if prompt.ttl == "1h" else "5m"
        if tokens is None or tokens < minimum(model):
            return NO_CACHE
        hits, basis, why = _hits(site, traffic, life)
        return Caching(spread_in(prompt, tokens), hits, life, basis, why)
    if prompt.cache_mode == "automatic" and (prompt.static_tokens or 0) >= AUTOMATIC_MINIMUM:
        hits, basis, why = _hits(site, traffic, "5m")
        unsure = Span(Decimal(0), hits.mid, hits.high)
        held = spread_in(prompt, prompt.static_tokens or 0)
        return Caching(held, unsure, "5m", basis, f"the provider caches by itself; {why}")
    return NO_CACHE


def caching_possible(site: CallSite, traffic: Traffic | None, model: str, price: Price) -> Caching | None:
    """As it could be written: all constant text first and marked. None: no better than it is."""
    prompt = site.prompt
    if price.standard.cache_read is None or site.kind not in ("generate", "batch") or prompt.static_tokens is None:
        return None
    if prompt.cache_mode is None or (prompt.cache_mode == "explicit" and prompt.cached is not False):
        return None
    moved = prompt.hidden_tokens or 0
    tokens = prompt.static_tokens + moved
    if prompt.cache_mode == "automatic" and (not moved or prompt.static_tokens >= AUTOMATIC_MINIMUM):
        return None
    if tokens < (AUTOMATIC_MINIMUM if prompt.cache_mode == "automatic" else minimum(model)):
        return None
    hits, basis, why = _hits(site, traffic, "5m")
    first = "with what varies moved behind the constant text; " if moved else ""
    return Caching(spread_in(prompt, tokens), hits, "5m", basis, first + why)


def minimum(model: str) -> int:
    """Tokens below which a breakpoint caches nothing."""
    info = lookup(model)
    return info.cache_minimum if info is not None and info.cache_minimum is not None else UNKNOWN_MINIMUM


def _hits(site: CallSite, traffic: Traffic | None, life: Literal["5m", "1h"]) -> tuple[Span, Basis, str]:
    """The share of calls that come while the entry of an earlier one lives; each use renews it."""
    if traffic is None or traffic.calls_per_day is None:
        why = "the calls are taken to follow each other: the first of 1,000 writes the cache, the others read it"
        return Span(Decimal(0), ALL_BUT_FIRST, ALL_BUT_FIRST), "assumed", why
    per_minute = float(traffic.calls_per_day) / 1440
    share = Decimal(str(round(1 - math.exp(-per_minute * MINUTES[life]), 4)))
    told = f"{traffic.calls_per_day.normalize():,f} calls a day spread evenly"
    if site.context.loop_class in BURST and share < ALL_BUT_FIRST:
        why = f"a loop makes the calls, one soon after the other; {told}, {share:.0%} would find the cache warm"
        return Span(share, ALL_BUT_FIRST, ALL_BUT_FIRST), "assumed", why
    return Span(share, share, max(share, ALL_BUT_FIRST)), traffic.basis, f"{told}: {share:.1%} find the cache warm"
