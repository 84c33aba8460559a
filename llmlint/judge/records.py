"""What a policy declares besides settings → attestations, returns on investment and traffic as rules see them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from llmlint.errors import UsageError
from llmlint.facts import CallSite, ModelFact, TaskFact
from llmlint.judge.policy import Policy
from llmlint.light import dataclass
from llmlint.money.matching import is_meant
from llmlint.scan.patterns import matches

# days that an attestation holds where it does not say `until`
REVIEW = "quarterly-review"
HOLDS = {REVIEW: 100}
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
    found = {name: _attestation(policy, name, row, day) for name, row in given.items()} if given else {}
    held = _held(policy, day)
    if held is not None and (REVIEW not in found or found[REVIEW].date < held.date):
        found[REVIEW] = held
    return found


def _held(policy: Policy, day: date) -> Attestation | None:
    """The last review that `llmlint review` recorded."""
    if policy.reviews is None or not policy.reviews.exists():
        return None
    from llmlint.judge.policy_document import display
    from llmlint.judge.reviews import past_reviews

    past = past_reviews(policy.reviews)
    if not past:
        return None
    last, where = past[-1], f"{display(policy.reviews)}:1"
    until = _later(date.fromisoformat(last.date), HOLDS[REVIEW])
    holds = last.date <= day.isoformat() <= until.isoformat()
    return Attestation(REVIEW, last.date, last.owner, until.isoformat(), holds, where)


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


def returns(
    policy: Policy, path: str | None = None, day: date | None = None, volume: float | None = None
) -> tuple[dict[str, Any], ...]:  # fmt: skip
    """The returns on investment on record that speak of a file (None: all of them), as rules see them.

    saves: dollars a month, null unknown; payback_months: null unknown, or never; both at the declared volume where that
    has fallen. holds: not over, and worked out for the declared volume; lapsed: why it does not hold, else "".
    volume: calls a day declared for the call that is judged; a record with `serves` goes by the traffic of those calls.
    """
    rows = policy.extra.get("roi") or ()
    day = day or today()
    out = []
    for i, row in enumerate(rows):
        paths = row.get("path", ())
        if path is not None and paths and not matches(_tuple(paths), policy.prefix + path):
            continue
        calls = _served(policy, row["serves"]) if "serves" in row else volume
        saves = _saves(row, calls)
        cost = row.get("one_off_usd")
        payback = None if saves is None or saves <= 0 or cost is None else cost / saves
        lapsed = _lapsed(row, day, calls)
        out.append({
            "name": row["name"], "kind": row["kind"], "saves": saves, "one_off_usd": cost, "payback_months": payback,
            "calls_per_day": row.get("calls_per_day"), "owner": row.get("owner"), "date": row.get("date"),
            "until": row.get("until"), "holds": not lapsed, "lapsed": lapsed, "where": policy.origin(f"roi[{i}]"),
        })  # fmt: skip
    return tuple(out)


def _saves(row: Mapping[str, Any], calls: float | None) -> float | None:
    """Dollars a month; less where fewer calls are declared than it was worked out for and no range is given."""
    before, after, asked = row.get("monthly_usd_before"), row.get("monthly_usd_after"), row.get("calls_per_day")
    if before is None or after is None:
        return None
    ranged = "from_calls_per_day" in row or "to_calls_per_day" in row
    share = 1 if calls is None or ranged or not asked else min(calls / asked, 1)
    saves: float = (before - after) * share
    return saves


def _served(policy: Policy, serves: Mapping[str, Any]) -> float | None:
    """The declared volume of the calls that a record is about, which may stand elsewhere than what it belongs to."""
    site = CallSite(
        _tuple(serves.get("path", ("",)))[0], 1, 1, 1, 1, "generate", "other", "", function=serves.get("function", ""),
        model=ModelFact((serves["model"],) if "model" in serves else ()), task=TaskFact(serves.get("task", "unknown")),
    )  # fmt: skip
    return calls_per_day(replace(policy, prefix=""), site)


def _lapsed(row: Mapping[str, Any], day: date, calls: float | None) -> str:
    """Why a record no longer holds; "": it does. One on hosting holds a year unless it says otherwise."""
    until = date.fromisoformat(row["until"]) if "until" in row else None
    if until is None and row["kind"] == "self-host" and "date" in row:
        until = _later(date.fromisoformat(row["date"]), HOLDS_OTHERWISE)
    if until is not None and day > until:
        return f"it was good until {until.isoformat()}"
    low, high = row.get("from_calls_per_day"), row.get("to_calls_per_day")
    if calls is not None and low is not None and calls < low:
        return f"it holds from {low:,} calls a day, and {calls:,} are declared"
    if calls is not None and high is not None and calls > high:
        return f"it holds up to {high:,} calls a day, and {calls:,} are declared"
    return ""


def calls_per_day(policy: Policy, site: CallSite) -> float | None:
    """What the policy declares for a call; of several entries that match the last one that says so. None: nothing."""
    found: float | None = None
    for row in policy.extra.get("traffic") or ():
        if "calls_per_day" in row and meant(row["match"], policy, site):
            found = row["calls_per_day"]
    return found


def meant(match: Mapping[str, Any], policy: Policy, site: CallSite) -> bool:
    """Is a call site among those that a `match` of the policy names?"""
    return is_meant(match, policy.prefix, site)


def _tuple(value: Any) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)
