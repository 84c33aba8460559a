"""The values in effect → `Policy`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from llmlint.judge.policy import PathOverride, Policy, RuleSetting, Suppressions
from llmlint.judge.policy_document import Document
from llmlint.judge.policy_layers import setting_from_data
from llmlint.scan.options import DEFAULT_EXCLUDE, ScanOptions

EXTRA = ("traffic", "budgets", "exemptions", "prices", "attestations", "roi", "evals")
REVIEWS = ".llmlint/reviews.json"  # the reviews that were held
DECISIONS = ".llmlint/decisions"  # where evals keep what they have decided, unless `evals.folder` says otherwise
ROOT_MARKS = (".git", "pyproject.toml")


def policy_from_values(
    values: Mapping[str, Any], origins: Mapping[str, str], document: Document | None, root: Path
) -> Policy:
    """Values that have the schema's shape, as a record; what they leave out has the record's default."""
    home = _home(document, root)
    relative = root.relative_to(home).as_posix()
    prefix = "" if relative == "." else f"{relative}/"
    given = {key: values[key] for key in ("unread_files", "fail_on") if key in values}
    return Policy(
        rules=_rules(values.get("rules", {})),
        paths=tuple(PathOverride(as_tuple(p["match"]), _rules(p["rules"] or {})) for p in values.get("paths", ())),
        tiers=dict(values.get("tiers", {})),
        models={tier: tuple(ids) for tier, ids in values.get("models", {}).items()},
        suppressions=Suppressions(**values.get("suppressions", {})),
        rule_folders=tuple(Path(folder) for folder in values.get("rule_folders", ())),
        baseline=Path(values["baseline"]) if "baseline" in values else None,
        reviews=home / REVIEWS,
        decisions=Path((values.get("evals") or {}).get("folder") or home / DECISIONS),
        scan=ScanOptions(
            include=as_tuple(values.get("include", ())),
            exclude=as_tuple(values.get("exclude", DEFAULT_EXCLUDE)),
            extend_exclude=as_tuple(values.get("extend_exclude", ())),
            respect_gitignore=values.get("respect_gitignore", True),
            llm_calls=as_tuple(values.get("llm_calls", ())),
            prefix=prefix,
        ),
        source=document.shown if document else None,
        origins=dict(origins),
        extra={key: values[key] for key in EXTRA if key in values},
        prefix=prefix,
        **given,
    )


def _rules(rules: Mapping[str, Any]) -> dict[str, RuleSetting]:
    out = {}
    for name, given in rules.items():
        parameters = setting_from_data(given)
        severity = parameters.pop("severity", None)
        out[name] = RuleSetting(severity, parameters, general=name == "*" and severity is not None)
    return out


def as_tuple(value: str | Sequence[str]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


def _home(document: Document | None, root: Path) -> Path:
    """The folder that patterns are relative to: the policy's, where it is at or above the root, else the project's.
    So `tests/**` means the same whether `llmlint check` or `llmlint check tests` runs."""
    if document and root.is_relative_to(document.file.parent):
        return document.file.parent
    above = (f for f in (root, *root.parents) if any((f / mark).exists() for mark in ROOT_MARKS))
    return next(above, root)
