"""A call → what the code does with the answer: which candidate is read, what it is compared with, is usage read."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Literal

from llmlint.facts import AnswerFact
from llmlint.light import dataclass
from llmlint.link.callers import Callers
from llmlint.link.flow import MAX_ROUNDS, Unit, ancestors, bindings_in, inside, names_in, parents, unit_of
from llmlint.link.names import call_name, key_of
from llmlint.link.nodes import children
from llmlint.link.project import dotted_name
from llmlint.link.scopes import CallRecord, Frame
from llmlint.link.streams import stream_facts
from llmlint.link.values import Class, Const, External, Map, Seq, Value, alternatives, force

MAX_CALLERS = 4
MAX_LOOKS = 1_000_000  # nodes of one function, for all its requests
# what stands around a value that is only looked at
LOOKS = (
    ast.Attribute, ast.Subscript, ast.Expr, ast.Compare, ast.If, ast.While, ast.UnaryOp, ast.FormattedValue, ast.For,
    ast.AsyncFor, ast.comprehension, ast.withitem,
)  # fmt: skip
MAX_LABELS = 12
USAGE = frozenset({
    "usage", "usage_metadata", "usageMetadata", "token_usage", "response_metadata", "llm_output", "prompt_tokens",
    "completion_tokens", "total_tokens", "input_tokens", "output_tokens", "get_usage", "prompt_eval_count",
    "eval_count", "inputTokens", "outputTokens",
})  # fmt: skip
LISTS = frozenset({"choices", "candidates", "generations", "generated_images", "images"})
PICTURES = LISTS | {"data"}
# what an answer consists of besides its words
FORM = frozenset({
    "type", "role", "finish_reason", "stop_reason", "status", "status_code", "name", "id", "object", "kind", "event",
    "event_type", "action", "tool", "command", "function", "next", "index", "model", "finishReason", "stopReason",
    "refusal", "tool_calls", "op", "operation", "state", "step", "tool_name", "function_name", "language", "reason",
    "incomplete_details", "arguments", "processing_status",
})  # fmt: skip
NO_LABEL = re.compile(
    r"^(done|terminate|exit|quit|stop|end|none|null|n/?a|unknown|error|failed|success|ok|finish(ed)?|completed?|continue|final|"
    r"text|json|user|assistant|system|length|q|nan|empty|\[done\])$",
    re.I,
)
POLAR = frozenset({
    "yes", "no", "true", "false", "positive", "negative", "neutral", "correct", "incorrect", "valid", "invalid", "safe",
    "unsafe", "pass", "fail", "spam", "ham", "relevant", "irrelevant", "y", "n", "allow", "block", "allowed", "blocked",
    "approved", "rejected", "right", "wrong", "toxic", "supported", "unsupported",
})  # fmt: skip
CLOSING = re.compile(r"</[A-Za-z][\w-]*>")
REQUESTS = frozenset({
    "create", "invoke", "ainvoke", "acreate", "completion", "acompletion", "generate_content", "generate_content_async",
    "predict", "apredict", "astream", "converse", "invoke_model", "send_message",
})  # fmt: skip
SHAPED = re.compile(r"[A-Za-z][\w &/'-]{0,39}$")
TIDY = frozenset({
    "strip", "lower", "upper", "rstrip", "lstrip", "casefold", "title", "capitalize", "removesuffix", "replace",
})  # fmt: skip
HARMLESS = frozenset({"print", "len", "str", "isinstance", "hasattr", "type", "bool", "repr", "debug", "info", "dir"})
LOOKERS = HARMLESS | {"group", "strip", "search", "match", "findall", "warning", "error", "exception", "write"}
VERDICTS = (ast.Compare, ast.UnaryOp, ast.Constant)  # made from words, and no words themselves
ASIDE = re.compile(
    r"reason|explan|rational|justif|confiden|thought|thinking|comment|analysis|evidence|score|summary_of|why", re.I
)


@dataclass(frozen=True, slots=True)
class Looks:
    """What in a function can look at an answer, found once for all its requests."""

    words: list[tuple[str, ast.AST]]  # attributes and keys that speak of usage or of candidates
    names: list[ast.Name]  # that are read
    keyed: list[tuple[str, ast.AST]]  # x["key"], x.get("key"), getattr(x, "key")
    compared: list[ast.Compare | ast.Match | ast.Call | ast.Subscript]  # in the order of the text
    cuts: list[ast.Subscript | ast.Call]  # x[0], and calls of regular expressions
    kept: frozenset[str]  # names whose value is handed on whole
    returned: list[ast.expr]


@dataclass(frozen=True, slots=True)
class Place:
    """A function in which an answer is looked at. around: what the call stands in, and itself.

    held: the names that hold the answer whole; texts: those that hold words of it: not its role, its finish reason or
    a tool's name.
    """

    record: CallRecord
    looks: Looks
    around: frozenset[ast.AST]
    held: frozenset[str]
    texts: frozenset[str]
    escapes: bool  # it is handed to code that is not followed
    returned: bool


class Answers:
    """Reads what becomes of answers, in the function that asks and in those that it returns them to."""

    def __init__(self, run: Callers) -> None:
        self.run = run
        self.looked: Counter[int] = Counter()  # nodes looked at, by unit

    def of(
        self, record: CallRecord, lists: frozenset[str], streams: bool, schema: Value | None, structured: bool
    ) -> AnswerFact:
        """lists: where several candidates are asked for, the names that hold them; schema: what a structured answer
        must follow, where known."""
        nodes = unit_of(record.module, record.function).nodes
        self.looked[id(nodes)] += len(nodes)
        if self.looked[id(nodes)] > MAX_LOOKS:
            return AnswerFact()  # a file with thousands of requests in one function is made by a program
        here = held(record)
        end, on = stream_facts(record, here.held) if streams else (None, None)
        places = [here, *self.returned_to(here)]
        seen = not here.escapes and (len(places) > 1 or not here.returned)
        seen = seen and not any(p.escapes or p.returned for p in places[1:])
        return AnswerFact(
            reads=read_of(places, lists, seen) if lists else None,
            labels=self.labels(places, schema, structured),
            usage=True if any(reads_usage(p) for p in places) else False if seen else None,
            stream_end=end,
            streamed_on=on,
            cut_at=next((cut for p in places if (cut := cut_of(p)) is not None), None),
        )

    def returned_to(self, here: Place) -> list[Place]:
        info = here.record.function
        texts = here.returned or returns_text(here)
        callers = self.run.callers(info) if texts and info is not None else []
        return [held(c.record) for c in callers] if len(callers) <= MAX_CALLERS else []

    # labels -----------------------------------------------------------------------------------------------------------

    def labels(self, places: Sequence[Place], schema: Value | None, structured: bool) -> tuple[str, ...]:
        """Texts that the answer is compared with, or the members of the type that it must have."""
        found = dict.fromkeys(self.of_schema(schema)) if schema is not None else {}
        free = schema is not None and any(isinstance(s, (Map, Const)) for s in alternatives(schema))
        if not structured or free:  # one field of a record that must follow a class is no verdict on the whole
            found = dict.fromkeys(label for p in places for label in self.compared(p))
        out = [x for x in found if SHAPED.match(x) and not NO_LABEL.match(x)]
        if len(out) > MAX_LABELS or (len(out) == 1 and out[0].lower() not in POLAR):
            return ()  # one odd word may be anything: a marker, a command
        return tuple(out)

    def compared(self, place: Place) -> Iterator[str]:
        record, texts = place.record, place.texts
        if not texts:
            return
        keys = {key for key, node in place.looks.keyed if names_in(node) & texts}
        loose = len(keys - {k for k in keys if ASIDE.search(k)}) <= 2  # of a record with many fields one is no verdict
        scope = Frame(record.module, None, self.scope(record))
        for node in place.looks.compared:
            if isinstance(node, ast.Compare) and len(node.ops) == 1:
                yield from self.of_comparison(node, texts, loose, scope)
            elif isinstance(node, ast.Match) and is_answer(node.subject, texts, loose):
                for case in node.cases:
                    yield from (str(n.value) for n in inside([case.pattern]) if isinstance(n, ast.Constant))
            elif isinstance(node, ast.Call) and node.args and is_answer(node.args[0], texts, loose):
                name = call_name(node)
                if name == "startswith" or not isinstance(node.func, (ast.Name, ast.Attribute)):
                    continue
                if name == "get" and isinstance(node.func, ast.Attribute):
                    yield from keys_of(self.run.evaluate(node.func.value, scope))
                elif name is not None and name[:1].isupper():
                    yield from members(self.run, self.run.evaluate(node.func, scope))
            elif isinstance(node, ast.Subscript) and is_answer(node.slice, texts, loose):
                yield from keys_of(self.run.evaluate(node.value, scope))
            if (
                isinstance(node, ast.Call) and call_name(node) == "startswith" and isinstance(node.func, ast.Attribute)
                and is_answer(node.func.value, texts, loose)
            ):  # fmt: skip
                yield from (w for a in node.args for w in constants(a) if w.lower() in POLAR)

    def of_comparison(self, node: ast.Compare, texts: frozenset[str], loose: bool, scope: Frame) -> Iterator[str]:
        op, left, right = node.ops[0], node.left, node.comparators[0]
        if isinstance(op, (ast.Eq, ast.NotEq)):
            for one, other in ((left, right), (right, left)):
                if is_answer(one, texts, loose):
                    yield from constants(other)
        elif isinstance(op, (ast.In, ast.NotIn)):
            if is_answer(left, texts, loose):
                value = self.run.evaluate(right, scope)
                yield from constants(right)
                yield from keys_of(value)
                for kind in alternatives(value):
                    if isinstance(kind, Seq) and not kind.open:
                        items = [i.value for i in map(force, kind.items) if isinstance(i, Const)]
                        yield from (i for i in items if isinstance(i, str))
            elif is_answer(right, texts, loose):
                yield from (w for w in constants(left) if w.lower().strip() in POLAR)

    def scope(self, record: CallRecord) -> Frame:
        info = record.function
        return info.final if info is not None and info.final is not None else self.run.module_frame(record.module)

    def of_schema(self, schema: Value) -> Iterator[str]:
        """The members of a class whose fields are Literals, Enums and truth values, but for words about them."""
        for one in alternatives(schema):
            if not isinstance(one, Class):
                continue
            fields = [s for s in one.info.node.body if isinstance(s, ast.AnnAssign) and isinstance(s.target, ast.Name)]
            if not fields:
                yield from members(self.run, one)
                continue
            found: list[str] = []
            for field in fields:
                assert isinstance(field.target, ast.Name)
                if ASIDE.search(field.target.id):
                    continue
                inner = self.of_annotation(field.annotation, one)
                if not inner:
                    found = []
                    break
                found += inner
            yield from found

    def of_annotation(self, node: ast.expr, owner: Class) -> list[str]:
        if isinstance(node, ast.Subscript):
            name = (dotted_name(node.value) or "").rpartition(".")[2]
            if name == "Literal":
                return constants(node.slice)
            if name in ("Optional", "Annotated", "Required"):
                inner = node.slice.elts[0] if isinstance(node.slice, ast.Tuple) else node.slice
                return self.of_annotation(inner, owner)
            return []
        if isinstance(node, ast.Name) and node.id == "bool":
            return ["true", "false"]
        if isinstance(node, (ast.Name, ast.Attribute)):
            module = owner.info.module
            return list(members(self.run, self.run.evaluate(node, Frame(module, None, self.run.module_frame(module)))))
        return []


def members(run: Callers, value: Value) -> Iterator[str]:
    """The values of an Enum."""
    for one in alternatives(value):
        if not isinstance(one, Class):
            continue
        bases = run.mro(one.info)
        if any(isinstance(b, External) and b.dotted.rpartition(".")[2].endswith("Enum") for b in bases):
            for stmt in one.info.node.body:
                if isinstance(stmt, ast.Assign):
                    yield from constants(stmt.value)


def keys_of(value: Value) -> Iterator[str]:
    """The keys of a small dict that is known whole."""
    found = list(alternatives(value))
    if len(found) == 1 and isinstance(found[0], Map) and not found[0].open and 2 <= len(found[0].entries) <= MAX_LABELS:
        yield from found[0].entries


def constants(node: ast.expr) -> list[str]:
    """The texts that an expression writes out: "a", ("a", "b"), {"a", "b"}."""
    parts = node.elts if isinstance(node, (ast.Tuple, ast.List, ast.Set)) else [node]
    return [p.value for p in parts if isinstance(p, ast.Constant) and isinstance(p.value, str)]


# where an answer goes -------------------------------------------------------------------------------------------------


def held(record: CallRecord) -> Place:
    """Who holds the answer in the function of the call, and whether it gets out of sight."""
    above = parents(record.module, record.function)
    node: ast.AST = record.node
    outer = above.get(node)
    while isinstance(outer, ast.Await):
        node, outer = outer, above.get(outer)
    names: set[str] = set()
    escapes = returned = False
    if isinstance(outer, (ast.Assign, ast.AnnAssign, ast.NamedExpr, ast.withitem)):
        for binding in bindings_in([outer]):
            names |= set(binding.names)
        escapes = isinstance(outer, ast.NamedExpr) or any("." in n for n in names)
    else:
        fate = fate_of(node, outer)
        escapes, returned = fate == "escapes", fate == "returned"
    unit = unit_of(record.module, record.function)
    looks = looks_of(record, unit)
    for part in looks.names if names else ():
        if part.id in names:
            fate = fate_of(part, above.get(part))
            escapes, returned = escapes or fate == "escapes", returned or fate == "returned"
    around = frozenset({record.node, *ancestors(record.node, above)})
    return Place(record, looks, around, frozenset(names), words_of(unit, around), escapes, returned)


def looks_of(record: CallRecord, unit: Unit) -> Looks:
    cached: dict[int, Looks] = record.module.__dict__.setdefault("_looks", {})
    found = cached.get(id(unit))
    if found is None:
        found = cached[id(unit)] = _looks(unit.nodes)
    return found


def _looks(nodes: Sequence[ast.AST]) -> Looks:
    found = Looks([], [], [], [], [], frozenset(), [])
    kept: set[str] = set()
    for node in nodes:
        key = key_of(node)
        if key is not None:
            found.keyed.append((key, node))
        word = node.attr if isinstance(node, ast.Attribute) else key
        if word is not None and (word in USAGE or word in PICTURES):
            found.words.append((word, node))
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            found.names.append(node)
        if isinstance(node, (ast.Compare, ast.Match, ast.Call, ast.Subscript)):
            found.compared.append(node)
        if isinstance(node, ast.Return) and node.value is not None:
            found.returned.append(node.value)
        if isinstance(node, (ast.Subscript, ast.Call)) and cuts(node):
            found.cuts.append(node)
        elif keeps_whole(node):
            kept.update(n.id for n in children(node) if isinstance(n, ast.Name))
    found.compared.sort(key=lambda n: (n.lineno, n.col_offset))
    return replace(found, kept=frozenset(kept))


def cuts(node: ast.Subscript | ast.Call) -> bool:
    if isinstance(node, ast.Subscript):
        return isinstance(node.slice, ast.Constant) and node.slice.value == 0
    return len(node.args) > 1 and call_name(node) in ("search", "match", "findall")


def fate_of(node: ast.AST, outer: ast.AST | None) -> Literal["seen", "returned", "escapes"]:
    """What the code around a value does with it."""
    if isinstance(outer, LOOKS):
        return "seen"
    if isinstance(outer, ast.Return):
        return "returned"
    if isinstance(outer, ast.Call) and node is not outer.func and (call_name(outer) or "") in HARMLESS:
        return "seen"
    if isinstance(outer, ast.Call) and node is outer.func:
        return "seen"
    return "escapes"


def words_of(unit: Unit, around: frozenset[ast.AST]) -> frozenset[str]:
    found: set[str] = set()
    whole = [b for b in unit.bindings if not b.within and not isinstance(b.value, VERDICTS)]
    bound = [b for b in whole if last_word(b.value) not in FORM and (b.value in around or not asks_anew(b.value))]
    for _ in range(MAX_ROUNDS):
        before = len(found)
        for binding in bound:
            if binding.value in around or binding.reads & found:
                found.update(n for n in binding.names if n not in ("self", "cls"))
        if len(found) == before:
            break
    return frozenset(found)


def asks_anew(node: ast.AST) -> bool:
    """Is it another request, whose answer is not this one's?"""
    while isinstance(node, ast.Await):
        node = node.value
    return isinstance(node, ast.Call) and call_name(node) in REQUESTS


