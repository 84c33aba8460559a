"""Gitignore-style patterns that a policy writes → do they hold for a path?"""

from __future__ import annotations

from functools import lru_cache
from typing import Any


def matches(patterns: tuple[str, ...], path: str) -> bool:
    """Does one of the gitignore-style patterns hold for the path? Raises ValueError where a pattern is none."""
    return _matches(patterns, path)


@lru_cache(maxsize=4096)
def _matches(patterns: tuple[str, ...], path: str) -> bool:
    return bool(_compiled(patterns).match_file(path))


@lru_cache(maxsize=256)
def _compiled(patterns: tuple[str, ...]) -> Any:
    import re
    import warnings

    from pathspec import GitIgnoreSpec

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # of `re`, for a bracket in a bracket
        for pattern in patterns:
            try:
                GitIgnoreSpec.from_lines([pattern])
            except (ValueError, re.error, OverflowError, RecursionError):
                raise ValueError(f"{pattern!r} is not a pattern") from None
        return GitIgnoreSpec.from_lines(patterns)
