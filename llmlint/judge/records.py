"""What a policy declares besides settings → attestations, returns on investment and traffic as rules see them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from llmlint.errors import UsageError
from llmlint.facts import CallSite
from llmlint.judge.policy import Policy
from llmlint.money.matching import is_meant
from llmlint.scan.patterns import matches

# days that an attestation holds where it does not say `until`
HOLDS = {"quarterly-review": 100}
HOLDS_OTHERWISE = 380  # a year, and the days that it takes to get round to it


@dataclass(frozen=True, slots=True)
class Attestation:
    """Something that is true although the code cannot show it. until: the last day it holds; where: "llmlint.yaml:12".

    name: an item of the checklist, as in `llmlint audit`.
    """

    name: str
    date: str
    owner: str
    until: str
    holds: bool
    where: str
    link: str = ""
    reason: str = ""

    def record(self) -> dict[str, Any]:
        """As rules see it."""
        return {
            "date": self.date, "owner": self.owner, "until": self.until, "holds": self.holds, "where": self.where,
            "link": self.link, "reason": self.reason,
        }  # fmt: skip


def today() -> date:
    """The day by which records are judged; LLMLINT_TODAY (2026-11-25) sets it, so that a run can be repeated."""
    from llmlint.judge.helpers import Refused
    from llmlint.judge.helpers import today as day

    try:
        return day()
    except Refused as refused:
        raise UsageError(str(refused), mend="write it as 2026-11-25") from None


def attestations(policy: Policy, day: date | None = None) -> dict[str, Attestation]:
    """Those of the policy and all that it extends, by the name of the item."""
    given: Mapping[str, Mapping[str, str]] = policy.extra.get("attestations") or {}
    day = day or today()
    return {name: _attestation(policy, name, row, day) for name, row in given.items()} if given else {}


def _attestation(policy: Policy, name: str, row: Mapping[str, str], day: date) -> Attestation:
    said = date.fromisoformat(row["date"])
    until = date.fromisoformat(row["until"]) if "until" in row else _later(said, HOLDS.get(name, HOLDS_OTHERWISE))
    return Attestation(
        name, row["date"], row["owner"], until.isoformat(), said <= day <= until,
        policy.origin(f"attestations.{name}"), row.get("link", ""), row.get("reason", ""),
    )  # fmt: skip


def _later(day: date, days: int) -> date:
    try:
        return day + timedelta(days=days)
    except OverflowError:
        return date.max


def returns(policy: Policy, path: str | None = None, day: date | None = None) -> tuple[dict[str, Any], ...]:
    """The returns on investment on record that speak of a file (None: all of them), as rules see them.

    saves: dollars a month, null unknown; payback_months: null unknown, or never; holds: not over.
    """
    rows = policy.extra.get("roi") or ()
    day = day or today()
    out = []
    for i, row in enumerate(rows):
        paths = row.get("path", ())
        if path is not None and paths and not matches(_tuple(paths), policy.prefix + path):
            continue
        saves = _saves(row)
        cost = row.get("one_off_usd")
        payback = None if saves is None or saves <= 0 or cost is None else cost / saves
        over = "until" in row and day > date.fromisoformat(row["until"])
        out.append({
            "name": row["name"], "kind": row["kind"], "saves": saves, "one_off_usd": cost, "payback_months": payback,
            "calls_per_day": row.get("calls_per_day"), "owner": row.get("owner"), "date": row.get("date"),
            "until": row.get("until"), "holds": not over, "where": policy.origin(f"roi[{i}]"),
        })  # fmt: skip
    return tuple(out)


def _saves(row: Mapping[str, Any]) -> float | None:
    before, after = row.get("monthly_usd_before"), row.get("monthly_usd_after")
    return None if before is None or after is None else before - after


def calls_per_day(policy: Policy, site: CallSite) -> float | None:
    """What the policy declares for a call; of several entries that match the last one that says so. None: nothing."""
    found = None
    for row in policy.extra.get("traffic") or ():
        if "calls_per_day" in row and meant(row["match"], policy, site):
            found = row["calls_per_day"]
    return found


def meant(match: Mapping[str, Any], policy: Policy, site: CallSite) -> bool:
    """Is a call site among those that a `match` of the policy names?"""
    return is_meant(match, policy.prefix, site)


def _tuple(value: Any) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)
