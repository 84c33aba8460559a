"""What a model of returns works out: the sums of a month, when it breaks even, what would change the answer."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, Protocol

from llmlint.money.returns.inputs import DAYS, Input

Answer = Literal["pays", "too slow", "never"]
Label = Literal["given", "declared", "observed", "code", "price", "assumed"]


@dataclass(frozen=True, slots=True)
class Step:
    """One line of the working: `before = 100,000 calls a day × 30.4 days × 0.001 USD`, and what it comes to in USD."""

    name: str
    formula: str
    value: Decimal


@dataclass(frozen=True, slots=True)
class Sums:
    """USD a month before and after, USD paid once, and the working."""

    before: Decimal
    after: Decimal
    one_off: Decimal
    steps: tuple[Step, ...] = ()

    @property
    def net(self) -> Decimal:
        """What a month saves, in USD; negative: it costs more."""
        return self.before - self.after

    @property
    def payback_months(self) -> Decimal | None:
        """Months until what was paid once has come back; None: never."""
        return self.one_off / self.net if self.net > 0 else None


class Model(Protocol):
    """The frozen inputs of one kind; `sums` is pure."""

    def sums(self) -> Sums: ...


@dataclass(frozen=True, slots=True)
class Given:
    """An input with its value and where that comes from. value None: the model does without it."""

    input: Input
    value: Decimal | None
    label: Label = "given"
    source: str = ""


@dataclass(frozen=True, slots=True)
class Flip:
    """The answer turns where this input alone is `at` instead of `now`. factor: at / now, None where now is 0."""

    name: str
    unit: str
    now: Decimal
    at: Decimal

    @property
    def factor(self) -> Decimal | None:
        return self.at / self.now if self.now else None


@dataclass(frozen=True, slots=True)
class Swing:
    """The return over the horizon, USD, where this input alone is `low` or `high`."""

    name: str
    unit: str
    low: Decimal
    high: Decimal
    at_low: Decimal
    at_high: Decimal

    @property
    def width(self) -> Decimal:
        return abs(self.at_high - self.at_low)


@dataclass(frozen=True, slots=True)
class Claim:
    """A break-even that is claimed or hoped for, in months. one_off_usd: what paid once makes it true; None: nothing.

    flips: for each other input the value that would make it true.
    """

    months: Decimal
    one_off_usd: Decimal | None
    flips: tuple[Flip, ...]


@dataclass(frozen=True, slots=True)
class Result:
    """What came out. horizon: months within which it must pay for itself. flips: nearest first; swings: widest first.

    note: what the kind always has to say, such as a limit of the model.
    """

    kind: str
    title: str
    inputs: tuple[Given, ...]
    sums: Sums
    horizon: Decimal
    flips: tuple[Flip, ...]
    swings: tuple[Swing, ...]
    claim: Claim
    note: str = ""

    @property
    def answer(self) -> Answer:
        months = self.sums.payback_months
        if months is None:
            return "never"
        return "pays" if months <= self.horizon else "too slow"

    @property
    def payback_days(self) -> Decimal | None:
        months = self.sums.payback_months
        return None if months is None else months * DAYS

    @property
    def total(self) -> Decimal:
        """What remains at the end of the horizon, in USD."""
        return self.sums.net * self.horizon - self.sums.one_off

    @property
    def volume(self) -> Decimal | None:
        """calls_per_day, where the kind has it."""
        return next((one.value for one in self.inputs if one.input.name == "calls_per_day"), None)

    def flip(self, name: str) -> Flip | None:
        return next((one for one in self.flips if one.name == name), None)
