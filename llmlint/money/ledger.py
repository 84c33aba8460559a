"""Costs of call sites → a sorted table and its sums by team, model, task or path."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal

from llmlint.light import dataclass
from llmlint.money.amounts import Span, total
from llmlint.money.cost import SiteCost

BY = ("site", "team", "model", "task", "path")
UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Group:
    """sites: how many; of them `priced` have a price and `counted` a volume too. per_month: of those.

    per_1k: of one thousand calls of each site that is priced.
    """

    name: str
    sites: int
    priced: int
    counted: int
    per_month: Span | None
    per_1k: Span | None


@dataclass(frozen=True, slots=True)
class Ledger:
    """All that `llmlint cost` has to report. costs: the dearest first, those without a price last.

    prices: where the public ones come from; checked: when something in them last was; own: how many prices the policy
    has. idle: entries of `traffic` that mean no call site. missing: what else the report should say.
    """

    root: str
    costs: tuple[SiteCost, ...]
    prices: str = ""
    checked: date | None = None
    today: date | None = None
    own: int = 0
    idle: tuple[str, ...] = ()
    by: str = "site"
    groups: tuple[Group, ...] = ()

    @property
    def per_month(self) -> Span | None:
        """Of all call sites with a price and a volume; None: there is none."""
        known = [one.per_month for one in self.costs if one.per_month is not None]
        return total(known) if known else None

    @property
    def priced(self) -> int:
        return sum(one.per_call is not None for one in self.costs)

    @property
    def counted(self) -> int:
        return sum(one.per_month is not None for one in self.costs)


def ordered(costs: Sequence[SiteCost]) -> tuple[SiteCost, ...]:
    """By dollars a month, then by dollars a call, then by place."""
    return tuple(sorted(costs, key=_rank))


def _rank(one: SiteCost) -> tuple[Decimal, Decimal, str, int, int]:
    cell = one.site.cell if one.site.cell is not None else -1
    return _dear(one.per_month), _dear(one.per_call), one.site.path, cell, one.site.line


def groups(costs: Sequence[SiteCost], by: str, team: Callable[[str], str]) -> tuple[Group, ...]:
    """One for each team, model, task or path; the dearest first."""
    found: dict[str, list[SiteCost]] = {}
    for one in costs:
        found.setdefault(_key(one, by, team), []).append(one)
    return tuple(sorted((_group(name, mine) for name, mine in found.items()), key=_group_rank))


def _key(one: SiteCost, by: str, team: Callable[[str], str]) -> str:
    if by == "team":
        return team(one.site.path)
    if by == "model":
        return one.model or (one.site.model.values[-1] if one.site.model.values else UNKNOWN)
    return one.site.task.type if by == "task" else one.site.path


def _group(name: str, mine: Sequence[SiteCost]) -> Group:
    months = [one.per_month for one in mine if one.per_month is not None]
    thousands = [one.per_1k_calls for one in mine if one.per_1k_calls is not None]
    return Group(
        name, len(mine), len(thousands), len(months), total(months) if months else None,
        total(thousands) if thousands else None,
    )  # fmt: skip


def _group_rank(group: Group) -> tuple[Decimal, Decimal, str]:
    return _dear(group.per_month), _dear(group.per_1k), group.name


def _dear(span: Span | None) -> Decimal:
    """The dearest first, what is not known last."""
    return Decimal(1) if span is None else -span.mid
