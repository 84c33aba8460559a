"""Decisions, exemptions, attestations and records of returns → those that are over, and those that soon will be."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from llmlint.judge.decisions import decisions
from llmlint.judge.exemptions import exemptions
from llmlint.judge.policy import Policy
from llmlint.judge.records import REVIEW, attestations, returns
from llmlint.observe.review.records import Stale

SOON = 30  # days


def stale(policy: Policy, day: date) -> tuple[Stale, ...]:
    """What is over first, then by the day that it ends."""
    soon = (day + timedelta(days=SOON)).isoformat()
    found = [one for one in _all(policy, day) if one.over or one.until <= soon]
    return tuple(sorted(found, key=lambda s: (not s.over, s.until, s.kind, s.what)))


def _all(policy: Policy, day: date) -> Iterator[Stale]:
    today = day.isoformat()
    for d in decisions(policy):
        what = f"{d.task}: {d.model or 'undecided'}, decided on {d.date}"
        yield Stale("decision", what, d.expires, not d.holds(day), d.where, f"llmlint eval {d.task}")
    for e in exemptions(policy):
        what = f"{e.rule} in {', '.join(e.path)}: {e.reason} ({e.owner})"
        yield Stale("exemption", what, e.until, e.until < today, e.where, f"llmlint rule {e.rule}")
    for name, a in attestations(policy, day).items():
        if name != REVIEW:  # this is the review
            what = f"{name}, by {a.owner} on {a.date}"
            yield Stale("attestation", what, a.until, not a.holds, a.where, "llmlint audit")
    for row in returns(policy, None, day):
        if row["until"]:
            what = f"{row['kind']} record {row['name']}"
            yield Stale("return", what, str(row["until"]), not row["holds"], row["where"], f"llmlint roi {row['kind']}")
