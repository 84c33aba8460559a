"""Call sites, policy, parameters → the plain records that a rule sees, and the properties that they have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import cache
from typing import Any

from llmlint.facts import CallSite, ProjectFact
from llmlint.judge.policy import Policy
from llmlint.judge.records import attestations, calls_per_day, returns
from llmlint.judge.rules import Rule

POLICY = {"tiers": None, "models": None, "attestations": None, "roi": None, "calls_per_day": None}
COMMENT = {"text": None, "problem": None, "mend": None, "names": None}
EXEMPTION = dict.fromkeys(("rule", "path", "function", "reason", "owner", "until"))


@cache
def call_shape() -> Mapping[str, Any]:
    """The properties of `call`: those of the facts' JSON. None: a value, whatever it is."""
    row = CallSite("", 1, 1, 1, 1, "generate", "", "").to_json()
    return {key: dict.fromkeys(value) if isinstance(value, dict) else None for key, value in row.items()}


def shapes(rule: Rule) -> Mapping[str, Any]:
    """The names that a rule may use and their properties."""
    if rule.scope == "comment":
        return {"comment": COMMENT}
    if rule.scope == "exemption":
        return {"exemption": EXEMPTION, "covered": None}
    shared = {"policy": POLICY, "param": dict.fromkeys(rule.parameters)}
    if rule.scope == "project":
        return {"calls": None, "project": dict.fromkeys(asdict(ProjectFact())), **shared}
    return {"call": call_shape(), "uses": None, **shared}


def policy_record(policy: Policy, site: CallSite | None = None) -> dict[str, Any]:
    """What of the policy a rule sees as `policy`. site: the call that it judges; None: the whole project."""
    return {
        "tiers": dict(policy.tiers),
        "models": {tier: tuple(names) for tier, names in policy.models.items()},
        "attestations": {name: one.record() for name, one in attestations(policy).items()},
        "roi": returns(policy, site.path if site is not None else None),
        "calls_per_day": calls_per_day(policy, site) if site is not None else None,
    }


def is_same_for_all(policy: Policy) -> bool:
    """Does `policy_record` tell every call the same?"""
    return not policy.extra.get("roi") and not policy.extra.get("traffic")


class Calls:
    """The call sites as plain records, made once; who asks which model object."""

    def __init__(self, sites: Sequence[CallSite]) -> None:
        self.records: tuple[dict[str, Any], ...] = tuple(site.to_json() for site in sites)
        self._uses: dict[str, list[dict[str, Any]]] = {}
        for site, record in zip(sites, self.records, strict=True):
            for place in site.constructed_at:
                self._uses.setdefault(place, []).append(record)

    def uses(self, site: CallSite) -> tuple[dict[str, Any], ...]:
        """The calls that ask the model object which is made here."""
        return tuple(self._uses.get(site.place, ())) if site.kind == "constructor" else ()
