"""`Policy` → plain data in the shape of a policy file, and that file's lines, each with the origin of its value."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from llmlint.judge.policy import Policy, RuleSetting
from llmlint.judge.policy_schema import Key, label

ONE_LINE = 60  # a longer list takes a line for each item
COMMENT_AT = 52  # the farthest column for which comments are aligned
Row = tuple[str, str | None]  # text and origin


def policy_values(policy: Policy) -> dict[str, Any]:
    """Every value in effect. Read as a policy it gives the same policy: it extends nothing."""
    return {
        "extends": [],
        "rules": {name: _setting(setting) for name, setting in policy.rules.items()},
        "paths": [
            {"match": list(o.match), "rules": {name: _setting(s) for name, s in o.rules.items()}} for o in policy.paths
        ],
        "tiers": dict(policy.tiers),
        "models": {tier: list(ids) for tier, ids in policy.models.items()},
        "include": list(policy.scan.include),
        "exclude": list(policy.scan.exclude),
        "extend_exclude": list(policy.scan.extend_exclude),
        "respect_gitignore": policy.scan.respect_gitignore,
        "llm_calls": list(policy.scan.llm_calls),
        "rule_folders": [str(folder) for folder in policy.rule_folders],
        **({"baseline": str(policy.baseline)} if policy.baseline else {}),
        "suppressions": {
            "allow": policy.suppressions.allow,
            "require_reason": policy.suppressions.require_reason,
        },
        "unread_files": policy.unread_files,
        "fail_on": policy.fail_on,
        **policy.extra,
    }


def _setting(setting: RuleSetting) -> dict[str, Any]:
    severity = {} if setting.severity is None else {"severity": setting.severity}
    return {**severity, **setting.parameters}


def policy_rows(policy: Policy) -> Iterator[Row]:
    """The lines of the policy in YAML. Origin None: the line holds no value of its own, or none of its own origin."""
    for name, value in policy_values(policy).items():
        if name == "extends":
            yield "extends: []", "all that was extended is below"
        else:
            yield from _rows((name,), value, policy, "", f"{_scalar(name)}:", True)


def _rows(key: Key, value: Any, policy: Policy, indent: str, head: str, mark: bool) -> Iterator[Row]:
    """One value after its `head` ("name:" or "-"). mark: it shows where it comes from."""
    flow = _flow(value)
    nested = any(name.startswith((f"{label(key)}.", f"{label(key)}[")) for name in policy.origins)
    origin = policy.origin(label(key)) if mark else None
    if not value or not isinstance(value, (dict, list)) or (not nested and len(indent + head + flow) <= ONE_LINE):
        yield f"{indent}{head} {flow}", origin
        return
    yield f"{indent}{head}", None if nested else origin
    if isinstance(value, dict):
        for name, item in value.items():
            yield from _rows((*key, name), item, policy, f"{indent}  ", f"{_scalar(name)}:", nested)
        return
    for i, item in enumerate(value):
        if isinstance(item, dict) and item:
            yield from _item((*key, i), item, policy, f"{indent}  ", nested)
        else:
            yield from _rows((*key, i), item, policy, f"{indent}  ", "-", nested)


def _item(key: Key, item: Mapping[str, Any], policy: Policy, indent: str, mark: bool) -> Iterator[Row]:
    """A mapping in a list: its first line carries the dash, and the origin of it all."""
    for i, (name, value) in enumerate(item.items()):
        first = i == 0
        rows = _rows((*key, name), value, policy, f"{indent}  ", f"{_scalar(name)}:", mark and first)
        for j, (text, origin) in enumerate(rows):
            yield (f"{indent}- {text[len(indent) + 2 :]}" if first and j == 0 else text), origin


def _scalar(name: str) -> str:
    return _flow(name)


def _flow(value: Any) -> str:
    import yaml

    text: str = yaml.safe_dump(value, default_flow_style=True, width=1_000_000, allow_unicode=True, sort_keys=False)
    return text.removesuffix("\n...\n").strip()
