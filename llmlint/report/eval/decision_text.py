"""A replayed decision → lines of text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from llmlint.evals.procedure.plan import Verdict
from llmlint.evals.replay import Replayed


def render_replayed(replayed: Replayed, options: Mapping[str, Any]) -> str:
    lines = [f"{replayed.task}: {replayed.result.claim}."]
    width = max(len(verdict.model) for verdict in replayed.result.candidates) if replayed.result.candidates else 0
    lines += [_line(verdict, width) for verdict in replayed.result.candidates]
    share = replayed.usd / replayed.full_usd if replayed.full_usd else 0.0
    lines.append(
        f"{replayed.calls} of {replayed.full_calls} calls, ${replayed.usd:.4f} of ${replayed.full_usd:.4f} "
        f"({share:.0%}); seed {options['seed']}, alpha {options['alpha']}, target {options['target']}."
    )
    return "\n".join(lines) + "\n"


def _line(verdict: Verdict, width: int) -> str:
    price = f"${verdict.usd_per_item * 1000:.3f} per 1,000 items"
    if verdict.difference is None:
        return f"  {verdict.model:<{width}}  {verdict.verdict:<12}  {price}: {verdict.why}"
    low, high = verdict.interval or (float("nan"), float("nan"))
    figures = f"{verdict.difference:+.3f} [{low:+.3f}, {high:+.3f}], {verdict.n} items"
    return f"  {verdict.model:<{width}}  {verdict.verdict:<12}  {figures}, {price}: {verdict.why}"
