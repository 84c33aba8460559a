"""CODEOWNERS → the team that a path belongs to: the last line whose pattern fits, as GitHub and GitLab read it."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from llmlint.scan.patterns import matches

PLACES = ("CODEOWNERS", ".github/CODEOWNERS", "docs/CODEOWNERS", ".gitlab/CODEOWNERS")
NOBODY = "no owner"
MAX_BYTES = 3_000_000  # GitHub reads no larger file
SECTION = re.compile(r"\^?\[[^\]]*\](?:\[\d+\])?")


def team_of(root: Path) -> Callable[[str], str]:
    """A function: path relative to `root` → its owners as written, "no owner" where nobody is named.

    The file is looked for at the root and in the folders above it, up to the repository's.
    """
    for folder in (root, *root.parents):
        for name in PLACES:
            file = folder / name
            if file.is_file() and file.stat().st_size <= MAX_BYTES:
                prefix = "" if folder == root else f"{root.relative_to(folder).as_posix()}/"
                rules = read_owners(file.read_text("utf-8", "replace"))
                return lambda path: _owner(rules, prefix + path)
        if (folder / ".git").exists():
            break
    return lambda path: NOBODY


def read_owners(text: str) -> tuple[tuple[str, str], ...]:
    """(pattern, owners) of each line, in order; a section of GitLab lends its owners to lines that name none."""
    rules: list[tuple[str, str]] = []
    section = ""
    for line in text.splitlines():
        line = re.sub(r"(^|\s)#.*", "", line).strip()
        head = SECTION.match(line)
        if head is not None:
            section = line[head.end() :].strip()
        elif line:
            pattern, *owners = re.split(r"(?<!\\)\s+", line)
            rules.append((pattern.replace("\\ ", " "), " ".join(owners) or section))
    return tuple(rules)


def _owner(rules: tuple[tuple[str, str], ...], path: str) -> str:
    for pattern, owners in reversed(rules):
        try:
            fits = not pattern.startswith("!") and matches((pattern,), path)
        except ValueError:
            continue
        if fits:
            return owners or NOBODY
    return NOBODY
