"""Plain data → YAML as people write rule files: keys in the order given, texts as they are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def yaml_text(document: Mapping[str, Any], head: str = "") -> str:
    """head: lines of comment to stand above."""
    import yaml

    comment = "".join(f"# {line}".rstrip() + "\n" for line in head.splitlines())
    text: str = yaml.safe_dump(dict(document), sort_keys=False, allow_unicode=True, width=10_000)
    return comment + text
