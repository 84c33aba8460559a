"""Does it pay? One small documented model for each kind of saving → break-even, net, what would change the answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from importlib import import_module
from typing import Any

from llmlint.errors import UsageError
from llmlint.money.returns.inputs import Input, inputs_of
from llmlint.money.returns.records import Claim, Given, Model, Result
from llmlint.money.returns.sensitivity import flips, swings

# kind → (its module, the class in it)
KINDS = {
    "cache": ("cache", "Cache"),
    "batch": ("batch", "Batch"),
    "semantic-cache": ("semantic_cache", "SemanticCache"),
    "fine-tune": ("fine_tune", "FineTune"),
    "distil": ("distil", "Distil"),
    "self-host": ("self_host", "SelfHost"),
    "tier": ("tier", "Tier"),
}
HORIZON = Decimal(12)  # months
CLAIM = Decimal(3)
MAX_VALUE, MIN_VALUE = Decimal("1e15"), Decimal("1e-15")


def kind_module(kind: str) -> Any:
    return import_module(f"llmlint.money.returns.{KINDS[kind][0]}")


def model_of(kind: str) -> type[Any]:
    """The frozen class of a kind's inputs."""
    found: type[Any] = getattr(kind_module(kind), KINDS[kind][1])
    return found


def work_out(
    kind: str, given: Mapping[str, Given], horizon: Decimal = HORIZON, claim: Decimal = CLAIM
) -> Result:  # fmt: skip
    """The result for a kind. given: inputs by name; the others are assumed. horizon, claim: months.

    Raises UsageError where an input is missing, or is not a number that makes sense.
    """
    model = model_of(kind)
    told = inputs_of(model)
    missing = [one for one in told if one.needed and (one.name not in given or given[one.name].value is None)]
    if missing:
        mend = "an option goes before what --at PATH:LINE takes from code and policy"
        raise UsageError(_missing(kind, missing), mend=mend)
    inputs = tuple(given.get(one.name) or Given(one, one.default, "assumed") for one in told)
    for one in inputs:
        _check(one)
    for months in (horizon, claim):
        if not MIN_VALUE < months < MAX_VALUE:
            raise UsageError("months must be more than 0, and a sensible number", mend="for example --months 12")
    built: Model = model(**{one.input.name: one.value for one in inputs})
    sums = built.sums()
    module = kind_module(kind)
    claimed = Claim(claim, sums.net * claim if sums.net > 0 else None, flips(built, claim))
    return Result(
        kind, module.TITLE, inputs, sums, horizon, flips(built, horizon), swings(built, horizon), claimed, module.NOTE
    )  # fmt: skip


def _missing(kind: str, missing: Sequence[Input]) -> str:
    names = [f"{one.option} ({one.unit}{f'; or {one.instead}' if one.instead else ''})" for one in missing]
    listed = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
    return f"`roi {kind}` needs {listed}"


def _check(one: Given) -> None:
    value, told = one.value, one.input
    if value is None:
        return
    if not value.is_finite() or value > MAX_VALUE or 0 < value < MIN_VALUE:
        raise UsageError(f"{told.option} is no sensible number: {value}", mend=f"it is counted in {told.unit}")
    if value < told.low or (told.high is not None and value > told.high):
        between = f"between {told.low} and {told.high}" if told.high is not None else f"{told.low} or more"
        raise UsageError(f"{told.option} must be {between}, not {value}", mend=f"it is counted in {told.unit}")
    if told.whole and value != value.to_integral_value():
        raise UsageError(f"{told.option} must be a whole number, not {value}", mend=f"it is counted in {told.unit}")
