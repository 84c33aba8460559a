"""rules/**/*.yaml → `Rule` records, validated; conditions and messages compiled in a bounded sandbox."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from llmlint.judge.finding import FixSpec, Severity


@dataclass(frozen=True, slots=True)
class Example:
    """Code that a rule must find (bad) or leave alone (good). files: path → content, for what takes more than one file."""

    files: Mapping[str, str]
    note: str = ""
    policy: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rule:
    """One YAML file. when, message, remedy, fix: Jinja2 over `call`, `policy`, `rule` (its parameters) and `model` facts."""

    name: str
    code: str
    summary: str
    severity: Severity
    when: str
    message: str
    remedy: str
    why: str
    parameters: Mapping[str, Any]
    bad: tuple[Example, ...]
    good: tuple[Example, ...]
    path: str  # the YAML file
    fix: FixSpec | None = None  # argument strings are Jinja2 too
    docs: str = ""
    default_off: bool = False


def load_rules(folders: Sequence[Path] = ()) -> tuple[Rule, ...]:
    """The built-in rules and those of `folders`, by code. Raises RuleError with file, line and mend."""
    raise NotImplementedError
