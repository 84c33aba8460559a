"""Statements + scope → the scope after them. Branches are followed side by side and met again; loops are run once."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence

from llmlint.link.core import Core
from llmlint.link.loops import is_few, loop_of, stops_at
from llmlint.link.narrowing import text_test
from llmlint.link.nodes import below, children
from llmlint.link.project import dotted_name, is_setattr
from llmlint.link.scopes import Frame, Loop, merged_vars
from llmlint.link.values import (
    UNKNOWN,
    Args,
    Class,
    Const,
    Entry,
    External,
    Function,
    Instance,
    Lazy,
    Map,
    ModuleValue,
    OneOf,
    Seq,
    Unknown,
    Value,
    alternatives,
    force,
    join,
    not_none,
    pending,
    raised,
)

MAX_ROUNDS = 64  # of a loop that sets attributes by computed names


class Statements(Core):
    def execute(self, body: Sequence[ast.stmt], frame: Frame) -> bool:
        """Runs the statements; False where the end is not reached (return, raise, break, continue)."""
        loops = frame.loops
        if loops and body:
            # what stands in a block that ends the loop runs once at most, whatever the loop goes over
            last = body[-1]
            ends = isinstance(last, (ast.Return, ast.Raise))
            frame.loops = () if ends else loops[:-1] if isinstance(last, ast.Break) else loops
        try:
            for stmt in body:
                handler = HANDLERS.get(type(stmt))
                if handler is None:
                    self.run_plain(stmt, frame)
                elif handler(self, stmt, frame) is False:
                    return False
            return True
        finally:
            frame.loops = loops

    def run_plain(self, stmt: ast.stmt, frame: Frame) -> None:
        for child in children(stmt):
            if isinstance(child, ast.expr):
                self.evaluate(child, frame)

    # assignment -------------------------------------------------------------------------------------------------------

    def assign(self, target: ast.expr, value: Value, frame: Frame) -> None:
        if isinstance(target, ast.Name):
            self.bind(target.id, value, frame)
        elif isinstance(target, (ast.Tuple, ast.List)):
            self.unpack(target.elts, value, frame)
        elif isinstance(target, ast.Starred):
            self.assign(target.value, Seq((), True), frame)
        elif isinstance(target, ast.Attribute):
            base, name = self.evaluate(target.value, frame), target.attr
            if pending(base) and not frame.is_self(target.value):
                self.assign(target.value, Lazy(lambda: with_attribute(force(base), name, value)), frame)
            else:
                changed = with_attribute(force(base), name, value)
                if changed is not force(base):
                    self.assign(target.value, changed, frame)
        elif isinstance(target, ast.Subscript):
            self.assign_item(target, value, frame)

    def bind(self, name: str, value: Value, frame: Frame) -> None:
        if name in frame.globals:
            module = self.module_frame(frame.module)
            old = module.vars.get(name)
            module.vars[name] = value if old is None or is_none(old) else join([old, value])
            return
        frame.vars[name] = value

    def unpack(self, targets: list[ast.expr], value: Value, frame: Frame) -> None:
        starred = next((i for i, t in enumerate(targets) if isinstance(t, ast.Starred)), None)
        for i, target in enumerate(targets):
            if starred is not None and i >= starred:
                self.assign(target, Seq((), True) if i == starred else UNKNOWN, frame)
            elif isinstance(value, Seq):
                part = value.items[i] if i < len(value.items) else self.elements(value)
                self.assign(target, part, frame)
            else:
                index = i

                def part_of(index: int = index) -> Value:
                    return join(
                        p.items[index] if isinstance(p, Seq) and index < len(p.items) else UNKNOWN
                        for p in alternatives(value)
                    )

                self.assign(target, Lazy(part_of), frame)

    def assign_item(self, target: ast.Subscript, value: Value, frame: Frame) -> None:
        base = self.evaluate(target.value, frame)
        if pending(base):
            slot = self.evaluate(target.slice, frame)
            grown = Lazy(lambda: join([with_item(part, force(slot), value) for part in alternatives(base)]))
            self.assign(target.value, grown, frame)
            return
        parts = list(alternatives(base))
        key = force(self.evaluate(target.slice, frame)) if not isinstance(target.slice, ast.Slice) else UNKNOWN
        changed = [with_item(part, key, value) for part in parts]
        if any(c is not part for c, part in zip(changed, parts, strict=True)):
            self.assign(target.value, join(changed), frame)

    def on_assign(self, stmt: ast.Assign, frame: Frame) -> None:
        value = self.evaluate(stmt.value, frame)
        for target in stmt.targets:
            self.assign(target, value, frame)

    def on_annassign(self, stmt: ast.AnnAssign, frame: Frame) -> None:
        if stmt.value is not None:
            self.assign(stmt.target, self.evaluate(stmt.value, frame), frame)
        elif isinstance(stmt.target, ast.Name) and not frame.class_body and stmt.target.id not in frame.vars:
            annotation = stmt.annotation
            frame.vars[stmt.target.id] = Lazy(lambda: self.from_annotation(annotation, frame))

    def on_augassign(self, stmt: ast.AugAssign, frame: Frame) -> None:
        target = stmt.target
        load: ast.expr = ast.copy_location(ast.BinOp(as_load(target), stmt.op, stmt.value), stmt)
        value = self.evaluate(load, frame)
        if frame.loops and isinstance(stmt.op, ast.Add) and not isinstance(value, Const):
            old = force(self.evaluate(as_load(target), frame))
            if isinstance(old, Seq) and isinstance(value, Seq):
                value = Seq(
                    old.items,
                    True,
                    join(value.items[len(old.items) :]) if len(value.items) > len(old.items) else value.spread,
                )
        self.assign(target, value, frame)

    # choices ----------------------------------------------------------------------------------------------------------

    def on_if(self, stmt: ast.If, frame: Frame) -> bool:
        main = is_main_test(stmt.test)
        if main:
            was, frame.in_main = frame.in_main, True
            reached = self.execute(stmt.body, frame)
            frame.in_main = was
            return reached or True
        certain = None if frame.root else self.truth(stmt.test, frame)
        if certain is None and frame.root:
            self.evaluate(stmt.test, frame)
        if certain is not None:
            return self.execute(stmt.body if certain else stmt.orelse, frame)
        return self.branches([stmt.body, stmt.orelse], frame, narrow=stmt.test)

    def branches(self, bodies: Sequence[Sequence[ast.stmt]], frame: Frame, narrow: ast.expr | None = None) -> bool:
        before = frame.vars
        ends: list[dict[str, Value]] = []
        for i, body in enumerate(bodies):
            frame.vars = dict(before)
            if narrow is not None:
                self.narrow(narrow, i == 0, frame)
            told = None if narrow is None else self.narrow_text(narrow, i == 0, frame)
            if self.execute(body, frame):
                if told is not None and frame.vars.get(told[0]) is told[1]:
                    frame.vars[told[0]] = before[told[0]]  # after the branches it is what it was before
                ends.append(frame.vars)
        frame.vars = merged_vars(ends) if ends else dict(before)
        return bool(ends)

    def narrow(self, test: ast.expr, holds: bool, frame: Frame) -> None:
        """`if x is None` / `if x` / `if not x`: in the branch where x is none or false, it is not its other values."""
        if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
            self.narrow(test.operand, not holds, frame)
            return
        if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And) == holds:
            for part in test.values:
                self.narrow(part, holds, frame)
            return
        target, none_when = test, False
        if isinstance(test, ast.Compare) and len(test.ops) == 1 and isinstance(test.comparators[0], ast.Constant):
            if test.comparators[0].value is not None or not isinstance(
                test.ops[0], (ast.Is, ast.IsNot, ast.Eq, ast.NotEq)
            ):
                return
            target, none_when = test.left, isinstance(test.ops[0], (ast.Is, ast.Eq))
        if not isinstance(target, ast.Name) or target.id not in frame.vars:
            return
        value = frame.vars[target.id]
        absent = holds == none_when
        frame.vars[target.id] = (
            Const(None)
            if absent and target is not test
            else value
            if absent
            else not_none(value)
        )

    def narrow_text(self, test: ast.expr, holds: bool, frame: Frame) -> tuple[str, Value] | None:
        """`if "claude" in model`: the variable holds only texts that pass. Gives its name and its value there."""
        found = text_test(self.spelled(test, frame))
        if found is None or found.name not in frame.vars:
            return None
        value = frame.vars[found.name]
        narrowed = Lazy(lambda: found.narrowed(force(value), holds))
        frame.vars[found.name] = narrowed
        return found.name, narrowed

    def spelled(self, test: ast.expr, frame: Frame) -> ast.expr:
        """`model != DEFAULT_MODEL`, with the text that the constant stands for."""
        if not (isinstance(test, ast.Compare) and len(test.ops) == 1):
            return test
        other = test.comparators[0]
        name = other.id if isinstance(other, ast.Name) else other.attr if isinstance(other, ast.Attribute) else ""
        value = force(self.evaluate(other, frame)) if name.isupper() else None
        if not (isinstance(value, Const) and isinstance(value.value, str)):
            return test
        return ast.Compare(test.left, test.ops, [ast.Constant(value.value)])

    def on_match(self, stmt: ast.Match, frame: Frame) -> bool:
        self.evaluate(stmt.subject, frame)
        bodies: list[Sequence[ast.stmt]] = [case.body for case in stmt.cases]
        last = stmt.cases[-1].pattern
        if not (isinstance(last, ast.MatchAs) and last.pattern is None):
            bodies.append([])
        return self.branches(bodies, frame)

    def on_try(self, stmt: ast.Try, frame: Frame) -> bool:
        before = frame.fork()
        ended = self.execute(stmt.body, frame)
        ends: list[dict[str, Value]] = []
        after = frame.vars
        if ended and self.execute(stmt.orelse, frame):
            ends.append(frame.vars)
        for handler in stmt.handlers:
            frame.vars = merged_vars([before, after])
            if handler.name:
                frame.vars[handler.name] = UNKNOWN
            if self.execute(handler.body, frame):
                ends.append(frame.vars)
        frame.vars = merged_vars(ends) if ends else merged_vars([before, after])
        return self.execute(stmt.finalbody, frame) and bool(ends)

    # loops ------------------------------------------------------------------------------------------------------------

    def on_for(self, stmt: ast.For | ast.AsyncFor, frame: Frame) -> bool:
        iterated = self.evaluate(stmt.iter, frame)
        loop = loop_of(stmt.iter, "for", frame, stmt.target, iterated)
        limit = stops_at(stmt) if loop.per_item and not loop.handful else None
        if isinstance(limit, (ast.Constant, ast.Name)) and is_few(self.evaluate(limit, frame)):
            loop = Loop(loop.what, loop.over, loop.line, loop.per_item, True)
        for element in self.rounds(stmt, iterated):
            self.loop_body(stmt, loop, frame, stmt.target, element)
        return self.execute(stmt.orelse, frame)

    def rounds(self, stmt: ast.For | ast.AsyncFor, iterated: Value) -> list[Value]:
        """What the loop's variable is in each round that is followed: one for all, but where names are set by it."""
        if any(isinstance(n, ast.Call) and is_setattr(n) for s in stmt.body for n in below(s)):
            known = [v for v in alternatives(iterated) if isinstance(v, Seq) and not v.open]
            items = max((v.items for v in known), key=len, default=())
            if 0 < len(items) <= MAX_ROUNDS:
                return list(items)
        return [self.elements(iterated)]

    def on_while(self, stmt: ast.While, frame: Frame) -> bool:
        self.evaluate(stmt.test, frame)
        self.loop_body(stmt, Loop("while", "", stmt.lineno, False), frame)
        return self.execute(stmt.orelse, frame)

    def loop_body(
        self, stmt: ast.For | ast.AsyncFor | ast.While, loop: Loop, frame: Frame,
        target: ast.expr | None = None, element: Value | None = None,
    ) -> None:  # fmt: skip
        before, outer = frame.fork(), frame.loops
        frame.loops = (*outer, loop)
        frame.jumps.append([])
        if target is not None and element is not None:
            self.assign(target, element, frame)
        reached = self.execute(stmt.body, frame)
        frame.loops = outer
        ends = [*([frame.vars] if reached else []), *frame.jumps.pop()]
        endless = isinstance(stmt, ast.While) and isinstance(stmt.test, ast.Constant) and stmt.test.value
        if not endless or not ends:
            ends.append(before)
        frame.vars = merged_vars(ends)

    def on_jump(self, stmt: ast.Break | ast.Continue, frame: Frame) -> bool:
        if frame.jumps:
            frame.jumps[-1].append(frame.fork())
        return False

    # the rest ---------------------------------------------------------------------------------------------------------

    def on_with(self, stmt: ast.With | ast.AsyncWith, frame: Frame) -> bool:
        for item in stmt.items:
            value = self.evaluate(item.context_expr, frame)
            if item.optional_vars is not None:
                self.assign(item.optional_vars, self.entered(value), frame)
        return self.execute(stmt.body, frame)

    def entered(self, value: Value) -> Value:
        """What `with value as x` binds: the object itself, unless its class says otherwise."""

        def of(inner: Value) -> Value:
            if isinstance(inner, Instance):
                for name in ("__enter__", "__aenter__"):
                    method = self.find_method(inner.cls, name)
                    if method is not None:
                        result, _ = self.enter(Function(method, inner), Args())
                        return inner if isinstance(force(result), Unknown) else result
            return inner

        return Lazy(lambda: of(force(value))) if isinstance(value, (Lazy, Instance)) else value

    def on_return(self, stmt: ast.Return, frame: Frame) -> bool:
        frame.returns.append(self.evaluate(stmt.value, frame) if stmt.value else Const(None))
        frame.exits.append(frame.fork())
        return False

    def on_raise(self, stmt: ast.Raise, frame: Frame) -> bool:
        self.run_plain(stmt, frame)
        return False

    def on_function(self, stmt: ast.FunctionDef | ast.AsyncFunctionDef, frame: Frame) -> None:
        for decorator in stmt.decorator_list:
            self.evaluate(decorator, frame)
        for default in [*stmt.args.defaults, *(d for d in stmt.args.kw_defaults if d)]:
            if frame.root and not isinstance(default, (ast.Constant, ast.Name)):
                self.evaluate(default, frame)
        prefix = f"{frame.function.qualname}." if frame.function else ""
        info = frame.module.function(stmt, prefix + stmt.name, None, frame.function)
        if frame.function is not None and (frame.root or info.closure is None):
            info.closure = frame
        if info.cls is None:
            frame.vars[stmt.name] = Function(info, None, frame if frame.function else None)

    def on_class(self, stmt: ast.ClassDef, frame: Frame) -> None:
        prefix = f"{frame.function.qualname}." if frame.function else ""
        info = frame.module.class_(stmt, prefix + stmt.name)
        info.outer = frame
        frame.vars[stmt.name] = Class(info)
        inner = Frame(frame.module, frame.function, frame, {}, frame.root, frame.records, frame.loops, class_body=True)
        info.frame = inner
        _ = info.methods  # registers them as methods of this class
        self.execute(stmt.body, inner)

    def on_global(self, stmt: ast.Global, frame: Frame) -> None:
        frame.globals.update(stmt.names)

    def on_delete(self, stmt: ast.Delete, frame: Frame) -> None:
        for target in stmt.targets:
            if isinstance(target, ast.Subscript):
                base = force(self.evaluate(target.value, frame))
                key = force(self.evaluate(target.slice, frame))
                if isinstance(base, Map) and isinstance(key, Const):
                    self.assign(target.value, base.without(str(key.value)), frame)

    # imports ----------------------------------------------------------------------------------------------------------

    def on_import(self, stmt: ast.Import, frame: Frame) -> None:
        for alias in stmt.names:
            dotted = alias.name if alias.asname else alias.name.partition(".")[0]
            frame.vars[alias.asname or dotted] = self.import_module(dotted, frame)

    def import_module(self, dotted: str, frame: Frame) -> Value:
        importer = frame.module.path
        if self.of_sdk(dotted, importer):
            return External(dotted)

        def load() -> Value:
            path = self.project.find(dotted, importer)
            module = self.project.module(path) if path and path != importer else None
            return ModuleValue(module) if module is not None else External(dotted)

        return Lazy(load)

    def on_import_from(self, stmt: ast.ImportFrom, frame: Frame) -> None:
        importer = frame.module.path
        base = stmt.module or ""
        if stmt.level == 0 and self.of_sdk(base, importer):
            for alias in stmt.names:
                frame.vars[alias.asname or alias.name] = External(f"{base}.{alias.name}")
            return
        for alias in stmt.names:
            if alias.name == "*":
                path = self.module_path(base, stmt.level, importer)
                module = self.project.module(path) if path and path != importer else None
                if module is not None:
                    frame.stars.append(module)
                continue
            frame.vars[alias.asname or alias.name] = self.imported(base, stmt.level, alias.name, importer)

    def of_sdk(self, dotted: str, importer: str) -> bool:
        """Does the import name mean an SDK? `agents` is one, and what many projects call a package of their own."""
        owner = self.catalogue.module_owner(dotted)
        return owner is not None and not (owner.yields and self.project.find(dotted.partition(".")[0], importer))

    def module_path(self, base: str, level: int, importer: str) -> str | None:
        if level:
            return self.project.relative(importer, level, base)
        return self.project.find(base, importer)

    def imported(self, base: str, level: int, name: str, importer: str) -> Value:
        def load() -> Value:
            path = self.module_path(base, level, importer)
            own = bool(level)
            if path is not None and path != importer:
                module = self.project.module(path)
                if module is not None:
                    own = True
                    found = self.attribute(ModuleValue(module), name)
                    if not isinstance(force(found), Unknown):
                        return raised(found, "constant")
            inner = f"{base}.{name}" if base else name
            path = self.module_path(inner, level, importer)
            if path is not None:
                module = self.project.module(path)
                if module is not None:
                    return ModuleValue(module)
            return Unknown((name,)) if own else External(f"{base}.{name}")

        return Lazy(load)


