"""A YAML file from anyone → `Document`: plain data and the line of every key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from pathlib import Path
from typing import Any

from llmlint.errors import UserError
from llmlint.judge.yaml_text import Keys, read_yaml
from llmlint.light import dataclass

MAX_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True)
class Document:
    """`lines`: the way to a value, as ("fix", "operator") or ("examples", "bad", 0) → its 1-based line."""

    data: Any
    path: str
    text: str = field(repr=False)
    lines: Mapping[Keys, int] = field(default_factory=dict, repr=False)

    def line(self, keys: Keys) -> int:
        """The line of a value, else that of the nearest value around it."""
        while keys and keys not in self.lines:
            keys = keys[:-1]
        return self.lines.get(keys, 1)


def read_document(file: Path, error: type[UserError], what: str) -> Document:
    """A file → its document. Raises `error`; `what` names the kind of file to the user: "rule"."""
    path = str(file)
    try:
        raw = file.read_bytes() if file.stat().st_size <= MAX_BYTES else None
    except OSError as e:
        raise error(f"the {what} file cannot be read: {e.strerror or e}", path=path) from None
    if raw is None:
        raise error(f"the {what} file is larger than {MAX_BYTES // 1024} KB", path=path, mend=f"split the {what} file")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as e:
        line = raw.count(b"\n", 0, e.start) + 1
        raise error(f"the {what} file is not UTF-8", path=path, line=line, mend="save it as UTF-8") from None
    return parse_document(text, path, error)


def parse_document(text: str, path: str, error: type[UserError]) -> Document:
    """YAML text → its document. Aliases, duplicate keys, other than plain tags and deep nesting are refused."""
    data, lines = read_yaml(text, path, error)
    return Document(data, path, text, lines)
