"""A plain value from a rule (text, number, list, mapping) → the Python source that writes it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any


def literal(value: Any, quote: str = '"') -> str:
    """Source in one line; texts stand in `quote`. Raises ValueError for a value that has no literal."""
    if isinstance(value, str):
        return text_literal(value, quote)
    if value is None or isinstance(value, (bool, int)) or (isinstance(value, float) and math.isfinite(value)):
        return repr(value)
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(literal(v, quote) for v in value) + "]"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{literal(k, quote)}: {literal(v, quote)}" for k, v in value.items()) + "}"
    raise ValueError(f"{value!r} cannot be written as a Python literal")


def text_literal(value: str, quote: str) -> str:
    """As `repr`, but in the quotes asked for where that needs no escape."""
    written = repr(value)
    if written[0] != quote and quote not in value:
        return quote + written[1:-1].replace("\\" + written[0], written[0]) + quote
    return written
