"""`Verdict` → SARIF 2.1.0, as GitHub code scanning and editors read it."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from llmlint import __version__
from llmlint.facts import FileError
from llmlint.judge.finding import Finding, Severity, Suppressed, Verdict
from llmlint.judge.rules import Rule
from llmlint.report.places import in_cell, justification, shown_path

SCHEMA_URI = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
HOME = "https://github.com/llmlint/llmlint"
LEVELS: Mapping[Severity, str] = {"error": "error", "warning": "warning", "info": "note"}
PROBLEM_SEVERITIES: Mapping[Severity, str] = {"error": "error", "warning": "warning", "info": "recommendation"}
BASE_ID = "SRCROOT"

Json = dict[str, Any]


def render(verdict: Verdict, rules: Sequence[Rule] = (), base: Path | None = None) -> str:
    """Suppressed findings are results with their suppression; files that could not be read are notifications."""
    descriptors = _descriptors(verdict, rules)
    writer = _Writer(verdict.root, base, {d["id"]: i for i, d in enumerate(descriptors)})
    results = [writer.result(f) for f in verdict.findings]
    if verdict.suppressed:  # a reader takes the absence for "not known": then every result must say
        results = [{**r, "suppressions": []} for r in results]
        results += [writer.suppressed(s) for s in verdict.suppressed]
    run = {
        "tool": {"driver": {
            "name": "llmlint", "semanticVersion": __version__, "informationUri": HOME, "rules": descriptors,
        }},
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {BASE_ID: {"description": {"text": "The root of the repository."}}},
        "invocations": [{
            "executionSuccessful": not any(e.grave for e in verdict.errors),
            "toolExecutionNotifications": [writer.notification(e) for e in verdict.errors],
        }],
        "results": results,
    }  # fmt: skip
    return json.dumps({"$schema": SCHEMA_URI, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _descriptors(verdict: Verdict, rules: Sequence[Rule]) -> list[Json]:
    """One for each rule, and for what llmlint finds without a rule file."""
    known = {rule.code: _descriptor(rule) for rule in rules}
    for f in (*verdict.findings, *(s.finding for s in verdict.suppressed)):
        known.setdefault(f.code, {"id": f.code, "name": f.rule, "shortDescription": {"text": f.rule}})
    return [known[code] for code in sorted(known)]


def _descriptor(rule: Rule) -> Json:
    descriptor: Json = {
        "id": rule.code,
        "name": rule.name,
        "shortDescription": {"text": rule.summary},
        "fullDescription": {"text": rule.why or rule.summary},
        "help": {"text": rule.why or rule.summary, "markdown": _help(rule)},
        "defaultConfiguration": {"enabled": not rule.default_off, "level": LEVELS[rule.severity]},
        "properties": {"tags": ["cost", "llm"], "problem.severity": PROBLEM_SEVERITIES[rule.severity]},
    }
    if rule.docs.startswith(("https://", "http://")):
        descriptor["helpUri"] = rule.docs
    return descriptor


def _help(rule: Rule) -> str:
    """The rule's documentation as Markdown: why, then code that it finds and code that it leaves alone."""
    parts = [f"# {rule.name} ({rule.code})", rule.summary, rule.why]
    for title, examples in (("Found", rule.bad), ("Left alone", rule.good)):
        if examples:
            parts.append(f"## {title}")
            parts += [_fenced(code) for code in examples[0].files.values()]
    return "\n\n".join(part.strip() for part in parts if part.strip()) + "\n"


def _fenced(code: str) -> str:
    from llmlint.report.markdown import fence

    mark = fence(code)
    return f"{mark}python\n{code.rstrip()}\n{mark}"


class _Writer:
    """Findings → results, with what all of them refer to."""

    def __init__(self, root: str, base: Path | None, rule_index: Mapping[str, int]) -> None:
        self.root, self.base, self.rule_index = root, base, rule_index

    def result(self, f: Finding) -> Json:
        properties: Json = {"fixable": f.fixable}
        if f.cell is not None:
            properties["cell"] = f.cell
        if f.saves is not None:
            properties["saves"] = {"usdPerMonth": f.saves.usd_per_month, "formula": f.saves.formula}
        region = {
            "startLine": f.line, "startColumn": f.column, "endLine": f.end_line, "endColumn": f.end_column,
        }  # fmt: skip
        result: Json = {
            "ruleId": f.code,
            "ruleIndex": self.rule_index[f.code],
            "level": LEVELS[f.severity],
            "message": {"text": in_cell(f, f.message) + (f"\n{f.remedy}" if f.remedy else "")},
            "locations": [{"physicalLocation": self.physical(f.path, region)}],
            "properties": properties,
        }
        if f.fingerprint:
            result["partialFingerprints"] = {"llmlint/v1": f.fingerprint}
        if f.related:
            result["relatedLocations"] = [
                {"physicalLocation": self.physical(path, {"startLine": line}), "message": {"text": words}}
                for path, line, words in f.related
            ]
        return result

    def suppressed(self, s: Suppressed) -> Json:
        suppression: Json = {"kind": "inSource" if s.line else "external", "status": "accepted"}
        if s.line:
            region = {"startLine": s.line}
            suppression["location"] = {"physicalLocation": self.physical(s.finding.path, region)}
        if s.reason:
            suppression["justification"] = justification(s)
        return {**self.result(s.finding), "suppressions": [suppression]}

    def notification(self, e: FileError) -> Json:
        region = {"startLine": e.line} if e.line else None
        return {
            "level": "error" if e.grave else "warning",
            "message": {"text": str(e)},
            "locations": [{"physicalLocation": self.physical(e.path, region)}],
        }

    def physical(self, path: str, region: Json | None) -> Json:
        shown = shown_path(self.root, path, self.base)
        artifact = {"uri": quote(os.fsencode(shown), safe="/")}
        if shown.startswith("/"):
            artifact["uri"] = "file://" + artifact["uri"]
        else:
            artifact["uriBaseId"] = BASE_ID
        return {"artifactLocation": artifact} | ({"region": region} if region else {})
