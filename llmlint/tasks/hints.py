"""Call site → the hints that the code around it gives the typer, and the site with its `TaskFact`."""

from __future__ import annotations

from dataclasses import replace

from llmlint.facts import CallSite, TaskFact
from llmlint.tasks.typer import Hints, classify_prompt

TYPED_KINDS = frozenset({"generate", "embed", "batch"})


def typed(site: CallSite) -> CallSite:
    """The site with the kind of task that its prompt sets."""
    if site.kind not in TYPED_KINDS:
        return site
    if site.kind == "generate" and not site.prompt.text:
        return replace(site, task=TaskFact())
    return replace(site, task=classify_prompt(site.prompt.text or "", hints_of(site)))


def hints_of(site: CallSite) -> Hints:
    return Hints(
        function=site.function,
        tools=site.tools,
        structured=site.structured,
        output_cap=site.output_cap.value if site.output_cap.state == "set" else None,
        kind=site.kind,
    )
