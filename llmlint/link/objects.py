"""Classes and objects of the project: attributes through `__init__`, class bodies, bases, annotations, methods."""

from __future__ import annotations

import ast
from collections.abc import Callable
from pathlib import PurePosixPath

from llmlint.link.core import Core
from llmlint.link.project import ClassInfo, FuncInfo, dotted_name
from llmlint.link.scopes import Frame
from llmlint.link.underway import UNDERWAY
from llmlint.link.values import (
    UNKNOWN,
    Args,
    Bound,
    Class,
    Client,
    Const,
    Entry,
    External,
    FilePath,
    Function,
    Instance,
    Lazy,
    Made,
    Map,
    ModelValue,
    ModuleValue,
    OneOf,
    PromptValue,
    Response,
    Seq,
    Super,
    Text,
    Unknown,
    Value,
    alternatives,
    force,
    join,
    raised,
)

PROPERTIES = ("property", "cached_property", "lazy_property", "classproperty", "computed_field")
DATA_BASES = ("BaseModel", "BaseSettings", "NamedTuple", "TypedDict", "SQLModel", "Struct", "Serializable")


def parents_of(path: str) -> Value:
    return Seq(tuple(FilePath(str(p)) for p in PurePosixPath(path).parents))


PATH_PARTS: dict[str, Callable[[str], Value]] = {
    "parent": lambda path: FilePath(str(PurePosixPath(path).parent)),
    "parents": parents_of,
    "name": lambda path: Const(PurePosixPath(path).name, "constant"),
    "stem": lambda path: Const(PurePosixPath(path).stem, "constant"),
}


