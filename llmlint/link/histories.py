"""A request and the code around it → does it send earlier turns or answers again, and does anything limit how many.

"unbounded" is said only of a list that is seen to grow and to outlive the request, and that nothing in sight cuts.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

from llmlint.link.flow import ancestors, bindings_in, follows, inside, names_in, parents, unit_of
from llmlint.link.names import call_name
from llmlint.link.nodes import below
from llmlint.link.project import ClassInfo, FuncInfo, Module
from llmlint.link.repeats import bounded, loops_around
from llmlint.link.scopes import CallRecord
from llmlint.link.values import Const, Map, Seq, Text, Value, alternatives, force

History = Literal["none", "bounded", "unbounded"]
SENT = frozenset({"messages", "input", "contents", "history", "prompt", "chat_history", "message", "body"})
GROWS = frozenset({"append", "extend", "insert", "appendleft"})
SHRINKS = frozenset({"pop", "popleft", "remove", "clear", "popitem"})
TRIMS = re.compile(
    r"trim|trunc|summar|compact|prune|window|shorten|condens|compress|token|limit|clip|forget|reduce|squash|last_n|recent"
    r"|shrink|fit_|budget|rollup|digest|overflow|too_long|deque",
    re.I,
)
RESETS = re.compile(r"^_?(__init__|reset|clear|new|forget|restart|delete|start_over|flush|__post_init__)", re.I)
KEPT = re.compile(r"session_state|user_session|(^|[._])session(s|\b)|app\.state")
MEMORY = re.compile(r"memor|knowledge|histor|conversation", re.I)
PUTS = frozenset({"add", "save", "append", "store", "save_context", "write", "insert", "remember", "put"})
GETS = frozenset({"search", "get", "query", "retrieve", "load", "load_memory_variables", "get_all", "recall", "read"})
PASSED = (ast.BinOp, ast.List, ast.ListComp, ast.Attribute, ast.Subscript, ast.Call)
MAX_HOPS = 3
MAX_DEPTH = 4


def history(record: CallRecord, reached: Sequence[tuple[CallRecord, int]], value: Value | None) -> History | None:
    """reached: the record and the calls that lead to it, nearest first; value: what is sent as messages or prompt."""
    found = [sent_list(place, record, reached) for place in sent(record.node)]
    for kind in ("unbounded", "bounded"):
        if kind in found:
            return kind
    if any(carried(by, record) for by, hops in reached if hops <= MAX_HOPS) or remembers(record):
        return "bounded"
    if value is None or not built_afresh(value):
        return None
    return None if any(outlasts(place, record) for place in sent(record.node)) else "none"


def outlasts(node: ast.expr, record: CallRecord) -> bool:
    """Is a list that is sent still there for the next request, although one run of the code adds little to it?"""
    places = [p for p in parts_of(node, record, 0) if isinstance(p, (ast.Name, ast.Attribute, ast.Subscript))]
    return any(lasts(place, record) and grows(place, record) for place in places)


def built_afresh(value: Value) -> bool:
    """Messages that are all written at the call, none of them an answer of the model's."""

    def question(one: Value) -> bool:
        one = force(one)
        if not isinstance(one, Map):
            return isinstance(one, (Const, Text))
        role = force(one.entries["role"].value) if "role" in one.entries else None
        return isinstance(role, Const) and role.value in ("system", "user", "developer")

    return all(
        isinstance(one, (Const, Text)) or (isinstance(one, Seq) and not one.open and all(map(question, one.items)))
        for one in alternatives(value)
    )


# which lists are sent -------------------------------------------------------------------------------------------------


def sent(call: ast.Call) -> list[ast.expr]:
    """What the call passes as messages; the only argument where none is called so."""
    named = [k.value for k in call.keywords if k.arg in SENT]
    return named or call.args[:1]


def sent_list(node: ast.expr, record: CallRecord, reached: Sequence[tuple[CallRecord, int]]) -> History | None:
    """What is known of the lists that the expression sends, whole or in part."""
    best: History | None = None
    for part in parts_of(node, record, 0):
        found: History | None
        if isinstance(part, ast.Subscript) and isinstance(part.slice, ast.Slice):
            found = "bounded" if grows(part.value, record) else None
        elif isinstance(part, ast.Call):
            cuts = TRIMS.search(call_name(part) or "") is not None
            found = "bounded" if cuts and any(grows(a, record) for a in part.args) else None
        else:
            found = growing(part, record, reached)
        if found == "unbounded" or (found is not None and best is None):
            best = found
    return best


