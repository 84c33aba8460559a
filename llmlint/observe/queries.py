"""A profile of metric names → PromQL: spend, tokens, cache hit rate, shares. Alerts and dashboard ask the same."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

from llmlint.observe.metrics import Meaning, Profile

PRICE = "llmlint_usd_per_token"  # recorded from the price list where nobody counts dollars
TOKENS = "gen_ai_client_token_usage_sum"
PRICED_BY = ("gen_ai_request_model", "gen_ai_token_type")


@dataclass(frozen=True, slots=True)
class Queries:
    """Each method gives one expression. window: "1d", "$__range"; by: labels; where: matchers, `model=~"x|y"`."""

    profile: Profile

    @property
    def team(self) -> str:
        return self.profile.labels["team"]

    @property
    def model(self) -> str:
        return self.profile.labels["model"]

    @property
    def priced(self) -> bool:
        """Are dollars worked out from tokens and recorded prices?"""
        return "usd" not in self.profile.series

    @property
    def money(self) -> str:
        """The series on which the spend rests."""
        return TOKENS if self.priced else self.profile.series["usd"]

    def spend(self, window: str, by: Sequence[str] = (), where: str = "", function: str = "increase") -> str:
        """USD in the window; with function "rate" USD a second."""
        counted = f"{function}({selected(self.money, where)}[{window}])"
        if self.priced:
            counted = f"{counted} * on ({', '.join(PRICED_BY)}) group_left () {PRICE}"
        return f"{summed(by)}({counted})"

    def count(self, meaning: Meaning, window: str, by: Sequence[str] = (), where: str = "") -> str:
        """Tokens of a kind, or requests."""
        return f"{summed(by)}(increase({selected(self.profile.series[meaning], where)}[{window}]))"

    def per_request(self, window: str, by: Sequence[str] = (), where: str = "") -> str:
        """USD a request."""
        return f"{self.spend(window, by, where)} / {self.count('requests', window, by, where)}"

    def hit_rate(self, window: str, by: Sequence[str] = (), where: str = "") -> str | None:
        """The share of the prompts' tokens that came from the provider's cache, 0 to 1; None: nobody counts them."""
        series = {**self.profile.series, **self.profile.newer}
        if "cache_read" not in series:
            return None

        def count(meaning: Meaning) -> str:
            return f"{summed(by)}(increase({selected(series[meaning], where)}[{window}]))"

        read, rest = count("cache_read"), count("input")
        if self.profile.prompt_includes_cache:
            return f"{read} / ({rest} > 0)"
        written = f"({count('cache_write')} or {rest} * 0)"
        return f"({read} or {rest} * 0) / (({rest} + ({read} or {rest} * 0) + {written}) > 0)"

    def prompt(self, window: str) -> str:
        """Tokens read, cached or not: what a hit rate is worth being told of."""
        return self.count("input", window)

    def batch_share(self, window: str, where: str = "") -> str | None:
        """The share of requests that went through a Batch API; None: nothing tells."""
        if self.profile.batch is None:
            return None
        every = self.count("requests", window, (), where)
        batched = self.count("requests", window, (), ", ".join(filter(None, (where, self.profile.batch))))
        return f"({batched} or {every} * 0) / ({every} > 0)"

    def share_of(self, models: str, window: str, where: str = "") -> str:
        """The share of the spend that goes to the models that a regular expression names."""
        named = ", ".join(filter(None, (where, f"{self.model}=~{quoted(models)}")))
        every = self.spend(window, (), where)
        return f"({self.spend(window, (), named)} or {every} * 0) / ({every} > 0)"

    def rest_of_teams(self, names: Sequence[str]) -> str:
        """The matcher of all teams but these."""
        return f"{self.team}!~{quoted('|'.join(map(literal, names)))}" if names else ""


def selected(selector: str, where: str) -> str:
    """A selector with further matchers."""
    name, brace, rest = selector.partition("{")
    matchers = ", ".join(filter(None, (rest.rstrip("}") if brace else "", where)))
    return f"{name}{{{matchers}}}" if matchers else name


def literal(text: str) -> str:
    """The text as a regular expression that matches it and nothing else."""
    return re.sub(r"[.+*?()|\[\]{}^$\\]", r"\\\g<0>", text)


def summed(by: Sequence[str]) -> str:
    return f"sum by ({', '.join(by)}) " if by else "sum"


def quoted(text: str) -> str:
    """A string of PromQL."""
    return json.dumps(text, ensure_ascii=False)
