"""--select and --ignore → the policy with those rules on or off."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from llmlint.errors import UsageError

if TYPE_CHECKING:
    from llmlint.judge.policy import Policy
    from llmlint.judge.rules import Rule


def narrow(policy: Policy, rules: Sequence[Rule], select: Sequence[str], ignore: Sequence[str]) -> Policy:
    """select: only these rules, also those that are off; ignore: not these. Names or codes, several split by commas.

    All rules stay known to the judge, so that a suppression of a rule that is off is not taken for a mistake.
    """
    if not select and not ignore:
        return policy
    from llmlint.judge.policy import RuleSetting

    chosen = _named(select, rules, "--select") if select else {r.name for r in rules}
    ignored = _named(ignore, rules, "--ignore")
    settings = dict(policy.rules)
    off: set[str] = set()
    for rule in rules:
        setting = settings.get(rule.name, RuleSetting())
        if rule.name not in chosen or rule.name in ignored:
            settings[rule.name] = replace(setting, severity="off")
            off.add(rule.name)
        elif select and (setting.severity == "off" or (setting.severity is None and rule.default_off)):
            settings[rule.name] = replace(setting, severity=rule.severity)
    paths = tuple(
        replace(override, rules={name: s for name, s in override.rules.items() if name not in off})
        for override in policy.paths
    )
    return replace(policy, rules=settings, paths=paths)


def _named(given: Sequence[str], rules: Sequence[Rule], option: str) -> set[str]:
    known = {key.lower(): rule.name for rule in rules for key in (rule.name, rule.code)}
    names = [word.strip() for text in given for word in text.split(",") if word.strip()]
    for name in names:
        if name.lower() not in known:
            raise UsageError(f"{option}: there is no rule {name!r}", mend=_mend(name, rules))
    return {known[name.lower()] for name in names}


def _mend(name: str, rules: Sequence[Rule]) -> str:
    from difflib import get_close_matches

    near = get_close_matches(name.lower(), [r.name for r in rules], n=1, cutoff=0.5)
    near = near or get_close_matches(name.upper(), [r.code for r in rules], n=1, cutoff=0.8)
    return f"did you mean {near[0]!r}?" if near else "`llmlint rules` lists them"
