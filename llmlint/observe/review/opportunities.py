"""Findings with what they save → opportunities, the dearest first, each with the command that acts on it."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from decimal import Decimal

from llmlint.judge.finding import Finding, Verdict
from llmlint.judge.reviews import PastReview
from llmlint.observe.review.records import Mended, Opportunity, Since, Spend

EVALS = frozenset({"LLM201", "LLM202", "LLM204", "LLM205"})
RETURNS = {
    "LLM301": "cache", "LLM302": "cache", "LLM304": "semantic-cache", "LLM401": "batch", "LLM603": "fine-tune",
    "LLM604": "distil",
}  # fmt: skip
NOT_MONEY = ("LLM00", "LLM605")  # of suppressions, exemptions and the review itself


def opportunities(verdict: Verdict) -> tuple[Opportunity, ...]:
    """Every finding that is about money; what has no figure stands behind."""
    found = [_opportunity(f) for f in verdict.findings if not f.code.startswith(NOT_MONEY)]
    return tuple(sorted(found, key=lambda o: (-(o.usd_per_month or Decimal(-1)), o.code, o.place)))


def together(found: Iterable[Opportunity]) -> Decimal | None:
    """Dollars a month of the best at each place: two remedies of one call do not add up."""
    best: dict[str, Decimal] = {}
    for one in found:
        if one.usd_per_month is not None:
            best[one.place] = max(best.get(one.place, Decimal(0)), one.usd_per_month)
    return sum(best.values(), Decimal(0)) if best else None


def _opportunity(f: Finding) -> Opportunity:
    place = f"{f.path}:{f.line}" if f.cell is None else f"{f.path}:cells[{f.cell}]:{f.line}"
    known = f.saves.usd_per_month if f.saves is not None else None
    usd = None if known is None else Decimal(str(known))
    return Opportunity(f.code, f.rule, place, f.message, usd, f.saves.formula if f.saves else "", command(f))


def command(f: Finding) -> str:
    """What a person types next."""
    path = shlex.quote(f.path)
    at = f"{path}:{f.line}" if f.cell is None else f"{path}:{f.cell}:{f.line}"
    if f.fix is not None:
        return f"llmlint fix {path} --select {f.rule}" + ("" if f.fixable else " --unsafe")
    if f.code in EVALS:
        return f"llmlint eval new {at}"
    if f.code in RETURNS:
        return f"llmlint roi {RETURNS[f.code]} --at {at}"
    return f"llmlint rule {f.rule}"


def since(past: PastReview | None, verdict: Verdict, spend: Spend | None) -> Since | None:
    """What is gone of the findings of the last review, and what a thousand requests cost then and now."""
    if past is None:
        return None
    still = {f.fingerprint for f in verdict.findings}
    mended = [
        Mended(str(f.get("code", "")), str(f.get("rule", "")), str(f.get("path", "")), f.get("usd_per_month"))
        for fingerprint, f in past.findings.items() if fingerprint not in still
    ]  # fmt: skip
    now = None if spend is None or spend.usd_per_1k is None else float(spend.usd_per_1k)
    saved = None
    if past.usd_per_1k is not None and spend is not None and spend.usd_per_1k is not None and spend.requests:
        saved = (Decimal(str(past.usd_per_1k)) - spend.usd_per_1k) * spend.requests / 1000
    mended.sort(key=lambda m: (-(m.usd_per_month or 0), m.code, m.path))
    return Since(past.date, past.owner, tuple(mended), past.usd_per_1k, now, saved)


def snapshot(day: str, owner: str, verdict: Verdict, spend: Spend | None) -> PastReview:
    """What the next review compares with."""
    findings = {
        f.fingerprint: {
            "code": f.code, "rule": f.rule, "path": f.path, "usd_per_month": f.saves.usd_per_month if f.saves else None,
        }
        for f in verdict.findings if not f.code.startswith(NOT_MONEY)
    }  # fmt: skip
    month, thousand = (spend.usd_per_month, spend.usd_per_1k) if spend is not None else (None, None)
    return PastReview(
        day, owner, None if month is None else float(round(month, 2)),
        None if thousand is None else float(round(thousand, 6)),
        None if spend is None or spend.cache_hit_rate is None else round(spend.cache_hit_rate, 4), findings,
    )  # fmt: skip
