"""The loops around a call, here and in callers → what the innermost repeats it for, and whether that has a limit."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence

from llmlint.facts import LoopClass
from llmlint.light import dataclass
from llmlint.link.flow import (
    COMPREHENSIONS,
    Loop,
    ancestors,
    bindings_in,
    block_of,
    computed_from,
    exits,
    follows,
    inside,
    names_in,
    parents,
    straight_out,
    swallowed_by,
    targets,
    unit_of,
)
from llmlint.link.loops import ENDLESS, per_item, source_of
from llmlint.link.names import call_name
from llmlint.link.project import FuncInfo, Module, dotted_name
from llmlint.link.scopes import CallRecord

MAX_HOPS = 3  # callers of callers
# what an agent's loop looks at in an answer, or sends back
TOOL_WORDS = frozenset({
    "tool_calls", "tool_call", "tool_use", "tool_use_id", "tool_call_id", "tool_result", "tool_results",
    "function_call", "function_calls", "functionCall", "function_call_output", "stop_reason", "toolUse", "toolResult",
    "toolUseId", "end_turn", "ToolMessage", "tool_outputs", "requires_action", "FunctionCall", "function_response",
    "FunctionResponse",
})  # fmt: skip
PERSON = re.compile(
    r"(user|human|person)_?(input|message|reply|response|feedback|query|prompt|question|answer|turn)"
    r"|^(input|raw_input|ainput|get_input|read_input|prompt_async|readline|ask_user\w*|listen\w*|chat_input|text_input"
    r"|\w*multiline_input|console_input|record_audio|recognize\w*|receive_text|receive_json|receive_bytes|select_option)$",
    re.I,
)
PERSON_OWNERS = re.compile(r"prompt|session|console|questionary|inquirer|click|typer|stdin|readline|term", re.I)
SOCKETS = re.compile(r"websocket|socket|^ws$|^sock$|connection|^conn$", re.I)
TRIES = re.compile(r"attempt|retr(y|ies)|\btry\b|tries", re.I)
WAITS = frozenset({"sleep", "wait", "wait_for_timeout"})
QUEUES = re.compile(
    r"^(get|get_nowait|poll|receive|receive_messages?|blpop|brpop|lpop|xread|xreadgroup|consume|pull|popleft)$"
)
LIMITS = re.compile(
    r"max|limit|budget|quota|deadline|timeout|time_?left|elapsed|remaining|exceed|cost|spend|spent|usage|tokens|"
    r"steps?\b|_steps?|iteration|turns?\b|rounds?\b|depth|attempt|retries|tries|count|stuck|loop_?detect|patience",
    re.I,
)
# asked from outside whether to go on: nobody knows what that depends on
OUTSIDE = re.compile(
    r"should|cancel|abort|interrupt|is_set|running|alive|stopped|shutdown|terminat|keep_going|can_|check|allowed", re.I
)
# what a function is called that may end the loop by raising
GUARDS = re.compile(
    r"budget|limit|quota|deadline|exceed|guard|spend|spent|cost|check_|ensure_|_max_|stuck|loop_?detect", re.I
)
GROWS = re.compile(r"append|extend|(add|push|insert)(_|$)")  # `talk.append_message(role, text)`
CLOCK = re.compile(r"time_?out|move_on|fail_after|deadline|limit", re.I)
RANK: dict[LoopClass, int] = {"agent": 0, "conversation": 1, "items": 2, "poll": 3, "attempts": 4}


@dataclass(frozen=True, slots=True)
class Repeat:
    """A loop that repeats the request. node: None where a function such as `map` does it; hops: callers between."""

    kind: LoopClass
    bounded: bool | None
    record: CallRecord
    node: ast.AST | None
    hops: int = 0


def told(repeat: Repeat) -> str:
    """`while True` (app/agent.py:30)."""
    record, node = repeat.record, repeat.node
    line = getattr(node, "lineno", record.node.lineno)
    place = record.module.told(line)
    if isinstance(node, ast.While):
        return f"`while {source_of(node.test, 60)}` ({place})"
    if isinstance(node, (ast.For, ast.AsyncFor)):
        return f"`for {source_of(node.target)} in {source_of(node.iter)}` ({place})"
    if isinstance(node, ast.Call):
        return f"`{call_name(node)}`, which calls itself ({place}),"
    return place


def loops_around(record: CallRecord) -> Iterator[ast.AST]:
    """Loops and comprehensions that the call stands in, innermost first; not those whose header it is."""
    above = parents(record.module, record.function)
    inner: ast.AST = record.node
    for outer in ancestors(record.node, above):
        if isinstance(outer, (ast.For, ast.AsyncFor)):
            if any(s is inner for s in outer.body):
                yield outer
        elif isinstance(outer, ast.While):
            if inner is outer.test or any(s is inner for s in outer.body):
                yield outer
        elif isinstance(outer, COMPREHENSIONS) and inner is not outer.generators[0]:
            yield outer
        inner = outer


def repeats(reached: Sequence[tuple[CallRecord, int]], tools: bool | None) -> list[Repeat]:
    """Every loop around the call or around a call that leads to it, nearest first."""
    path: dict[int, FuncInfo | None] = {}
    out: list[Repeat] = []
    home = reached[0][0].function if reached else None
    for record, hops in reached:
        if hops > MAX_HOPS:
            break
        path[hops] = record.function
        for node in loops_around(record):
            found = classified(node, record, tools, home if hops else None)
            if found is not None:
                out.append(Repeat(*found, record, node, hops))
        itself = recursion(record) if not hops else None
        if itself is not None:
            out.append(itself)
    return out


def until_answer(record: CallRecord, line: int) -> bool:
    """Does an answer that will do end the loop that begins on this line? Then the next request waits for the last."""
    above = parents(record.module, record.function)
    for node in loops_around(record):
        if isinstance(node, (ast.For, ast.AsyncFor)) and node.iter.lineno == line:
            answers = follows(record.node, node.body, above)
            return any(
                not handled and not isinstance(leaving, ast.Raise)
                and any(names_in(t) & answers and not LIMITS.search(source_of(t, 200)) for t in tests)
                for leaving, tests, handled in exits(node, above)
            )  # fmt: skip
    return False


def gathered(
    module: Module, function: FuncInfo | None, line: int, call: ast.Call | None
) -> tuple[frozenset[str], int] | None:
    """(what is computed from the answers of the loop that begins on this line, the line where it ends).

    call: the one that asks, or leads to it; None where the loop only hands it on.
    """
    unit, above = unit_of(module, function), parents(module, function)
    loops = (n for n in unit.nodes if isinstance(n, (ast.For, ast.AsyncFor, *COMPREHENSIONS)))
    loop = next((n for n in loops if begins(n) == line), None)
    if loop is None:
        return None
    around = {call or loop, *ancestors(call or loop, above)}
    return computed_from(around, unit.bindings), loop.end_lineno or line


def begins(loop: ast.For | ast.AsyncFor | ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp) -> int:
    """The line that a loop is told by: of what it goes over."""
    return (loop.iter if isinstance(loop, (ast.For, ast.AsyncFor)) else loop.generators[0].iter).lineno


def arguments_read(node: ast.Call) -> frozenset[str]:
    return frozenset[str]().union(*(names_in(a) for a in (*node.args, *(k.value for k in node.keywords))))


def recursion(record: CallRecord) -> Repeat | None:
    """A function that answers tool calls and then calls itself: a loop by another name."""
    info = record.function
    if info is None or isinstance(info.node, ast.Lambda) or not _tool_words(info.node):
        return None
    nodes = unit_of(record.module, info).nodes
    above = parents(record.module, info)
    for node in nodes:
        if not isinstance(node, ast.Call) or call_name(node) != info.name:
            continue
        owner = node.func.value if isinstance(node.func, ast.Attribute) else None
        mine = isinstance(owner, ast.Name) and owner.id in ("self", "cls") if info.cls is not None else owner is None
        if not mine or any(isinstance(o, ast.ExceptHandler) for o in ancestors(node, above)):
            continue
        names = [a.arg for a in [*info.arguments, *info.node.args.kwonlyargs]]
        orders = any(isinstance(n, ast.Compare) and _has_order(n) for n in nodes)
        limits = any(LIMITS.search(n) and "token" not in n for n in names)
        guards = any(isinstance(n, ast.Call) and GUARDS.search(call_name(n) or "") for n in nodes)
        return Repeat("agent", True if orders else None if limits or guards else False, record, node)
    return None


def innermost(found: Sequence[Repeat]) -> Repeat | None:
    """The nearest loop that is more than another try; of several callers the one whose loop matters most."""
    real = [r for r in found if r.kind != "attempts"]
    if not real:
        return found[0] if found else None
    nearest = real[0].hops
    first_of: dict[int, Repeat] = {}
    for r in real:
        if r.hops == nearest:
            first_of.setdefault(id(r.record), r)
    return min(first_of.values(), key=lambda r: (RANK[r.kind], r.bounded is not False))


# one loop -------------------------------------------------------------------------------------------------------------


def classified(
    node: ast.AST, record: CallRecord, tools: bool | None, home: FuncInfo | None
) -> tuple[LoopClass, bool | None] | None:
    """(class, bounded); None where the loop is none of the known kinds. home: the function that sends the request."""
    if not isinstance(node, (ast.For, ast.AsyncFor, ast.While)):
        assert isinstance(node, COMPREHENSIONS)
        return ("items", True) if any(per_item(g.iter, g.target) for g in node.generators) else None
    above = parents(record.module, record.function)
    call = record.node
    if isinstance(node, (ast.For, ast.AsyncFor)):
        name = _called(node.iter)
        if name in ("Retrying", "AsyncRetrying"):
            return "attempts", None
        if SOCKETS.search(source_of(node.iter)) or (isinstance(node, ast.AsyncFor) and name.startswith("iter_")):
            return "conversation", bounded(node, record)
    if asks_person(node):
        return "conversation", bounded(node, record)
    answers = follows(call, node.body, above)
    fails = not isinstance(node, ast.While) or _is_true(node.test) or bool(swallowed_by(call, node, above))
    if fails and straight_out(call, node, above):
        return "agent" if _goes_round(node, record, answers) else "attempts", bounded(node, record)
    if isinstance(node, ast.While) and _flag_after(node, call, above):
        return "attempts", bounded(node, record)
    tries = not isinstance(node, ast.While) and TRIES.search(source_of(node.target)) is not None
    if tries and not _sent_back(node.body, node, record, answers):
        return "attempts", bounded(node, record)
    if goes_on_its_answer(node, record, tools, home, answers):
        return "agent", bounded(node, record)
    if isinstance(node, ast.While):
        if waits(node, above):
            return "poll", bounded(node, record)
        return None
    if per_item(node.iter, node.target):
        return "items", True
    return None


def bounded(node: Loop, record: CallRecord) -> bool | None:
    """Are its rounds limited, by a count, tokens, money or time? False only where nothing says so."""
    if isinstance(node, (ast.For, ast.AsyncFor)):
        name = _called(node.iter)
        endless = name == "iter" and isinstance(node.iter, ast.Call) and len(node.iter.args) == 2
        if name not in ENDLESS and not endless:
            return True if not isinstance(node, ast.AsyncFor) else None
    elif not _is_true(node.test):
        if _has_order(node.test) and not never_counted(node):
            return True
        reads = names_in(node.test)
        changed = {n for b in bindings_in(node.body) for n in b.names}
        alone = _has_order(node.test) and never_counted(node) and set_here(reads, record.function)
        if any(isinstance(n, ast.Call) for n in inside([node.test])) or not (reads & changed or alone):
            return None  # what ends it is not seen here
    above = parents(record.module, record.function)
    for outer in ancestors(node, above):
        held = outer.items if isinstance(outer, (ast.With, ast.AsyncWith)) else []
        if any(CLOCK.search(source_of(item.context_expr, 80)) for item in held):
            return True
    unsure = False
    counters = _counters(node)
    for part in inside(node.body):
        if isinstance(part, (ast.If, ast.IfExp, ast.While)) and _counts(part.test, counters):
            return True
        if isinstance(part, ast.Call):
            taken = call_name(part) == "next" and not any(isinstance(a, ast.GeneratorExp) for a in part.args)
            unsure = unsure or taken or bool(GUARDS.search(call_name(part) or ""))
        if isinstance(part, (ast.Yield, ast.YieldFrom)):
            unsure = True  # whoever takes what it yields may stop
    for _, tests, _ in exits(node, above):
        if any(OUTSIDE.search(source_of(t, 200)) for t in tests):
            unsure = True
    return None if unsure else False


def never_counted(node: ast.While) -> bool:
    """`while tries < 10:` where nothing in the loop ever changes a name of the test."""
    parts = list(inside([node.test]))
    if any(isinstance(n, (ast.Call, ast.Attribute, ast.Subscript, ast.NamedExpr)) for n in parts):
        return False
    changed = {n for b in bindings_in(node.body) for n in b.names}
    return not names_in(node.test) & changed and not any(isinstance(n, ast.Delete) for n in inside(node.body))


def set_here(names: frozenset[str], function: FuncInfo | None) -> bool:
    """Are all the names the function's own, so that nobody else can change them?"""
    if function is None:
        return False
    nodes = unit_of(function.module, function).nodes
    shared = {n for s in nodes if isinstance(s, (ast.Global, ast.Nonlocal)) for n in s.names}
    stored = {n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    return names <= stored - shared


def _counters(loop: Loop) -> frozenset[str]:
    """The names that the loop counts up or down: `steps += 1`."""
    return frozenset(
        n for s in inside(loop.body) if isinstance(s, ast.AugAssign) and not isinstance(s.target, ast.Subscript)
        and isinstance(s.value, ast.Constant) and isinstance(s.value.value, (int, float))
        for n in targets(s.target)
    )  # fmt: skip


def _counts(test: ast.expr, counters: frozenset[str]) -> bool:
    """Is a number compared that grows, or that is called a limit? `len(answer) > 0` is not."""
    for part in inside([test]):
        if not isinstance(part, ast.Compare):
            continue
        sides = [part.left, *part.comparators]
        if names_in(part) & counters and not isinstance(part.ops[0], (ast.In, ast.NotIn)):
            return True
        if any(isinstance(op, (ast.Lt, ast.LtE, ast.Gt, ast.GtE)) for op in part.ops):
            zero = [s for s in sides if isinstance(s, ast.Constant) and s.value in (0, 1)]
            if not zero or LIMITS.search(source_of(part, 200)):
                return True
    return False


def _has_order(test: ast.expr) -> bool:
    """`step < limit`, `budget > 0`; also a plain number that is counted down: `while tries:`."""
    return any(
        isinstance(n, ast.Compare) and any(isinstance(op, (ast.Lt, ast.LtE, ast.Gt, ast.GtE)) for op in n.ops)
        for n in inside([test])
    ) or (isinstance(test, ast.Name) and LIMITS.search(test.id) is not None)


def asks_person(node: Loop) -> bool:
    """Does each round wait for a person's words?"""
    for part in inside(node.body if not isinstance(node, ast.While) else [node.test, *node.body]):
        if not isinstance(part, ast.Call):
            continue
        name = call_name(part) or ""
        if PERSON.search(name):
            return True
        if isinstance(part.func, ast.Attribute):
            owner = source_of(part.func.value)
            if name in ("prompt", "ask", "input", "text", "select", "confirm") and PERSON_OWNERS.search(owner):
                return True
            if name in ("recv", "receive", "read", "receive_str") and SOCKETS.search(owner.rpartition(".")[2]):
                return True
    return False


def waits(node: Loop, above: dict[ast.AST, ast.AST]) -> bool:
    """Does it sleep between rounds, or wait for work to arrive? A pause after a failure does not count."""
    for part in inside(node.body):
        if isinstance(part, ast.Call):
            name = call_name(part) or ""
            if QUEUES.match(name) and isinstance(part.func, ast.Attribute) and not part.keywords and name != "get":
                return True
            if name == "get" and isinstance(part.func, ast.Attribute) and "queue" in source_of(part.func.value).lower():
                return True
            if name in WAITS and not any(isinstance(o, ast.ExceptHandler) for o in ancestors(part, above)):
                return True
    return False


def goes_on_its_answer(
    node: Loop, record: CallRecord, tools: bool | None, home: FuncInfo | None, answers: frozenset[str]
) -> bool:
    """Does what the model answered decide whether there is another round, and go back to it?"""
    if isinstance(node, (ast.For, ast.AsyncFor)) and per_item(node.iter, node.target):
        return False
    above = parents(record.module, record.function)
    tests = [t for _, found, handled in exits(node, above) if not handled for t in found]
    if isinstance(node, ast.While) and not _is_true(node.test):
        tests.append(node.test)
    decides = any(names_in(t) & answers or any(n is record.node for n in inside([t])) for t in tests)
    words = _tool_words(node) or (home is not None and isinstance(node, ast.While) and _tool_words(home.node))
    if words and (decides or tools):
        return True
    return decides and _sent_back(node.body, node, record, answers)


def _tool_words(node: ast.AST) -> bool:
    defined = isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
    for part in inside(node.body if defined else [node]):  # type: ignore[attr-defined]
        if isinstance(part, ast.Attribute) and part.attr in TOOL_WORDS:
            return True
        if isinstance(part, ast.Constant) and isinstance(part.value, str) and part.value in TOOL_WORDS:
            return True
    return False


def _sent_back(stmts: Sequence[ast.stmt], node: Loop, record: CallRecord, answers: frozenset[str]) -> bool:
    """Is something that the call passes added to, from its answer, in these statements of the loop?"""
    passed = {n for a in [*record.node.args, *(k.value for k in record.node.keywords)] for n in names_in(a)}
    made = bindings_in(node.body)
    for _ in range(2):  # `prompt = conversation.to_messages()`
        passed |= {n for b in made if not b.within and passed & set(b.names) for n in b.reads}
    for part in inside(stmts):
        if isinstance(part, ast.Call) and isinstance(part.func, ast.Attribute):
            grows = GROWS.match(part.func.attr) is not None and dotted_name(part.func.value) in passed
            if grows and any(names_in(a) & answers for a in part.args):
                return True
        elif isinstance(part, ast.AugAssign) and names_in(part.target) & passed and names_in(part.value) & answers:
            return True
    return False


def _goes_round(node: Loop, record: CallRecord, answers: frozenset[str]) -> bool:
    """`if answer.tool_calls: …; continue` before the end: what the model wants leads to another round, no failure does.

    So it does where every answer is added to what is sent, not only one that is no good.
    """
    keeps = any(isinstance(s, ast.Expr) and _sent_back([s], node, record, answers) for s in node.body)
    return any(
        isinstance(part, ast.If) and names_in(part.test) & answers and isinstance(part.body[-1], ast.Continue)
        and (keeps or any(_tool_words(inner) for inner in (part.test, *part.body)))
        for part in inside(node.body)
    )  # fmt: skip


def _flag_after(node: ast.While, call: ast.Call, above: dict[ast.AST, ast.AST]) -> bool:
    """`while not done: try: …ask…; done = True` and the like: the straight way ends it, a failure goes round."""
    if _is_true(node.test) or not swallowed_by(call, node, above):
        return False
    reads = names_in(node.test)
    inner: ast.AST = call
    for outer in ancestors(call, above):
        block: list[ast.stmt] = []
        if isinstance(inner, ast.stmt):
            block = block_of(inner, outer)
            if isinstance(outer, ast.Try) and block is outer.body:
                block = [*block, *outer.orelse]
        for stmt in block:
            if not isinstance(stmt, ast.Assign) or not {n for t in stmt.targets for n in names_in(t)} & reads:
                continue
            if isinstance(stmt.value, ast.Constant) or any(n is call for n in inside([stmt.value])):
                return True
        if outer is node:
            return False
        inner = outer
    return False


def _called(node: ast.expr) -> str:
    while isinstance(node, (ast.Await, ast.Starred)):
        node = node.value
    return (call_name(node) or "") if isinstance(node, ast.Call) else ""


def _is_true(test: ast.expr) -> bool:
    return isinstance(test, ast.Constant) and bool(test.value)
