"""A function's name → where it is handed on instead of called: registered, queued, named by a text.

`app.add_url_rule("/ask", view_func=ask)`, `ask.delay(x)`, `Depends(ask)`, `send_task("app.tasks.ask")`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from llmlint.light import dataclass
from llmlint.link.names import call_name
from llmlint.link.nodes import children
from llmlint.link.project import FuncInfo, Module

# calls of these on a function give something that still stands for the function: ask.s(x), Ask.as_view()
STANDS_FOR = frozenset({
    "s", "si", "signature", "as_view", "as_asgi", "as_handler", "partial", "with_config", "with_retry", "bind",
    "remote_gen", "options", "with_options", "set", "using", "kicker", "with_fallbacks",
})  # fmt: skip
WRAPS = frozenset({
    "partial", "wraps", "csrf_exempt", "login_required", "sync_to_async", "async_to_sync", "Depends", "Security",
    "cast", "staticmethod", "classmethod", "RunnableLambda", "traceable", "observe", "ensure_csrf_cookie",
    "require_POST", "require_http_methods", "never_cache", "cache_page", "transactional", "asyncify", "run_async",
    "wrap", "Provide",
})  # fmt: skip
MAX_CLIMB = 12


@dataclass(frozen=True, slots=True)
class Mention:
    """One place where a function is handed on.

    node: the name, the attribute or the text as it stands there. owner: the function whose code or header it stands in,
    or the module. header: in the owner's decorators or parameters. chain: methods called on the function, `("delay",)`.
    call: the call that it is handed to, or that the chain ends in (`called`). wrappers: calls that it passed through.
    table: the dictionary or the sequence in which a text stands.
    """

    module: Module
    node: ast.expr
    owner: FuncInfo | Module
    header: bool = False
    chain: tuple[str, ...] = ()
    call: ast.Call | None = None
    called: bool = False
    wrappers: tuple[str, ...] = ()
    keyword: str | None = None
    table: ast.Dict | ast.Tuple | ast.List | None = None

    @property
    def is_text(self) -> bool:
        return isinstance(self.node, ast.Constant)


@dataclass(slots=True)
class Places:
    """Of a file: each node's parent, and the nodes that use a name or are a text that ends in it."""

    parents: dict[int, ast.AST]
    names: dict[str, list[ast.expr]]
    texts: dict[str, list[ast.expr]]


def places(module: Module) -> Places:
    cached: Places | None = module.__dict__.get("_places")
    if cached is None:
        cached = module.__dict__["_places"] = Places({}, {}, {})
        parents, names = cached.parents, cached.names
        stack: list[Any] = [module.tree]
        while stack:
            node = stack.pop()
            kind = type(node)
            if kind is ast.Name:
                if type(node.ctx) is ast.Load:
                    names.setdefault(node.id, []).append(node)
            elif kind is ast.Constant:
                if type(node.value) is str and len(node.value) < 200:
                    cached.texts.setdefault(last_word(node.value), []).append(node)
            else:
                if kind is ast.Attribute:
                    names.setdefault(node.attr, []).append(node)
                inner = children(node)
                for child in inner:
                    parents[id(child)] = node
                stack += inner
    return cached


def last_word(text: str) -> str:
    """`nightly` of "app.tasks.nightly" and "app.tasks:nightly"."""
    return text.rpartition(".")[2].rpartition(":")[2]


def mentions(module: Module, names: set[str]) -> Iterator[Mention]:
    """Where the file hands on what is called by one of the names, or names it by a text; in the order of the file."""
    found = places(module)
    nodes = [(n, False) for name in names for n in found.names.get(name, ())]
    nodes += [(n, True) for name in names for n in found.texts.get(name, ())]
    nodes.sort(key=lambda pair: (pair[0].lineno, pair[0].col_offset))
    for node, text in nodes:
        mention = climbed(module, found, node, text)
        if mention is not None:
            yield mention
        elif not text:
            for use in listed(found, node):
                mention = climbed(module, found, use, False)
                if mention is not None and not mention.called:
                    yield replace(mention, node=node)


