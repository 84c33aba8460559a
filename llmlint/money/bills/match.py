"""Call sites of two revisions → pairs: the same request before and after, through moves, renames and edits.

A site's place says little: files are renamed, code moves between them, functions are renamed. So pairs are found by all
that a site has: file (renames followed), function, API and prompt; the likeliest first. What pairs with nothing is
added or removed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from llmlint.facts import CallSite
from llmlint.tasks.sketch import alike, sketch_of

SAID = 40  # characters of a prompt that tell one request from another
LIKE = 0.75  # prompts this similar are one prompt, edited
REWRITTEN, RELATED = 0.5, 0.3  # in one file less is enough, in one function still less
KINDS = {"batch": "generate"}  # the same request, asked for in another way


@dataclass(frozen=True, slots=True)
class Pair:
    """before None: added; after None: removed."""

    before: CallSite | None
    after: CallSite | None


def match(before: Sequence[CallSite], after: Sequence[CallSite], renames: Mapping[str, str]) -> list[Pair]:
    """renames: new path → old path. Every site is in exactly one pair; sorted by place."""
    old, new = list(before), list(after)
    pairs = _same(old, new, renames)
    scored = [
        (score, -abs(a.line - b.line), i, j)
        for i, b in enumerate(old)
        for j, a in enumerate(new)
        if (score := _likeness(b, a, renames)) > 0
    ]
    taken_old: set[int] = set()
    taken_new: set[int] = set()
    for _, _, i, j in sorted(scored, key=lambda s: (-s[0], -s[1], s[2], s[3])):
        if i not in taken_old and j not in taken_new:
            taken_old.add(i)
            taken_new.add(j)
            pairs.append(Pair(old[i], new[j]))
    pairs += [Pair(b, None) for i, b in enumerate(old) if i not in taken_old]
    pairs += [Pair(None, a) for j, a in enumerate(new) if j not in taken_new]
    return sorted(pairs, key=_place)


def _place(pair: Pair) -> tuple[str, int, int, int]:
    site = pair.after or pair.before
    assert site is not None
    return site.path, -1 if site.cell is None else site.cell, site.line, site.column


def _same(old: list[CallSite], new: list[CallSite], renames: Mapping[str, str]) -> list[Pair]:
    """Takes out of both lists what agrees in all that tells requests apart, in order of place: nearly everything."""
    waiting: dict[tuple[object, ...], list[CallSite]] = {}
    for site in old:
        waiting.setdefault((site.path, *_mark(site)), []).append(site)
    pairs, left = [], []
    for site in new:
        twins = waiting.get((renames.get(site.path, site.path), *_mark(site)))
        if twins:
            pairs.append(Pair(twins.pop(0), site))
        else:
            left.append(site)
    new[:] = left
    old[:] = [site for twins in waiting.values() for site in twins]
    return pairs


def _mark(site: CallSite) -> tuple[object, ...]:
    return site.function, site.kind, site.api, site.model.values, sketch_of(site.prompt), site.output_cap.value


def _likeness(before: CallSite, after: CallSite, renames: Mapping[str, str]) -> float:
    """0 where the two cannot be the same request."""
    if KINDS.get(before.kind, before.kind) != KINDS.get(after.kind, after.kind):
        return 0.0
    same_file = renames.get(after.path, after.path) == before.path
    same_function = before.function == after.function
    same_name = _name(before) == _name(after)
    same_api = (before.provider, before.api) == (after.provider, after.api)
    was = sketch_of(before.prompt)
    said = alike(was, sketch_of(after.prompt))
    if same_file:
        # one function may hold several requests: those that say quite different things are told apart by the API
        fits = same_function and (same_api or said is None or said > RELATED)
        fits = fits or (same_api and (said or 0) > (RELATED if same_name else REWRITTEN))
    else:
        fits = same_api and (said or 0) > LIKE and (same_name or (was is not None and was.chars >= SAID))
        fits = fits or (same_api and same_function and bool(before.function) and said is None and _only(before, after))
    if not fits:
        return 0.0
    score = 4.0 * same_file + 3.0 * same_function + 1.0 * same_name + 2.0 * same_api
    return score + 4.0 * (0.4 if said is None else said) + 0.5 * (before.model.values == after.model.values)


def _name(site: CallSite) -> str:
    return site.function.rpartition(".")[2]


def _only(before: CallSite, after: CallSite) -> bool:
    """Nothing is known of the prompts, and the rest agrees."""
    return before.model == after.model and before.output_cap == after.output_cap and before.receiver == after.receiver
