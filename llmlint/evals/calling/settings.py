"""How requests are sent: how many at once, how long is waited, how often is tried again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Rate:
    """What a provider or a candidate may be sent in a minute; None: as much as it takes."""

    requests_per_minute: float | None = None
    tokens_per_minute: float | None = None


@dataclass(frozen=True, slots=True)
class Settings:
    """Times are in seconds.

    at_once, most_at_once: requests in flight for a candidate, at first and at most; what is between is found by trying.
    timeout: for one attempt. attempts: for one request, those not counted that were answered "too many requests".
    first_wait, longest_wait: of the exponential back-off; a longer Retry-After is waited for all the same.
    patience: how long "too many requests" is borne without one answer, and the longest Retry-After that is waited for.
    outage, failures: a candidate that has not answered for so long, nor in so many attempts, is given up.
    rates: by the name of a candidate or of a provider. fresh: pay again for what the store has. lean: see `transport`.
    """

    at_once: int = 16
    most_at_once: int = 64
    timeout: float = 600
    attempts: int = 10
    first_wait: float = 0.5
    longest_wait: float = 60
    patience: float = 900
    outage: float = 60
    failures: int = 20
    rates: Mapping[str, Rate] = field(default_factory=dict)
    fresh: bool = False
    lean: bool = True
