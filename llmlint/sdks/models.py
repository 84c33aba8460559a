"""A model id as code writes it → what is known of the model: provider, tier, caching, retirement. Data: models.yaml."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from llmlint.facts import Tier


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """cache_minimum: tokens below which an explicit breakpoint caches nothing. retires: ISO date, `successor` its heir."""

    id: str
    provider: str
    tier: Tier | None
    cache_mode: Literal["explicit", "automatic"] | None = None
    cache_minimum: int | None = None
    retires: str | None = None
    successor: str | None = None


def lookup(name: str) -> ModelInfo | None:
    """The model that an id means, however a gateway dresses it; None where it is not in the table."""
    raise NotImplementedError