def returns_text(place: Place) -> bool:
    """Does the function return what it took out of the answer?"""
    return any(value in place.around or names_in(value) & place.texts for value in place.looks.returned)


def gives(node: ast.AST, place: Place) -> bool:
    """Does the expression read the answer?"""
    return node in place.around or bool(names_in(node) & (place.texts | place.held))


def last_word(node: ast.AST) -> str:
    """`finish_reason` of `r.choices[0].finish_reason`, of `r["finish_reason"]` and of `r.get("finish_reason", "")`."""
    while True:
        if isinstance(node, ast.Call):
            key = key_of(node)
            if key is not None:
                return key
            if not isinstance(node.func, ast.Attribute) or node.func.attr not in TIDY:
                return ""
            node = node.func.value
        elif isinstance(node, ast.Await):
            node = node.value
        elif isinstance(node, ast.Attribute):
            return node.attr
        elif isinstance(node, ast.Subscript):
            key = key_of(node)
            if key is not None:
                return key
            node = node.value
        elif isinstance(node, ast.BoolOp):
            node = node.values[0]
        else:
            return ""


def is_answer(node: ast.expr, texts: frozenset[str], loose: bool) -> bool:
    """Is the expression the answer's words, tidied, or a field of it (only where `loose`)?"""
    while isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in TIDY:
        node = node.func.value
    if isinstance(node, ast.Await):
        node = node.value
    if last_word(node) in FORM:
        return False
    if isinstance(node, ast.Name):
        return node.id in texts and node.id not in FORM
    if key_of(node) is not None and not loose:
        return False
    if isinstance(node, ast.Call) and key_of(node) is None:
        return False
    return isinstance(node, (ast.Attribute, ast.Subscript, ast.Call)) and bool(names_in(node) & texts)


