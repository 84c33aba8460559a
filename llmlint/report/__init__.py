"""A `Verdict` → a report in the format asked for; each format is a module with `render`, imported when asked for."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from llmlint.judge.finding import Verdict
    from llmlint.judge.rules import Rule

# name → module with render(verdict, rules, base) -> str
FORMATS: dict[str, str] = {
    "text": "llmlint.report.text",
    "json": "llmlint.report.json",
    "sarif": "llmlint.report.sarif",
    "github": "llmlint.report.github",
    "gitlab": "llmlint.report.gitlab",
    "junit": "llmlint.report.junit",
    "markdown": "llmlint.report.markdown",
}


def render(name: str, verdict: Verdict, rules: Sequence[Rule] = (), base: Path | None = None) -> str:
    """The report in full. rules: what the format may say of each rule.

    base: the folder that printed paths are relative to (where other programs read them, the repository's root); None:
    the scanned root.
    """
    from llmlint.report.places import with_shown_paths

    told = verdict if name == "json" else with_shown_paths(verdict, base)  # json stays relative to the scanned root
    text: str = import_module(FORMATS[name]).render(told, rules, base)
    return text
