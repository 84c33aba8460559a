"""The built-in packs, read from compiled.json where that was made from the same bytes; the wheel's build makes it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from llmlint.errors import PolicyError
from llmlint.judge.policy_schema import Key
from llmlint.sdks.documents import digest, read_compiled

COMPILED = "compiled.json"


def read_pack(file: Path, raw: bytes) -> tuple[Any, dict[Key, int]] | None:
    """What `read_yaml` gives for the file of these bytes; None: it was not compiled."""
    found = read_compiled(file.parent / COMPILED)
    try:
        row = found[file.name] if found is not None else None
        if row is None or row["sha256"] != digest({file.name: raw}):
            return None
        return row["data"], {tuple(keys): line for keys, line in row["lines"]}
    except (KeyError, TypeError, ValueError):
        return None


def compile_packs(folder: Path) -> str:
    """The text of compiled.json."""
    from llmlint.judge.yaml_text import read_yaml

    out = {}
    for file in sorted(folder.glob("*.yaml")):
        data, lines = read_yaml(file.read_text("utf-8"), str(file), PolicyError)
        out[file.name] = {"sha256": digest({file.name: file.read_bytes()}), "data": data, "lines": list(lines.items())}
    return json.dumps(out, separators=(",", ":"), allow_nan=False) + "\n"
