"""The functions and loops on the way to a call → who asks again after a failure, how often, and how it waits."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Sequence

from llmlint.facts import RetryFact
from llmlint.link.callers import Callers
from llmlint.link.flow import (
    Loop,
    ancestors,
    bindings_in,
    exits,
    follows,
    inside,
    leaves,
    names_in,
    parents,
    swallowed_by,
)
from llmlint.link.loops import source_of
from llmlint.link.names import call_name
from llmlint.link.own_retries import limit_of, tried_by
from llmlint.link.project import FuncInfo
from llmlint.link.repeats import Repeat, never_counted
from llmlint.link.scopes import CallRecord, Frame
from llmlint.link.values import Args, Const, External, Function, Made, Seq, Unknown, Value, alternatives, force

MAX_HOPS = 2
# a test that tells a request that failed, not an answer that is no good
FAILED = re.compile(r"status|is None|is not None|\.ok\b|error|success|exception", re.I)
REQUEST_FAILS = re.compile(
    r"RateLimit|Timeout|API|Connect|HTTP|Unavailable|Overload|Server|Throttl|Request|ClientError|Exhausted"
)
PARSERS = frozenset({"loads", "literal_eval", "int", "float", "safe_load", "fromstring"})
GROWS = re.compile(r"exponential|expo|random|incrementing|jitter|fibo", re.I)


class Retries:
    """Reads decorators and loops of one run."""

    def __init__(self, run: Callers) -> None:
        self.run = run

    def of(self, reached: Sequence[tuple[CallRecord, int]], loops: Sequence[Repeat]) -> RetryFact | None:
        """The nearest retry around the request: a loop or a decorator, of the function it stands in or of a caller."""
        for hops in range(MAX_HOPS):
            for loop in loops:
                if loop.hops == hops and loop.kind == "attempts":
                    fact = self.of_loop(loop)
                    if fact is not None:
                        return fact
            for record, distance in reached:
                if distance == hops and record.function is not None and not swallows(record):
                    fact = self.decorated(record.function)
                    if fact is not None:
                        return fact
        return None

    # decorators -------------------------------------------------------------------------------------------------------

    def decorated(self, info: FuncInfo) -> RetryFact | None:
        if isinstance(info.node, ast.Lambda):
            return None
        for decorator in info.node.decorator_list:
            name = source_of(decorator, 200)
            if not re.search(r"retr|backoff|stamina", name, re.I):
                continue
            scope = info.closure or self.run.module_frame(info.module)
            frame, where = Frame(info.module, None, scope), info.module.place(decorator.lineno)
            fact = self.of_library(force(self.run.evaluate(decorator, frame)), where)
            fact = fact or self.of_own(decorator, frame, where)
            if fact is not None:
                return fact
        return None

    def of_own(self, decorator: ast.expr, frame: Frame, where: str) -> RetryFact | None:
        """A decorator that the project itself defines."""
        called = decorator.func if isinstance(decorator, ast.Call) else decorator
        maker = force(self.run.evaluate(called, frame))
        tries = tried_by(maker.info) if isinstance(maker, Function) else None
        if tries is None or not isinstance(maker, Function):
            return None
        limited, limit = limit_of(tries, maker.info, decorator)
        loop, handlers, _ = tries
        return RetryFact(maker.info.name, where, limited, limit, waits_longer(loop), caught(handlers))

    def of_library(self, value: Value, where: str) -> RetryFact | None:
        if isinstance(value, External):
            dotted, args = value.dotted, Args()
        elif isinstance(value, Made) and not value.path:
            dotted, args = value.dotted, value.args
        else:
            return None
        library, _, name = dotted.partition(".")
        name = name.rpartition(".")[2]
        if library == "tenacity" and name in ("retry", "Retrying", "AsyncRetrying"):
            return tenacity(args, where)
        if library == "backoff" and name == "on_exception":
            return backoff(args, where)
        if library == "retrying" and name == "retry":
            return retrying(args, where)
        if library == "retry" and name in ("retry", "retry_call"):
            return retry(args, where)
        return None

    # loops ------------------------------------------------------------------------------------------------------------

    def of_loop(self, loop: Repeat) -> RetryFact | None:
        node, record = loop.node, loop.record
        if not isinstance(node, (ast.For, ast.AsyncFor, ast.While)):
            return None
        where = record.module.place(getattr(node, "lineno", 1))
        scope = Frame(record.module, None, self.scope(record))
        if not isinstance(node, ast.While) and call_of(node.iter) in ("Retrying", "AsyncRetrying"):
            return self.of_library(force(self.run.evaluate(node.iter, scope)), where)
        if not isinstance(node, ast.While) and call_of(node.iter) not in ("range", "count", "trange"):
            return None  # one after another of several models, keys, prompts: not the same request
        above = parents(record.module, record.function)
        handlers = swallowed_by(record.node, node, above)
        judged = self.judges(node, record, above)
        if not handlers and not judged:
            return None
        limit = self.count(node, scope)
        return RetryFact(
            "loop", where, True if limit is not None else loop.bounded, limit, waits_longer(node),
            () if judged else caught(handlers), judged,
        )  # fmt: skip

    def scope(self, record: CallRecord) -> Frame:
        info = record.function
        return info.final if info is not None and info.final is not None else self.run.module_frame(record.module)

    def judges(self, node: Loop, record: CallRecord, above: dict[ast.AST, ast.AST]) -> bool:
        """Is an answer that came, and was paid for, thrown away where it is not good enough?"""
        answers = follows(record.node, node.body, above, flags=False)
        for part in inside(node.body):
            if isinstance(part, ast.Try) and any(not leaves(h.body) and takes_bad_answers(h) for h in part.handlers):
                read = (n for s in part.body for n in inside([s]) if isinstance(n, ast.Call) and is_parser(n))
                if any(names_in(a) & answers for n in read for a in n.args):
                    return True
            if isinstance(part, ast.If) and names_in(part.test) & answers:
                again = any(isinstance(n, ast.Continue) for n in inside(part.body))
                if again and not FAILED.search(source_of(part.test, 200)):
                    return True
        tests = [t for _, found, handled in exits(node, above) if not handled for t in found]
        return any(names_in(t) & answers and not FAILED.search(source_of(t, 200)) for t in tests)

    def count(self, node: Loop, scope: Frame) -> int | None:
        """The number of tries, where it can be read off the loop's head."""
        if isinstance(node, ast.While):
            if not isinstance(node.test, ast.Compare) or len(node.test.ops) != 1 or never_counted(node):
                return None
            op, right = node.test.ops[0], node.test.comparators[0]
            value = self.number(right, scope)
            if value is None or not isinstance(op, (ast.Lt, ast.LtE)):
                return None
            return value + isinstance(op, ast.LtE)
        if not isinstance(node.iter, ast.Call) or call_of(node.iter) not in ("range", "trange"):
            return None
        numbers = [self.number(a, scope) for a in node.iter.args]
        if len(numbers) == 1:
            return numbers[0]
        if len(numbers) == 2 and numbers[0] is not None and numbers[1] is not None:
            return max(0, numbers[1] - numbers[0])
        return None

    def number(self, node: ast.expr, scope: Frame) -> int | None:
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            left, right = self.number(node.left, scope), self.number(node.right, scope)
            return left + right if left is not None and right is not None else None
        return whole(self.run.evaluate(node, scope))


