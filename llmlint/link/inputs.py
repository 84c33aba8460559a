"""What a request to embed is given → a single text, or several at once."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence

from llmlint.link.flow import ancestors, parents, unit_of
from llmlint.link.loops import source_of
from llmlint.link.nodes import below
from llmlint.link.project import FuncInfo
from llmlint.link.repeats import loops_around
from llmlint.link.scopes import CallRecord
from llmlint.link.values import Const, Seq, Text, Value, alternatives

ONE = re.compile(r"^(str|Optional\[str\]|str \| None|builtins\.str)$")
MANY = re.compile(r"list|sequence|iterable|tuple|ndarray|union", re.I)
CHUNKS = re.compile(r"batch|chunks|group|window|slice|texts|inputs|documents|docs$|sentences|part(ition)?s", re.I)
ITEM = re.compile(
    r"^(text|chunk|doc|document|sentence|line|query|question|word|title|paragraph|content|prompt|message|name|s|t|q|c|d"
    r"|chunk_text|text_chunk|page|passage|description|summary|phrase|term|sample|example|_?input)$",
    re.I,
)
SIBLING = re.compile(r"batch|documents|many|bulk", re.I)
STEPPED = re.compile(r"range\(.*,.*,.*\)|batched|chunked|grouper|islice|batch", re.I)


def one_text(record: CallRecord, value: Value, names: Sequence[str]) -> bool | None:
    """True: one text, False: a list of them, None: not known. names: the keywords that carry it."""
    info = record.function
    others = info.cls.methods.keys() - {info.name} if info is not None and info.cls is not None else set()
    if any(SIBLING.search(name) for name in others) and not any(loops_around(record)):
        return None  # who has many texts calls the other method
    if any(isinstance(a, ast.ExceptHandler) for a in ancestors(record.node, parents(record.module, info))):
        return None  # the list was tried first
    kinds = {kind(one) for one in alternatives(value)}
    if kinds == {True}:
        return True
    if False in kinds:
        return False
    node = given(record.node, names)
    if node is None:
        return None
    while isinstance(node, (ast.List, ast.Tuple)) and len(node.elts) == 1 and not isinstance(node.elts[0], ast.Starred):
        node = node.elts[0]
        if not isinstance(node, (ast.List, ast.Tuple)):
            return True  # input=[text]
    return by_syntax(node, record)


def kind(value: Value) -> bool | None:
    if isinstance(value, Text) or (isinstance(value, Const) and isinstance(value.value, str)):
        return True
    if isinstance(value, Seq):
        return True if not value.open and len(value.items) == 1 else False if value.items or value.open else None
    return None


def given(call: ast.Call, names: Sequence[str]) -> ast.expr | None:
    found = next((k.value for k in call.keywords if k.arg in names), None)
    return found if found is not None else call.args[0] if len(call.args) == 1 else None


def by_syntax(node: ast.expr, record: CallRecord) -> bool | None:
    """Methods of texts make texts; a parameter is what its annotation says; a loop's variable one item, or a chunk."""
    if isinstance(node, (ast.JoinedStr, ast.BinOp)):
        return True if isinstance(node, ast.JoinedStr) else None
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        return True if node.func.attr in ("strip", "replace", "lower", "join", "format", "read_text") else None
    if not isinstance(node, ast.Name):
        return None
    info = record.function
    if info is not None and (said := annotated(node.id, info)) is not None:
        return said
    if CHUNKS.search(node.id):
        return None
    texts = [b.value for b in unit_of(record.module, info).bindings if node.id in b.names]
    if texts and all(isinstance(t, ast.expr) and made_of_text(t, node.id) for t in texts):
        return True
    return True if ITEM.match(node.id) and in_loop_over(node.id, record) else None


def in_loop_over(name: str, record: CallRecord) -> bool:
    """Is it the variable of a loop around the call that does not take chunks?"""
    for loop in loops_around(record):
        heads = [loop] if isinstance(loop, (ast.For, ast.AsyncFor)) else getattr(loop, "generators", [])
        for head in heads:
            if any(isinstance(n, ast.Name) and n.id == name for n in below(head.target)):
                return not STEPPED.search(source_of(head.iter, 200))
    return False


def made_of_text(node: ast.expr, name: str) -> bool:
    if isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str)):
        return True
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in ("strip", "replace", "lower", "join", "format", "read_text")
    )


def annotated(name: str, info: FuncInfo) -> bool | None:
    for argument in [*info.arguments, *info.node.args.kwonlyargs]:
        if argument.arg == name and argument.annotation is not None:
            text = source_of(argument.annotation, 80).strip("'\"")
            return True if ONE.match(text) else False if MANY.search(text) else None
    return None
