"""Expression + scope → value."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from llmlint.link.changing import origin
from llmlint.link.core import MAX_DEPTH, Core
from llmlint.link.loops import loop_of
from llmlint.link.nodes import children
from llmlint.link.project import ANY_ATTRIBUTE, MUTATORS, FuncInfo
from llmlint.link.scopes import CallRecord, Frame
from llmlint.link.values import (
    MAX_ALTERNATIVES,
    MAX_ITEMS,
    UNKNOWN,
    Args,
    Class,
    Client,
    Const,
    Entry,
    External,
    Function,
    Hole,
    Instance,
    Lazy,
    Made,
    Map,
    ModelValue,
    OneOf,
    Origin,
    Partial,
    PromptValue,
    Seq,
    Super,
    Text,
    Unknown,
    Value,
    alternatives,
    as_text,
    concatenated,
    force,
    join,
    node_name,
    not_none,
    one_of_maps,
    pending,
    raised,
)

DICT_AND_LIST_METHODS = frozenset({"append", "extend", "insert", "update", "setdefault", "pop"})
STRING_LIMIT = 400_000  # characters of one constant that are kept
SETTINGS = frozenset({"attribute-default", "config"})  # how a value comes that holds where nothing else is set


class Expressions(Core):
    def evaluate(self, node: ast.expr, frame: Frame) -> Value:
        if (self.fuel <= 0 and not frame.root) or self.depth > MAX_DEPTH:
            return UNKNOWN
        self.fuel -= 1
        handler = HANDLERS.get(type(node))
        if handler is None:
            return self.visit_children(node, frame)
        self.depth += 1
        try:
            return handler(self, node, frame)
        finally:
            self.depth -= 1

    def visit_children(self, node: ast.expr, frame: Frame) -> Value:
        """An expression whose value is not followed; calls in it are still met."""
        for child in children(node):
            if isinstance(child, ast.expr):
                self.evaluate(child, frame)
        return UNKNOWN

    # names and attributes ---------------------------------------------------------------------------------------------

    def lookup(self, name: str, frame: Frame) -> Value:
        scope: Frame | None = frame
        first = True
        while scope is not None:
            if name in scope.vars and (first or not scope.class_body):
                value = scope.vars[name]
                outer = not first and scope.function is None and not scope.class_body
                return raised(value, "constant") if outer else value
            first = False
            if scope.parent is None:
                break
            scope = scope.parent
        module = self.module_frame(frame.module)
        if module is not scope and name in module.vars:
            return raised(module.vars[name], "constant")
        for star in module.stars:
            inner = self.module_frame(star)
            if inner is not module:
                if name in inner.vars:
                    return raised(inner.vars[name], "constant")
                for again in inner.stars:
                    if name in self.module_frame(again).vars:
                        return raised(self.module_frame(again).vars[name], "constant")
        return External(f"builtins.{name}")

    def on_name(self, node: ast.Name, frame: Frame) -> Value:
        return self.lookup(node.id, frame)

    def on_attribute(self, node: ast.Attribute, frame: Frame) -> Value:
        return self.attribute(self.evaluate(node.value, frame), node.attr)

    def on_constant(self, node: ast.Constant, frame: Frame) -> Value:
        if isinstance(node.value, (str, bytes)) and len(node.value) > STRING_LIMIT:
            return Const(node.value[:STRING_LIMIT])
        if node.value is Ellipsis or isinstance(node.value, complex):
            return UNKNOWN
        return Const(node.value)

    # strings ----------------------------------------------------------------------------------------------------------

    def on_joined(self, node: ast.JoinedStr, frame: Frame) -> Value:
        parts: list[str | Hole] = []
        for part in node.values:
            if isinstance(part, ast.Constant):
                parts.append(str(part.value))
            elif isinstance(part, ast.FormattedValue):
                parts += self.hole(part.value, frame) if part.format_spec is None else self.formatted(part, frame)
        return concatenated(parts)

    def formatted(self, part: ast.FormattedValue, frame: Frame) -> tuple[str | Hole, ...]:
        """`{now:%Y-%m-%d}`: a clock's time as its format tells it; any other value as it is."""
        found = self.hole(part.value, frame)
        inner = found[0].value if len(found) == 1 and isinstance(found[0], Hole) else None
        spec = part.format_spec
        if not isinstance(inner, (Lazy, Made)) or not isinstance(spec, ast.JoinedStr):
            return found
        text = "".join(str(s.value) for s in spec.values if isinstance(s, ast.Constant))
        if "%" not in text or len(text) == 1:
            return found
        told = partial(time_told, inner, text)
        return (Hole(node_name(part.value), Lazy(told)),)

    def hole(self, node: ast.expr, frame: Frame) -> tuple[str | Hole, ...]:
        value = self.evaluate(node, frame)
        if not isinstance(value, Lazy):
            text = as_text(value)
            if text is not None:
                return text.parts
            if isinstance(value, Const) and isinstance(value.value, (int, float)):
                return (str(value.value),)
        return (Hole(node_name(node), value),)

    def on_binop(self, node: ast.BinOp, frame: Frame) -> Value:
        left, right = node.left, node.right
        if isinstance(node.op, ast.Add) and isinstance(left, ast.BinOp):  # a long chain, without recursion
            operands = [right]
            inner: ast.expr = left
            while isinstance(inner, ast.BinOp) and isinstance(inner.op, ast.Add):
                operands.append(inner.right)
                inner = inner.left
            value, name = self.evaluate(inner, frame), node_name(inner)
            for operand in reversed(operands):
                value = self.add(value, self.evaluate(operand, frame), name, node_name(operand))
                name = "value"
            return value
        a, b = self.evaluate(left, frame), self.evaluate(right, frame)
        if isinstance(node.op, ast.Add):
            return self.add(a, b, node_name(left), node_name(right))
        if isinstance(node.op, ast.Mod) and isinstance(a, (Const, Text)):
            text = as_text(a)
            return percent(text, b) if text is not None else UNKNOWN
        if isinstance(node.op, ast.BitOr):
            return Lazy(lambda: self.pipe(force(a), force(b)))
        if isinstance(node.op, ast.Div):
            return Lazy(lambda: self.divide(force(a), b))
        return arithmetic(node.op, a, b)

    def add(self, a: Value, b: Value, a_name: str, b_name: str) -> Value:
        ta, tb = (None if isinstance(v, Lazy) else as_text(v) for v in (a, b))
        if ta is not None or tb is not None:
            left = ta.parts if ta else (Hole(a_name, a),)
            right = tb.parts if tb else (Hole(b_name, b),)
            return concatenated([*left, *right], (ta and ta.source) or (tb and tb.source) or None)
        if isinstance(a, Seq) and isinstance(b, Seq):
            if a.open:
                return Seq(a.items, True, join([*b.items, *(s for s in (a.spread, b.spread) if s)] or [UNKNOWN]))
            return Seq((*a.items, *b.items)[:MAX_ITEMS], b.open, b.spread)
        if isinstance(a, Lazy) or isinstance(b, Lazy):
            return Lazy(lambda: self.add(force(a), force(b), a_name, b_name))
        if isinstance(a, Seq):
            return Seq(a.items, True)
        if isinstance(b, Seq):
            return Seq((), True, join(b.items) if b.items else b.spread)
        if isinstance(a, OneOf) or isinstance(b, OneOf):
            pairs = [(x, y) for x in alternatives(a) for y in alternatives(b)][:16]
            return join([self.add(x, y, a_name, b_name) for x, y in pairs])
        return arithmetic(ast.Add(), a, b)

    def pipe(self, a: Value, b: Value) -> Value:
        """`a | b`: dicts merge; LangChain's runnables chain, and the model in the chain is what is asked."""
        if isinstance(a, OneOf) or isinstance(b, OneOf):
            return join([self.pipe(x, y) for x in alternatives(a) for y in alternatives(b)][:MAX_ALTERNATIVES])
        if isinstance(a, Map) and isinstance(b, Map):
            return a.merged(b)
        if isinstance(b, ModelValue):
            prompt = a.content if isinstance(a, PromptValue) else None
            return b if prompt is None else with_prompt(b, prompt)
        if isinstance(a, (ModelValue, PromptValue)):
            return a  # an output parser, a function
        if isinstance(b, PromptValue):
            return b
        if isinstance(a, (Class, External)):
            return a  # `X | None` in an annotation
        return UNKNOWN

    def divide(self, a: Value, b: Value) -> Value:
        from llmlint.link.values import FilePath

        if isinstance(a, FilePath):
            name = next((v.value for v in alternatives(b) if isinstance(v, Const) and isinstance(v.value, str)), None)
            return FilePath(f"{a.path}/{name}".removeprefix("./")) if name is not None else UNKNOWN
        return arithmetic(ast.Div(), a, b)

    # choices ----------------------------------------------------------------------------------------------------------

    def on_boolop(self, node: ast.BoolOp, frame: Frame) -> Value:
        values = [self.evaluate(v, frame) for v in node.values]
        if isinstance(node.op, ast.Or):
            return Lazy(lambda: first_true(values))
        return values[-1] if len(values) == 1 else join(values[1:])

    def on_ifexp(self, node: ast.IfExp, frame: Frame) -> Value:
        test = None if frame.root else self.truth(node.test, frame)
        if test is None:
            if frame.root:
                self.evaluate(node.test, frame)
            body, otherwise = self.evaluate(node.body, frame), self.evaluate(node.orelse, frame)
            if excludes_none(node.test, node.body, True):
                body = not_none(body)
            if excludes_none(node.test, node.orelse, False):
                otherwise = not_none(otherwise)
            return join([body, otherwise])
        return self.evaluate(node.body if test else node.orelse, frame)

    def truth(self, node: ast.expr, frame: Frame) -> bool | None:
        """The value of a condition where it is certain, in a call entered with known arguments."""
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            inner = self.truth(node.operand, frame)
            return None if inner is None else not inner
        if isinstance(node, ast.BoolOp):
            parts = [self.truth(v, frame) for v in node.values]
            stop = isinstance(node.op, ast.Or)
            if stop in parts:
                return stop
            return None if None in parts else not stop
        if isinstance(node, ast.Compare) and len(node.ops) == 1:
            a, b = force(self.evaluate(node.left, frame)), force(self.evaluate(node.comparators[0], frame))
            op = node.ops[0]
            if isinstance(op, (ast.Is, ast.IsNot)) and isinstance(b, Const) and b.value is None:
                if isinstance(a, (OneOf, Unknown)) or only_default(a):
                    return None
                return (isinstance(a, Const) and a.value is None) == isinstance(op, ast.Is)
            if isinstance(op, (ast.Eq, ast.NotEq)) and isinstance(a, Const) and isinstance(b, Const):
                equal = (a.value == b.value) == isinstance(op, ast.Eq)
                return None if {a.how, b.how} & SETTINGS else equal
            if isinstance(op, (ast.In, ast.NotIn)) and isinstance(a, Const) and isinstance(b, Map) and not b.open:
                entry = b.entries.get(str(a.value))
                return None if entry and entry.maybe else (entry is not None) == isinstance(op, ast.In)
            return None
        value = force(self.evaluate(node, frame))
        if isinstance(value, Const):
            return None if only_default(value) else bool(value.value)
        if isinstance(value, (Function, Class, Client, ModelValue)) or (isinstance(value, Seq) and value.items):
            return True
        if isinstance(value, (Map, Seq)) and not value.open:
            items = value.entries if isinstance(value, Map) else value.items
            return (
                bool(items) if not isinstance(value, Map) or all(not e.maybe for e in value.entries.values()) else None
            )
        return None

    # collections ------------------------------------------------------------------------------------------------------

    def on_sequence(self, node: ast.List | ast.Tuple | ast.Set, frame: Frame) -> Value:
        items: list[Value] = []
        is_open, spread = False, None
        for element in node.elts:
            if isinstance(element, ast.Starred):
                inner = force(self.evaluate(element.value, frame))
                if isinstance(inner, Seq) and not is_open:
                    items += inner.items[: MAX_ITEMS - len(items)]
                    is_open, spread = inner.open, inner.spread
                else:
                    is_open = True
                    spread = self.elements(inner)
            else:
                value = self.evaluate(element, frame)
                if is_open:
                    spread = join([v for v in (spread, value) if v is not None])
                elif len(items) < MAX_ITEMS:
                    items.append(value)
        return Seq(tuple(items), is_open, spread)

    def on_dict(self, node: ast.Dict, frame: Frame) -> Value:
        out = Map()
        for key, item in zip(node.keys, node.values, strict=False):
            value = self.evaluate(item, frame)
            if key is None:
                out = self.splat(out, value)
                continue
            names = [v for v in alternatives(self.evaluate(key, frame)) if isinstance(v, Const)]
            if len(names) == 1 and isinstance(names[0].value, (str, int)):
                out = out.with_entry(str(names[0].value), value)
            else:
                out = Map(out.entries, True)
        return out

    def splat(self, onto: Map, value: Value) -> Map:
        """`{**onto, **value}`"""
        parts = list(alternatives(value))
        maps = [p for p in parts if isinstance(p, Map)]
        if len(parts) == 1 and maps:
            return onto.merged(maps[0])
        if maps and len(maps) == len(parts):
            return onto.merged(one_of_maps(maps))
        if maps and len(maps) == len([p for p in parts if not (isinstance(p, Const) and p.value is None)]):
            some = one_of_maps(maps)
            return onto.merged(Map({k: Entry(e.value, True) for k, e in some.entries.items()}, some.open))
        entries: dict[str, Entry] = {}
        for part in parts:
            if isinstance(part, Instance):
                entries.update({k: Entry(v, True) for k, v in part.attrs.items()})
        for one in maps:
            entries.update({k: Entry(e.value, True) for k, e in one.entries.items()})
        return Map(onto.merged(Map(entries)).entries, True)

    def on_comprehension(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp, frame: Frame) -> Value:
        inner = self.comprehension_scope(node.generators, frame)
        return Seq((), True, self.evaluate(node.elt, inner))

    def on_dictcomp(self, node: ast.DictComp, frame: Frame) -> Value:
        inner = self.comprehension_scope(node.generators, frame)
        self.evaluate(node.key, inner)
        self.evaluate(node.value, inner)
        return Map({}, True)

    def comprehension_scope(self, generators: list[ast.comprehension], frame: Frame) -> Frame:
        inner = Frame(
            frame.module, frame.function, frame, {}, frame.root, frame.records, frame.loops, in_main=frame.in_main
        )
        for generator in generators:
            iterated = self.evaluate(generator.iter, inner)
            self.assign(generator.target, self.elements(iterated), inner)
            inner.loops = (*inner.loops, loop_of(generator.iter, "comprehension", frame, None, iterated))
            for test in generator.ifs:
                self.evaluate(test, inner)
        return inner

    def elements(self, value: Value) -> Value:
        """One element of what is iterated over."""

        def of(whole: Value) -> Value:
            if isinstance(whole, Seq):
                return join(
                    [
                        *whole.items[:16],
                        *([whole.spread] if whole.spread else []),
                        *([UNKNOWN] if whole.open and not whole.spread else []),
                    ]
                )
            if isinstance(whole, Map):
                return join(
                    [Const(k, "constant") for k in list(whole.entries)[:16]] + ([UNKNOWN] if whole.open else [])
                )
            if isinstance(whole, OneOf):
                return join([of(v) for v in alternatives(whole)])
            if isinstance(whole, Made):
                if whole.at is not None:
                    return whole
                last = whole.dotted.rpartition(".")[2]
                first = whole.args.pos[0] if whole.args.pos else UNKNOWN
                if last == "enumerate":
                    return Seq((UNKNOWN, self.elements(first)))
                if last == "zip":
                    return Seq(tuple(self.elements(p) for p in whole.args.pos))
                if last in ("tqdm", "sorted", "list", "tuple", "set", "reversed", "iter", "trange", "track"):
                    return self.elements(first)
            return UNKNOWN

        return Lazy(lambda: of(force(value)))

    def on_subscript(self, node: ast.Subscript, frame: Frame) -> Value:
        base = self.evaluate(node.value, frame)
        if isinstance(node.slice, ast.Slice):
            self.visit_children(node.slice, frame)
            which = written_slice(node.slice)
            return Lazy(lambda: sliced(force(base), which))
        key = self.evaluate(node.slice, frame)
        return Lazy(lambda: self.item(force(base), key))

    def item(self, base: Value, key: Value) -> Value:
        if isinstance(base, External) and base.dotted == "os.environ":
            return UNKNOWN
        if isinstance(base, (Class, External)):
            return base  # a generic: List[int]
        if isinstance(base, OneOf):
            return join([self.item(v, key) for v in alternatives(base)])
        keys = [k for k in alternatives(key) if isinstance(k, Const)]
        if isinstance(base, Map):
            if not keys:
                values = [e.value for e in base.entries.values()]
                return join([*values[:15], UNKNOWN]) if base.open or not values else join(values[:16])
            found = [base.entries[str(k.value)].value for k in keys if str(k.value) in base.entries]
            return raised(join(found), "constant") if found else UNKNOWN
        if isinstance(base, Seq):
            index = keys[0].value if len(keys) == 1 else None
            if isinstance(index, int) and -len(base.items) <= index < len(base.items) and (index >= 0 or not base.open):
                return base.items[index]
            return self.elements(base)
        return UNKNOWN

    # functions --------------------------------------------------------------------------------------------------------

    def on_lambda(self, node: ast.Lambda, frame: Frame) -> Value:
        prefix = f"{frame.function.qualname}." if frame.function else ""
        info = frame.module.function(node, f"{prefix}<lambda>", None, frame.function)
        info.closure = frame
        if frame.root:
            a = node.args
            names = [x.arg for x in [*a.posonlyargs, *a.args, *a.kwonlyargs, *(y for y in (a.vararg, a.kwarg) if y)]]
            inner = Frame(
                frame.module, frame.function, frame, dict.fromkeys(names, UNKNOWN), True, frame.records, frame.loops,
                in_main=frame.in_main,
            )  # fmt: skip
            self.evaluate(node.body, inner)
        return Function(info, None, frame)

    def on_await(self, node: ast.Await, frame: Frame) -> Value:
        return self.evaluate(node.value, frame)

    def on_yield(self, node: ast.Yield, frame: Frame) -> Value:
        frame.yields.append(self.evaluate(node.value, frame) if node.value else Const(None))
        return UNKNOWN

    def on_yield_from(self, node: ast.YieldFrom, frame: Frame) -> Value:
        frame.yields.append(self.elements(self.evaluate(node.value, frame)))
        return UNKNOWN

    def on_named(self, node: ast.NamedExpr, frame: Frame) -> Value:
        value = self.evaluate(node.value, frame)
        self.assign(node.target, value, frame)
        return value

    def on_unary(self, node: ast.UnaryOp, frame: Frame) -> Value:
        value = self.evaluate(node.operand, frame)
        if isinstance(node.op, ast.USub) and isinstance(value, Const) and isinstance(value.value, (int, float)):
            return Const(-value.value, value.how)
        if isinstance(node.op, ast.Not) and isinstance(value, Const):
            return Const(not value.value, value.how)
        return UNKNOWN

    def on_call(self, node: ast.Call, frame: Frame) -> Value:
        if isinstance(node.func, ast.Name) and node.func.id == "super" and frame.function is not None:
            method: Frame | None = frame
            while method is not None and (method.function is None or method.function.cls is None):
                method = method.parent
            if method is not None and method.function is not None and method.function.cls and method.function.arguments:
                me = self.lookup(method.function.arguments[0].arg, frame)
                return Super(method.function.cls, me)
        callee = self.evaluate(node.func, frame)
        args = self.arguments_of(node, frame)
        if frame.root:
            frame.records.append(
                CallRecord(node, frame.module, frame.function, callee, args, frame.loops, frame.in_main)
            )
        if isinstance(callee, External) and callee.dotted == "builtins.setattr" and len(node.args) == 3:
            return self.set_attribute(node.args[0], args, frame)
        if isinstance(node.func, ast.Attribute) and node.func.attr in MUTATORS:
            changed = self.mutated(node.func, args, frame)
            if changed is not None:
                return changed
        result = self.call(callee, args, frame)
        at = origin(node, frame)
        if at is not None:
            result = placed_at(result, at)
        if isinstance(callee, External) and isinstance(result, (ModelValue, Lazy)):
            result = self.constructed(result, callee.dotted, frame.module.place(node.lineno))
        self.copy_back(node, callee, args, frame)
        return result

    def constructed(self, result: Value, dotted: str, place: str) -> Value:
        """A model object with the place of the call site that its making is."""

        def told(made: Value) -> Value:
            fresh = isinstance(made, ModelValue) and not made.constructed_at and not made.entry.quiet
            return replace(made, constructed_at=(place,)) if isinstance(made, ModelValue) and fresh else made

        if isinstance(result, Lazy):
            known = self.catalogue.model_object(dotted)
            lazy = result
            return result if known is None else Lazy(lambda: join(told(one) for one in alternatives(lazy)))
        return told(result)

    def set_attribute(self, target: ast.expr, args: Args, frame: Frame) -> Value:
        """`setattr(self, "model", value)` with a name that is known."""
        name = force(args.pos[1]) if len(args.pos) == 3 else UNKNOWN
        if isinstance(name, Const) and isinstance(name.value, str) and isinstance(target, (ast.Name, ast.Attribute)):
            self.assign(ast.copy_location(ast.Attribute(target, name.value, ast.Store()), target), args.pos[2], frame)
        return Const(None)

    def arguments_of(self, node: ast.Call, frame: Frame) -> Args:
        pos: list[Value] = []
        is_open, spread = False, None
        for arg in node.args:
            if isinstance(arg, ast.Starred):
                inner = force(self.evaluate(arg.value, frame))
                if isinstance(inner, Seq) and not is_open:
                    pos += inner.items
                    is_open, spread = inner.open, inner.spread
                else:
                    is_open = True
            elif not is_open:
                pos.append(self.evaluate(arg, frame))
            else:
                self.evaluate(arg, frame)
        kw = Map()
        splats: list[Value] = []
        for keyword in node.keywords:
            value = self.evaluate(keyword.value, frame)
            if keyword.arg is None:
                splats.append(value)
            else:
                kw = kw.with_entry(keyword.arg, value)
        for splat in splats:
            kw = self.splat(kw, splat)
        return Args(tuple(pos), kw, is_open, spread)

    def mutated(self, func: ast.Attribute, args: Args, frame: Frame) -> Value | None:
        """`x.append(v)`, `d.update(…)`: binds the changed value; None where `x` is no list or dict that is known."""
        before, method, looped = self.evaluate(func.value, frame), func.attr, bool(frame.loops)
        if not pending(before):
            changed, result = self.mutations(before, method, args, looped)
            if changed is not None:
                self.assign(func.value, changed, frame)
            return result
        if method not in DICT_AND_LIST_METHODS:
            return None
        self.assign(func.value, Lazy(lambda: self.mutations(before, method, args, looped)[0] or before), frame)
        return Lazy(lambda: self.mutations(before, method, args, looped)[1] or UNKNOWN)

    def mutations(self, before: Value, method: str, args: Args, looped: bool) -> tuple[Value | None, Value | None]:
        """(the receiver after the call, what the call returns) over all that it can be; None: nothing is known."""
        parts = list(alternatives(before))
        changes = [self.mutation(part, method, args, looped) for part in parts]
        if not any(changes):
            return None, None
        after = join([c[0] if c else part for part, c in zip(parts, changes, strict=True)])
        return after, join([c[1] for c in changes if c])

    def mutation(self, receiver: Value, method: str, args: Args, looped: bool) -> tuple[Value, Value] | None:
        """(the receiver after the call, what the call returns); None where nothing is known of it."""
        first = args.pos[0] if args.pos else None
        if isinstance(receiver, Seq):
            return self.list_mutation(receiver, method, args, looped)
        if isinstance(receiver, Map):
            return self.dict_mutation(receiver, method, args)
        if isinstance(receiver, Unknown) and method == "update":
            added = self.splat(Map(), first).merged(args.kw) if first is not None else args.kw
            return (Map(added.entries, True), Const(None)) if added.entries else None
        return None

    def list_mutation(self, receiver: Seq, method: str, args: Args, looped: bool) -> tuple[Value, Value] | None:
        first = args.pos[0] if args.pos else None
        if method == "append" and first is not None:
            if receiver.open or looped or len(receiver.items) >= MAX_ITEMS:
                grown = Seq(receiver.items, True, join([v for v in (receiver.spread, first) if v is not None]))
                return grown, Const(None)
            return Seq((*receiver.items, first)), Const(None)
        if method == "extend" and first is not None:
            added = self.add(receiver, force(first), "value", "value")
            return (added if isinstance(added, Seq) else Seq(receiver.items, True)), Const(None)
        if method == "insert" and len(args.pos) == 2:
            at = force(args.pos[0])
            if isinstance(at, Const) and at.value == 0:
                return Seq((args.pos[1], *receiver.items), receiver.open, receiver.spread), Const(None)
            return Seq(receiver.items, True), Const(None)
        if method == "pop":
            return Seq(receiver.items, True), self.elements(receiver)
        return None

    def dict_mutation(self, receiver: Map, method: str, args: Args) -> tuple[Value, Value] | None:
        first = args.pos[0] if args.pos else None
        key = force(first) if first is not None else None
        name = str(key.value) if isinstance(key, Const) else None
        if method == "update":
            changed = receiver if first is None else self.splat(receiver, first)
            return changed.merged(args.kw), Const(None)
        entry = receiver.entries.get(name) if name is not None else None
        here = [entry.value] if entry is not None else []
        if method == "setdefault" and name is not None:
            if entry is not None and not entry.maybe:
                return receiver, entry.value
            default = args.pos[1] if len(args.pos) > 1 else Const(None)
            value = default if entry is None and not receiver.open else join([*here, default])
            return receiver.with_entry(name, value), value
        if method == "pop" and name is not None:
            default = args.pos[1] if len(args.pos) > 1 else UNKNOWN
            value = entry.value if entry is not None and not entry.maybe else join([*here, default])
            return receiver.without(name), value
        return None

    def copy_back(self, node: ast.Call, callee: Value, args: Args, frame: Frame) -> None:
        """A project function that changes its arguments or its object in place: the caller sees the change."""
        if isinstance(callee, Lazy):
            return
        if not isinstance(callee, Function) or not (callee.info.mutates or callee.info.self_writes):
            return
        info = callee.info
        targets: dict[str, ast.expr] = {}
        names = [a.arg for a in info.arguments]
        if info.is_method and callee.bound is not None:
            me = names.pop(0)
            if isinstance(node.func, ast.Attribute) and info.self_writes:
                receiver = node.func.value
                if isinstance(receiver, ast.Call):  # super().__init__(…)
                    owner = frame.function
                    while owner is not None and owner.cls is None:
                        owner = owner.parent
                    if owner is not None and owner.arguments:
                        targets[me] = ast.copy_location(ast.Name(owner.arguments[0].arg, ast.Load()), node)
                elif isinstance(receiver, (ast.Name, ast.Attribute)):
                    targets[me] = receiver
        for name, arg in zip(names, node.args, strict=False):
            if name in info.mutates and isinstance(arg, (ast.Name, ast.Attribute)):
                targets[name] = arg
        for keyword in node.keywords:
            if keyword.arg in info.mutates and isinstance(keyword.value, (ast.Name, ast.Attribute)):
                targets[keyword.arg or ""] = keyword.value
        if not targets:
            return
        done: dict[str, Value] = {}

        def enter() -> Value:
            result, variables = self.enter(callee, args)
            done.update(variables)
            return result

        entered = self.later(enter)

        def after(name: str) -> Value:
            force(entered)
            return force(done.get(name, UNKNOWN))

        for name, target in targets.items():
            before = self.evaluate(target, frame)
            if isinstance(before, Instance) and ANY_ATTRIBUTE not in self.written_attributes(before.cls, info):
                self.assign(target, self.written_object(before, info, partial(after, name)), frame)
            elif isinstance(before, Instance):
                self.assign(target, changed_or(before, partial(after, name)), frame)
            else:
                self.assign(target, Lazy(partial(changed_or, before, partial(after, name))), frame)

    def written_object(self, before: Instance, info: FuncInfo, after: Callable[[], Value]) -> Instance:
        """The object after one of its methods ran: what the method may set is worked out when somebody looks."""

        def attribute(name: str, old: Value) -> Value:
            done = after()
            return done.attrs.get(name, old) if isinstance(done, Instance) else old

        attrs = dict(before.attrs)
        for name in self.written_attributes(before.cls, info):
            attrs[name] = Lazy(partial(attribute, name, attrs.get(name, UNKNOWN)))
        return Instance(before.cls, attrs, before.general)