def swallows(record: CallRecord) -> bool:
    """Is every failure of the call caught in its own function, so that nobody around it hears of one?"""
    above = parents(record.module, record.function)
    inner: ast.AST = record.node
    for outer in ancestors(record.node, above):
        if isinstance(outer, ast.Try) and any(s is inner for s in outer.body):
            for handler in outer.handlers:
                silent = not any(isinstance(n, ast.Raise) for n in inside(handler.body))
                if silent and caught([handler]) == ():
                    return True
        inner = outer
    return False


# libraries ------------------------------------------------------------------------------------------------------------


def tenacity(args: Args, where: str) -> RetryFact:
    """`retry(stop=stop_after_attempt(6), wait=wait_random_exponential(…))`; without stop it never gives up."""
    stop = keyword(args, "stop")
    wait = keyword(args, "wait")
    if args.kw.open and (stop is None or wait is None):
        return RetryFact("tenacity", where)
    limited: bool | None = False
    limit = None
    if stop is not None:
        made = force(stop)
        name = short(made)
        limited = name != "stop_never"
        if isinstance(made, Made) and name == "stop_after_attempt":
            limit = whole(first(made.args, "max_attempt_number"))
    grows: bool | None = False
    if wait is not None:
        name = short(force(wait))
        grows = None if not name else bool(GROWS.search(name)) and "fixed" not in name
    return RetryFact("tenacity", where, limited, limit, grows, tenacity_on(args))


def tenacity_on(args: Args) -> tuple[str, ...] | None:
    retry = keyword(args, "retry")
    if retry is None:
        return ()
    made = force(retry)
    if isinstance(made, Made) and short(made) == "retry_if_exception_type":
        return errors(first(made.args, "exception_types"))
    return None


def backoff(args: Args, where: str) -> RetryFact:
    """`on_exception(backoff.expo, Error, max_tries=5)`; without max_tries and max_time it never gives up."""
    tries, seconds = keyword(args, "max_tries"), keyword(args, "max_time")
    wait = short(force(first(args, "wait_gen")))
    limited = tries is not None or seconds is not None
    return RetryFact(
        "backoff", where, None if args.kw.open else limited, whole(tries), bool(GROWS.search(wait)) if wait else None,
        errors(args.pos[1] if len(args.pos) > 1 else keyword(args, "exception")),
    )  # fmt: skip