def parts_of(node: ast.expr, record: CallRecord, depth: int) -> Iterator[ast.expr]:
    """The places, slices and calls that a list of messages is put together from."""
    if depth > MAX_DEPTH:
        return
    if isinstance(node, ast.BinOp):
        yield from parts_of(node.left, record, depth + 1)
        yield from parts_of(node.right, record, depth + 1)
    elif isinstance(node, (ast.List, ast.Tuple)):
        for element in node.elts:
            if isinstance(element, ast.Starred):
                yield from parts_of(element.value, record, depth + 1)
    elif isinstance(node, (ast.ListComp, ast.GeneratorExp)):
        if not any(g.ifs for g in node.generators):
            yield from parts_of(node.generators[0].iter, record, depth + 1)
    elif isinstance(node, ast.IfExp):
        yield from parts_of(node.body, record, depth + 1)
        yield from parts_of(node.orelse, record, depth + 1)
    elif isinstance(node, ast.Await):
        yield from parts_of(node.value, record, depth + 1)
    elif isinstance(node, ast.Call):
        name = call_name(node)
        if name in ("list", "deepcopy", "copy", "cast") and node.args:
            yield from parts_of(node.args[-1], record, depth + 1)
        elif name == "copy" and isinstance(node.func, ast.Attribute):
            yield from parts_of(node.func.value, record, depth + 1)
        else:
            yield node
    elif isinstance(node, ast.Subscript):
        yield node
    elif isinstance(node, (ast.Name, ast.Attribute)):
        values = assigned(node, record) if isinstance(node, ast.Name) else []
        if values and not any(same(node, v) for v in values):
            for value in values:
                yield from parts_of(value, record, depth + 1)
        yield node


def assigned(name: ast.Name, record: CallRecord) -> list[ast.expr]:
    """The expressions that the function binds to the name."""
    nodes = unit_of(record.module, record.function).nodes
    return [
        n.value
        for n in nodes
        if isinstance(n, ast.Assign)
        and isinstance(n.value, PASSED)
        and any(isinstance(t, ast.Name) and t.id == name.id for t in n.targets)
    ]


# does a list grow, and does it outlive the request --------------------------------------------------------------------


def growing(place: ast.expr, record: CallRecord, reached: Sequence[tuple[CallRecord, int]]) -> History | None:
    """A list that is sent whole: "unbounded" where it outlives the request, grows, and nothing is seen to cut it."""
    scope = scope_of(place, record)
    if scope is None:
        return handed_in(place, record, reached)
    if not any(grown(place, nodes) for nodes, _ in scope):
        return None
    if any(cut(place, nodes) for nodes, _ in scope):
        return "bounded"
    here = unit_of(record.module, record.function).nodes
    above = parents(record.module, record.function)
    if lasts(place, record) and not any(set_anew(place, here, above)):
        others = [info for nodes, info in scope if info is not record.function and any(set_anew(place, nodes))]
        if any(info is not None and not RESETS.search(info.name) for info in others):
            return None  # who knows when it begins anew
        return None if trims_somewhere(record.module, scope) else "unbounded"
    return by_loop(place, record, here)


def by_loop(place: ast.expr, record: CallRecord, nodes: Iterable[ast.AST]) -> History | None:
    """A list of the function's own: it grows where a loop stands around both the call and what adds to it."""
    for loop in loops_around(record):
        if not isinstance(loop, (ast.For, ast.AsyncFor, ast.While)):
            continue
        body = list(inside(loop.body))
        if not grown(place, body) or any(set_anew(place, body, parents(record.module, record.function))):
            continue
        limited = bounded(loop, record)
        if limited is not False:
            return "bounded" if limited else None
        return None if trims(nodes) else "unbounded"
    return None


