"""`llmlint.yaml` or `[tool.llmlint]`, and the packs it extends → one effective `Policy`, each value with its origin."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from llmlint.facts import Tier
from llmlint.judge.finding import Severity
from llmlint.scan.options import ScanOptions


@dataclass(frozen=True, slots=True)
class RuleSetting:
    """What the policy says of one rule: "off" or its severity, and the parameters that differ from the rule's defaults.

    severity None: the rule's own.
    """

    severity: Severity | Literal["off"] | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)


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
    """What this team decided. Keys of `rules` are rule names. origins: "rules.output-cap.severity" → "llmlint.yaml:12"."""

    rules: Mapping[str, RuleSetting] = field(default_factory=dict)
    paths: tuple[PathOverride, ...] = ()
    tiers: Mapping[str, Tier] = field(default_factory=dict)  # task type → the highest tier it is granted
    models: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # tier → approved models, preferred first
    suppressions: Suppressions = Suppressions()
    unread_files: Literal["error", "warning"] = "error"  # a file that names an SDK and could not be analysed
    fail_on: Severity = "warning"
    rule_folders: tuple[Path, ...] = ()  # the user's own, besides the built-in ones
    scan: ScanOptions = ScanOptions()
    source: str | None = None  # the file it was read from
    origins: Mapping[str, str] = field(default_factory=dict)

    def setting(self, rule: str, path: str) -> RuleSetting:
        """What holds for a rule in a file: the general setting with every matching override laid over it, key by key."""
        raise NotImplementedError


def load_policy(root: Path, file: Path | None = None) -> Policy:
    """The policy in `file`, else in the nearest llmlint.yaml or pyproject.toml (with a `[tool.llmlint]` table) at or above `root`,
    else the built-in pack `default`. Raises PolicyError with file, line and mend."""
    raise NotImplementedError
