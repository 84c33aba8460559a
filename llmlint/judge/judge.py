"""Facts + policy + rules → `Verdict`."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import date
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llmlint.errors import PolicyError, RuleError
from llmlint.facts import CallSite, Facts
from llmlint.judge import records
from llmlint.judge.exemptions import Exemption, exempt, exemptions
from llmlint.judge.exemptions import faults as faults_of
from llmlint.judge.failures import Failures
from llmlint.judge.finding import Finding, Severity, Suppressed, Verdict
from llmlint.judge.fingerprint import position, with_fingerprints
from llmlint.judge.policy import EVERY, Policy
from llmlint.judge.rules import OWN_SCOPES, Rule
from llmlint.judge.words import did_you_mean

if TYPE_CHECKING:
    from llmlint.judge.compiled import CompiledRule
    from llmlint.judge.decisions import Decision
    from llmlint.judge.scope import Calls
    from llmlint.judge.suppress import Fault, Outcome, Sources
    from llmlint.scan.source import Source

PLACE = re.compile(r"[^\s(),'\"`]+(?=:\d)")  # the path in "called from the __main__ block of scripts/run.py:12"


def judge(
    facts: Facts, policy: Policy, rules: Sequence[Rule], sources: Sources | None = None, *,
    whole: bool = False, today: date | None = None,
) -> Verdict:  # fmt: skip
    """Every rule on every call site, less what comments in the code take back and what the policy exempts.

    sources: the files that hold suppression comments; None: those that the scan names are read from the disk.
    whole: the facts are those of all files that the policy speaks of. today: what exemptions are held against.
    A rule that fails on a call is one entry in `errors`, and judges the others.
    """
    failures = Failures(facts.root)
    findings = _findings(facts, policy, rules, failures) if facts.call_sites or facts.project.configs else ()
    sources = sources if sources is not None else _on_disk(facts)
    kept: list[Finding] = [f for f in findings if f.path not in sources.marked]
    suppressed: list[Suppressed] = []
    faults: list[Finding] = []
    for path in sorted(sources.marked):
        mine = [f for f in findings if f.path == path]
        source = sources.read(path)
        if source is None:
            kept += mine
            continue
        outcome = _outcome(source, path, mine, policy, rules, failures)
        kept += outcome.kept
        suppressed += outcome.suppressed
        faults += _fault_findings(outcome.faults, source, path, policy, rules, failures)
    faults = list(with_fingerprints(faults, [(f.message,) for f in faults]))
    day = today or records.today()
    kept, exempted, used = exempt([*kept, *faults], policy, day)
    suppressed += exempted
    if used:
        kept += _exemption_findings(used, facts, policy, rules, failures, whole, day)
    return Verdict(
        facts.root, tuple(sorted(kept, key=position)),
        tuple(sorted(suppressed, key=lambda s: position(s.finding))),
        (*facts.errors, *failures.errors()), facts.stats,
    )  # fmt: skip


def check_rule_names(policy: Policy, rules: Sequence[Rule]) -> None:
    """Raises PolicyError where the policy sets a rule, or a parameter of a rule, that does not exist."""
    known = {rule.name: rule for rule in rules}
    places = [("rules", policy.rules), *((f"paths[{i}].rules", o.rules) for i, o in enumerate(policy.paths))]
    for prefix, settings in places:
        for name, setting in settings.items():
            if name != EVERY and name not in known:
                raise _policy_error(policy, f"{prefix}.{name}", f"there is no rule `{name}`", _meant(name, rules))
            if name != EVERY:
                _check_parameters(policy, f"{prefix}.{name}", known[name], setting.parameters)
    for i, exemption in enumerate(exemptions(policy)):
        if exemption.rule not in known:
            message = f"there is no rule `{exemption.rule}`"
            raise _policy_error(policy, f"exemptions[{i}]", message, _meant(exemption.rule, rules))


def _meant(name: str, rules: Sequence[Rule]) -> str | None:
    by_code = next((rule.name for rule in rules if rule.code == name.upper()), None)
    known = [rule.name for rule in rules]
    return f"write `{by_code}`" if by_code else did_you_mean(name, known, "`llmlint rules` lists them")


def _check_parameters(policy: Policy, key: str, rule: Rule, given: Mapping[str, Any]) -> None:
    from llmlint.judge.validation import TYPES, fits

    for name, value in given.items():
        parameter = rule.parameters.get(name)
        if parameter is None:
            otherwise = f"it has {', '.join(rule.parameters)}" if rule.parameters else "it has none"
            mend = did_you_mean(name, rule.parameters, otherwise)
            raise _policy_error(policy, f"{key}.{name}", f"rule `{rule.name}` has no parameter `{name}`", mend)
        if not fits(value, parameter.type):
            kind = TYPES.get(parameter.type, parameter.type)
            message = f"`{name}` of rule `{rule.name}` must be {kind}, not {value!r:.40}"
            raise _policy_error(policy, f"{key}.{name}", message, f"its default is {parameter.default!r}")


def _policy_error(policy: Policy, key: str, message: str, mend: str | None) -> PolicyError:
    path, _, line = policy.origin(key).rpartition(":")
    if path and line.isdigit():
        return PolicyError(message, path, int(line), mend)
    return PolicyError(message, policy.source, None, mend)


# facts → findings -----------------------------------------------------------------------------------------------------


def _findings(facts: Facts, policy: Policy, rules: Sequence[Rule], failures: Failures) -> tuple[Finding, ...]:
    from llmlint.judge.compiled import compiled
    from llmlint.judge.dearer import Listed
    from llmlint.judge.decisions import decisions
    from llmlint.judge.scope import Calls

    decided = decisions(policy)
    sites, project = (*facts.call_sites, *(m.as_call() for m in facts.project.configs)), asdict(facts.project)
    calls = Calls(sites, _volumes(facts, policy), Listed(policy))
    found: list[tuple[Finding, CallSite]] = []
    for rule in rules:
        if rule.scope not in OWN_SCOPES:
            continue
        spoken = partial(_of_project, project) if rule.scope == "project" else _of_calls
        found += spoken(compiled(rule), sites, calls, policy, decided, failures)
    by_name = {rule.name: rule for rule in rules}
    return with_fingerprints([f for f, _ in found], [_mark(by_name[f.rule], site) for f, site in found])


def _volumes(facts: Facts, policy: Policy) -> dict[str, float]:
    """Place → calls a day, as comments in the code and the policy declare them. Raises TrafficError."""
    from llmlint.money.traffic import traffic_of

    found = traffic_of(policy, facts) if facts.annotated or policy.extra.get("traffic") else {}
    return {place: float(one.calls_per_day) for place, one in found.items() if one.calls_per_day is not None}


def _mark(rule: Rule, site: CallSite) -> tuple[str, ...]:
    """What a finding stands on. A rule that asks for the model's tier, or for the day that it is retired,
    finds something new when the tier, or the model, is another; so does one that asks what an eval has decided."""
    if rule.scope == "project":
        return ()
    named = site.model.values if "retiring(" in rule.when or "policy.decision." in rule.when else ()
    return (site.function, site.api, (site.model.tier or "") if "tier" in rule.when else "", *named)


def _of_calls(
    rule: CompiledRule, sites: Sequence[CallSite], calls: Calls, policy: Policy, decided: Sequence[Decision],
    failures: Failures,
) -> Iterator[tuple[Finding, CallSite]]:  # fmt: skip
    from llmlint.judge.scope import is_same_for_all, policy_record

    told, same = policy_record(policy), is_same_for_all(policy, decided) and not calls.volumes
    in_file: dict[str, tuple[Severity | None, dict[str, Any]]] = {}
    seen: set[str] = set()
    for site, record in zip(sites, calls.records, strict=True):
        if site.path not in in_file:
            in_file[site.path] = _in_force(rule.rule, policy, site.path)
        severity, param = in_file[site.path]
        if severity is None:
            continue
        known = told if same else policy_record(policy, site, decided, calls.volumes.get(site.place), calls.prices)
        scope = {"call": record, "uses": calls.uses(site), "policy": known, "param": param}
        finding = _finding(rule, scope, site, severity, failures)
        if finding is not None and not _told_of(rule, scope, site, seen, failures):
            yield finding, site


def _told_of(
    rule: CompiledRule, scope: Mapping[str, Any], site: CallSite, seen: set[str], failures: Failures
) -> bool:
    """Did the rule speak of another call that is the same to it? seen: what the calls so far had in common."""
    try:
        same = rule.once(scope)
    except RuleError as error:
        failures.note(rule.rule, error, site)
        return False
    if same is None:
        return False
    known = same in seen
    seen.add(same)
    return known


def _of_project(
    project: Mapping[str, Any], rule: CompiledRule, sites: Sequence[CallSite], calls: Calls, policy: Policy,
    decided: Sequence[Decision], failures: Failures,
) -> Iterator[tuple[Finding, CallSite]]:  # fmt: skip
    """One judgement over all call sites for which the rule is on; it stands on the first of them."""
    from llmlint.judge.scope import policy_record

    judged = [
        (site, record)
        for site, record in zip(sites, calls.records, strict=True)
        if site.kind != "config" and _in_force(rule.rule, policy, site.path)[0] is not None
    ]
    if not judged:
        return
    first = judged[0][0]
    severity, param = _in_force(rule.rule, policy, first.path)
    assert severity is not None
    records = tuple(record for _, record in judged)
    scope = {"calls": records, "project": project, "policy": policy_record(policy, None, decided), "param": param}
    finding = _finding(rule, scope, first, severity, failures)
    if finding is not None:
        yield finding, first


def _finding(
    rule: CompiledRule, scope: Mapping[str, Any], site: CallSite, severity: Severity, failures: Failures
) -> Finding | None:
    """None where the rule does not speak, and where it fails."""
    try:
        if not rule.speaks(scope):
            return None
        message, remedy = rule.message(scope), rule.remedy(scope)
        return Finding(
            rule.rule.name, rule.rule.code, severity, site.path, site.line, site.end_line, site.column,
            site.end_column, message, remedy, site.cell, rule.fix(scope), docs=rule.rule.docs,
            related=tuple(_made_at(site)), function=site.function,
            paths=tuple(path for path in sorted(_paths(site)) if path in message or path in remedy),
        )  # fmt: skip
    except RuleError as error:
        failures.note(rule.rule, error, site)
        return None


def _in_force(rule: Rule, policy: Policy, path: str) -> tuple[Severity | None, dict[str, Any]]:
    """(severity, None where the rule is off; the parameters in effect) in one file."""
    setting = policy.setting(rule.name, path)
    severity = setting.in_force(rule.severity, rule.default_off)
    known = {name: value for name, value in setting.parameters.items() if name in rule.parameters}
    plain = {n: tuple(v) if isinstance(v, list) else v for n, v in {**rule.defaults(), **known}.items()}
    return (None if severity == "off" else severity), plain


def _paths(site: CallSite) -> set[str]:
    """The files that a rule can name when it speaks of a call."""
    context = site.context
    told = [*site.constructed_at, context.offline_why, context.loop, context.retry.where if context.retry else None]
    for way in (context.scheduled, context.handler, context.limited, context.remembered, context.traced):
        told += (way or {}).values()
    return {site.path, *site.prompt.source, *(path for text in told if text for path in PLACE.findall(text))}


def _made_at(site: CallSite) -> Iterator[tuple[str, int, str]]:
    for place in site.constructed_at:
        path, _, line = place.rpartition(":")
        if path and line.isdigit() and path == path.rstrip("0123456789:"):  # not in a notebook's cell
            yield path, int(line), "the model object is made here"


# findings → what comments leave of them -------------------------------------------------------------------------------


def _outcome(
    source: Source, path: str, findings: Sequence[Finding], policy: Policy, rules: Sequence[Rule], failures: Failures
) -> Outcome:
    from llmlint.judge.suppress import suppress

    judged = [rule for rule in rules if rule.scope in OWN_SCOPES]
    known = {key.lower(): rule.name for rule in judged for key in (rule.name, rule.code)}
    active = {r.name for r in judged if r.name not in failures and _in_force(r, policy, path)[0] is not None}
    usual = {rule.name for rule in judged if not rule.default_off}
    return suppress(source, findings, known, active, usual, policy.suppressions)


def _fault_findings(
    faults: Sequence[Fault], source: Source, path: str, policy: Policy, rules: Sequence[Rule], failures: Failures
) -> Iterator[Finding]:
    """What the built-in rules about comments say of each fault; nothing where such a rule is off."""
    speaking = {rule.name: rule for rule in rules if rule.scope == "comment"}
    for fault in faults:
        rule = speaking.get(fault.kind)
        severity = _in_force(rule, policy, path)[0] if rule else None
        if rule is None or severity is None:
            continue
        from llmlint.judge.compiled import compiled
        from llmlint.judge.suppress import columns

        texts = compiled(rule)
        start, end = columns(source, fault.line)
        scope = {"comment": {"text": fault.text, "problem": fault.problem, "mend": fault.mend, "names": fault.names}}
        cell, line = source.locate(fault.line)
        yield Finding(
            rule.name, rule.code, severity, path, line, line, start, end,
            texts.message(scope), texts.remedy(scope), cell, docs=rule.docs,
        )  # fmt: skip


# exemptions -----------------------------------------------------------------------------------------------------------


def _exemption_findings(
    used: Mapping[Exemption, int], facts: Facts, policy: Policy, rules: Sequence[Rule], failures: Failures,
    whole: bool, today: date,
) -> Iterator[Finding]:  # fmt: skip
    """What the built-in rules about exemptions say; each stands on its line of the policy."""
    from llmlint.judge.compiled import compiled

    judged = {r.name for r in rules if r.name not in failures and _is_on(r, policy)}
    unread = [policy.prefix + error.path for error in facts.errors]
    speaking = {rule.name: rule for rule in rules if rule.scope == "exemption"}
    told = []
    for fault in faults_of(used, today, judged, whole, unread):
        rule = speaking.get(fault.kind)
        path, line = _stands(fault.exemption, facts.root)
        severity = _in_force(rule, policy, path)[0] if rule else None
        if rule is None or severity is None:
            continue
        texts, scope = compiled(rule), {"exemption": fault.exemption.record(), "covered": fault.covered}
        told.append(Finding(
            rule.name, rule.code, severity, path, line, line, 1, 1, texts.message(scope), texts.remedy(scope),
            docs=rule.docs,
        ))  # fmt: skip
    yield from with_fingerprints(told, [(f.message,) for f in told])


def _is_on(rule: Rule, policy: Policy) -> bool:
    return policy.setting(rule.name, None).in_force(rule.severity, rule.default_off) != "off"


def _stands(exemption: Exemption, root: str) -> tuple[str, int]:
    """The policy file, relative to the root, and the line."""
    file, _, line = exemption.where.rpartition(":")
    if not line.isdigit():
        file, line = exemption.where, "1"
    return os.path.relpath(os.path.abspath(file), root).replace(os.sep, "/"), int(line)  # noqa: PTH100


def _on_disk(facts: Facts) -> Sources:
    """The files that the scan found suppression comments in."""
    from llmlint.judge.suppress import Sources

    return Sources(partial(_read, Path(facts.root)), set(facts.annotated))


def _bytes(file: Path) -> bytes:
    try:
        return file.read_bytes() if file.is_file() else b""
    except OSError:
        return b""


def _read(root: Path, path: str) -> Source | None:
    from llmlint.scan.source import read_source

    return read_source(path, _bytes(root / path)).source