def reads_usage(place: Place) -> bool:
    return any(word in USAGE and gives(node, place) for word, node in place.looks.words)


def read_of(places: Sequence[Place], lists: frozenset[str], seen: bool) -> Literal["first", "all"] | None:
    """Which of several candidates are read; None where some may be read out of sight."""
    first = False
    for place in places:
        above = parents(place.record.module, place.record.function)
        named: set[str] = set()  # `choices = response.choices`
        holders: list[ast.AST] = []
        for word, node in place.looks.words:
            if word not in lists or not gives(node, place):
                continue
            if word == "generations" and above.get(node) is not None:
                node = above[node]  # one list of candidates for each prompt
            outer = above.get(node)
            if isinstance(outer, ast.Assign) and all(isinstance(t, ast.Name) for t in outer.targets):
                named.update(t.id for t in outer.targets if isinstance(t, ast.Name))
            else:
                holders.append(node)
        holders += [n for n in place.looks.names if n.id in named]
        for node in holders:
            outer = above.get(node)
            if isinstance(outer, ast.Subscript) and outer.value is node:
                if not (isinstance(outer.slice, ast.Constant) and outer.slice.value == 0):
                    return "all"
                first = True
            elif not only_asked(node, outer):
                return "all"
    return "first" if first and seen else None


