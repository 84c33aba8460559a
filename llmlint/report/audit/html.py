"""`Audit` → one HTML page that needs nothing else: no script, no font, no image from elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from llmlint.report.audit import closing, shown_place
from llmlint.report.spans import visible

if TYPE_CHECKING:
    from llmlint.judge.audit import Audit


def render(audit: Audit, base: Path | None = None) -> str:
    from jinja2 import Environment

    template = (Path(__file__).parent / "audit.html.jinja").read_text("utf-8")
    rows = [
        {
            "number": number, "name": answer.item.name, "title": answer.item.title, "status": answer.status,
            "class": answer.status.replace(" ", "-"), "why": visible(answer.why), "next": answer.next,
            "evidence": [(visible(shown_place(audit, e, base)), visible(e.words)) for e in answer.evidence],
        }
        for number, answer in enumerate(audit.answers, 1)
    ]  # fmt: skip
    errors = [(visible(e.path) + (f":{e.line}" if e.line else ""), visible(e.message)) for e in audit.errors]
    page = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True).from_string(template)
    return page.render(rows=rows, closing=closing(audit), score=audit.score, errors=errors) + "\n"
