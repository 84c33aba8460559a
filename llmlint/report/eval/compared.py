"""A `Comparison` of two runs → text, JSON."""

from __future__ import annotations

import json
from dataclasses import asdict

from llmlint.evals.comparing import Change, Comparison
from llmlint.evals.conclusion import conclude, money, points, shown
from llmlint.report.spans import visible


def as_text(found: Comparison) -> str:
    before, after = found.before, found.after
    lines = [f"{before.scope.task}: {before.id} → {after.id}, {found.shared:,} items in both"]
    if found.differs:
        lines.append(f"what changed: {'; '.join(found.differs)}")
    lines += ["", *(_line(found, one) for one in found.changes), ""]
    lines += [f"before: {visible(conclude(before).sentence)}", f"after:  {visible(conclude(after).sentence)}"]
    return "\n".join(lines) + "\n"


def _line(found: Comparison, one: Change) -> str:
    name = visible(shown(found.after, one.model))
    if one.before is None or one.after is None or one.difference is None:
        return f"  {name}: no item answered in both"
    words = f"  {name}: {100 * one.before:.1f} % → {100 * one.after:.1f} % ({points(one.difference)} pt"
    if one.interval is not None:
        words += f", 95 % interval {points(one.interval[0])} … {points(one.interval[1])}"
    words += f") on {one.n:,} items, {one.better} better, {one.worse} worse"
    old, new = one.usd_per_1k
    return words + ("" if old is None or new is None else f"; {money(old)} → {money(new)} per 1,000 items")


def as_json(found: Comparison) -> str:
    told = {
        "schema": 1, "task": found.before.scope.task, "before": found.before.id, "after": found.after.id,
        "shared_items": found.shared, "differs": list(found.differs),
        "models": [asdict(one) for one in found.changes],
        "recommendation": [found.before.result.recommendation, found.after.result.recommendation],
    }  # fmt: skip
    return json.dumps(told, indent=2, ensure_ascii=False) + "\n"
