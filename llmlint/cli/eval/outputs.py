"""A finished run → its reports, where they were asked for."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from llmlint.cli.options import Output

if TYPE_CHECKING:
    from llmlint.evals.conclusion import Conclusion
    from llmlint.evals.run import Run

FORMATS = ("text", "json", "markdown", "junit", "html")
REPORTS = Path(".llmlint", "reports")


def rendered(
    form: str, run: Run, conclusion: Conclusion, overruled: Sequence[str] = (), decision: str | None = None
) -> str:
    """The report in full."""
    if form == "json":
        from llmlint.report.eval.run_json import render as as_json

        return as_json(run, conclusion)
    if form == "markdown":
        from llmlint.report.eval.markdown import render as as_markdown

        return as_markdown(run, conclusion, overruled)
    if form == "junit":
        from llmlint.report.eval.junit import render as as_junit

        return as_junit(run, conclusion, overruled)
    if form == "html":
        from llmlint.report.eval.html import render as as_html

        return as_html(run, conclusion, decision)
    from llmlint.report.eval.text import render as as_text

    return as_text(run, conclusion, overruled)


def write_outputs(
    outputs: Sequence[Output], run: Run, conclusion: Conclusion, overruled: Sequence[str], decision: str | None
) -> None:
    from llmlint.report.output import write_file, write_stdout

    for wanted in outputs:
        text = rendered(wanted.format, run, conclusion, overruled, decision)
        if wanted.file is None:
            write_stdout(text)
        else:
            write_file(wanted.file, text)


def write_page(run: Run, conclusion: Conclusion, decision: str | None) -> Path:
    """The HTML report in its usual place, which git leaves alone."""
    import re

    from llmlint.evals.private import keep_out_of_git
    from llmlint.report.output import write_file

    REPORTS.mkdir(parents=True, exist_ok=True)
    keep_out_of_git(REPORTS.parent, f"{REPORTS.name}/")
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", run.scope.task).strip("-.")[:80] or "task"
    page = REPORTS / f"{name}.html"
    write_file(str(page), rendered("html", run, conclusion, (), decision))
    return page