def with_attribute(base: Value, name: str, value: Value) -> Value:
    """`base.name = value`; `base` itself where nothing is known of it."""
    if isinstance(base, Instance):
        return base.with_attr(name, value)
    if isinstance(base, OneOf):
        parts = list(alternatives(base))
        if any(isinstance(v, Instance) for v in parts):
            return OneOf(tuple(with_attribute(v, name, value) for v in parts))
    return base


def with_item(base: Value, key: Value, value: Value) -> Value:
    """`base[key] = value`; `base` itself where nothing is known of it."""
    if isinstance(base, Map):
        if isinstance(key, Const) and isinstance(key.value, (str, int)):
            return base.with_entry(str(key.value), value)
        return Map(base.entries, True)
    if isinstance(base, Unknown) and isinstance(key, Const) and isinstance(key.value, str):
        return Map({key.value: Entry(value)}, True)
    if isinstance(base, Seq) and isinstance(key, Const) and isinstance(key.value, int):
        at = key.value
        if -len(base.items) <= at < len(base.items):
            items = list(base.items)
            items[at] = value
            return Seq(tuple(items), base.open, base.spread)
    return base


def is_none(value: Value) -> bool:
    return isinstance(value, Const) and value.value is None


def as_load(target: ast.expr) -> ast.expr:
    """The target of an assignment as an expression that reads it."""
    if isinstance(target, ast.Name):
        return ast.copy_location(ast.Name(target.id, ast.Load()), target)
    if isinstance(target, ast.Attribute):
        return ast.copy_location(ast.Attribute(target.value, target.attr, ast.Load()), target)
    if isinstance(target, ast.Subscript):
        return ast.copy_location(ast.Subscript(target.value, target.slice, ast.Load()), target)
    return target


