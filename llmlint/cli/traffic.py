"""A policy, call sites and the usage store → the traffic of each call site, observed where it was, else declared."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from llmlint.facts import Facts
    from llmlint.judge.policy import Policy
    from llmlint.money.traffic import Traffic


def known_traffic(policy: Policy, facts: Facts, store: Path | None = None) -> dict[str, Traffic]:
    """Place of a call site → its traffic. What was observed goes before what was declared; an equal share of what
    several calls did only fills a gap. store: None: the one of the project that the scanned root is in."""
    from llmlint.cli.usage import store_file
    from llmlint.money.traffic import traffic_of

    known = traffic_of(policy, facts)
    file = store_file(store, Path(facts.root))
    if store is not None or file.exists():
        from llmlint.observe.usage.known import observed_traffic

        for place, traffic in observed_traffic(file, facts).items():
            if place not in known or traffic.basis == "observed":
                known[place] = traffic
    return known
