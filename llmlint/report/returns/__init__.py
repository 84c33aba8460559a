"""What a model of returns worked out (`Result`) → a report; each format is a module with `render`."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from llmlint.money.returns.records import Result

# name → module with render(result) -> str
FORMATS: dict[str, str] = {
    "text": "llmlint.report.returns.text",
    "json": "llmlint.report.returns.json",
    "markdown": "llmlint.report.returns.markdown",
    "html": "llmlint.report.returns.html",
}


def render(name: str, result: Result) -> str:
    text: str = import_module(FORMATS[name]).render(result)
    return text