def retrying(args: Args, where: str) -> RetryFact:
    names = args.kw.entries.keys()
    limited = any(n in names for n in ("stop_max_attempt_number", "stop_max_delay", "stop", "stop_func"))
    grows = any(n.startswith(("wait_exponential", "wait_incrementing", "wait_random")) for n in names)
    limit = whole(keyword(args, "stop_max_attempt_number"))
    on = None if any(n.startswith("retry_on") for n in names) else ()
    return RetryFact("retrying", where, None if args.kw.open else limited, limit, grows, on)


def retry(args: Args, where: str) -> RetryFact:
    """`retry(Error, tries=3, delay=1, backoff=2)`; tries is -1 unless given: endless."""
    tries = args.pos[1] if len(args.pos) > 1 else keyword(args, "tries")
    limit = whole(tries)
    limited = tries is not None and (limit is None or limit >= 0)
    grows = "backoff" in args.kw.entries or "jitter" in args.kw.entries
    return RetryFact(
        "retry", where, None if args.kw.open else limited, limit if limited else None, grows,
        errors(first(args, "exceptions")) if args.pos or "exceptions" in args.kw.entries else (),
    )  # fmt: skip


def keyword(args: Args, name: str) -> Value | None:
    entry = args.kw.entries.get(name)
    if entry is None:
        return None
    value = force(entry.value)
    return None if isinstance(value, Const) and value.value is None else value


def first(args: Args, name: str) -> Value:
    return args.pos[0] if args.pos else keyword(args, name) or Unknown()


def short(value: Value) -> str:
    dotted = value.dotted if isinstance(value, (Made, External)) else ""
    return dotted.rpartition(".")[2]


def whole(value: Value | None) -> int | None:
    """One certain number."""
    found = list(alternatives(value)) if value is not None else []
    if len(found) == 1 and isinstance(found[0], Const) and isinstance(found[0].value, int):
        return None if isinstance(found[0].value, bool) else found[0].value
    return None


def errors(value: Value | None) -> tuple[str, ...] | None:
    """Names of exception classes; () for those that mean any; None where they are not known."""
    out: list[str] = []
    for one in alternatives(value) if value is not None else ():
        parts = [force(i) for i in one.items] if isinstance(one, Seq) and not one.open else [one]
        for part in parts:
            name = short(part) or (part.path[-1] if isinstance(part, Unknown) and part.path else "")
            name = name or getattr(getattr(part, "info", None), "name", "")
            if not name:
                return None
            out.append(name)
    if not out:
        return None
    return () if {"Exception", "BaseException"} & set(out) else tuple(out)


# syntax ---------------------------------------------------------------------------------------------------------------


def caught(handlers: Iterable[ast.ExceptHandler]) -> tuple[str, ...] | None:
    """The errors after which it goes on; () for any."""
    out: list[str] = []
    for handler in handlers:
        if any(isinstance(n, ast.Raise) for n in inside(handler.body)):
            return None  # some of them are passed on
        if handler.type is None:
            return ()
        nodes = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
        out += [source_of(n).rpartition(".")[2] for n in nodes]
    return () if {"Exception", "BaseException"} & set(out) else tuple(dict.fromkeys(out))


def waits_longer(node: Loop) -> bool | None:
    """Does the pause grow from try to try? False where it is constant or there is none."""
    changed = {n for b in bindings_in([node]) for n in b.names}
    pauses = [n for n in inside(node.body) if isinstance(n, ast.Call) and (call_name(n) or "") in ("sleep", "wait")]
    if not pauses:
        called = [call_name(n) or "" for n in inside(node.body) if isinstance(n, ast.Call)]
        return None if any(re.search(r"back_?off|wait|sleep", name, re.I) for name in called) else False
    for pause in pauses:
        for argument in pause.args:
            if isinstance(argument, ast.Constant):
                continue
            if names_in(argument) & changed or any(isinstance(n, ast.Pow) for n in inside([argument])):
                return True
            if not isinstance(argument, (ast.Name, ast.Attribute)):
                return None
    return False


def takes_bad_answers(handler: ast.ExceptHandler) -> bool:
    """Does it catch what a parser raises, and not only what a request does?"""
    on = caught([handler])
    return on is None or not on or any(not REQUEST_FAILS.search(name) for name in on)


def is_parser(node: ast.Call) -> bool:
    """`json.loads`, `int`, `Model.model_validate_json`, `parse_answer`."""
    name = call_name(node) or ""
    return name in PARSERS or bool(re.search(r"parse|extract|valid", name))


def call_of(node: ast.expr) -> str:
    return (call_name(node) or "") if isinstance(node, ast.Call) else ""
