"""`# llmlint: ignore[rule] reason` in a file → which of its findings are taken back, and which comments are at fault.

A comment on any line of the call speaks for that call; one that stands alone also for the calls that begin on the next
line of code; `ignore-file` speaks for the file. Without brackets all rules are meant. Text in a string is no comment.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import field
from typing import Final, Literal

from llmlint.judge.finding import Finding, Suppressed
from llmlint.judge.policy import Suppressions
from llmlint.judge.words import did_you_mean
from llmlint.light import dataclass
from llmlint.money.traffic import KEYS as TRAFFIC_KEYS
from llmlint.scan.source import Comment, Source

MARK = b"llmlint:"
UNUSED: Final = "suppression-unused"
INVALID: Final = "suppression-invalid"
VERBS = ("ignore", "ignore-file")
TRAFFIC = frozenset(TRAFFIC_KEYS)
_COMMENT = re.compile(r"#\s*llmlint:\s*(?P<verb>[\w-]+)[ \t]*(?P<names>\[[^\]#]*\]?)?[ \t]*(?P<rest>[^#]*)")


@dataclass(frozen=True, slots=True)
class Sources:
    """How the judge sees files. read: a path of the facts → its source, None where it cannot be read any more.

    marked: the analysed files whose bytes contain `MARK`; no other file is read.
    """

    read: Callable[[str], Source | None]
    marked: Collection[str]


@dataclass(eq=False, slots=True)
class Directive:
    """One suppression comment. names: rule names as known, None for all rules. first, last: the lines it speaks for."""

    text: str
    line: int
    verb: str
    names: tuple[str, ...] | None
    reason: str | None
    first: int
    last: int
    used: set[str] = field(default_factory=set)

    def speaks_for(self, rule: str, first: int, last: int) -> bool:
        if self.names is not None and rule not in self.names:
            return False
        return self.verb == "ignore-file" or first <= self.line <= last or self.first <= first <= self.last


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a comment: kind is the name of the built-in rule that says so."""

    kind: Literal["suppression-unused", "suppression-invalid"]
    line: int
    text: str
    problem: str
    mend: str
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What is left of a file's findings."""

    kept: tuple[Finding, ...]
    suppressed: tuple[Suppressed, ...]
    faults: tuple[Fault, ...]


def suppress(
    source: Source,
    findings: Sequence[Finding],
    known: Mapping[str, str],
    active: Collection[str],
    usual: Collection[str],
    rules: Suppressions,
) -> Outcome:
    """known: rule names and codes, in lower case → names. active: the rules that were judged in this file.

    usual: the rules that are on by default; a comment that names no rule is idle only if all of them were judged.
    """
    faults: list[Fault] = []
    directives = list(_directives(source, known, faults))
    kept: list[Finding] = []
    taken: list[Suppressed] = []
    for finding in findings:
        first, last = _lines(source, finding)
        speaking = [d for d in directives if d.speaks_for(finding.rule, first, last)]
        for directive in speaking:
            directive.used.add(finding.rule)
        valid = [d for d in speaking if rules.allow and (d.reason or not rules.require_reason)]
        if not valid:
            kept.append(finding)
            continue
        best = min(valid, key=lambda d: d.verb == "ignore-file")
        kind: Literal["inline", "file"] = "file" if best.verb == "ignore-file" else "inline"
        taken.append(Suppressed(finding, kind, source.locate(best.line)[1], best.reason))
    for directive in directives:
        faults += _refused(directive, rules)
        faults += _unused(directive, active, usual)
    return Outcome(tuple(kept), tuple(taken), tuple(sorted(faults, key=lambda f: (f.line, f.kind))))


