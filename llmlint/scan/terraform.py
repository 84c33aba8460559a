"""The text of a Terraform file → its resources. A body is cut where the next resource begins, not parsed."""

from __future__ import annotations

import re
from collections.abc import Iterator

from llmlint.light import dataclass

RESOURCE = re.compile(r'^[ \t]*resource\s+"([\w-]+)"\s+"([\w-]+)"\s*\{', re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Resource:
    """line: of its header, 1-based, where `body` begins too."""

    kind: str
    name: str
    line: int
    body: str


def resources(text: str) -> Iterator[Resource]:
    """Every resource of a file, in order."""
    starts = list(RESOURCE.finditer(text))
    ends = [*(m.start() for m in starts[1:]), len(text)]
    for start, end in zip(starts, ends, strict=False):
        line = text.count("\n", 0, start.start()) + 1
        yield Resource(start[1], start[2], line, text[start.start() : end])
