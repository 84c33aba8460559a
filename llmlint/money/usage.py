"""What one request used, in tokens, the same for every provider: what prices are multiplied with."""

from __future__ import annotations

from dataclasses import fields

from llmlint.light import dataclass


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one request, or of many added up; each token is counted in exactly one of the first five.

    input_tokens: read at the full price; output_tokens: written, thinking included; cache_read_tokens: read from the
    provider's cache; cache_write_tokens, cache_write_1h_tokens: written into it for five minutes and for an hour.
    reasoning_tokens: how many of `output_tokens` were thinking, for show only.
    """

    input_tokens: int = 0
    output_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    cache_write_1h_tokens: int = 0
    reasoning_tokens: int = 0

    def __add__(self, other: Usage) -> Usage:
        return Usage(*(getattr(self, one.name) + getattr(other, one.name) for one in fields(self)))

    @property
    def prompt_tokens(self) -> int:
        """All that was read, at whatever price: what tiers by context length go by."""
        return self.input_tokens + self.cache_read_tokens + self.cache_write_tokens + self.cache_write_1h_tokens
