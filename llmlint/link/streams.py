"""A call that streams → is its stream read to the end, needlessly, left and closed; are the pieces handed on."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from typing import Literal

from llmlint.link.flow import Loop, ancestors, exits, follows, inside, names_in, parents, unit_of
from llmlint.link.loops import source_of
from llmlint.link.names import call_name
from llmlint.link.scopes import CallRecord

StreamEnd = Literal["end", "needless-end", "left", "unclosed"]
# a break here stands at the stream's own end
NATURAL = re.compile(
    r"finish|\bstop(ped|_reason)?\b|DONE|message_stop|complete|\bend\b|_end\b|end_|\bdone\b|is None|== None|"
    r"StopIteration|\blast\b|final|usage|eos|error|exception|fail|\.type\b|StreamEnd|\bevent\b|status",
    re.I,
)
HANDS_ON = frozenset({
    "print", "write", "send", "send_text", "send_json", "send_message", "emit", "put", "put_nowait", "publish",
    "echo", "stream_token", "on_token", "on_llm_new_token", "callback", "markdown", "flush", "edit", "edit_text",
    "write_stream", "update", "push", "stream_callback", "on_chunk", "on_delta", "yield_token", "send_str",
    "broadcast", "notify",
})  # fmt: skip
QUIET = frozenset({
    "append", "join", "get", "strip", "extend", "len", "str", "isinstance", "hasattr", "getattr", "time",
    "startswith", "endswith", "lower", "perf_counter", "loads", "dict", "model_dump", "to_dict", "setdefault", "debug",
    "format", "replace",
})  # fmt: skip
SENDERS = re.compile(
    r"Streaming(Http)?Response|write_stream|EventSourceResponse|stream_with_context|print_stream", re.I
)


def stream_facts(record: CallRecord, direct: frozenset[str]) -> tuple[StreamEnd | None, bool | None]:
    """(how the stream ends, whether pieces are handed on). direct: the names bound to the stream itself."""
    body = unit_of(record.module, record.function).nodes
    loops = [n for n in body if isinstance(n, (ast.For, ast.AsyncFor)) and _over(n.iter, record.node, direct)]
    if not loops:
        calls = [n for n in body if isinstance(n, ast.Call) and names_in(n) & direct]
        return None, True if any(SENDERS.search(source_of(n.func, 80)) for n in calls) else None
    above = parents(record.module, record.function)
    ends = [_end_of(loop, record, direct, body, above) for loop in loops]
    order: tuple[StreamEnd, ...] = ("unclosed", "left", "needless-end", "end")
    worst = min(ends, key=order.index)
    on = [_hands_on(loop, above) for loop in loops]
    return worst, True if True in on else None if None in on else False


def _over(node: ast.expr, call: ast.Call, direct: frozenset[str]) -> bool:
    """Does a loop over `node` read the stream: `stream`, `stream.text_stream`, the call itself?"""
    while True:
        if node is call:
            return True
        if isinstance(node, ast.Name):
            return node.id in direct
        if isinstance(node, ast.Attribute):
            if source_of(node, 200) in direct:
                return True
            node = node.value
        elif isinstance(node, ast.Await):
            node = node.value
        elif isinstance(node, ast.Call):
            if isinstance(node.func, ast.Name) and node.func.id in ("enumerate", "tqdm", "iter") and node.args:
                node = node.args[0]
            else:
                node = node.func
        elif isinstance(node, ast.Subscript):
            node = node.value
        else:
            return False


def _end_of(
    loop: Loop, record: CallRecord, direct: frozenset[str], body: Iterable[ast.AST], above: dict[ast.AST, ast.AST]
) -> StreamEnd:
    # a `return` lets go of the stream at once
    early = [tests for node, tests, handled in exits(loop, above) if not handled and isinstance(node, ast.Break)]
    natural = _set_at_the_end(loop)
    if any(
        tests and not any(NATURAL.search(source_of(t, 300)) or names_in(t) & natural for t in tests) for tests in early
    ):
        return "left" if _closed(loop, record, direct, body, above) else "unclosed"
    return "needless-end" if _reads_in_vain(loop) else "end"


def _nobody_holds(loop: Loop, record: CallRecord) -> bool:
    """`for piece in llm.stream(prompt)`: a generator that has no name ends where the loop is left."""
    unnamed = not isinstance(loop, ast.While) and loop.iter is record.node
    return unnamed and call_name(record.node) in ("stream", "astream", "stream_events")


def _closed(
    loop: Loop, record: CallRecord, direct: frozenset[str], body: Iterable[ast.AST], above: dict[ast.AST, ast.AST]
) -> bool:
    for outer in ancestors(loop, above):
        if isinstance(outer, (ast.With, ast.AsyncWith)):
            for item in outer.items:
                held = item.context_expr
                if any(n is record.node for n in inside([held])) or names_in(held) & direct:
                    return True
                if item.optional_vars is not None and names_in(item.optional_vars) & names_in(record.node.func):
                    return True  # the client is closed, and its connections with it
    if _nobody_holds(loop, record):
        return True
    return any(
        isinstance(n, ast.Call) and isinstance(n.func, ast.Attribute) and n.func.attr in ("close", "aclose", "cancel")
        for n in body
    )


def _set_at_the_end(loop: Loop) -> frozenset[str]:
    """Flags that are raised where the model says that it has finished."""
    return frozenset(
        name
        for part in inside(loop.body) if isinstance(part, ast.If) and NATURAL.search(source_of(part.test, 300))
        for stmt in part.body if isinstance(stmt, ast.Assign)
        for target in stmt.targets for name in names_in(target)
    )  # fmt: skip


def _reads_in_vain(loop: Loop) -> bool:
    """A flag is set inside, and from then on every piece is skipped, yet the loop goes on to the end."""
    if any(isinstance(n, ast.Attribute) and "usage" in n.attr for n in inside(loop.body)):
        return False  # the counts come last
    set_true: set[str] = set()
    for part in inside(loop.body):
        if isinstance(part, ast.If) and not NATURAL.search(source_of(part.test, 300)):
            for stmt in part.body:
                if isinstance(stmt, ast.Assign) and isinstance(stmt.value, ast.Constant) and stmt.value.value is True:
                    set_true.update(n for t in stmt.targets for n in names_in(t))
    unset = {
        n for s in inside(loop.body) if isinstance(s, ast.Assign)
        and not (isinstance(s.value, ast.Constant) and s.value.value is True) for t in s.targets for n in names_in(t)
    }  # fmt: skip
    flags = set_true - unset
    if not flags:
        return False
    first = loop.body[0]
    if not isinstance(first, ast.If) or not names_in(first.test) & flags:
        return False
    test = first.test
    if isinstance(test, ast.Name) and len(first.body) == 1:
        return isinstance(first.body[0], ast.Continue)
    negated = isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not) and isinstance(test.operand, ast.Name)
    return negated and len(loop.body) == 1 and not first.orelse


def _hands_on(loop: ast.For | ast.AsyncFor, above: dict[ast.AST, ast.AST]) -> bool | None:
    pieces = follows(loop.iter, [loop], above, flags=False)
    unknown = False
    for part in inside(loop.body):
        if isinstance(part, (ast.Yield, ast.YieldFrom)):
            return True
        if isinstance(part, ast.Call):
            name = call_name(part) or ""
            if name in HANDS_ON:
                return True
            if name not in QUIET and any(names_in(a) & pieces for a in part.args):
                unknown = True
    return None if unknown else False
