"""A loop's header → what it repeats over, and whether that is once per item of a collection."""

from __future__ import annotations

import ast
import re

from llmlint.link.names import call_name
from llmlint.link.nodes import below
from llmlint.link.project import dotted_name
from llmlint.link.scopes import Frame, Loop
from llmlint.link.values import Const, Lazy, Seq, Unknown, Value, force, pending

RETRY_WORDS = re.compile(
    r"(^|_)(retry|retries|attempts?|try|tries|steps?|turns?|iterations?|rounds?|backoff|depth)(_|$|\d)", re.I
)
HANDFUL = 20  # items
ENDLESS = frozenset({"count", "cycle", "repeat"})
UNWRAPPED = frozenset({
    "enumerate", "tqdm", "zip", "sorted", "reversed", "list", "track", "trange", "iter", "islice", "batched", "set",
    "tuple",
})  # fmt: skip
VIEWS = frozenset({"iterrows", "itertuples", "items", "to_dict", "tolist", "to_list"})  # of the same rows


def source_of(node: ast.expr, limit: int = 40) -> str:
    """The expression as written, on one line, shortened; names only, since it is shown in messages."""
    try:
        text = " ".join(ast.unparse(node).split())
    except (RecursionError, ValueError):
        return "…"
    return text if len(text) <= limit else text[: limit - 1] + "…"


def loop_of(
    iterated: ast.expr, what: str, frame: Frame, target: ast.expr | None = None, value: Value | None = None
) -> Loop:
    """value: what is iterated over, as far as it is known."""
    few = (
        isinstance(iterated, (ast.List, ast.Tuple, ast.Set)) or first_few(iterated)
        or (value is not None and handful(iterated, value))
    )  # fmt: skip
    return Loop(what, source_of(iterated), iterated.lineno, per_item(iterated, target), few)


def stops_at(stmt: ast.For | ast.AsyncFor) -> ast.expr | None:
    """After how many items it is left: `if len(done) >= 3: break`, `if n == LIMIT: break` with a counter n."""
    for part in stmt.body:
        if isinstance(part, ast.If) and isinstance(part.body[-1], ast.Break) and isinstance(part.test, ast.Compare):
            left, op = part.test.left, part.test.ops[0]
            length = isinstance(left, ast.Call) and call_name(left) == "len"
            counter = isinstance(left, ast.Name) and left.id in _counters(stmt)
            if isinstance(op, (ast.Gt, ast.GtE, ast.Eq)) and (length or counter):
                return part.test.comparators[0]
    return None


def _counters(stmt: ast.For | ast.AsyncFor) -> set[str]:
    """The names that go up with the rounds."""
    parts = (n for s in stmt.body for n in below(s))
    counted = {n.target.id for n in parts if isinstance(n, ast.AugAssign) and isinstance(n.target, ast.Name)}
    if isinstance(stmt.iter, ast.Call) and call_name(stmt.iter) == "enumerate" and isinstance(stmt.target, ast.Tuple):
        counted |= {n.id for n in stmt.target.elts[:1] if isinstance(n, ast.Name)}
    return counted


def is_few(value: Value) -> bool:
    whole = force(value)
    return isinstance(whole, Const) and few(whole.value)


def few(number: object) -> bool:
    return isinstance(number, int) and 0 < number <= HANDFUL


def first_few(node: ast.expr) -> bool:
    """`rows[:5]`, `enumerate(rows[:5])`, `df.head(10).iterrows()`: a number in the code says how many."""
    limit: ast.expr | None = None
    while True:
        if isinstance(node, ast.Subscript):
            limit = node.slice.upper if isinstance(node.slice, ast.Slice) and node.slice.lower is None else None
            break
        if not isinstance(node, ast.Call):
            return False
        name = call_name(node)
        if name in ("head", "sample", "nsmallest", "nlargest"):
            limit = next((k.value for k in node.keywords if k.arg == "n"), node.args[0] if node.args else None)
            break
        if name == "islice":
            limit = node.args[1] if len(node.args) == 2 else None
            break
        inner = node.args[0] if name in UNWRAPPED and node.args else getattr(node.func, "value", None)
        if not isinstance(inner, ast.expr) or (name not in UNWRAPPED and name not in VIEWS):
            return False
        node = inner
    return isinstance(limit, ast.Constant) and few(limit.value)


def handful(node: ast.expr, value: Value) -> bool:
    """Is it a short list of constants under a name? A parameter is not asked: that takes all its callers."""
    if not isinstance(node, ast.Name) or (pending(value) and not node.id.isupper()):
        return False
    whole = force(value)
    return (
        isinstance(whole, Seq) and not whole.open and 0 < len(whole.items) <= HANDFUL
        and all(not isinstance(item, (Lazy, Unknown)) for item in whole.items)
    )  # fmt: skip


def per_item(node: ast.expr, target: ast.expr | None = None) -> bool:
    """False for what counts tries or steps (`range(MAX_RETRIES)`, `count()`), true for a collection."""
    if target is not None and isinstance(target, ast.Name) and RETRY_WORDS.search(target.id):
        return False
    if isinstance(node, ast.Call):
        name = (dotted_name(node.func) or "").rpartition(".")[2]
        if name == "range":
            return any(
                (isinstance(n, ast.Call) and isinstance(n.func, ast.Name) and n.func.id == "len")
                or (isinstance(n, ast.Attribute) and n.attr in ("shape", "size"))
                for a in node.args for n in below(a)
            )  # fmt: skip
        if name in ENDLESS:
            return False
        if name in ("Retrying", "AsyncRetrying", "retry", "stop_after_attempt"):
            return False
        if name in UNWRAPPED and node.args:
            return any(per_item(a) for a in node.args)
        return name not in ("stream", "astream", "iter_lines", "aiter_lines", "iter_content", "text_stream")
    if isinstance(node, (ast.List, ast.Tuple)):
        return len(node.elts) > 1 or any(isinstance(e, ast.Starred) for e in node.elts)
    return not (
        isinstance(node, ast.Name)
        and any(w in node.id.lower() for w in ("stream", "response", "chunks_iter", "completion"))
    )