def handed_in(place: ast.expr, record: CallRecord, reached: Sequence[tuple[CallRecord, int]]) -> History | None:
    """A parameter: what the callers pass, one call further out."""
    info = record.function
    if info is None or not isinstance(place, ast.Name):
        return None
    names = [a.arg for a in info.arguments]
    at = names.index(place.id) - (1 if info.is_method else 0) if place.id in names else None
    found: list[History] = []
    for by, hops in reached:
        if hops != 1 or by.function is info:
            continue
        node = next((k.value for k in by.node.keywords if k.arg == place.id), None)
        if node is None and at is not None and 0 <= at < len(by.node.args):
            node = by.node.args[at]
        if node is None or isinstance(node, ast.Starred):
            continue
        for part in parts_of(node, by, 1):
            kind = growing(part, by, ()) if not isinstance(part, ast.Call) and not sliced(part) else None
            if kind is not None:
                found.append(kind)
    if not found:
        return None
    return "unbounded" if all(k == "unbounded" for k in found) and not trims(own(info)) else "bounded"


def sliced(node: ast.expr) -> bool:
    return isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Slice)


def scope_of(place: ast.expr, record: CallRecord) -> list[tuple[list[ast.AST], FuncInfo | None]] | None:
    """The functions that can add to the list or cut it; None for a parameter, whose list is the callers'."""
    here = record.function
    base = place
    while isinstance(base, (ast.Attribute, ast.Subscript)):
        base = base.value
    if here is not None and isinstance(base, ast.Name):
        owner: FuncInfo | None = here
        while owner is not None and owner.cls is None:
            owner = owner.parent
        if owner is not None and owner.is_method and owner.arguments[0].arg == base.id and base is not place:
            assert owner.cls is not None
            return [(own(m), m) for m in methods(owner.cls)]
        names = {a.arg for a in [*here.arguments, *here.node.args.kwonlyargs]}
        if base.id in names and base is place:
            return None
    if lasts(place, record):
        module = record.module
        units: list[FuncInfo | None] = [None, *module.definitions]
        return [(unit_of(module, u).nodes, u) for u in units]
    return [(unit_of(record.module, here).nodes, here)]


def methods(cls: ClassInfo) -> list[FuncInfo]:
    return [m for m in cls.methods.values() if isinstance(m, FuncInfo)]


def own(info: FuncInfo) -> list[ast.AST]:
    return unit_of(info.module, info).nodes


def lasts(place: ast.expr, record: CallRecord) -> bool:
    """Is the list still there for the next request: an attribute, a global, what a session keeps?"""
    text = ast.unparse(place)
    if KEPT.search(text):
        return True
    base = place
    while isinstance(base, (ast.Attribute, ast.Subscript)):
        base = base.value
    if not isinstance(base, ast.Name):
        return False
    info = record.function
    if info is None:
        return False
    if isinstance(place, ast.Attribute) and base.id in ("self", "cls"):
        return True
    here = unit_of(record.module, info).nodes
    names = {a.arg for a in [*info.arguments, *info.node.args.kwonlyargs]}
    if base.id in names or (stored(base.id, here) and not declared(base.id, here)):
        return kept_there(base.id, record)
    return stored(base.id, unit_of(record.module, None).nodes)


def kept_there(name: str, record: CallRecord) -> bool:
    """`history = cl.user_session.get("history")`: the list itself, by another name."""
    return any(
        name in b.names and isinstance(b.value, (ast.Call, ast.Subscript, ast.Attribute)) and KEPT.search(said(b.value))
        for b in unit_of(record.module, record.function).bindings
    )


def said(node: ast.AST) -> str:
    if isinstance(node, ast.Call):
        return ast.unparse(node.func) if call_name(node) in ("get", "setdefault") else ""
    return ast.unparse(node)


def declared(name: str, nodes: Iterable[ast.AST]) -> bool:
    return any(isinstance(n, (ast.Global, ast.Nonlocal)) and name in n.names for n in nodes)


def stored(name: str, nodes: Iterable[ast.AST]) -> bool:
    return any(isinstance(n, ast.Name) and n.id == name and isinstance(n.ctx, ast.Store) for n in nodes)


def same(a: ast.expr, b: ast.AST) -> bool:
    return isinstance(b, ast.expr) and any(isinstance(n, type(a)) and alike(a, n) for n in below(b))


