"""The text of a TOML file from a stranger → plain data, in time and memory that the text's length bounds."""

from __future__ import annotations

import re
import sys
from typing import Any

MAX_DOTS = 1_000  # tomllib keeps each beginning of a dotted key: 80 KB of dots would take gigabytes
STRING = re.compile(r'"(?:\\.|[^"\\\n])*"|\'[^\'\n]*\'|#.*')


def load_toml(text: str) -> dict[str, Any]:
    """Raises ValueError (of which TOMLDecodeError is one) and RecursionError."""
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib  # type: ignore[import-not-found,unused-ignore]

    for number, line in enumerate(text.split("\n"), 1):
        if line.count(".") > MAX_DOTS and STRING.sub("", line).count(".") > MAX_DOTS:
            raise ValueError(f"more than {MAX_DOTS:,} dots (at line {number})")
    data: dict[str, Any] = tomllib.loads(text)
    return data
