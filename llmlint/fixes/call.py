"""The text of one call + the fixes wanted on it → its new text, through libcst."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

import libcst as cst

from llmlint.fixes.guard import too_hard
from llmlint.fixes.locate import LINE_END
from llmlint.fixes.nodes import code, preferred_quote
from llmlint.fixes.operators import OPERATORS
from llmlint.fixes.site import Site, Skip

if TYPE_CHECKING:
    from llmlint.judge.finding import FixSpec


def rewrite_call(
    text: str, start: int, end: int, node: ast.Call, fixes: Sequence[FixSpec], unit: str
) -> tuple[str, list[str | None]]:
    """text[start:end] rewritten, and for each fix None (it is in) or the reason why it is not.

    node: ast's tree of the call, by which its depth is judged before libcst sees it. unit: one level of indentation.
    """
    original = text[start:end]
    newlines = set(LINE_END.findall(original))
    if len(newlines) > 1:
        return original, ["the call mixes line ends"] * len(fixes)
    newline = newlines.pop() if newlines else _first_newline(text)
    normal = original.replace(newline, "\n")
    reason = too_hard(normal, node)
    call = reason or _parse(normal)
    if isinstance(call, str):
        return original, [call] * len(fixes)
    call, reasons = _apply_all(call, fixes, _site(text, start, end, unit, call))
    return code(call).replace("\n", newline), reasons


def _apply_all(call: cst.Call, fixes: Sequence[FixSpec], site: Site) -> tuple[cst.Call, list[str | None]]:
    reasons: list[str | None] = []
    touched: set[str] = set()
    for fix in fixes:
        result = _apply(call, fix, site)
        subject = str(fix.arguments.get("keyword", fix.operator)).split(".")[0]
        if isinstance(result, Skip):
            reasons.append(result.reason)
        elif code(result) == code(call):
            reasons.append(None if subject in touched else "nothing is left to change")
        elif subject in touched:
            reasons.append(f"another fix has just changed `{subject}`")
        elif not _is_call(code(result)):
            reasons.append("the result would not be valid Python")
        else:
            call = result
            touched.add(subject)
            reasons.append(None)
    return call, reasons


def _apply(call: cst.Call, fix: FixSpec, site: Site) -> cst.Call | Skip:
    operator = OPERATORS.get(fix.operator)
    if operator is None:
        return Skip(f"there is no fix operator `{fix.operator}`")
    try:
        return operator(call, fix.arguments, site)
    except (ValueError, KeyError) as error:
        return Skip(f"the rule's fix cannot be used: {error}")
    except RecursionError:
        return Skip("the call is nested too deeply")


def _parse(text: str) -> cst.Call | str:
    """The call without the parentheses that let it span lines, or why libcst does not have it."""
    try:
        node = cst.parse_expression(f"({text})")
        if not isinstance(node, cst.Call) or code(node) != f"({text})":
            return "libcst does not read it as ast does"
    except (cst.ParserSyntaxError, RecursionError):
        return "libcst cannot parse it"
    return node.with_changes(lpar=node.lpar[1:], rpar=node.rpar[:-1])


def _site(text: str, start: int, end: int, unit: str, call: cst.Call) -> Site:
    before, after = re.split(r"[\r\n]", text[:start])[-1], re.split(r"[\r\n]", text[end : end + 500], maxsplit=1)[0]
    return Site(head=before, tail=after, unit=unit, quote=preferred_quote(call))


def _first_newline(text: str) -> str:
    match = LINE_END.search(text)
    return match.group() if match else "\n"


def _is_call(text: str) -> bool:
    try:
        return isinstance(ast.parse(f"({text})", mode="eval").body, ast.Call)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
