"""Facts + policy + rules → `Audit`: the fourteen items of the checklist, each with its status, evidence and next step.

An item about calls is judged by what its rules find: every call that no rule finds fault with and that shows how it is
done speaks for it. Unknown is never a pass: where nothing is found and nothing is shown the item is not measured.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import field, replace
from datetime import date
from typing import Any, Literal

from llmlint.facts import CallSite, Facts, FileError, ScanStats
from llmlint.judge.checklist import ITEMS, Item
from llmlint.judge.decisions import Decision, decisions
from llmlint.judge.finding import Finding, Verdict
from llmlint.judge.helpers import plural as counted
from llmlint.judge.judge import judge
from llmlint.judge.policy import Policy, RuleSetting
from llmlint.judge.records import Attestation, attestations, returns, today
from llmlint.judge.rules import Rule
from llmlint.light import dataclass

SCHEMA = 1
Status = Literal["pass", "partial", "fail", "not applicable", "not measured"]
STATUSES: tuple[Status, ...] = ("pass", "partial", "fail", "not applicable", "not measured")
WORTH: dict[Status, float] = {"pass": 1.0, "partial": 0.5, "fail": 0.0}  # of the score; the others do not count
MAX_EVIDENCE = 5
PLACED = re.compile(r"^(.+?):(?:(\d+):)?(\d+) (.*)$", re.DOTALL)  # "path:line what", "path:cell:line what"


@dataclass(frozen=True, slots=True)
class Evidence:
    """path: relative to the root; cell: of a notebook, 0-based."""

    path: str
    line: int
    words: str
    cell: int | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What is known of one item. why: one sentence; next: what to do, "" where nothing is."""

    item: Item
    status: Status
    why: str
    evidence: tuple[Evidence, ...] = ()
    next: str = ""


@dataclass(frozen=True, slots=True)
class Audit:
    """score: 0 to 100, over the items that were measured; None where none was."""

    root: str
    answers: tuple[Answer, ...]
    errors: tuple[FileError, ...] = ()
    stats: ScanStats = field(default_factory=ScanStats)

    @property
    def measured(self) -> tuple[Answer, ...]:
        return tuple(a for a in self.answers if a.status in WORTH)

    @property
    def score(self) -> int | None:
        counted = [WORTH[a.status] for a in self.measured]
        return round(100 * sum(counted) / len(counted)) if counted else None


def audit(facts: Facts, policy: Policy, rules: Sequence[Rule], day: date | None = None) -> Audit:
    """Every item. Rules of the checklist that are off unless asked for are asked; those that the policy switches off
    are not. Neither a baseline nor a revision hides anything: the audit tells what is there."""
    from llmlint.link.callers import is_test

    asked = _with_checklist(policy, rules)
    verdict = judge(facts, asked, rules, today=day)
    sites = tuple(site for site in facts.call_sites if not is_test(site.path))
    view = View(facts, sites, asked, rules, verdict, day or today())
    return Audit(facts.root, tuple(view.answer(item) for item in ITEMS), verdict.errors, facts.stats)


def _with_checklist(policy: Policy, rules: Sequence[Rule]) -> Policy:
    codes = {code for item in ITEMS for code in item.codes}
    on = dict(policy.rules)
    for rule in rules:
        known = on.get(rule.name, RuleSetting())
        if rule.code in codes and rule.default_off and (known.severity is None or known.general):
            on[rule.name] = RuleSetting(rule.severity, known.parameters)
    return replace(policy, rules=on)


