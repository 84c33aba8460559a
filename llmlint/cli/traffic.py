"""A policy, call sites and the usage store → the traffic of each call site, observed where it was, else declared."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from llmlint.facts import Facts
    from llmlint.judge.policy import Policy
    from llmlint.money.traffic import Traffic


def is_known(policy: Policy, facts: Facts) -> bool:
    """Is anything declared, or any usage there? Cheap: asked in every run of `check`."""
    from llmlint.cli.usage import store_file
    from llmlint.money.traffic import is_declared

    return store_file(None, Path(facts.root)).exists() or is_declared(policy, facts)


def known_traffic(policy: Policy, facts: Facts, store: Path | None = None) -> dict[str, Traffic]:
    """Place of a call site → its traffic. What was observed goes before what was declared; an equal share of what
    several calls did only fills a gap. store: None: the one of the project that the scanned root is in."""
    from llmlint.money.traffic import traffic_of

    return with_observed(traffic_of(policy, facts), facts, store)


def with_observed(declared: Mapping[str, Traffic], facts: Facts, store: Path | None = None) -> dict[str, Traffic]:
    """What is declared with what was observed laid over it."""
    from llmlint.cli.usage import store_file

    known = dict(declared)
    file = store_file(store, Path(facts.root))
    if store is not None or file.exists():
        from llmlint.observe.usage.known import observed_traffic

        for place, traffic in observed_traffic(file, facts).items():
            if place not in known or traffic.basis == "observed":
                known[place] = traffic
    return known