def time_told(value: Value, form: str) -> Value:
    inner = force(value)
    return Made(f"{inner.dotted}.strftime", Args((Const(form),)), base=inner) if isinstance(inner, Made) else inner


def placed_at(value: Value, at: Origin) -> Value:
    """What a library drew, with the place where it was drawn."""
    if isinstance(value, Lazy):
        return Lazy(lambda: placed_at(force(value), at))
    return replace(value, at=at) if isinstance(value, Made) and value.at is None and value.base is None else value


def only_default(value: Value) -> bool:
    """Nothing, but only where nobody has set the attribute: `if self.max_tokens` may well hold."""
    return isinstance(value, Const) and not value.value and value.how in SETTINGS


def excludes_none(test: ast.expr, value: ast.expr, holds: bool) -> bool:
    """`x if x is not None else …`, `x if a and x else …`: where the test holds (or does not), `value` is not None."""
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return excludes_none(test.operand, value, not holds)
    if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And) == holds:
        return any(excludes_none(part, value, holds) for part in test.values)
    if isinstance(test, ast.Compare) and len(test.ops) == 1 and is_none_literal(test.comparators[0]):
        if isinstance(test.ops[0], ast.IsNot if holds else ast.Is):
            return ast.dump(test.left) == ast.dump(value)
        return False
    return holds and isinstance(test, (ast.Name, ast.Attribute, ast.Subscript)) and ast.dump(test) == ast.dump(value)