class View:
    """One run, seen item by item."""

    def __init__(
        self, facts: Facts, sites: Sequence[CallSite], policy: Policy, rules: Sequence[Rule], verdict: Verdict,
        day: date,
    ) -> None:  # fmt: skip
        self.facts, self.sites, self.policy, self.day = facts, sites, policy, day
        self.rules = {rule.code: rule for rule in rules}
        self.verdict = verdict
        self.attested = attestations(policy, day)
        self.roi = returns(policy, None, day)

    def answer(self, item: Item) -> Answer:
        if not any(site.kind in ("generate", "embed", "image", "audio", "batch", "fine_tune") for site in self.sites):
            return Answer(item, "not applicable", "no call of a model was found")
        special = getattr(self, "_" + item.name.replace("-", "_"), None)
        known: Answer = special(item) if special is not None else self.calls(item)
        declared = self.attested.get(item.name)
        if declared is not None:
            known = self.declared(known, declared)
        return known if known.status in ("pass", "not applicable") else replace(known, next=item.next)

    def declared(self, known: Answer, given: Attestation) -> Answer:
        """What code shows stays; what it cannot show is believed as long as the attestation holds."""
        words = f"attested by {given.owner} on {given.date}, holds until {given.until}"
        words += f": {given.link}" if given.link else ""
        evidence = (*known.evidence, self.policy_evidence(given.where, words))
        if not given.holds:
            status: Status = "partial" if known.status in ("fail", "not measured") else known.status
            why = f"{known.why}; the attestation does not hold today"
            return replace(known, status=status, why=why, evidence=evidence)
        if known.item.attested or known.status == "not measured":
            return replace(known, status="pass", why=f"attested by {given.owner}", evidence=evidence)
        return replace(known, evidence=evidence)

    # items about calls ------------------------------------------------------------------------------------------------

    def calls(self, item: Item) -> Answer:
        rules = [rule for code in item.codes if (rule := self.rules.get(code)) is not None]
        on = [rule for rule in rules if self.is_on(rule)]
        if not on:
            why = "the policy switches its rules off" if rules else f"no rule measures it yet ({', '.join(item.codes)})"
            return Answer(item, "not measured", why)
        grave, light = self.faults(on)
        taken = {place(s.finding) for s in self.verdict.suppressed if s.finding.rule in {rule.name for rule in on}}
        faulty = {*grave, *light}
        subjects = [s for s in self.sites if item.subject(s, self.policy) and spot(s) not in faulty]
        shown = [(s, words) for s in subjects if (words := item.shows(s, self.policy))]
        accepted = [s for s in subjects if spot(s) in taken]
        number, bad = len(subjects) + len(faulty), len(faulty)
        evidence = [evident(f) for f in (*grave.values(), *light.values())][:MAX_EVIDENCE]
        if bad:
            codes = ", ".join(sorted({f.code for f in (*grave.values(), *light.values())}))
            why = f"{codes} finds fault with {bad} of {number} {item.about}"
            evidence += [Evidence(s.path, s.line, words, s.cell) for s, words in shown[:2]]
            return Answer(item, "fail" if len(grave) * 2 > number else "partial", why, tuple(evidence))
        if not subjects:
            unsure = sum(item.unsure(site, self.policy) for site in self.sites)
            if unsure:
                why = f"no {item.about} are known; of {counted(unsure, 'call')} the code does not say"
                return Answer(item, "not measured", why)
            return Answer(item, "not applicable", f"no {item.about}")
        told = [Evidence(s.path, s.line, words, s.cell) for s, words in shown[:MAX_EVIDENCE]]
        if not shown and not accepted:
            return Answer(item, "not measured", f"{number} {item.about}, and the code does not say")
        why = f"{len(shown)} of {number} {item.about} show it, and nothing is found fault with"
        why += f"; {len(accepted)} accepted" if accepted else ""
        most = (len(shown) + len(accepted)) * 2 >= number
        return Answer(item, "pass" if most else "partial", why, tuple(told))

    def is_on(self, rule: Rule) -> bool:
        return self.policy.setting(rule.name, None).in_force(rule.severity, rule.default_off) != "off"

    def faults(self, rules: Iterable[Rule]) -> tuple[dict[Place, Finding], dict[Place, Finding]]:
        """Places with findings: grave ones, and those that a cautious rule only hints at."""
        grave: dict[Place, Finding] = {}
        light: dict[Place, Finding] = {}
        hints = {rule.name for rule in rules if rule.default_off}
        names = {rule.name for rule in rules}
        for finding in self.verdict.findings:
            if finding.rule in names:
                hint = finding.rule in hints or finding.severity == "info"
                (light if hint else grave).setdefault(place(finding), finding)
        return grave, {at: f for at, f in light.items() if at not in grave}

    def findings(self, *codes: str) -> list[Finding]:
        return [finding for finding in self.verdict.findings if finding.code in codes]

    # items of their own -----------------------------------------------------------------------------------------------

    def _cost_dashboard(self, item: Item) -> Answer:
        project = self.facts.project
        if project.dashboards and project.by_team:
            evidence = placed((*project.by_team, *project.dashboards))
            return Answer(item, "pass", "cost is drawn by team and model", evidence)
        if project.dashboards:
            return Answer(item, "partial", "cost is drawn, but not by team and model", placed(project.dashboards))
        if project.by_team:
            why = "spend is kept by team and model; no dashboard was found"
            return Answer(item, "partial", why, placed(project.by_team))
        if project.metrics:
            return Answer(item, "partial", "usage is recorded; no dashboard was found", placed(project.metrics))
        return self.unseen(item, "no dashboard was found, and nothing that records usage")

    def _cost_alarm(self, item: Item) -> Answer:
        alarms = self.facts.project.alarms
        if alarms:
            return Answer(item, "pass", "what models cost is watched", placed(alarms))
        return self.unseen(item, "no alert on what models cost was found")

    def unseen(self, item: Item, why: str) -> Answer:
        seen = self.facts.project.seen
        return Answer(item, "fail", why) if seen else Answer(item, "not measured", "only some files were looked at")

    def _fine_tune_roi(self, item: Item) -> Answer:
        known = self.calls(item)
        records = [row for row in self.roi if row["kind"] == "fine-tune"]
        if known.status != "not measured" or not self.is_on_by_code("LLM603"):
            return known
        return Answer(item, "pass", "every fine-tuning job has a record that pays", self.recorded(records))

    def is_on_by_code(self, code: str) -> bool:
        rule = self.rules.get(code)
        return rule is not None and self.is_on(rule)

    def _distillation_review(self, item: Item) -> Answer:
        found = self.findings("LLM604")
        records = self.recorded([row for row in self.roi if row["kind"] == "distil" and row["holds"]])
        if found:
            why = f"{counted(len(found), 'narrow task')} at high volume on a large model, and no review"
            return Answer(item, "fail", why, tuple(evident(f) for f in found[:MAX_EVIDENCE]))
        if records:
            return Answer(item, "pass", "a decision is on record", records)
        if not self.is_on_by_code("LLM604"):
            return Answer(item, "not measured", "no rule measures it")
        if not any("calls_per_day" in row for row in self.policy.extra.get("traffic") or ()):
            return Answer(item, "not measured", "the policy declares no traffic, so no volume is known")
        return Answer(item, "not applicable", "no narrow task at high volume on a large model")

    def _migration_test(self, item: Item) -> Answer:
        found = self.findings(*item.codes)
        decisions = self.decisions()
        fresh = [evidence for evidence, holds in decisions if holds]
        if found:
            why = f"{counted(len(found), 'finding')} on models ({', '.join(sorted({f.code for f in found}))})"
            status: Status = "partial" if fresh else "fail"
            return Answer(item, status, why, (*(evident(f) for f in found[:MAX_EVIDENCE]), *fresh[:2]))
        if fresh:
            return Answer(item, "pass", "a comparison is on record", tuple(fresh[:MAX_EVIDENCE]))
        if decisions:
            told = tuple(evidence for evidence, _ in decisions[:MAX_EVIDENCE])
            return Answer(item, "partial", "the comparisons on record are older than allowed", told)
        return Answer(item, "fail", "no comparison of models is on record")

    def decisions(self) -> list[tuple[Evidence, bool]]:
        """What evals have decided about models, and whether it holds today; stand-ins say nothing of models."""
        return [
            (self.policy_evidence(one.where, f"{one.task}: {_decided(one)} on {one.date}"), one.holds(self.day))
            for one in reversed(decisions(self.policy)) if not one.stand_in
        ]  # fmt: skip

    def _quarterly_review(self, item: Item) -> Answer:
        return Answer(item, "fail", "no review is on record")

    def _build_or_buy(self, item: Item) -> Answer:
        records = [row for row in self.roi if row["kind"] == "self-host"]
        valid = self.recorded([row for row in records if row["holds"]])
        if valid:
            return Answer(item, "pass", "a comparison is on record", valid)
        if records:
            why = f"the comparison on record no longer holds: {records[0]['lapsed']}"
            return Answer(item, "partial", why, self.recorded(records))
        return Answer(item, "fail", "no decision is on record")

    # evidence ---------------------------------------------------------------------------------------------------------

    def recorded(self, rows: Sequence[dict[str, Any]]) -> tuple[Evidence, ...]:
        told = ((row["where"], f"{row['kind']} record `{row['name']}`") for row in rows[:MAX_EVIDENCE])
        return tuple(self.policy_evidence(where, words) for where, words in told)

    def policy_evidence(self, where: str, words: str) -> Evidence:
        """A place in the policy, relative to the root."""
        file, _, line = where.rpartition(":")
        file, line = (file, line) if line.isdigit() else (where, "1")
        path = os.path.relpath(os.path.abspath(file), self.facts.root).replace(os.sep, "/")  # noqa: PTH100
        return Evidence(path, int(line), words)


Place = tuple[str, int | None, int, int]


def spot(site: CallSite) -> Place:
    return site.path, site.cell, site.line, site.column


def place(finding: Finding) -> Place:
    return finding.path, finding.cell, finding.line, finding.column


def evident(finding: Finding) -> Evidence:
    return Evidence(finding.path, finding.line, f"{finding.code} {finding.rule}", finding.cell)


def _decided(one: Decision) -> str:
    if one.model is None:
        return "undecided"
    figures = "" if one.difference is None else f" ({100 * one.difference:+.1f} pt, n = {one.n})"
    return f"{one.model}{figures}, decided"


def placed(texts: Iterable[str]) -> tuple[Evidence, ...]:
    """The project's evidence, "path:line what", as records."""
    found = (PLACED.match(text) for text in list(dict.fromkeys(texts))[:MAX_EVIDENCE])
    return tuple(Evidence(m[1], int(m[3]), m[4], int(m[2]) if m[2] else None) for m in found if m is not None)