def alike(a: ast.AST, b: ast.AST) -> bool:
    """Do both name the same place: `x`, `self.x`, `x["k"]`?"""
    if isinstance(a, ast.Name):
        return isinstance(b, ast.Name) and a.id == b.id
    if isinstance(a, ast.Attribute):
        return isinstance(b, ast.Attribute) and a.attr == b.attr and alike(a.value, b.value)
    if isinstance(a, ast.Constant):
        return isinstance(b, ast.Constant) and a.value == b.value
    if isinstance(a, ast.Subscript):
        return isinstance(b, ast.Subscript) and alike(a.slice, b.slice) and alike(a.value, b.value)
    return False


def grows(place: ast.expr, record: CallRecord) -> bool:
    return any(grown(place, nodes) for nodes, _ in scope_of(place, record) or ())


def grown(place: ast.expr, nodes: Iterable[ast.AST]) -> bool:
    """`place.append(…)`, `place += …`, `place = place + …`"""
    for node in nodes:
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in GROWS:
            if alike(node.func.value, place):
                return True
        elif (isinstance(node, ast.AugAssign) and alike(node.target, place)) or (
            isinstance(node, ast.Assign)
            and isinstance(node.value, (ast.BinOp, ast.List))
            and any(alike(t, place) for t in node.targets)
            and same(place, node.value)
        ):
            return True
    return False


def set_anew(
    place: ast.expr, nodes: Iterable[ast.AST], above: dict[ast.AST, ast.AST] | None = None
) -> Iterator[bool]:
    """Assignments to the place of something that does not hold what was there. above: without those under an `if`."""
    for node in nodes:
        if above is not None and any(isinstance(a, ast.If) and not is_main(a) for a in ancestors(node, above)):
            continue
        if isinstance(node, ast.Assign):
            goals, value = node.targets, node.value
        elif isinstance(node, ast.AnnAssign) and node.value is not None:
            goals, value = [node.target], node.value
        else:
            continue
        if any(alike(t, place) for t in goals) and not same(place, value) and not kept(value):
            yield True


def is_main(node: ast.If) -> bool:
    return "__name__" in names_in(node.test)


def kept(value: ast.AST) -> bool:
    return KEPT.search(said(value)) is not None


def cut(place: ast.expr, nodes: Iterable[ast.AST]) -> bool:
    """`place = place[-10:]`, `place.pop(0)`, `del place[…]`, `len(place) > …`"""
    for node in nodes:
        if isinstance(node, ast.Call):
            if isinstance(node.func, ast.Attribute) and node.func.attr in SHRINKS and alike(node.func.value, place):
                return node.func.attr != "clear"
            passes = any(same(place, a) for a in node.args)
            if passes and TRIMS.search(call_name(node) or ""):
                return True
        elif isinstance(node, ast.Delete) and any(same(place, t) for t in node.targets):
            return True
        elif isinstance(node, ast.Assign):
            if any(sliced(t) and same(place, t) for t in node.targets):
                return True
            if any(alike(t, place) for t in node.targets) and isinstance(node.value, ast.Subscript):
                return True
        elif isinstance(node, ast.Compare) and any(
            isinstance(n, ast.Call) and call_name(n) == "len" and n.args and alike(n.args[0], place)
            for n in below(node)
        ):
            return not any(isinstance(c, ast.Constant) and c.value in (0, 1) for c in node.comparators)
    return False


def trims(nodes: Iterable[ast.AST]) -> bool:
    """Does anything here say that it cuts, counts or summarizes?"""
    for node in nodes:
        name = call_name(node) if isinstance(node, ast.Call) else None
        if name is not None and TRIMS.search(name):
            return True
    return False


def trims_somewhere(module: Module, scope: Sequence[tuple[list[ast.AST], FuncInfo | None]]) -> bool:
    return any(trims(nodes) for nodes, _ in scope) or any(
        TRIMS.search(info.name) and "token" not in info.name for info in module.definitions
    )


# what the request before it gave ----------------------------------------------------------------------------------


