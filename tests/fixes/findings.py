"""Findings that point at a call of a source text, for the tables of the fix tests."""

from __future__ import annotations

import ast
from typing import Any, Literal

from llmlint.judge.finding import Finding, FixSpec


def finding_at(
    source: str, operator: str, safety: Literal["safe", "unsafe"] = "safe", name: str = "create",
    cell: int | None = None, **arguments: Any,
) -> Finding:  # fmt: skip
    """A finding on the first call of a function that is called `name`; columns count characters, as findings do."""
    lines = source.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    calls = (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call))
    call = next(node for node in calls if ast.unparse(node.func).endswith(name))

    def column(line: int, byte: int) -> int:
        return len(lines[line - 1].encode()[:byte].decode()) + 1

    end_line = call.end_lineno or 0
    return Finding(
        "r", "LLM1", "warning", "x.py", call.lineno, end_line, column(call.lineno, call.col_offset),
        column(end_line, call.end_col_offset or 0), "m", "r", cell, FixSpec(operator, arguments, safety),
    )  # fmt: skip