def listed(found: Places, node: ast.expr) -> list[ast.expr]:
    """`evaluators = [correct, brief]`: where the list that the function stands in is used."""
    outer = found.parents.get(id(node))
    assigned = found.parents.get(id(outer)) if isinstance(outer, (ast.List, ast.Tuple)) else None
    if not isinstance(assigned, ast.Assign) or len(assigned.targets) != 1:
        return []
    target = assigned.targets[0]
    return found.names.get(target.id, []) if isinstance(target, ast.Name) else []


def climbed(module: Module, found: Places, node: ast.expr, text: bool) -> Mention | None:
    """Up from the name to the call that takes it; None where it is plainly called, assigned, compared …"""
    here: ast.AST = node
    chain: tuple[str, ...] = ()
    wrappers: tuple[str, ...] = ()
    keyword: str | None = None
    table: ast.Dict | ast.Tuple | ast.List | None = None
    for _ in range(MAX_CLIMB):
        parent = found.parents.get(id(here))
        if parent is None:
            return None
        if isinstance(parent, ast.Attribute) and parent.value is here and not text:
            chain = (*chain, parent.attr)
        elif isinstance(parent, ast.Call) and parent.func is here:
            if not chain:
                return None
            if chain[-1] not in STANDS_FOR:
                owner, header = owner_of(module, found, parent)
                return Mention(module, node, owner, header, chain, parent, True, wrappers, keyword)
        elif isinstance(parent, ast.Call):
            name = parent.func.attr if isinstance(parent.func, ast.Attribute) else (
                parent.func.id if isinstance(parent.func, ast.Name) else "")  # fmt: skip
            if name not in WRAPS or text or name in ("Depends", "Security", "Provide"):
                owner, header = owner_of(module, found, parent)
                return Mention(module, node, owner, header, chain, parent, False, wrappers, keyword, table)
            wrappers = (*wrappers, name)
        elif isinstance(parent, ast.keyword):
            keyword = parent.arg
        elif isinstance(parent, (ast.Dict, ast.Tuple, ast.List)):
            if text and not isinstance(parent, ast.Dict) and not any(crontab(e) for e in parent.elts):
                table = table or parent
            elif text:
                owner, header = owner_of(module, found, parent)
                return Mention(module, node, owner, header, chain, None, False, wrappers, keyword, parent)
        elif not isinstance(parent, (ast.Starred, ast.Await, ast.IfExp, ast.Set)):
            return None
        here = parent
    return None


def owner_of(module: Module, found: Places, node: ast.AST) -> tuple[FuncInfo | Module, bool]:
    """The function that the node belongs to, and whether it stands in the function's header."""
    _ = module.definitions
    here, parent = node, found.parents.get(id(node))
    while parent is not None:
        if isinstance(parent, (ast.FunctionDef, ast.AsyncFunctionDef)):
            info = module.functions.get(id(parent))
            if info is not None:
                return info, isinstance(here, (ast.arguments, ast.arg)) or here in parent.decorator_list
        here, parent = parent, found.parents.get(id(parent))
    return module, False


def taker(call: ast.Call) -> ast.expr:
    """What takes the arguments; of `app.event("x")(ask)` and of `sync_to_async(add_job)(ask)` the inner function."""
    target = call.func
    while isinstance(target, ast.Call):
        wrapped = target.args[0] if target.args and call_name(target) in WRAPS else None
        target = wrapped if isinstance(wrapped, (ast.Name, ast.Attribute)) else target.func
    return target


def taker_name(call: ast.Call) -> str:
    target = taker(call)
    return target.attr if isinstance(target, ast.Attribute) else target.id if isinstance(target, ast.Name) else ""


def crontab(node: ast.expr) -> bool:
    """A text of five fields that say when: "0 3 * * *"."""
    if not (isinstance(node, ast.Constant) and isinstance(node.value, str)):
        return False
    parts = node.value.split()
    return len(parts) in (5, 6) and all(c in "0123456789*/,-?LW#" for part in parts for c in part[:1])
