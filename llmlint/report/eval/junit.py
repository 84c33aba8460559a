"""`Run`s → JUnit XML: a suite for each task, a case for the decision and one for each candidate."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree import ElementTree as Xml

from llmlint.evals.conclusion import Conclusion
from llmlint.evals.run import Run
from llmlint.report.eval.view import notes, rows
from llmlint.report.spans import visible

COUNTS = (("tests", "testcase"), ("failures", "failure"), ("errors", "error"), ("skipped", "skipped"))


def render(run: Run, conclusion: Conclusion, overruled: Sequence[str] = ()) -> str:
    """A candidate that meets quality, or is the reference, passes; others are skipped with what was found. The case
    of the decision fails where a dearer model is in use at `overruled` places, is skipped where it is undecided, an
    error where nothing was measured."""
    suites = Xml.Element("testsuites", name="llmlint eval", time=f"{run.seconds:.3f}")
    suite = Xml.SubElement(suites, "testsuite", name=_clean(run.scope.task), time=f"{run.seconds:.3f}")
    case = Xml.SubElement(suite, "testcase", name="decision", classname=_clean(run.scope.task))
    said = _clean(conclusion.sentence)
    if conclusion.answer == "nothing":
        Xml.SubElement(case, "error", message=said, type="nothing-measured")
    elif conclusion.answer == "undecided":
        Xml.SubElement(case, "skipped", message=said)
    elif overruled:
        failure = Xml.SubElement(case, "failure", message=said, type="overruled")
        failure.text = _clean("\n".join(overruled))
    tallies = run.tallies()
    out = Xml.SubElement(case, "system-out")
    out.text = _clean("\n".join([conclusion.sentence, *notes(run, conclusion, tallies)]))
    for row in rows(run, conclusion.model, tallies):
        case = Xml.SubElement(suite, "testcase", name=_clean(row.name), classname=_clean(run.scope.task))
        if row.verdict not in ("reference", "meets quality"):
            Xml.SubElement(case, "skipped", message=_clean(f"{row.verdict}: {row.why}"))
    for element in (suite, suites):
        for attribute, tag in COUNTS:
            element.set(attribute, str(sum(1 for _ in suite.iter(tag))))
    Xml.indent(suites)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + Xml.tostring(suites, encoding="unicode") + "\n"


def _clean(text: str) -> str:
    return "\n".join(visible(line) for line in text.split("\n"))
