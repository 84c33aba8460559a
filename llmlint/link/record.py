"""`@record(frozen=True, …)`: a dataclass that nobody changes; the type checker holds it, and the run does not pay.

A frozen dataclass sets each of its fields through `object.__setattr__`. Of the evaluator's values a scan makes
millions, and that alone was a tenth of its time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

__all__ = ["record"]

if TYPE_CHECKING:
    from dataclasses import dataclass as record
else:
    from dataclasses import dataclass

    def record(*, frozen, slots, eq=True):
        return dataclass(slots=slots, eq=eq, unsafe_hash=frozen and eq)