def only_asked(node: ast.AST, outer: ast.AST | None) -> bool:
    """Is a list looked at for whether it is there: `if not choices`, `len(choices)`, `choices and …`?"""
    if isinstance(outer, (ast.UnaryOp, ast.Compare)):
        return True
    if isinstance(outer, (ast.If, ast.IfExp, ast.While, ast.Assert)):
        return outer.test is node
    if isinstance(outer, ast.BoolOp):
        return outer.values[-1] is not node
    return isinstance(outer, ast.Call) and node is not outer.func and call_name(outer) in ("len", "bool", "isinstance")


def cut_of(place: Place) -> str | None:
    """`text.split("###")[0]`, `text.splitlines()[0]`, `re.search("<a>(.*?)</a>", text)`; None for several."""
    if (place.texts - place.held) & place.looks.kept:
        return None  # the whole text is used elsewhere too
    found: set[str] = set()
    for node in place.looks.cuts:
        if isinstance(node, ast.Subscript):
            call = node.value
            method = call.func if isinstance(call, ast.Call) else None
            if not isinstance(method, ast.Attribute) or not is_answer(method.value, place.texts, False):
                continue
            if method.attr == "splitlines":
                found.add("\n")
            elif method.attr in ("split", "partition") and isinstance(call, ast.Call) and call.args:
                found |= set(constants(call.args[0]))
        elif is_answer(node.args[1], place.texts, False):
            found |= {m.group(0) for text in constants(node.args[0]) for m in CLOSING.finditer(text)}
    mark = found.pop() if len(found) == 1 else ""
    return mark if mark == "\n" or (len(mark.strip()) > 1 and "`" not in mark) else None


def keeps_whole(node: ast.AST) -> bool:
    """Does the node hand on what stands in it: an argument, part of a record, part of a text?"""
    if isinstance(node, ast.Call):
        return (call_name(node) or "") not in LOOKERS
    return isinstance(node, (ast.Tuple, ast.List, ast.Dict, ast.FormattedValue, ast.keyword))
