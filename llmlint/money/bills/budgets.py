"""A bill + the policy's `budgets:` → which limits hold."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from functools import partial
from typing import Any

from llmlint.money.bills.records import Budget, Change

PER_TEAM = "teams"


def held(
    limits: Mapping[str, Any] | None, changes: Sequence[Change],
    monthly: Callable[[str], tuple[Decimal | None, str]],
) -> tuple[Budget, ...]:  # fmt: skip
    """monthly: a team, "" for all → what all its call sites cost a month, and what that leaves out; asked for only
    where a limit is set."""
    limits = limits or {}
    out = [*_limits("", limits, changes, partial(monthly, ""))]
    for team, own in (limits.get(PER_TEAM) or {}).items():
        theirs = [change for change in changes if team in change.team.split()]
        out += _limits(f"{team}: ", own or {}, theirs, partial(monthly, team))
    return tuple(out)


def _limits(
    whose: str, limits: Mapping[str, Any], changes: Sequence[Change],
    monthly: Callable[[], tuple[Decimal | None, str]],
) -> Iterator[Budget]:  # fmt: skip
    increase = limits.get("pr_increase_usd")
    if increase is not None:
        value, note = _increase(changes)
        yield Budget(f"{whose}pr_increase_usd", Decimal(str(increase)), value, note)
    total = limits.get("monthly_usd")
    if total is not None:
        value, note = monthly()
        yield Budget(f"{whose}monthly_usd", Decimal(str(total)), value, note)


def _increase(changes: Sequence[Change]) -> tuple[Decimal | None, str]:
    """A month's increase, by the middle of what it can be; a limit cannot be held against what is not known."""
    known = [c.per_month.mid for c in changes if c.per_month is not None]
    missing = sum(c.per_month is None for c in changes)
    note = f"without {_sites(missing)} whose traffic or price is not known" if missing else ""
    return (sum(known, Decimal(0)) if known or not missing else None), note


def _sites(count: int) -> str:
    return "1 call site" if count == 1 else f"{count:,} call sites"
