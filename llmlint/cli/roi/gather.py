"""Options, the call site of `--at`, the policy's traffic and prices → the inputs of a model, each with its origin.

An option goes before what can be worked out from other options, and that before what code and policy say.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llmlint.errors import UsageError
from llmlint.money.returns.inputs import DAYS, Input, inputs_of
from llmlint.money.returns.records import Given, Label
from llmlint.money.returns.working import figure, usd
from llmlint.money.sizes import size_of

if TYPE_CHECKING:
    from llmlint.facts import CallSite
    from llmlint.judge.policy import Policy
    from llmlint.money.prices import Price
    from llmlint.money.traffic import Traffic

MAX_NAMED = 5
Found = tuple[Decimal, Label, str]  # the value, what kind of knowledge it is, its source


@dataclass(frozen=True)
class Gathering:
    """What is known before a model is filled: options as given, the policy, the call site and how often it runs."""

    given: Mapping[str, Any]
    policy: Policy
    site: CallSite | None
    traffic: Traffic | None = None

    def option(self, name: str) -> Found | None:
        value = self.given.get(name)
        return None if value is None else (value, "given", "")

    def told(self, name: str) -> Found | None:
        """calls_per_day, input_tokens, output_tokens: as given, as the traffic of the call site says, else as usual."""
        value = getattr(self.traffic, name) if self.traffic is not None else None
        if self.given.get(name) is not None:
            return self.option(name)
        if value is not None and self.traffic is not None:
            return value, self.traffic.basis, self.traffic.source
        if self.site is None or name == "calls_per_day":
            return None
        size = size_of(self.site, self.traffic, self.model() or "")
        tokens = size.input if name == "input_tokens" else size.output
        return tokens.span.mid, tokens.basis, tokens.why

    def model(self) -> str | None:
        """The model now, by option or by the code."""
        if self.given["model"] is not None or self.site is None:
            name: str | None = self.given["model"]
            return name
        values = self.site.model.values
        if len(values) > 1:
            raise UsageError(
                f"{self.site.place} can ask {', '.join(values[:MAX_NAMED])}", mend="say which one with --model"
            )  # fmt: skip
        return values[0] if values else None

    def next_model(self) -> str | None:
        """The model afterwards, by option or as the policy prefers it for the task."""
        if self.given.get("to_model") is not None or self.site is None:
            name: str | None = self.given.get("to_model")
            return name
        tier = self.policy.tiers.get(self.site.task.type)
        names = self.policy.models.get(tier, ()) if tier is not None else ()
        return names[0] if names and names[0] not in self.site.model.values else None

    def price(self, model: str) -> Price:
        from llmlint.money.prices import price_book, unknown_price

        book = price_book([self.policy.extra.get("prices") or {}], self.policy.origin)
        provider = self.site.provider if self.site is not None and model in self.site.model.values else None
        price = book.find(model, provider)
        if price is None:
            raise unknown_price(model, book)
        return price

    def per_call(self, monthly: str, model: str | None) -> Found | None:
        """USD a call: from what a month costs, else from the price of the model and the tokens of a request."""
        month, calls = self.given.get(monthly), self.told("calls_per_day")
        if month is not None and calls is not None:
            if not calls[0]:
                raise UsageError("--calls-per-day is 0, so a month can cost nothing", mend="give the calls of a day")
            return month / (calls[0] * DAYS), calls[1], f"{usd(month)} USD a month"
        read, written = self.told("input_tokens"), self.told("output_tokens")
        if model is None or read is None or written is None:
            return None
        price = self.price(model)
        cost = (read[0] * price.input_usd_per_mtok + written[0] * price.output_usd_per_mtok) / 1_000_000
        tokens = f"{figure(read[0])} tokens in, {figure(written[0])} out"
        rates = f"{figure(price.input_usd_per_mtok)} and {figure(price.output_usd_per_mtok)} USD per million"
        label: Label = "assumed" if "assumed" in (read[1], written[1]) else "price"
        return cost, label, f"{model}, {tokens} at {rates} ({price.source})"


def gather(kind: str, given: Mapping[str, Any]) -> tuple[dict[str, Given], Policy, CallSite | None]:
    """The inputs of a kind that are known, by name, the policy, and the call site that they are about."""
    from llmlint.money.returns import model_of

    known = _place(given)
    inputs: dict[str, Given] = {}
    for one in inputs_of(model_of(kind)):
        found = known.option(one.name) or _worked_out(one, known)
        if found is not None:
            inputs[one.name] = Given(one, *found)
    return inputs, known.policy, known.site


def _worked_out(one: Input, known: Gathering) -> Found | None:
    name = one.name
    if name in ("calls_per_day", "input_tokens", "output_tokens"):
        return known.told(name)
    if name in ("usd_per_call", "usd_per_call_before"):
        return known.per_call("monthly_usd_before", known.model())
    if name == "usd_per_call_after":
        return known.per_call("monthly_usd_after", known.next_model())
    if name.endswith("_usd_per_mtok") or name in ("prefix_tokens", "minimum_tokens", "discount"):
        return _of_model(name, known)
    return None


def _of_model(name: str, known: Gathering) -> Found | None:
    """What the code says of the prefix, and what the price list says of the model."""
    site = known.site
    if name == "prefix_tokens":
        tokens = site.prompt.static_tokens if site is not None else None
        return None if tokens is None or site is None else (Decimal(tokens), "code", f"estimated from {site.place}")
    model = known.model()
    if model is None:
        return None
    if name == "minimum_tokens":
        return _minimum(model)
    price = known.price(model)
    if name == "discount":
        share = price.batch_share
        return None if share is None else (1 - share, "price", f"{model} ({price.source})")
    rate = getattr(price, name)
    if rate is None and name == "cache_write_usd_per_mtok" and price.cache_read_usd_per_mtok is not None:
        return price.input_usd_per_mtok, "price", f"{model}: writing costs as input ({price.source})"
    return None if rate is None else (rate, "price", f"{model} ({price.source})")


def _minimum(model: str) -> Found | None:
    from llmlint.sdks.models import lookup

    info = lookup(model)
    tokens = getattr(info, "cache_minimum", None)
    return None if tokens is None else (Decimal(tokens), "price", f"{model}, as its provider says")


def _place(given: Mapping[str, Any]) -> Gathering:
    """The policy, and what is known of the call site that `--at` names."""
    from llmlint.cli.options import absolute, find_root
    from llmlint.cli.scanning import Request, scan
    from llmlint.cli.traffic import known_traffic
    from llmlint.judge.policy import load_policy

    if given["at"] is None:
        root = find_root([absolute(path) for path in given["paths"]])
        return Gathering(given, load_policy(root, given["policy_file"]), None)
    names = ("paths", "policy_file", "no_cache", "cache_dir", "jobs")
    policy, facts = scan(Request(**{name: given[name] for name in names}))
    site = site_at(facts.call_sites, given["at"], Path(facts.root))
    return Gathering(given, policy, site, known_traffic(policy, facts).get(site.place))


def site_at(sites: tuple[CallSite, ...], at: str, root: Path) -> CallSite:
    """The call site at "path:line" (a notebook: "path:cell:line"); any line of the call will do."""
    import os

    from llmlint.cli.options import absolute

    path, _, line = at.rpartition(":")
    if not path or not line.isdecimal():
        raise UsageError(f"--at {at!r} is not a place", mend="write PATH:LINE, as `llmlint check` prints it")
    head, _, cell = path.rpartition(":")
    file, in_cell = (head, int(cell)) if head and cell.isdecimal() else (path, None)
    relative = os.path.relpath(absolute(file), root).replace(os.sep, "/")
    here = [one for one in sites if one.path == relative and one.kind != "constructor"]
    for one in here:
        if one.cell == in_cell and one.line <= int(line) <= one.end_line:
            return one
    near = ", ".join(one.place for one in here[:MAX_NAMED])
    raise UsageError(f"no call of a model at {at}", mend=f"there are {near}" if near else "`llmlint facts` lists them")
