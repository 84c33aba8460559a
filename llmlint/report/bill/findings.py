"""A bill → a `Verdict`, so that annotations, SARIF, Code Quality and JUnit are written as for any finding."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from llmlint.judge.finding import Finding, Severity, Verdict
from llmlint.money.bills.records import Bill, Budget, Change
from llmlint.report.bill.words import budget_line, delta

INCREASE = ("cost-increase", "LLM006")
BROKEN = ("budget-broken", "LLM007")


def verdict_of(bill: Bill, origin: Callable[[str], str]) -> Verdict:
    """What costs more, or may: a finding each, in the newer revision. What costs less is not worth an annotation."""
    findings = [] if bill.quiet else [_increase(c) for c in bill.changes if c.kind != "removed" and _dearer(c)]
    findings += [_broken(bill, b, origin) for b in bill.budgets if b.broken]
    return Verdict(bill.root, tuple(findings), (), bill.errors)


def _dearer(change: Change) -> bool:
    if change.per_1k is None:
        return True
    return change.per_1k.high > 0 or change.unbounded or (change.repeats and change.site.context.loop is not None)


def _increase(change: Change) -> Finding:
    site = change.site
    severity: Severity = "info" if change.per_1k is None else "warning"
    message = f"{delta(change)}: {'; '.join(change.why)}"
    return Finding(
        *INCREASE, severity, site.path, site.line, site.end_line, site.column, site.end_column,
        message[0].upper() + message[1:], "", cell=site.cell, function=site.function,
        fingerprint=_digest(site.function, site.api, *change.why),
    )  # fmt: skip


def _broken(bill: Bill, budget: Budget, origin: Callable[[str], str]) -> Finding:
    team, _, key = budget.name.rpartition(": ")
    place = origin(f"budgets.teams.{team}.{key}" if team else f"budgets.{key}")
    path, _, line = place.rpartition(":")
    at = int(line) if path and line.isdigit() else 1
    return Finding(
        *BROKEN, "error", path or "llmlint.yaml", at, at, 1, 1, f"Budget {budget_line(budget)}.", "",
        fingerprint=_digest(budget.name),
    )  # fmt: skip


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:16]