def is_none_literal(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def changed_or(before: Value, after: Callable[[], Value]) -> Value:
    """The argument as the called function left it, where that is known."""
    done = after()
    return done if isinstance(done, (Map, Seq, Instance)) else force(before)


def with_prompt(model: ModelValue, prompt: Value) -> ModelValue:
    return replace(model, prompt=prompt)


def first_true(values: list[Value]) -> Value:
    """`a or b or c`: everything that can come out, without the ones that are surely false before the last."""
    out: list[Value] = []
    asked = False  # a parameter that nobody is known to give: `extra or {}`
    for i, value in enumerate(values):
        parts = list(alternatives(value))
        if i == len(values) - 1:
            out += [replace(p, open=True) if asked and isinstance(p, Map) else p for p in parts]
            break
        asked = asked or any(isinstance(p, Const) and p.value is None and p.how == "default-arg" for p in parts)
        kept = [
            p
            for p in parts
            if not (isinstance(p, Const) and not p.value) and not (isinstance(p, (Map, Seq)) and p in (Map(), Seq()))
        ]
        out += [Unknown(k.path) if isinstance(k, Unknown) else k for k in kept]
        if len(kept) == len(parts) and all(
            isinstance(p, (Const, Text, Client, ModelValue, Function, Class)) for p in kept
        ):
            break
    return join(out)


def written_slice(node: ast.Slice) -> slice | None:
    """`[:-1]` as it stands; None where a bound is no number."""
    try:
        bounds = [None if n is None else ast.literal_eval(n) for n in (node.lower, node.upper, node.step)]
    except (ValueError, RecursionError):
        return None
    return slice(*bounds) if all(b is None or isinstance(b, int) for b in bounds) and bounds[2] != 0 else None


def sliced(value: Value, which: slice | None = None) -> Value:
    """A part of a list; which one, only where the list is known whole."""
    if isinstance(value, Seq) and not value.open and which is not None:
        return Seq(value.items[which])
    if isinstance(value, Made) and value.dotted.partition(".")[0] in ("random", "uuid", "secrets"):
        return value
    if isinstance(value, Seq):
        return Seq(
            (),
            True,
            join([*value.items[:16], *([value.spread] if value.spread else [])])
            if value.items or value.spread
            else None,
        )
    text = as_text(value)
    return UNKNOWN if text is None else Text((Hole("value", UNKNOWN),))


def percent(text: Text, value: Value) -> Value:
    """`"… %s …" % value` → the text with holes."""
    import re

    parts: list[str | Hole] = []
    taken = 0
    for part in text.parts:
        if isinstance(part, Hole):
            parts.append(part)
            continue
        at = 0
        for match in re.finditer(r"%(?:\((\w+)\))?[-#0 +]*[\d*]*(?:\.[\d*]+)?([sdrfgixeac%])", part):
            parts.append(part[at : match.start()])
            if match.group(2) == "%":
                parts.append("%")
            else:
                parts.append(Hole(match.group(1) or "value", filled_in(value, match.group(1), taken)))
                taken += 1
            at = match.end()
        parts.append(part[at:])
    return concatenated(parts, text.source)


def filled_in(value: Value, name: str | None, at: int) -> Value:
    """What the placeholder called `name`, or the one at this position, is replaced by, where it is drawn anew."""
    if isinstance(value, Map):
        found = value.entries[name].value if name in value.entries else UNKNOWN
    elif isinstance(value, Seq):
        found = value.items[at] if at < len(value.items) else UNKNOWN
    else:
        found = value if at == 0 else UNKNOWN
    return found if isinstance(found, (Made, Lazy)) else UNKNOWN


def arithmetic(op: ast.operator, a: Value, b: Value) -> Value:
    if not (isinstance(a, Const) and isinstance(b, Const)):
        return UNKNOWN
    x, y = a.value, b.value
    if isinstance(x, str) and isinstance(y, int) and isinstance(op, ast.Mult) and 0 <= len(x) * y <= 100_000:
        return Const(x * y, a.how)
    if not isinstance(x, (int, float)) or not isinstance(y, (int, float)) or abs(x) > 1e12 or abs(y) > 1e12:
        return UNKNOWN
    try:
        if isinstance(op, ast.Add):
            return Const(x + y, a.how)
        if isinstance(op, ast.Sub):
            return Const(x - y, a.how)
        if isinstance(op, ast.Mult):
            return Const(x * y, a.how)
        if isinstance(op, ast.FloorDiv):
            return Const(x // y, a.how)
        if isinstance(op, ast.Div):
            return Const(x / y, a.how)
        if isinstance(op, ast.Pow) and 0 <= y <= 64 and abs(x) <= 1024:
            return Const(x**y, a.how)
    except (ZeroDivisionError, OverflowError):
        pass
    return UNKNOWN


HANDLERS: dict[type[ast.AST], Callable[[Expressions, Any, Frame], Value]] = {
    ast.Name: Expressions.on_name,
    ast.Attribute: Expressions.on_attribute,
    ast.Constant: Expressions.on_constant,
    ast.JoinedStr: Expressions.on_joined,
    ast.BinOp: Expressions.on_binop,
    ast.BoolOp: Expressions.on_boolop,
    ast.IfExp: Expressions.on_ifexp,
    ast.List: Expressions.on_sequence,
    ast.Tuple: Expressions.on_sequence,
    ast.Set: Expressions.on_sequence,
    ast.Dict: Expressions.on_dict,
    ast.ListComp: Expressions.on_comprehension,
    ast.SetComp: Expressions.on_comprehension,
    ast.GeneratorExp: Expressions.on_comprehension,
    ast.DictComp: Expressions.on_dictcomp,
    ast.Subscript: Expressions.on_subscript,
    ast.Lambda: Expressions.on_lambda,
    ast.Await: Expressions.on_await,
    ast.Yield: Expressions.on_yield,
    ast.YieldFrom: Expressions.on_yield_from,
    ast.NamedExpr: Expressions.on_named,
    ast.UnaryOp: Expressions.on_unary,
    ast.Call: Expressions.on_call,
}

__all__ = ["Expressions", "Partial", "first_true"]