def is_main_test(test: ast.expr) -> bool:
    return (
        isinstance(test, ast.Compare)
        and dotted_name(test.left) == "__name__"
        and isinstance(test.comparators[0], ast.Constant)
        and test.comparators[0].value == "__main__"
    )


HANDLERS: dict[type[ast.stmt], Callable[..., bool | None]] = {
    ast.Assign: Statements.on_assign,
    ast.AnnAssign: Statements.on_annassign,
    ast.AugAssign: Statements.on_augassign,
    ast.If: Statements.on_if,
    ast.Match: Statements.on_match,
    ast.Try: Statements.on_try,
    ast.For: Statements.on_for,
    ast.AsyncFor: Statements.on_for,
    ast.While: Statements.on_while,
    ast.Break: Statements.on_jump,
    ast.Continue: Statements.on_jump,
    ast.With: Statements.on_with,
    ast.AsyncWith: Statements.on_with,
    ast.Return: Statements.on_return,
    ast.Raise: Statements.on_raise,
    ast.FunctionDef: Statements.on_function,
    ast.AsyncFunctionDef: Statements.on_function,
    ast.ClassDef: Statements.on_class,
    ast.Global: Statements.on_global,
    ast.Delete: Statements.on_delete,
    ast.Import: Statements.on_import,
    ast.ImportFrom: Statements.on_import_from,
}
if hasattr(ast, "TryStar"):
    HANDLERS[ast.TryStar] = Statements.on_try
