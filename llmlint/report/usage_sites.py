"""Usage by call site → a table for people, or JSON, schema version 1; what has no call site stands below."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from llmlint.report.spans import visible
from llmlint.report.usage import NAMELESS, shortened, tokens

if TYPE_CHECKING:
    from llmlint.observe.usage.placed import Placed, Places

SCHEMA = 1
SHOWN = 30


def as_text(found: Places) -> str:
    lines = [headline(found), ""]
    if found.sites:
        lines += [*_table([(visible(p.site.place) if p.site else "", p) for p in found.sites], "call site"), ""]
    if found.unmatched:
        lines += ["no call site of this code:", *_table([(who(p), p) for p in found.unmatched], "who"), ""]
    lines += notes(found)
    return "\n".join(lines).rstrip() + "\n"


def headline(found: Places) -> str:
    total = found.usd
    if not total:
        return f"{found.days} day{'s' * (found.days != 1)} of usage; no price is known for any of it"
    share = f"{found.matched_usd / total:.0%}"
    return f"${total:,.2f} in {found.days} day{'s' * (found.days != 1)}; call sites of this code account for {share}"


def _table(rows: list[tuple[str, Placed]], title: str) -> Iterator[str]:
    cells = [(title, "how sure", "requests", "input", "output", "USD")]
    for name, p in rows[:SHOWN]:
        requests = "?" if p.requests is None else f"{p.requests:,.0f}"
        cells.append((shortened(name), p.how or "", requests, tokens(int(p.prompt)), tokens(int(p.output)), usd(p)))
    widths = [max(len(row[i]) for row in cells) for i in range(6)]
    for row in cells:
        left = "  ".join(c.ljust(w) for c, w in zip(row[:2], widths[:2], strict=True))
        yield (left + "  " + "  ".join(c.rjust(w) for c, w in zip(row[2:], widths[2:], strict=True))).rstrip()
    if len(rows) > SHOWN:
        rest = sum((p.usd or Decimal(0) for _, p in rows[SHOWN:]), Decimal(0))
        yield f"… and {len(rows) - SHOWN} more, ${rest:,.2f}"


def notes(found: Places) -> Iterator[str]:
    """What must be known to read the sums."""
    for provider, amount in sorted(found.counted.unseen.items()):
        yield f"{visible(provider) or NAMELESS} says ${amount:,.2f} more than all records of requests: untraced"
    for provider, (near, more) in sorted(found.counted.overcounted.items()):
        yield (
            f"{visible(provider) or NAMELESS} says ${more:,.2f} where the records add up to ${near:,.2f}: prices by "
            "contract belong into `prices:`, and one request may be counted twice"
        )
    for sources in found.counted.overlapping:
        yield f"{visible(sources)} tell of the same models and days: if of the same requests, forget one of them"
    models = sorted({p.subject.model for p in (*found.sites, *found.unmatched) if p.unpriced})
    if models:
        yield f"no price is known for {', '.join(visible(m) or NAMELESS for m in models[:5])}: not in the sums (+)"


def who(p: Placed) -> str:
    """What the source says of who asked."""
    s = p.subject
    place = f"{s.path}:{s.line}" if s.path and s.line else s.path or s.function or s.label
    return " ".join(visible(word) for word in (s.model, place, s.team and f"({s.team})") if word) or NAMELESS


def usd(p: Placed) -> str:
    return "?" if p.usd is None else f"{p.usd:,.2f}" + ("+" if p.unpriced else "")


def as_json(found: Places) -> str:
    report = {
        "schema": SCHEMA, "days": found.days, "usd": float(round(found.usd, 6)),
        "matched_usd": float(round(found.matched_usd, 6)),
        "unseen_usd": {p: float(round(v, 6)) for p, v in found.counted.unseen.items()},
        "sites": [
            {"path": p.site.path, "line": p.site.line, "how": p.how, **_figures(p)} for p in found.sites if p.site
        ],
        "unmatched": [{**p.subject._asdict(), **_figures(p)} for p in found.unmatched], "notes": list(notes(found)),
    }  # fmt: skip
    return json.dumps(report, indent=2) + "\n"


def _figures(p: Placed) -> dict[str, Any]:
    return {
        "requests": None if p.requests is None else float(round(p.requests, 3)), "input_tokens": float(round(p.prompt)),
        "cache_read_tokens": float(round(p.cached)), "output_tokens": float(round(p.output)),
        "usd": None if p.usd is None else float(round(p.usd, 6)), "unpriced_tokens": float(round(p.unpriced)),
    }  # fmt: skip
