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
        setting = policy.setting(rule.name, None)
        if rule.name not in chosen or rule.name in ignored:
            settings[rule.name] = RuleSetting("off", setting.parameters)
            off.add(rule.name)
        elif select and setting.in_force(rule.severity, rule.default_off) == "off":
            settings[rule.name] = RuleSetting(rule.severity, setting.parameters)
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
            from llmlint.judge.words import did_you_mean

            names_and_codes = [key for rule in rules for key in (rule.name, rule.code)]
            mend = did_you_mean(name, names_and_codes, "`llmlint rules` lists them")
            raise UsageError(f"{option}: there is no rule {name!r}", mend=mend)
    return {known[name.lower()] for name in names}
