"""A SyntaxError → the sentence that tells its reader which Python the file was written for."""

from __future__ import annotations

import re
import sys

PYTHON_2 = re.compile(
    r"""^\s*(?:print\s+["'\w%(]|print\s*>>|exec\s+["'\w]|raise\s+[\w.]+\s*,|except\s+[\w.]+\s*,\s*[a-z_]\w*\s*:)
    |<>|`|\b0\d+\b|\b[uU][rR]["']|\b\d+[lL]\b""",
    re.VERBOSE,
)
PYTHON_2_MESSAGES = ("Missing parentheses in call to", "leading zeros in decimal integer", "inconsistent use of tabs")
NEWER = (
    ((3, 11), re.compile(r"^\s*except\s*\*")),
    ((3, 12), re.compile(r"^\s*type\s+\w+\s*(?:\[.*\])?\s*=")),
    ((3, 12), re.compile(r"^\s*(?:(?:async\s+)?def|class)\s+\w+\s*\[")),
    ((3, 12), re.compile(r"""\b[rR]?[fF][rR]?(["'])(?:(?!\1).)*\{(?:(?!\1)[^}])*\1""")),
    ((3, 13), re.compile(r"^\s*(?:(?:async\s+)?def|class|type)\s+\w+\s*\[[^\]]*=")),
    ((3, 14), re.compile(r"""\b[rR]?[tT][rR]?["']""")),
    ((3, 14), re.compile(r"^\s*except\s+[\w.]+\s*(?:,\s*[A-Z][\w.]*\s*)+:")),
    ((3, 15), re.compile(r"^\s*lazy\s+(?:import|from)\s")),
)


def explain(error: SyntaxError, text: str, running: tuple[int, int] = sys.version_info[:2]) -> str:
    """"invalid syntax" and, where the line looks like it, "Python 2 code" or the newer Python that it needs."""
    lines = text.splitlines()
    line = lines[error.lineno - 1] if error.lineno and 0 < error.lineno <= len(lines) else ""
    message = error.msg.split(" (<source>")[0]
    needed = [version for version, pattern in NEWER if version > running and pattern.search(line)]
    if running < (3, 12) and message.startswith("f-string expression part cannot include"):
        needed.append((3, 12))
    if needed:
        wanted = ".".join(map(str, max(needed)))
        here = ".".join(map(str, running))
        return f"syntax of Python {wanted}, newer than the Python {here} that runs llmlint: {message}"
    if message.startswith(PYTHON_2_MESSAGES) or PYTHON_2.search(line):
        return f"Python 2 code: {message}"
    return message
