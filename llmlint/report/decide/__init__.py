"""Decisions on where requests should run → text, markdown or JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from llmlint.money.decide import Decision

FORMATS: dict[str, str] = {
    "text": "llmlint.report.decide.text",
    "json": "llmlint.report.decide.json",
    "markdown": "llmlint.report.decide.markdown",
}
OUTCOMES = {
    "batch": "batches", "cloud-api": "the cloud's API", "cloud-with-caching": "the cloud, with caching",
    "self-host": "a model of one's own", "open": "open",
}  # fmt: skip


def render(name: str, decisions: Sequence[Decision]) -> str:
    text: str = import_module(FORMATS[name]).render(decisions)
    return text


def next_step(decision: Decision) -> str:
    """The command that acts on it."""
    first = decision.members[0]
    at = f"--at {first.place}"
    if decision.outcome == "open":
        return "say " + " and ".join(option for option, _ in decision.asks)
    if decision.outcome == "batch":
        return "" if first.site.kind == "batch" else f"llmlint roi batch {at}"
    if decision.outcome == "self-host":
        return "" if first.site.endpoint == "local" else f"llmlint roi self-host {at} --record llmlint.yaml"
    if decision.outcome == "cloud-with-caching":
        return f"llmlint roi cache {at}"
    return "llmlint eval finds the cheapest model that does"


def asked(decisions: Sequence[Decision]) -> dict[str, str]:
    """Each option that would close a decision, with what its answers lead to."""
    return {option: leads for one in decisions for option, leads in one.asks}


def closing(decisions: Sequence[Decision]) -> str:
    """`3 decisions: 1 batches, 2 the cloud's API`."""
    if not decisions:
        return "no call of a model to decide about"
    counts = Counter(OUTCOMES[one.outcome] for one in decisions)
    told = ", ".join(f"{count} × {name}" for name, count in counts.most_common())
    return f"{len(decisions)} decision{'s' if len(decisions) != 1 else ''}: {told}"
