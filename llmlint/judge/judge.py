"""Facts + policy + rules → `Verdict`."""

from __future__ import annotations

from collections.abc import Sequence

from llmlint.facts import Facts
from llmlint.judge.finding import Verdict
from llmlint.judge.policy import Policy
from llmlint.judge.rules import Rule


def judge(facts: Facts, policy: Policy, rules: Sequence[Rule]) -> Verdict:
    """Every rule on every call site; suppression comments are read from the files that have findings or comments."""
    raise NotImplementedError
