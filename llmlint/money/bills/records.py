"""What a pull request's bill consists of. Money is USD, in Decimal; an unknown amount is None, with a reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal

from llmlint.facts import CallSite, FileError
from llmlint.money.amounts import Span, exactly, spanning, total

SCHEMA = 1
Kind = Literal["added", "removed", "changed", "moved"]


ZERO = exactly(0)


def less(amount: Span | None, other: Span | None) -> Span | None:
    """The difference of the same requests' costs: the ends move together, cheap with cheap and dear with dear."""
    if amount is None or other is None:
        return None
    return spanning(amount.low - other.low, amount.mid - other.mid, amount.high - other.high)


@dataclass(frozen=True, slots=True)
class Cost:
    """What one call site costs in one revision. unknown: why an amount is None."""

    per_1k: Span | None = None
    per_month: Span | None = None
    unknown: str = ""
    assumptions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """One call site that is not what it was. site: as it is now, or was before it went; was: before, None where added.

    per_1k, per_month: what it costs more (less: negative). unknown: why an amount is None. repeats: how often it runs
    has changed, by a factor that the code does not tell. unbounded: nothing limits the answer any more.
    """

    kind: Kind
    site: CallSite
    was: CallSite | None
    why: tuple[str, ...]
    per_1k: Span | None
    per_month: Span | None
    unknown: str = ""
    repeats: bool = False
    unbounded: bool = False
    team: str = ""

    @property
    def free(self) -> bool:
        """It is known to cost what it did."""
        return self.per_1k is not None and self.per_1k == ZERO and not self.repeats and not self.unbounded

    def to_json(self) -> dict[str, Any]:
        """The contract's JSON object."""
        return {
            "change": self.kind, "path": self.site.path, "line": self.site.line, "cell": self.site.cell,
            "was": {"path": self.was.path, "line": self.was.line} if self.was is not None else None,
            "function": self.site.function, "api": self.site.api, "why": list(self.why), "team": self.team or None,
            "delta_usd_per_month": rounded(self.per_month), "delta_usd_per_1k_calls": rounded(self.per_1k),
            "range_usd_per_month": ends(self.per_month), "range_usd_per_1k_calls": ends(self.per_1k),
            "unknown": self.unknown or None,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Budget:
    """A limit of the policy. value_usd: what it is held against, None where nothing is known; note: what that omits."""

    name: str
    limit_usd: Decimal
    value_usd: Decimal | None
    note: str = ""

    @property
    def broken(self) -> bool:
        return self.value_usd is not None and self.value_usd > self.limit_usd

    def to_json(self) -> dict[str, Any]:
        value = None if self.value_usd is None else _number(self.value_usd)
        return {
            "name": self.name, "limit_usd": _number(self.limit_usd), "value_usd": value, "broken": self.broken,
            "note": self.note or None,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Bill:
    """What `llmlint diff` has to report. base, head: short commits, or "work tree".

    quiet: nothing that the policy wants to hear of. threshold_usd: the policy's `report_above_usd`.
    """

    root: str
    base: str
    head: str
    changes: tuple[Change, ...] = ()
    budgets: tuple[Budget, ...] = ()
    errors: tuple[FileError, ...] = ()
    threshold_usd: Decimal | None = None
    notes: tuple[str, ...] = ()
    stats: Mapping[str, Any] = field(default_factory=dict)

    @property
    def per_1k(self) -> Span | None:
        """Over the changes that have a price; None where none has."""
        return _sum([c.per_1k for c in self.changes])

    @property
    def per_month(self) -> Span | None:
        return _sum([c.per_month for c in self.changes])

    @property
    def unpriced(self) -> tuple[Change, ...]:
        """Changes whose price is not known: no sum contains them."""
        return tuple(c for c in self.changes if c.per_1k is None or c.repeats)

    @property
    def broken(self) -> bool:
        return any(budget.broken for budget in self.budgets)

    @property
    def quiet(self) -> bool:
        """Nothing that costs changed, or less a month than the policy wants to hear of."""
        if self.broken or self.errors:
            return False
        if all(c.kind == "moved" and c.free for c in self.changes):
            return True
        if self.threshold_usd is None or self.unpriced or any(c.unbounded for c in self.changes):
            return False
        month = self.per_month
        unknown = any(c.per_month is None and not c.free for c in self.changes)
        return month is not None and not unknown and max(abs(month.low), abs(month.high)) < self.threshold_usd

    def to_json(self) -> dict[str, Any]:
        """The contract's JSON object."""
        return {
            "schema": SCHEMA, "base": self.base, "head": self.head,
            "delta_usd_per_month": rounded(self.per_month), "delta_usd_per_1k_calls": rounded(self.per_1k),
            "range_usd_per_month": ends(self.per_month), "range_usd_per_1k_calls": ends(self.per_1k),
            "unpriced": len(self.unpriced), "quiet": self.quiet,
            "call_sites": [change.to_json() for change in self.changes],
            "budgets": [budget.to_json() for budget in self.budgets],
            "errors": [{"path": e.path, "line": e.line, "message": str(e)} for e in self.errors],
            "notes": list(self.notes), "stats": dict(self.stats),
        }  # fmt: skip


def _sum(amounts: list[Span | None]) -> Span | None:
    """Of those that are known. None where there are some, and none is known."""
    known = [amount for amount in amounts if amount is not None]
    return total(known) if known or not amounts else None


def rounded(amount: Span | None) -> float | None:
    return None if amount is None else _number(amount.mid)


def ends(amount: Span | None) -> list[float] | None:
    return None if amount is None else [_number(amount.low), _number(amount.high)]


def _number(amount: Decimal) -> float:
    return float(round(amount, 6)) + 0.0
