"""A call as written → does it mean a certain function? Told from names and imports, without following the code around.

To follow a function for its own sake is dear; who calls whom is mostly plain: a name that the module defines or
imports, a method of one's own object, a method whose name only one class has.
"""

from __future__ import annotations

import ast

from llmlint.link.callers import Callers, method_of
from llmlint.link.mentions import places
from llmlint.link.project import ClassInfo, FuncInfo, Module, dotted_name
from llmlint.link.scopes import Frame
from llmlint.link.values import UNKNOWN, Class, Const, External, Instance, Lazy, Unknown, alternatives, join


class Shortcuts:
    def __init__(self, run: Callers) -> None:
        self.run = run

    def means(self, info: FuncInfo, module: Module, unit: FuncInfo | Module, func: ast.expr) -> bool | None:
        """Does `func`, called in the unit, mean `info`? None: that takes following the unit."""
        if isinstance(func, ast.Name):
            return self.name(info, module, unit, func)
        if not isinstance(func, ast.Attribute):
            return None
        root: ast.expr = func.value
        while isinstance(root, (ast.Attribute, ast.Subscript)):
            root = root.value
        if isinstance(root, ast.Call) and isinstance(root.func, ast.Name) and root.func.id == "super":
            return self.above(info, unit)
        if not isinstance(root, ast.Name):
            return None
        own = method_of(unit, root.id)
        if own is not None:
            if func.value is root:
                return self.own(info, own) and not self.run.replaced(own, func, info)
            return self.valued(info, module, func, own)
        return self.imported(info, module, unit, func, root.id)

    def name(self, info: FuncInfo, module: Module, unit: FuncInfo | Module, func: ast.Name) -> bool | None:
        if info.cls is not None and info.name not in ("__init__", "__call__", "__post_init__"):
            return False
        if info.parent is not None:
            return unit is info.parent or None
        return self.imported(info, module, unit, func, func.id)

    def imported(
        self, info: FuncInfo, module: Module, unit: FuncInfo | Module, func: ast.expr, root: str
    ) -> bool | None:
        """A name that is no local variable is the module's; a local import is one too."""
        bound = local_bindings(unit, root)
        if bound is None:
            frame = Frame(module, None, self.run.module_frame(module))
        elif isinstance(bound, (ast.Import, ast.ImportFrom)):
            frame = Frame(module, None, self.run.module_frame(module))
            self.run.execute([bound], frame)
        elif info.cls is None:
            return None if isinstance(func, ast.Name) else False
        else:
            return self.local(info, module, unit, func, bound)
        return self.verdict(info, func, frame)

    def local(
        self, info: FuncInfo, module: Module, unit: FuncInfo | Module, func: ast.expr, bound: ast.AST
    ) -> bool | None:
        """`x = Asker(); x.ask()`, `def f(x: Asker): x.ask()`"""
        if not (isinstance(func, ast.Attribute) and isinstance(func.value, ast.Name)):
            return None
        frame = Frame(module, None, self.run.module_frame(module))
        if isinstance(bound, ast.arg):
            value = self.run.from_annotation(bound.annotation, frame) if bound.annotation is not None else UNKNOWN
        else:
            made = places(module).parents.get(id(bound))
            if not (isinstance(made, ast.Assign) and isinstance(made.value, ast.Call)):
                return None
            root = dotted_name(made.value.func)
            if root is not None and local_bindings(unit, root.partition(".")[0]) is not None:
                return None  # `x = self.build()`
            maker = self.run.considered(made.value.func, frame)
            if all(isinstance(v, External) for v in maker):
                return False  # a library's object
            value = join(Instance(v.info, {}) if isinstance(v, Class) else UNKNOWN for v in maker)
        found = [v for v in alternatives(value) if not (isinstance(v, Const) and v.value is None)]
        if not found or not all(isinstance(v, Instance) for v in found):
            return None
        return any(isinstance(v, Instance) and self.may_have(v.cls, info) for v in found)

    def object_called(self, info: FuncInfo, module: Module, unit: FuncInfo, func: ast.expr) -> bool:
        """Is what is called an object whose `__call__` may be `info`: an annotated parameter, `self.x`?"""
        frame = Frame(module, None, self.run.module_frame(module))
        if isinstance(func, ast.Name):
            bound = local_bindings(unit, func.id)
            if not isinstance(bound, ast.arg) or bound.annotation is None:
                return False
            values = list(alternatives(self.run.from_annotation(bound.annotation, frame)))
        elif isinstance(func, ast.Attribute) and isinstance(func.value, ast.Name):
            own = method_of(unit, func.value.id)
            if own is None or own.cls is None or self.run.find_method(own.cls, func.attr) is not None:
                return False
            cls = own.cls
            frame.vars[func.value.id] = Lazy(lambda: self.run.general_instance(cls))
            values = self.run.considered(func, frame)
        else:
            return False
        return any(isinstance(v, Instance) and self.may_have(v.cls, info) for v in values)

    def may_have(self, cls: ClassInfo, info: FuncInfo) -> bool:
        """Is `info` the method of an object of this class, or of one that inherits it?"""
        if self.run.find_method(cls, info.name) is info:
            return True
        return info.cls is not None and any(isinstance(b, Class) and b.info is cls for b in self.run.mro(info.cls))

    def valued(self, info: FuncInfo, module: Module, func: ast.expr, own: FuncInfo) -> bool | None:
        """`self.llm.ask(…)`: the object is any of its class."""
        cls = own.cls
        assert cls is not None
        frame = Frame(module, None, self.run.module_frame(module))
        frame.vars[own.arguments[0].arg] = Lazy(lambda: self.run.general_instance(cls))
        return self.verdict(info, func, frame)

    def verdict(self, info: FuncInfo, func: ast.expr, frame: Frame) -> bool | None:
        values = self.run.considered(func, frame)
        if any(self.run.matches(v, info) is not None for v in values):
            return True
        return None if any(isinstance(v, Unknown) for v in values) and info.cls is not None else False

    def own(self, info: FuncInfo, own: FuncInfo) -> bool:
        """`self.ask(…)` in a method of the class, of a base of it or of one that inherits it."""
        if info.cls is None or own.cls is None:
            return False
        return own.cls is info.cls or self.may_have(own.cls, info)

    def above(self, info: FuncInfo, unit: FuncInfo | Module) -> bool:
        """`super().ask(…)`"""
        while isinstance(unit, FuncInfo) and unit.cls is None and unit.parent is not None:
            unit = unit.parent
        if not isinstance(unit, FuncInfo) or unit.cls is None or info.cls is None or unit.cls is info.cls:
            return False
        return any(isinstance(b, Class) and b.info is info.cls for b in self.run.mro(unit.cls))


def local_bindings(unit: FuncInfo | Module, name: str) -> ast.AST | None:
    """What binds the name in the function or in one around it: a parameter, an assignment, an import; None: nothing."""
    while isinstance(unit, FuncInfo):
        bound = bindings_of(unit)
        if name in bound:
            return bound[name]
        if unit.parent is None:
            return None
        unit = unit.parent
    return None


def bindings_of(unit: FuncInfo) -> dict[str, ast.AST]:
    cached: dict[str, ast.AST] | None = unit.__dict__.get("_local_bindings")
    if cached is None:
        cached = unit.__dict__["_local_bindings"] = {}
        a = unit.node.args
        for arg in (*unit.arguments, *a.kwonlyargs, *(x for x in (a.vararg, a.kwarg) if x is not None)):
            cached[arg.arg] = arg
        free: set[str] = set()
        for node in unit.nodes:
            if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
                cached[node.id] = node
            elif isinstance(node, (ast.Import, ast.ImportFrom)):
                for alias in node.names:
                    cached[alias.asname or alias.name.partition(".")[0]] = node
            elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                cached[node.name] = node
            elif isinstance(node, (ast.Global, ast.Nonlocal)):
                free.update(node.names)
        for name in free:
            cached.pop(name, None)
    return cached