class Objects(Core):
    # attributes -------------------------------------------------------------------------------------------------------

    def attribute(self, value: Value, name: str) -> Value:
        if isinstance(value, Lazy):
            if value.value is None:
                return Lazy(lambda: self.attribute(force(value), name))
            value = value.value
        if isinstance(value, OneOf):
            whole = value
            return Lazy(lambda: join([self.attribute(force(v), name) for v in whole.values if not is_none(v)]))
        if isinstance(value, Instance):
            return self.instance_attribute(value, name)
        if isinstance(value, ModuleValue):
            return self.module_attribute(value, name)
        if isinstance(value, Class):
            return self.class_attribute(value.info, name)
        if isinstance(value, External):
            return self.external_attribute(value, name)
        if isinstance(value, Client):
            if name in value.sdk.self_attributes:
                return value
            return Client(
                value.sdk,
                value.provider,
                value.dotted,
                value.args,
                (*value.path, name),
                value.made_by,
                value.module_level,
            )
        if isinstance(value, ModelValue):
            from dataclasses import replace

            return replace(value, path=(*value.path, name))
        if isinstance(value, Made):
            if value.args and not value.path and value.base is None:
                entry = value.args.kw.entries.get(name)
                if entry is not None and value.dotted.rpartition(".")[2][:1].isupper():
                    return entry.value
            return Made(value.dotted, value.args, (*value.path, name), value.base, value.frame, value.at)
        if isinstance(value, Super):
            return self.super_attribute(value, name)
        if isinstance(value, FilePath) and name in PATH_PARTS:
            return PATH_PARTS[name](value.path)
        if isinstance(value, (Const, Text, Map, Seq, FilePath, PromptValue, Function)):
            if isinstance(value, Const) and name in ("value", "name"):
                return value  # an Enum's member
            return Bound(value, name)
        if isinstance(value, Unknown):
            return Unknown((*value.path, name))
        if isinstance(value, Response):
            return Response((*value.path, name))
        return Unknown((name,))

    def external_attribute(self, value: External, name: str) -> Value:
        dotted = f"{value.dotted}.{name}"
        owner = self.catalogue.module_client(value.dotted)
        known = self.catalogue.client(dotted) or self.catalogue.function(dotted) or self.catalogue.model_object(dotted)
        is_method = known is None and name[:1].islower()
        if owner is not None and is_method and any(p == name or p.startswith(name + ".") for p in owner.methods):
            return Client(owner, owner.provider, value.dotted, Args(), (name,), module_level=True)
        return External(dotted)

    def module_attribute(self, value: ModuleValue, name: str) -> Value:
        module = value.module
        frame = self.module_frame(module)
        if name in frame.vars:
            return raised(frame.vars[name], "constant")
        if name == "__file__":
            return FilePath(module.path)
        for star in frame.stars:
            if star is not module:
                found = self.module_attribute(ModuleValue(star), name)
                if not isinstance(found, Unknown):
                    return found
        if module.path.endswith("__init__.py"):
            for path in (f"{module.package}/{name}.py", f"{module.package}/{name}/__init__.py"):
                inner = (
                    self.project.module(path.removeprefix("./"))
                    if path.removeprefix("./") in self.project.files
                    else None
                )
                if inner is not None:
                    return ModuleValue(inner)
        if module.question.depth:
            UNDERWAY.cut(module.question)  # it may be bound further down
        return Unknown((name,))

    def super_attribute(self, value: Super, name: str) -> Value:
        me = force(value.bound)
        start = me.cls if isinstance(me, Instance) else value.cls
        line = self.mro(start)
        after = next((i for i, c in enumerate(line) if isinstance(c, Class) and c.info is value.cls), None)
        for base in line[after + 1 :] if after is not None else self.mro(value.cls)[1:]:
            if isinstance(base, Class):
                method = base.info.methods.get(name)
                if method is not None:
                    return Function(method, me)
            elif isinstance(base, External) and name == "__init__":
                return Unknown((name,))
        if not isinstance(me, Instance):
            return Unknown((name,))
        return self.outside_attribute(me, name)

    # classes ----------------------------------------------------------------------------------------------------------

    def bases(self, cls: ClassInfo) -> tuple[Value, ...]:
        if cls.bases is None:
            if cls.resolving.depth:
                UNDERWAY.cut(cls.resolving)
                return ()
            with UNDERWAY.asked(cls.resolving):
                outer = cls.outer or self.module_frame(cls.module)
                found = tuple(force(self.evaluate(b, outer)) for b in cls.node.bases)
            if not cls.resolving.kept:
                return found
            cls.bases = found
        return cls.bases

    def mro(self, cls: ClassInfo) -> list[Value]:
        """The class and its bases, depth first, each once; external bases too."""
        if cls.line is not None:
            return cls.line
        out: list[Value] = []
        seen: set[int] = set()

        def walk(info: ClassInfo, depth: int) -> None:
            if id(info) in seen or depth > 12:
                return
            seen.add(id(info))
            out.append(Class(info))
            for base in self.bases(info):
                for one in alternatives(base):
                    if isinstance(one, Class):
                        walk(one.info, depth + 1)
                    elif isinstance(one, External):
                        out.append(one)

        walk(cls, 0)
        if all(isinstance(c, External) or c.info.bases is not None for c in out if isinstance(c, (Class, External))):
            cls.line = out
        return out

    def class_frame(self, cls: ClassInfo) -> Frame | None:
        if cls.frame is None:
            self.module_frame(cls.module)
        return cls.frame

    def written_attributes(self, cls: ClassInfo, info: FuncInfo) -> frozenset[str]:
        """What a method may set on its object, itself or through other methods of the object that it calls."""
        out: set[str] = set()
        todo, seen = [info], {id(info)}
        while todo:
            method = todo.pop()
            out |= method.self_writes
            for name in method.self_calls:
                for base in self.mro(cls):
                    other = base.info.methods.get(name) if isinstance(base, Class) else None
                    if other is not None and id(other) not in seen:
                        seen.add(id(other))
                        todo.append(other)
        return frozenset(out)

    def find_method(self, cls: ClassInfo, name: str) -> FuncInfo | None:
        for base in self.mro(cls):
            if isinstance(base, Class):
                method = base.info.methods.get(name)
                if method is not None:
                    return method
        return None

    def class_variable(self, cls: ClassInfo, name: str) -> Value | None:
        for base in self.mro(cls):
            if isinstance(base, Class):
                frame = self.class_frame(base.info)
                if frame is not None and name in frame.vars:
                    return raised(self.field_default(frame.vars[name]), "attribute-default")
        return None

    def field_default(self, value: Value) -> Value:
        """`Field(default=x)`, `field(default_factory=f)`, `x` → x; `Depends(f)` → what f gives."""

        def of(inner: Value) -> Value:
            if isinstance(inner, Made) and inner.dotted.rpartition(".")[2] in ("Depends", "Security"):
                made = inner.args.pos[:1] or [e.value for k, e in inner.args.kw.entries.items() if k == "dependency"]
                return yielded(force(self.call(made[0], Args(), self.empty_frame()))) if made else UNKNOWN
            if isinstance(inner, Made) and inner.dotted.rpartition(".")[2] in (
                "Field", "field", "PrivateAttr", "attrib", "ib", "Option", "Argument", "Parameter", "Query", "Body",
                "Form",
            ):  # fmt: skip
                kw = inner.args.kw.entries
                if "default" in kw:
                    return kw["default"].value
                for factory in ("default_factory", "factory"):
                    if factory in kw:
                        return self.call(kw[factory].value, Args(), self.empty_frame())
                return inner.args.pos[0] if inner.args.pos else UNKNOWN
            return inner

        return Lazy(lambda: of(force(value))) if isinstance(value, (Lazy, Made)) else value

    def empty_frame(self) -> Frame:
        return Frame(self.project.loaded()[0])

    def annotation_of(self, cls: ClassInfo, name: str) -> tuple[ast.expr, Frame] | None:
        for base in self.mro(cls):
            if isinstance(base, Class):
                for stmt in base.info.node.body:
                    if isinstance(stmt, ast.AnnAssign) and isinstance(stmt.target, ast.Name) and stmt.target.id == name:
                        return stmt.annotation, base.info.outer or self.module_frame(base.info.module)
        return None

    def class_attribute(self, cls: ClassInfo, name: str) -> Value:
        method = self.find_method(cls, name)
        if method is not None:
            bound = Class(cls) if method.decorated("classmethod") else None
            return Function(method, bound, method.closure)
        value = self.class_variable(cls, name)
        if value is not None:
            return raised(value, "constant")
        if name in ("__init__", "__name__"):
            return Unknown((name,))
        return self.outside_attribute(Instance(cls, {}), name)

    def outside_attribute(self, me: Instance, name: str) -> Value:
        """An attribute inherited from a class outside the project: `class MyClient(OpenAI)`, a LangChain model."""
        base = self.sdk_class(me.cls)
        if base is not None:
            made = self.call(base, self.made_with(me), self.empty_frame())
            if isinstance(made, (Client, ModelValue)):
                return self.attribute(made, name)
        return Unknown((name,))

    def sdk_class(self, cls: ClassInfo) -> External | None:
        """The SDK's class of clients or models that the class inherits from."""
        for base in self.mro(cls):
            if isinstance(base, External) and (
                self.catalogue.client(base.dotted) or self.asked_directly(base.dotted)
            ):
                return base
        return None

    def asked_directly(self, dotted: str) -> bool:
        found = self.catalogue.model_object(dotted)
        return found is not None and not found[1].quiet

    # objects ----------------------------------------------------------------------------------------------------------

    def instance_attribute(self, me: Instance, name: str) -> Value:
        if name in me.attrs:
            value = me.attrs[name]
            if me.general and not isinstance(value, Lazy) and (is_none(value) or value == UNKNOWN):
                return self.written_elsewhere(me, name, value)
            if me.general and isinstance(value, Lazy):
                lazy = value

                def settled() -> Value:
                    inner = force(lazy)
                    if is_none(inner) or isinstance(inner, Unknown):
                        return self.written_elsewhere(me, name, inner)
                    return inner

                return raised(Lazy(settled), "attribute-default")
            return raised(value, "attribute-default")
        method = self.find_method(me.cls, name)
        if method is not None:
            if method.decorated(*PROPERTIES):
                bound = Function(method, me, method.closure)
                return self.later(lambda: raised(self.enter(bound, Args())[0], "attribute-default"))
            if method.decorated("staticmethod"):
                return Function(method, None, method.closure)
            return Function(method, Class(me.cls) if method.decorated("classmethod") else me, method.closure)
        found = self.class_variable(me.cls, name)
        if found is not None and not (me.general and is_none(found)):
            return found
        return Lazy(lambda: self.looked_up_late(me, name, found))

    def looked_up_late(self, me: Instance, name: str, found: Value | None) -> Value:
        if me.general:
            other = self.written_elsewhere(me, name, found if found is not None else Unknown((name,)))
            if not isinstance(force(other), Unknown):
                return other
        if found is not None:
            return found
        annotated = self.annotation_of(me.cls, name)
        if annotated is not None:
            value = force(self.from_annotation(*annotated))
            if not isinstance(value, Unknown):
                return value
        getter = self.find_method(me.cls, "__getattr__")
        if getter is not None:
            return UNKNOWN
        return self.outside_attribute(me, name)

    def made_with(self, me: Instance) -> Args:
        """What the outside class was made with, as far as the object and the fields of its class tell."""
        fields = {name for base in self.mro(me.cls) if isinstance(base, Class) for name in base.info.fields}
        given = {name: value for name in sorted(fields) if (value := self.class_variable(me.cls, name)) is not None}
        init = self.find_method(me.cls, "__init__")
        handed = written_to_super(init) if init is not None else {}
        entries = {name: Entry(value) for name, value in {**given, **me.attrs, **handed}.items()}
        return Args(kw=Map(entries, me.general or init is not None))

    def written_elsewhere(self, me: Instance, name: str, found: Value) -> Value:
        """What other methods, or subclasses, bind to the attribute."""
        values: list[Value] = []
        for base in self.mro(me.cls):
            if not isinstance(base, Class):
                continue
            for method in base.info.methods.values():
                if name in method.self_writes and method.name != "__init__":
                    values += self.final_attribute(method, name)
        if not any(not isinstance(force(v), Unknown) and not is_none(force(v)) for v in values):
            for sub in self.subclasses(me.cls):
                inner = (
                    force(self.instance_attribute(asserted(self.general_instance(sub)), name))
                    if sub is not me.cls
                    else UNKNOWN
                )
                if not isinstance(inner, Unknown) and not is_none(inner):
                    values.append(inner)
        values = [v for v in (force(v) for v in values) if not isinstance(v, Unknown) and not is_none(v)]
        if not values:
            return found
        return raised(
            join([*values, *([found] if not isinstance(found, Unknown) and not is_none(found) else [])]),
            "attribute-default",
        )

    def final_attribute(self, method: FuncInfo, name: str) -> list[Value]:
        """What the attribute is at the end of the method, run for its own sake."""
        self.records(method)
        final = method.final
        if final is None:
            return []
        out: list[Value] = []
        me = method.arguments[0].arg
        for variables in [final.vars, *final.exits]:
            for value in alternatives(variables.get(me, UNKNOWN)):
                if isinstance(value, Instance) and name in value.attrs:
                    out.append(value.attrs[name])
        return out

    def subclasses(self, cls: ClassInfo) -> list[ClassInfo]:
        found: list[ClassInfo] = []
        for path in self.project.mentioning(cls.name, cls.module.path)[:40]:
            module = self.project.module(path)
            if module is None:
                continue
            for other in module.class_definitions:
                if other is not cls and any(
                    (dotted_name(b) or "").rpartition(".")[2] == cls.name for b in other.node.bases
                ):
                    self.module_frame(module)
                    if any(isinstance(b, Class) and b.info is cls for b in self.bases(other)):
                        found.append(other)
        return found[:12]

    def instantiate(self, cls: ClassInfo, args: Args, inside: bool = False) -> Value:
        external = [b for b in self.mro(cls) if isinstance(b, External)]
        init = self.find_method(cls, "__init__")
        if init is None:
            if any(b.dotted.rpartition(".")[2].endswith("Enum") for b in external):
                return args.pos[0] if args.pos else UNKNOWN
            return Instance(cls, self.field_values(cls, args))
        me = Instance(cls, {})
        if (cls.question.depth and not inside) or len(self.active) > 12:
            UNDERWAY.cut(cls.question if cls.question.depth else None)
            return Instance(cls, {}, True)
        _, final = self.enter(Function(init, me, init.closure), args)
        built = final.get(init.arguments[0].arg) if init.arguments else None
        built = force(built) if built is not None else None
        return built if isinstance(built, Instance) else me

    def field_values(self, cls: ClassInfo, args: Args) -> dict[str, Value]:
        """Dataclass and pydantic style construction: keywords and positions become attributes."""
        names: list[str] = []
        for base in reversed(self.mro(cls)):
            if isinstance(base, Class):
                names += [
                    s.target.id
                    for s in base.info.node.body
                    if isinstance(s, ast.AnnAssign) and isinstance(s.target, ast.Name) and s.target.id not in names
                ]
        attrs = dict(zip(names, args.pos, strict=False))
        for key, entry in args.kw.entries.items():
            value = entry.value
            if entry.maybe:
                default = self.class_variable(cls, key)
                value = join([value, default if default is not None else UNKNOWN])
            attrs[key] = value
        return attrs

    def general_instance(self, cls: ClassInfo) -> Value:
        """Any object of the class: built with what the code that makes one passes to it."""
        if cls.general is not None:
            return cls.general
        if cls.question.depth:
            UNDERWAY.cut(cls.question)
            return Instance(cls, {}, True)
        with UNDERWAY.asked(cls.question):
            found = Instance(cls, self.built_attributes(cls), True)
        if cls.question.kept:
            cls.general = found
        return found

    def built_attributes(self, cls: ClassInfo) -> dict[str, Value]:
        """The attributes that `__init__` leaves, whoever makes the object."""
        init = self.find_method(cls, "__init__")
        if init is None or not init.arguments:
            return {}
        self.records(init)
        if init.final is None:
            return {}
        if init.cls is cls:
            built = force(init.final.vars.get(init.arguments[0].arg, UNKNOWN))
        else:
            built = force(self.instantiate(cls, self.init_parameters(cls, init), inside=True))
        return built.attrs if isinstance(built, Instance) else {}

    def init_parameters(self, cls: ClassInfo, init: FuncInfo) -> Args:
        """The arguments of an inherited `__init__` as any maker of this class passes them."""
        names = [a.arg for a in [*init.arguments[1:], *init.node.args.kwonlyargs]]
        made = self.constructions(cls)
        kw = Map()
        if made:
            quiet = self.empty_frame()
            bound = [self.bind_arguments(init, args, Instance(cls, {}), quiet) for args in made]
            for name in names:
                kw = kw.with_entry(name, join([b[name] for b in bound if name in b]))
        else:
            for name in names:
                kw = kw.with_entry(name, self.parameter(init, name))
        return Args((), kw)

    # annotations ------------------------------------------------------------------------------------------------------

    def from_annotation(self, node: ast.expr | None, frame: Frame) -> Value:
        """The value that a type annotation promises: an SDK client, an object of a project class."""
        if node is None:
            return UNKNOWN
        if isinstance(node, ast.Constant):
            if node.value is None:
                return Const(None)
            if isinstance(node.value, str) and len(node.value) < 200:
                try:
                    return self.from_annotation(ast.parse(node.value, mode="eval").body, frame)
                except (SyntaxError, ValueError, RecursionError, MemoryError):
                    return UNKNOWN
            return UNKNOWN
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
            return self.union([node.left, node.right], frame)
        if isinstance(node, ast.Subscript):
            name = (dotted_name(node.value) or "").rpartition(".")[2]
            inner = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
            if name == "Optional":
                return self.union([*inner, ast.Constant(None)], frame)
            if name == "Union":
                return self.union(inner, frame)
            if name in ("Annotated", "Type", "ClassVar", "Final", "Required", "NotRequired", "Awaitable"):
                return self.from_annotation(inner[0], frame)
            if name == "Literal":
                return UNKNOWN
            if name in (
                "list",
                "List",
                "Sequence",
                "Iterable",
                "tuple",
                "Tuple",
                "set",
                "AsyncIterator",
                "Iterator",
                "Generator",
            ):
                return Seq((), True, self.from_annotation(inner[0], frame))
            return self.from_annotation(node.value, frame)
        if not isinstance(node, (ast.Name, ast.Attribute)):
            return UNKNOWN
        value = force(self.evaluate(node, frame))
        if isinstance(value, Class):
            if any(
                isinstance(b, External) and b.dotted.rpartition(".")[2].endswith(("Enum", "TypedDict"))
                for b in self.mro(value.info)
            ):
                return UNKNOWN
            return self.general_instance(value.info)
        if isinstance(value, External):
            made = self.call(value, Args(kw=Map({}, True)), frame)
            if isinstance(made, (Client, ModelValue)):
                return made
            if value.dotted in ("pathlib.Path", "builtins.str", "builtins.int", "builtins.dict", "builtins.list"):
                return UNKNOWN
            if "." in value.dotted and not value.dotted.startswith(("builtins.", "typing.")):
                return Made(value.dotted, Args(kw=Map({}, True)))
        return UNKNOWN

    def union(self, nodes: list[ast.expr], frame: Frame) -> Value:
        parts = [force(self.from_annotation(n, frame)) for n in nodes]
        nullable = any(is_none(p) for p in parts)
        kept = [p for p in parts if not is_none(p) and not isinstance(p, Unknown)]
        if not kept:
            return Unknown(nullable=nullable)
        return join([*kept, *([Const(None)] if nullable else [])])


def yielded(value: Value) -> Value:
    """What a dependency gives that hands its value over by `yield`."""
    if isinstance(value, Seq) and value.open and not value.items and value.spread is not None:
        return value.spread
    return value


def is_none(value: Value) -> bool:
    return isinstance(value, Const) and value.value is None


def asserted(value: Value) -> Instance:
    assert isinstance(value, Instance)
    return value


def written_to_super(init: FuncInfo) -> dict[str, Value]:
    """What is written out in `super().__init__(model="gpt-5", …)`, where that is called once."""
    calls = [
        n for n in ast.walk(init.node)
        if isinstance(n, ast.Call) and isinstance(n.func, ast.Attribute) and n.func.attr == "__init__"
        and isinstance(n.func.value, ast.Call) and dotted_name(n.func.value.func) == "super"
    ]  # fmt: skip
    if len(calls) != 1:
        return {}
    written = {k.arg: k.value for k in calls[0].keywords if k.arg is not None}
    plain = {name: node.value for name, node in written.items() if isinstance(node, ast.Constant)}
    return {name: Const(value) for name, value in plain.items() if isinstance(value, (str, int, float, type(None)))}
