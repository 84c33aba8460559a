"""Where a call stands, for an operator that rewrites it; and what it answers when it does not."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Skip:
    """Why the edit was not made, as the end of "not fixed: …"."""

    reason: str


@dataclass(frozen=True, slots=True)
class Site:
    """The call's surroundings. head and tail: the rest of its first and of its last line; unit: one indentation."""

    head: str = ""
    tail: str = ""
    unit: str = "    "
    quote: str = '"'
    width: int = 88
