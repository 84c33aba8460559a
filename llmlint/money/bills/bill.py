"""The call sites of two revisions + what each costs → the changes, each with its reasons and its price."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from llmlint.facts import CallSite
from llmlint.money.bills.match import Pair, match
from llmlint.money.bills.records import ZERO, Change, Cost, less
from llmlint.money.bills.why import Tokens, loop_of, reasons

REPEATS = "how often its loop goes round is not known"


@dataclass(frozen=True, slots=True)
class Prices:
    """cost: one side of a pair → its cost; tokens: a prompt's constant text, estimated; team: a path → its owner."""

    cost: Callable[[CallSite, Pair], Cost]
    tokens: Tokens
    team: Callable[[str], str]


def changes(
    before: Sequence[CallSite], after: Sequence[CallSite], renames: Mapping[str, str], changed: Collection[str],
    prices: Prices,
) -> tuple[Change, ...]:  # fmt: skip
    """changed: the paths that the revisions do not share; renames: new path → old path. Sorted by place."""
    out = []
    for pair in match(counted(before), counted(after), renames):
        change = _change(pair, changed, prices)
        if change is not None:
            out.append(change)
    return tuple(out)


def counted(sites: Sequence[CallSite]) -> list[CallSite]:
    """The sites that a bill is made of: a model object that is called somewhere is counted there, not where it is made;
    counting tokens is free."""
    made = {place for site in sites for place in site.constructed_at}
    return [s for s in sites if s.kind != "count" and not (s.kind == "constructor" and s.place in made)]


def _change(pair: Pair, changed: Collection[str], prices: Prices) -> Change | None:
    before, after = pair.before, pair.after
    if before is None or after is None:
        return _one_sided(pair, prices)
    why = reasons(before, after, prices.tokens, changed)
    moved = (before.path, before.function) != (after.path, after.function)
    team = prices.team(after.path)
    if not why:
        return Change("moved", after, before, _move(before, after), ZERO, ZERO, team=team) if moved else None
    was, now = prices.cost(before, pair), prices.cost(after, pair)
    repeats = _times_changed(before, after)
    unknown = (now.unknown, was.unknown, REPEATS if repeats else "")
    return Change(
        "changed", after, before, (*why, *(_move(before, after) if moved else ())), less(now.per_1k, was.per_1k),
        None if repeats else less(now.per_month, was.per_month), "; ".join(dict.fromkeys(filter(None, unknown))),
        repeats, before.output_cap.state == "set" and after.output_cap.state == "missing", team,
    )  # fmt: skip


def _one_sided(pair: Pair, prices: Prices) -> Change:
    site = pair.after or pair.before
    assert site is not None
    cost, team, what = prices.cost(site, pair), prices.team(site.path), (_what(site),)
    if pair.before is None:
        open_end = site.output_cap.state == "missing"
        return Change(
            "added", site, None, what, cost.per_1k, cost.per_month, cost.unknown, unbounded=open_end, team=team
        )
    return Change(
        "removed", site, site, what, less(ZERO, cost.per_1k), less(ZERO, cost.per_month), cost.unknown, team=team
    )


def _times_changed(before: CallSite, after: CallSite) -> bool:
    """Is one request now many, or many one? The declared traffic spoke of the code as it was."""
    return (loop_of(before) is None) != (loop_of(after) is None)


def _move(before: CallSite, after: CallSite) -> tuple[str, ...]:
    if before.path != after.path:
        return (f"moved from {before.path}",)
    return (f"moved from `{before.function or 'the top of the file'}`",)


def _what(site: CallSite) -> str:
    """A request that is new or gone, in a few words."""
    models = site.model.values
    asks = ", ".join(models[:3]) + (f" and {len(models) - 3} more" if len(models) > 3 else "")
    limit = ""
    if site.output_cap.state == "missing":
        limit = ", no output limit"
    elif site.output_cap.value:
        limit = f", at most {site.output_cap.value:,} tokens out"
    loop = f", inside {loop_of(site)}" if loop_of(site) else ""
    return f"{site.provider} `{site.api}` with {asks or 'a model that the code does not tell'}{limit}{loop}"
