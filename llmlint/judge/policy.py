"""`llmlint.yaml` or `[tool.llmlint]`, and the packs it extends → one effective `Policy`, each value with its origin."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import field
from pathlib import Path
from typing import Any, Literal

from llmlint.errors import PolicyError
from llmlint.facts import Tier
from llmlint.judge.finding import Severity
from llmlint.light import dataclass
from llmlint.scan.options import ScanOptions
from llmlint.scan.patterns import matches

EVERY = "*"  # in `rules`: every rule that is on


@dataclass(frozen=True, slots=True)
class RuleSetting:
    """What the policy says of one rule: "off" or its severity, and the parameters that differ from the rule's defaults.

    severity None: the rule's own. general: the severity comes from "*", which turns no rule on that is off.
    """

    severity: Severity | Literal["off"] | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    general: bool = False

    def in_force(self, own: Severity, default_off: bool) -> Severity | Literal["off"]:
        """The severity of a rule whose own severity is `own`."""
        if default_off and (self.severity is None or self.general):
            return "off"
        return self.severity or own


@dataclass(frozen=True, slots=True)
class PathOverride:
    """Settings for the paths that a gitignore-style pattern matches; of several overrides the last wins."""

    match: tuple[str, ...]
    rules: Mapping[str, RuleSetting]


@dataclass(frozen=True, slots=True)
class Suppressions:
    """allow: comments in the code may take findings back; require_reason: only with a reason."""

    allow: bool = True
    require_reason: bool = False


@dataclass(frozen=True, slots=True)
class Policy:
    """What this team decided. Keys of `rules` are rule names. origins: "rules.output-cap.severity" → "llmlint.yaml:12".

    extra: traffic, budgets, exemptions, prices, attestations, roi and evals, checked, as written. prefix: the scanned
    root relative to the folder that patterns are relative to ("" or "src/").
    """

    rules: Mapping[str, RuleSetting] = field(default_factory=dict)
    paths: tuple[PathOverride, ...] = ()
    tiers: Mapping[str, Tier] = field(default_factory=dict)  # task type → the highest tier it is granted
    models: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # tier → approved models, preferred first
    suppressions: Suppressions = Suppressions()
    unread_files: Literal["error", "warning"] = "error"  # a file that names an SDK and could not be analysed
    fail_on: Severity = "warning"
    rule_folders: tuple[Path, ...] = ()  # the user's own, besides the built-in ones
    baseline: Path | None = None  # the findings that were put off
    reviews: Path | None = None  # the file of the reviews that were held
    decisions: Path | None = None  # the folder in which evals keep what they have decided
    scan: ScanOptions = field(default_factory=ScanOptions)
    source: str | None = None  # the file it was read from
    origins: Mapping[str, str] = field(default_factory=dict)
    extra: Mapping[str, Any] = field(default_factory=dict)
    prefix: str = ""

    def setting(self, rule: str, path: str | None) -> RuleSetting:
        """What holds for a rule in a file: the general setting with every matching override laid over it, key by key.

        path None: the general setting alone.
        """
        setting = _laid(RuleSetting(), self.rules, rule)
        for i, override in enumerate(self.paths if path is not None else ()):
            if (rule in override.rules or EVERY in override.rules) and self._matches(i, override, path or ""):
                setting = _laid(setting, override.rules, rule)
        return setting

    def origin(self, key: str) -> str:
        """Where the value of a key comes from, or what encloses it: "llmlint.yaml:12", "default (built in)"."""
        while key and key not in self.origins:
            key = key[: max(key.rfind("."), key.rfind("["), 0)]
        return self.origins.get(key, "built in")

    def _matches(self, i: int, override: PathOverride, path: str) -> bool:
        try:
            return matches(override.match, self.prefix + path)
        except ValueError as error:
            place = self.origins.get(f"paths[{i}]")
            raise PolicyError(str(error), place, None, "patterns are written as in .gitignore") from None


def _laid(below: RuleSetting, rules: Mapping[str, RuleSetting], rule: str) -> RuleSetting:
    """The setting with what `rules` say of the rule, or of every rule, laid over it. "*" turns nothing on."""
    every, named = rules.get(EVERY, RuleSetting()), rules.get(rule, RuleSetting())
    severity, general = below.severity, below.general
    if every.severity is not None and (severity != "off" or general):
        severity, general = every.severity, severity is None or general
    if named.severity is not None:
        severity, general = named.severity, named.general
    if (severity, every.parameters, named.parameters) == (below.severity, {}, {}):
        return below
    return RuleSetting(severity, {**below.parameters, **every.parameters, **named.parameters}, general)


def load_policy(root: Path, file: Path | None = None) -> Policy:
    """The policy in `file`, else in the nearest llmlint.yaml or pyproject.toml at or above `root`, else pack `default`.

    A pyproject.toml counts where it has a `[tool.llmlint]` table. Raises PolicyError with file, line and mend.
    """
    from llmlint.judge.policy_build import policy_from_values
    from llmlint.judge.policy_document import find_document, open_document
    from llmlint.judge.policy_layers import effective

    root = Path(os.path.abspath(root))  # noqa: PTH100 - symbolic links stay as the user wrote them
    document = open_document(Path(os.path.abspath(file))) if file else find_document(root)  # noqa: PTH100
    found = effective(document)
    return policy_from_values(found.values, found.origins, document, root)
