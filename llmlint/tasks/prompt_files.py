"""A path below the root → its text: the prompts, templates and configuration that code reads."""

from __future__ import annotations

import os

from llmlint.scan.contents import read_regular

MAX_TEXT_BYTES = 2_000_000


def read_text(root: str, path: str) -> str | None:
    """None where there is no such file, it is too large, or outside the root: scanned code may name any path."""
    if path.startswith(("/", "..")) or "\0" in path:
        return None
    try:
        real = os.path.realpath(os.path.join(root, path))  # noqa: PTH118
    except (OSError, ValueError):  # half a character, a loop of links
        return None
    if not real.startswith(os.path.realpath(root) + os.sep):
        return None
    data = read_regular(real, MAX_TEXT_BYTES)
    return None if data is None or b"\0" in data else data.decode("utf-8", "replace")
