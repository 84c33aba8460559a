"""`Verdict` → JUnit XML: a suite for each file, a failed case for each finding."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from xml.etree import ElementTree as Xml

from llmlint.facts import FileError
from llmlint.judge.finding import Finding, Suppressed, Verdict
from llmlint.judge.rules import Rule
from llmlint.report.places import justification, place, shown_path
from llmlint.report.spans import visible


def render(verdict: Verdict, rules: Sequence[Rule] = (), base: Path | None = None) -> str:
    """Suppressed findings are skipped cases, unread files and failed rules errors; a clean run is one passed case."""
    rows: list[tuple[str, Finding | Suppressed | FileError]] = [(f.path, f) for f in verdict.findings]
    rows += [(s.finding.path, s) for s in verdict.suppressed]
    rows += [(e.path, e) for e in verdict.errors]
    suites = Xml.Element("testsuites", name="llmlint", time=f"{verdict.stats.seconds:.3f}")
    for path, group in groupby(sorted(rows, key=lambda row: row[0]), key=lambda row: row[0]):
        shown = shown_path(verdict.root, path, base)
        suite = Xml.SubElement(suites, "testsuite", name=_clean(shown))
        for _, row in group:
            _case(suite, row, shown)
    if not rows:
        suite = Xml.SubElement(suites, "testsuite", name="llmlint")
        Xml.SubElement(suite, "testcase", name="no findings", classname="llmlint")
    for suite in suites:
        _count(suite, [suite])
    _count(suites, list(suites))
    Xml.indent(suites)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + Xml.tostring(suites, encoding="unicode") + "\n"


def _case(suite: Xml.Element, row: Finding | Suppressed | FileError, path: str) -> None:
    if isinstance(row, FileError):
        name = _clean(row.rule or "readable")
        case = Xml.SubElement(suite, "testcase", name=name, classname=_clean(path), file=_clean(path))
        Xml.SubElement(case, "error", message=_clean(row.message), type="rule-failed" if row.rule else "unread-file")
        return
    f = row.finding if isinstance(row, Suppressed) else row
    name = f"{f.code} {f.rule} {place(f, '').lstrip(':')}"
    case = Xml.SubElement(suite, "testcase", name=name, classname=_clean(path), file=_clean(path), line=str(f.line))
    if isinstance(row, Suppressed):
        Xml.SubElement(case, "skipped", message=_clean(justification(row) or "suppressed in the code"))
        return
    failure = Xml.SubElement(case, "failure", message=_clean(f.message), type=f.severity)
    failure.text = _clean(f"{place(f, path)}: {f.message}\n{f.remedy}")


def _count(element: Xml.Element, suites: Sequence[Xml.Element]) -> None:
    for attribute, tag in (("tests", "testcase"), ("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        element.set(attribute, str(sum(1 for suite in suites for _ in suite.iter(tag))))


def _clean(text: str) -> str:
    """XML 1.0 (section 2.2) forbids most control characters, and viewers obey the others."""
    return "\n".join(visible(line) for line in text.split("\n"))
