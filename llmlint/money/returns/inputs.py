"""The fields of a model of returns → its inputs: what each is, in which unit, and what it is taken for if not given."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from decimal import Decimal
from typing import Any

from llmlint.money.traffic import DAYS_PER_MONTH

DAYS = DAYS_PER_MONTH
HOURS = DAYS * 24
MTOK = Decimal(1_000_000)
# what can be given in the place of a call's cost
BEFORE = "--monthly-usd-before, or --model with --input-tokens and --output-tokens"
AFTER = "--monthly-usd-after, or --to-model with --input-tokens and --output-tokens"


@dataclass(frozen=True, slots=True)
class Input:
    """One input of a model. default: what is assumed where it is not given; needed: there is nothing to assume.

    low, high: between which values it makes sense (high None: any); whole: it is counted in whole steps. instead: other
    options that it can be worked out from.
    """

    name: str
    unit: str
    help: str
    default: Decimal | None
    needed: bool
    low: Decimal
    high: Decimal | None
    whole: bool
    instead: str

    @property
    def option(self) -> str:
        return "--" + self.name.replace("_", "-")


def needed(unit: str, help: str, low: str = "0", whole: bool = False, instead: str = "") -> Any:
    """A field that must be given."""
    told = {"unit": unit, "help": help, "low": Decimal(low), "whole": whole, "needed": True, "instead": instead}
    return field(metadata=told)


def assumed(
    default: str | None, unit: str, help: str, low: str = "0", high: str | None = None, whole: bool = False
) -> Any:  # fmt: skip
    """A field with a value that is assumed; None: the model does without."""
    value = None if default is None else Decimal(default)
    told = {"unit": unit, "help": help, "low": Decimal(low), "whole": whole, "needed": False, "instead": ""}
    told["high"] = Decimal(high) if high is not None else None
    return field(default=value, metadata=told)


def inputs_of(model: type[Any]) -> tuple[Input, ...]:
    """The inputs of a model, as its fields stand. Shares lie between 0 and 1."""
    return tuple(
        Input(
            one.name, one.metadata["unit"], one.metadata["help"],
            one.default if isinstance(one.default, Decimal) else None, one.metadata["needed"], one.metadata["low"],
            Decimal(1) if one.metadata["unit"] == "share" else one.metadata.get("high"), one.metadata["whole"],
            one.metadata["instead"],
        )
        for one in fields(model)
    )  # fmt: skip