def carried(record: CallRecord, request: CallRecord) -> bool:
    """Does a loop around the call hand what one request gave to the next? request: what the call leads to."""
    above = parents(record.module, record.function)
    call = record.node
    passed: set[str] = set()
    for argument in [*call.args, *(k.value for k in call.keywords)]:
        passed |= names_in(argument)
    for loop in loops_around(record):
        if not isinstance(loop, (ast.For, ast.AsyncFor, ast.While)):
            continue
        answers = follows(call, loop.body, above, flags=False)
        for name in answers & passed:
            if not begun_anew(name, loop, call, answers, above) and not put_aside(name, loop, call, answers):
                return True
        if record is not request and by_attribute(record, request, answers):
            return True
    return False


def put_aside(name: str, loop: ast.For | ast.AsyncFor | ast.While, call: ast.Call, answers: frozenset[str]) -> bool:
    """Does an answer reach the name only as a field that the call does not read: `row["summary"] = answer`?"""
    read = {n.value for n in below(call) if isinstance(n, ast.Constant)}
    whole = {id(n.value) for n in below(call) if isinstance(n, (ast.Subscript, ast.Attribute))}
    if any(isinstance(n, ast.Name) and n.id == name and id(n) not in whole for n in below(call)):
        return False
    fields: set[object] = set()
    for node in inside(loop.body):
        for binding in bindings_in([node]) if isinstance(node, ast.stmt) else ():
            if name not in binding.names or not (binding.reads & answers or binding.value is call):
                continue
            goal = node.targets[0] if isinstance(node, ast.Assign) else None
            if not isinstance(goal, ast.Subscript) or not isinstance(goal.slice, ast.Constant):
                return False
            fields.add(goal.slice.value)
    return bool(fields) and not fields & read


def by_attribute(record: CallRecord, request: CallRecord, answers: frozenset[str]) -> bool:
    """`self.done[x] = self.write(x)`, and `write` makes its prompt from `self.done`."""
    info, home = record.function, request.function
    kept = {name for name in answers if name.startswith("self.")}
    if not kept or info is None or home is None or home.cls is None or info.cls is not home.cls:
        return False
    call = request.node
    made: set[str] = set()
    for argument in [*call.args, *(k.value for k in call.keywords)]:
        made |= names_in(argument)
    for _ in range(3):
        made |= {n for b in unit_of(home.module, home).bindings if made & set(b.names) for n in b.reads}
    return bool(made & kept)


def remembers(record: CallRecord) -> bool:
    """Does the function put the answer into a memory that the module reads from?"""
    if record.function is None:
        return False
    nodes = own(record.function)
    puts = [n for n in nodes if isinstance(n, ast.Call) and isinstance(n.func, ast.Attribute) and n.func.attr in PUTS]
    stores = [n for n in puts if isinstance(n.func, ast.Attribute) and MEMORY.search(ast.unparse(n.func.value))]
    body = record.function.node.body
    if not stores or not isinstance(body, list):
        return False
    answers = follows(record.node, body, parents(record.module, record.function), flags=False)
    for store in stores:
        assert isinstance(store.func, ast.Attribute)
        passed = [*store.args, *(k.value for k in store.keywords)]
        place = store.func.value
        if any(names_in(a) & answers for a in passed) and any(
            isinstance(n, ast.Call)
            and isinstance(n.func, ast.Attribute)
            and n.func.attr in GETS
            and alike(n.func.value, place)
            for info in (None, *record.module.definitions)
            for n in unit_of(record.module, info).nodes
        ):
            return True
    return False


def begun_anew(
    name: str, loop: ast.For | ast.AsyncFor | ast.While, call: ast.Call, answers: frozenset[str],
    above: dict[ast.AST, ast.AST],
) -> bool:  # fmt: skip
    """Does each round bind the name before the call, to something that no earlier answer went into?"""
    if not isinstance(loop, ast.While) and name in names_in(loop.target):
        return True
    outer = set(ancestors(call, above))
    for node in inside(loop.body):
        if isinstance(node, (ast.For, ast.AsyncFor)) and node in outer and name in names_in(node.target):
            return True
    for node in loop.body:
        if node in outer:
            break
        for binding in bindings_in([node]):
            whole = isinstance(node, (ast.Assign, ast.AnnAssign)) or isinstance(binding.value, ast.expr)
            if whole and name in binding.names and not binding.reads & {*answers, name}:
                return isinstance(node, (ast.Assign, ast.AnnAssign, ast.With, ast.If))
    return False