def _directives(source: Source, known: Mapping[str, str], faults: list[Fault]) -> Iterator[Directive]:
    found = source.comments
    alone = {comment.line for comment in found if comment.alone}
    for comment in found:
        match = _COMMENT.search(comment.text)
        if match is None:
            continue
        verb, names, rest = match["verb"].lower(), match["names"], match["rest"].strip()
        text = " ".join(match.group().removesuffix(match["rest"]).split())[:120]
        if verb in TRAFFIC and rest.startswith("="):  # what money/traffic.py reads
            continue
        if verb not in VERBS:
            faults += _misspelt(comment, text, verb, bool(names) or not rest or rest.startswith("="))
            continue
        if names is not None and not names.endswith("]"):
            faults.append(Fault(INVALID, comment.line, text, "the bracket is not closed", "write `ignore[rule]`"))
            continue
        chosen = None if names is None else tuple(_known(names, known, comment, text, faults))
        if chosen == ():
            continue
        below = comment.line + 1
        while below in alone:
            below += 1
        last = below if comment.alone else 0
        yield Directive(text, comment.line, verb, chosen, rest.lstrip("-–—: ") or None, below, last)


def _misspelt(comment: Comment, text: str, verb: str, bare: bool) -> list[Fault]:
    """A sentence that begins "llmlint: see …" is none of ours; what looks like a command is."""
    mend = did_you_mean(verb, VERBS)
    if not mend and not bare:
        return []
    return [Fault(INVALID, comment.line, text, f"there is no `{verb[:40]}`", mend or "write `ignore[rule]`")]


def _known(
    names: str, known: Mapping[str, str], comment: Comment, text: str, faults: list[Fault]
) -> Iterator[str]:
    given = [name.strip() for name in names.strip("[]").split(",") if name.strip()]
    if not given:
        faults.append(Fault(INVALID, comment.line, text, "the brackets name no rule", "write `ignore[rule]`"))
    for name in given:
        if name.lower() in known:
            yield known[name.lower()]
            continue
        spelt = [key if key == rule else key.upper() for key, rule in known.items()]
        mend = did_you_mean(name, spelt) or "`llmlint rules` lists the rules"
        faults.append(Fault(INVALID, comment.line, text, f"there is no rule `{name[:60]}`", mend))


def _refused(directive: Directive, rules: Suppressions) -> Iterator[Fault]:
    if not rules.allow:
        if directive.used:
            problem = "the policy does not allow comments to take findings back"
            mend = "mend the call, or set the rule in the policy"
            yield Fault(INVALID, directive.line, directive.text, problem, mend)
    elif rules.require_reason and not directive.reason:
        problem = "the policy asks for a reason"
        mend = f"write `{directive.text} because …`"
        yield Fault(INVALID, directive.line, directive.text, problem, mend)


def _unused(directive: Directive, active: Collection[str], usual: Collection[str]) -> Iterator[Fault]:
    if directive.names is None:
        idle: tuple[str, ...] = ()
        if directive.used or not usual or not set(usual) <= set(active):
            return
        problem = "nothing is found here"
    else:
        idle = tuple(n for n in dict.fromkeys(directive.names) if n not in directive.used and n in active)
        if not idle:
            return
        problem = f"{' and '.join(f'`{name}`' for name in idle)} {'finds' if len(idle) == 1 else 'find'} nothing here"
    whole = directive.names is None or len(idle) == len(set(directive.names))
    mend = "remove the comment" if whole else "remove " + " and ".join(f"`{n}`" for n in idle) + " from the brackets"
    yield Fault(UNUSED, directive.line, directive.text, problem, mend, idle)


def _lines(source: Source, finding: Finding) -> tuple[int, int]:
    """The lines of a finding as the source's text counts them."""
    if finding.cell is None:
        return finding.line, finding.end_line
    start = next((first for cell, first in source.cells if cell == finding.cell), 1)
    return start + finding.line - 1, start + finding.end_line - 1


def columns(source: Source, line: int) -> tuple[int, int]:
    """Where the suppression comment on a line begins and ends, 1-based."""
    text = re.split(r"\r\n?|\n", source.text)[line - 1]
    last = max(_COMMENT.finditer(text), key=lambda match: match.start(), default=None)
    return (1, len(text) + 1) if last is None else (last.start() + 1, last.start() + len(last.group().rstrip()) + 1)
