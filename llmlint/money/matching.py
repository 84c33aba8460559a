"""A `match` of the policy and a call site → is it meant?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from llmlint.facts import CallSite
from llmlint.scan.patterns import matches


def is_meant(match: Mapping[str, Any], prefix: str, site: CallSite, label: str | None = None) -> bool:
    """All that is given must hold; a match that says nothing means every call.

    prefix: the scanned root as seen from the folder of the policy: "" or "src/". label: that a comment gave the call.
    """
    paths = match.get("path", ())
    patterns = (paths,) if isinstance(paths, str) else tuple(paths)
    return (
        ("path" not in match or matches(patterns, prefix + site.path))
        and ("function" not in match or match["function"] in (site.function, site.function.rpartition(".")[2]))
        and ("model" not in match or match["model"] in site.model.values)
        and ("task" not in match or match["task"] == site.task.type)
        and ("label" not in match or match["label"] == label)
    )
