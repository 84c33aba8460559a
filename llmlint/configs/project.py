"""Call sites + the project's configuration files → what is true of the repository as a whole: `ProjectFact`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from llmlint.configs.watching import watches
from llmlint.facts import CallSite, ProjectFact
from llmlint.schedules.records import Read

MAX_EVIDENCE = 50  # of each kind
CLOUDS = {"bedrock": "bedrock", "vertex": "google", "google": "google", "azure-openai": "azure"}


def project_fact(
    sites: Sequence[CallSite], paths: Iterable[str], read: Read
) -> ProjectFact:  # fmt: skip
    """paths: the configuration files, relative to the root; read: their text, None where there is none to read."""
    found = watches(paths, read, {CLOUDS[site.provider] for site in sites if site.provider in CLOUDS})
    told = {kind: [watch.text for watch in found if watch.kind == kind] for kind in ("alarm", "dashboard", "by_team")}
    metrics = [watch.text for watch in found if watch.kind == "metrics"]
    return ProjectFact(
        alarms=tuple(told["alarm"]),
        metrics=_first([*metrics, *_recorded(sites)]),
        dashboards=tuple(told["dashboard"]),
        by_team=tuple(told["by_team"]),
        fine_tunes=_first(f"{site.place} {site.api}" for site in sites if site.kind == "fine_tune"),
        seen=True,
    )


def _recorded(sites: Sequence[CallSite]) -> Iterator[str]:
    """What the code itself records: a tracer on the way to a call, the usage of an answer that is read."""
    for site in sites:
        if site.context.traced is not None:
            yield f"{site.context.traced['where']} {site.context.traced['by']}"
    for site in sites:
        if site.answer.usage:
            yield f"{site.place} the usage of the answer is read"


def _first(evidence: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(evidence))[:MAX_EVIDENCE]
