"""A pull request's bill → a report in the format asked for; each format is imported when asked for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from llmlint.money.bills.records import Bill

FORMATS = ("text", "json", "markdown", "github", "sarif", "gitlab", "junit")


def render(name: str, bill: Bill, origin: Callable[[str], str] = str) -> str:
    """The report in full. origin: where a key of the policy stands: "llmlint.yaml:12"."""
    if name == "json":
        import json

        return json.dumps(bill.to_json(), indent=2, ensure_ascii=False) + "\n"
    if name == "text":
        from llmlint.report.bill.text import layout

        return layout(bill)
    if name == "markdown":
        from llmlint.report.bill.markdown import page

        return page(bill)
    from llmlint.report import render as render_verdict
    from llmlint.report.bill.findings import verdict_of
    from llmlint.report.places import repository_root

    return render_verdict(name, verdict_of(bill, origin), (), repository_root(Path(bill.root)))
