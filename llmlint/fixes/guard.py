"""An expression that ast has accepted → may libcst see it, or why not.

libcst's parser and visitors recurse once per level of the *concrete* tree and end the process (SIGSEGV, not an
exception) when that goes too deep. ast's tree is flatter than libcst's in three places, counted here by their true
depth: chains of `and`/`or`, strings written side by side, the clauses of a comprehension.
"""

from __future__ import annotations

import ast
import io
import tokenize

MAX_CHARACTERS = 200_000
MAX_DEPTH = 120


def too_hard(text: str, node: ast.expr) -> str | None:
    """Why libcst must not parse `text`, whose tree is `node`; None when it may."""
    if len(text) > MAX_CHARACTERS:
        return f"the call is longer than {MAX_CHARACTERS:,} characters"
    if _depth(node) > MAX_DEPTH or _bracket_depth(text) > MAX_DEPTH or _strings_in_a_row(text) > MAX_DEPTH:
        return f"the call is nested deeper than {MAX_DEPTH} levels"
    return None


def _depth(root: ast.AST) -> int:
    deepest, todo = 0, [(root, 1)]
    while todo:
        node, depth = todo.pop()
        deepest = max(deepest, depth)
        if isinstance(node, ast.BoolOp):
            depth += len(node.values)
        elif isinstance(node, (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)):
            depth += len(node.generators)
        todo.extend((child, depth + 1) for child in ast.iter_child_nodes(node))
    return deepest


def _bracket_depth(text: str) -> int:
    """An upper bound that needs no tokens: brackets inside strings count as well."""
    return _running_depth(text) if text.count("(") + text.count("[") + text.count("{") > MAX_DEPTH else 0


def _running_depth(text: str) -> int:
    deepest = depth = 0
    for kind, value in _tokens(text):
        if kind == tokenize.OP:
            depth += (value in "([{") - (value in ")]}")
            deepest = max(deepest, depth)
    return deepest


def _strings_in_a_row(text: str) -> int:
    if text.count('"') + text.count("'") <= 2 * MAX_DEPTH:
        return 0
    longest = run = nested = 0
    start, end = (getattr(tokenize, name, -1) for name in ("FSTRING_START", "FSTRING_END"))
    for kind, _ in _tokens(text):
        if kind in (start, end):
            nested += 1 if kind == start else -1
        if kind == tokenize.STRING or (kind == start and nested == 1):
            run += 1
            longest = max(longest, run)
        elif not nested and kind not in (tokenize.NL, tokenize.NEWLINE, tokenize.COMMENT, end):
            run = 0
    return longest


def _tokens(text: str) -> list[tuple[int, str]]:
    try:
        return [(t.type, t.string) for t in tokenize.generate_tokens(io.StringIO(f"({text})").readline)]
    except (tokenize.TokenError, SyntaxError):
        return [(tokenize.OP, "(")] * (MAX_DEPTH + 1)  # cannot be counted: refused
