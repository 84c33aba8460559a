"""`Audit` → Markdown for a wiki page or a job summary; nothing in the scanned code can break out of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from llmlint.report.audit import closing, shown_place
from llmlint.report.markdown import code_span, escaped

if TYPE_CHECKING:
    from llmlint.judge.audit import Audit


def render(audit: Audit, base: Path | None = None) -> str:
    lines = ["## llmlint audit", "", escaped(closing(audit)), ""]
    lines += ["| | item | status | why |", "| --- | --- | --- | --- |"]
    for number, answer in enumerate(audit.answers, 1):
        cells = (str(number), escaped(answer.item.title), f"**{answer.status}**", escaped(answer.why))
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    for number, answer in enumerate(audit.answers, 1):
        if answer.evidence or answer.next:
            lines += ["", f"**{number}. {escaped(answer.item.title)}**: {answer.status}", ""]
            for evidence in answer.evidence:
                lines.append(f"- {code_span(shown_place(audit, evidence, base))} {escaped(evidence.words)}")
            if answer.next:
                lines.append(f"- Next: {escaped(answer.next)}")
    if audit.errors:
        lines += ["", "### Not analysed", ""]
        for e in audit.errors:
            lines.append(f"- {code_span(e.path + (f':{e.line}' if e.line else ''))}: {escaped(e.message)}")
    return "\n".join(lines) + "\n"
