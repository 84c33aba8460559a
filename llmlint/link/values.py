"""What an expression can be known to be: the abstract values of the evaluator.

Values are immutable; a change (`d["k"] = v`) makes a new value that is bound in the old one's place. `Lazy` stands for
work not yet done (a parameter whose callers have not been looked at, a call not yet entered) and is forced only when
somebody has to look inside. What cannot be known is `Unknown`, never a guess.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import field
from typing import TYPE_CHECKING, Union

from llmlint.facts import How
from llmlint.light import dataclass
from llmlint.link.underway import UNDERWAY, Question

if TYPE_CHECKING:
    from llmlint.link.project import ClassInfo, FuncInfo, Module
    from llmlint.link.scopes import Frame, Way
    from llmlint.sdks.catalogue import Method, ModelObject, Sdk

Scalar = str | int | float | bool | None | bytes
MAX_UNDERWAY = 400  # questions inside questions: `x = sorted(x)` in a loop asks for itself in ever new words
MAX_ALTERNATIVES = 32
MAX_ITEMS = 400
TEXT_LIMIT = 2_000_000  # characters of one text
MAX_PARTS = 5_000  # … and pieces between which something goes in
MAX_KEYS = 400
RANK: dict[How, int] = {
    "literal": 0,
    "constant": 1,
    "default-arg": 2,
    "attribute-default": 3,
    "config": 4,
    "dynamic": 5,
}


@dataclass(frozen=True, slots=True)
class Unknown:
    """Nothing is known but the attribute path by which it was reached (`x.chat.completions.create`)."""

    path: tuple[str, ...] = ()
    nullable: bool = False  # an annotation or a default says that it may be None


@dataclass(frozen=True, slots=True)
class Const:
    """A constant; `how` it reached this place; `source`: the file it was read from, if any."""

    value: Scalar
    how: How = "literal"
    source: str | None = None


@dataclass(frozen=True, slots=True)
class Text:
    """A string with holes: str parts are constant, other parts are values that go in, named by `Hole`."""

    parts: tuple[str | Hole, ...]
    source: str | None = None


@dataclass(frozen=True, slots=True)
class Hole:
    name: str
    value: Value


@dataclass(frozen=True, slots=True)
class Seq:
    """A list, tuple or set. `open`: more items than these may be there, at the end."""

    items: tuple[Value, ...] = ()
    open: bool = False
    spread: Value | None = None  # what the open part holds, where known (a comprehension's element)


@dataclass(frozen=True, slots=True)
class Entry:
    value: Value
    maybe: bool = False  # not on every way through the code


@dataclass(frozen=True, slots=True)
class Map:
    """A dict with string keys, or keyword arguments. `open`: keys other than these may be there."""

    entries: dict[str, Entry] = field(default_factory=dict)
    open: bool = False

    def with_entry(self, key: str, value: Value) -> Map:
        if len(self.entries) >= MAX_KEYS:
            return Map(self.entries, True)
        return Map({**self.entries, key: Entry(value)}, self.open)

    def without(self, key: str) -> Map:
        return Map({k: e for k, e in self.entries.items() if k != key}, self.open)

    def merged(self, over: Map) -> Map:
        """`{**self, **over}`: what `over` only may set is joined with what is here."""
        entries = dict(self.entries)
        for key, entry in over.entries.items():
            if entry.maybe and key in entries:
                entries[key] = Entry(join([entries[key].value, entry.value]), entries[key].maybe)
            else:
                entries[key] = entry
        return Map(entries, self.open or over.open)


@dataclass(frozen=True, slots=True)
class Args:
    """What a call passes. open: a `*args` of unknown length stands behind `pos`; spread: what it holds, if known."""

    pos: tuple[Value, ...] = ()
    kw: Map = field(default_factory=Map)
    open: bool = False
    spread: Value | None = None


@dataclass(frozen=True, slots=True, eq=False)
class External:
    """A name of a library outside the project, by its dotted path: `openai.OpenAI`, `json.dumps`, `builtins.map`."""

    dotted: str


@dataclass(frozen=True, slots=True, eq=False)
class Origin:
    """Where a value was drawn. chain: the function and the loops around the call, then those of its callers."""

    node: ast.Call
    module: Module
    chain: Way


@dataclass(frozen=True, slots=True, eq=False)
class Made:
    """What calling something external gave, and the attributes followed from it."""

    dotted: str
    args: Args
    path: tuple[str, ...] = ()
    base: Value | None = None  # the object, when a method of it was called
    frame: Frame | None = None
    at: Origin | None = None  # of what may differ from call to call


@dataclass(frozen=True, slots=True, eq=False)
class ModuleValue:
    module: Module


@dataclass(frozen=True, slots=True, eq=False)
class Class:
    info: ClassInfo


@dataclass(frozen=True, slots=True, eq=False)
class Function:
    """A function of the project, with the object it is bound to and the scope it was defined in."""

    info: FuncInfo
    bound: Value | None = None
    closure: Frame | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Partial:
    func: Value
    args: Args


@dataclass(frozen=True, slots=True, eq=False)
class Instance:
    """An object of a class of the project. attrs: known from its construction; general: any object of the class."""

    cls: ClassInfo
    attrs: dict[str, Value]
    general: bool = False

    def with_attr(self, name: str, value: Value) -> Instance:
        return Instance(self.cls, {**self.attrs, name: value}, self.general)


@dataclass(frozen=True, slots=True, eq=False)
class Client:
    """An SDK client and the attribute path from it; called, it sends a request."""

    sdk: Sdk
    provider: str
    dotted: str
    args: Args
    path: tuple[str, ...] = ()
    made_by: tuple[str, ...] = ()
    module_level: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class ModelValue:
    """A model object (LangChain's ChatOpenAI …) with what was bound to it since; path: the attribute to be called.

    outer: whose methods it has, where a chain or an agent of another SDK holds it.
    """

    sdk: Sdk
    entry: ModelObject
    provider: str
    kw: Map
    path: tuple[str, ...] = ()
    config: Map = field(default_factory=Map)
    tools: Value | None = None
    structured: bool = False
    schema: Value | None = None  # of the structured answer
    prompt: Value | None = None
    constructed_at: tuple[str, ...] = ()
    outer: Sdk | None = None

    @property
    def asked_as(self) -> Sdk:
        return self.outer or self.sdk


@dataclass(frozen=True, slots=True, eq=False)
class PromptValue:
    """A prompt template object (LangChain's): the messages or the text it renders."""

    content: Value


@dataclass(frozen=True, slots=True)
class FilePath:
    """A path inside the project, relative to its root."""

    path: str


@dataclass(frozen=True, slots=True, eq=False)
class SdkFunction:
    """A module-level function that sends a request: `litellm.completion`."""

    sdk: Sdk
    method: Method
    dotted: str


@dataclass(frozen=True, slots=True, eq=False)
class Response:
    """What a request gave back. Nothing in it is known."""

    path: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Bound:
    """A method of a built-in value, about to be called: `"…".format`, `{}.get`, `path.read_text`."""

    receiver: Value
    name: str


@dataclass(frozen=True, slots=True, eq=False)
class Super:
    """`super()` in a method of `cls`."""

    cls: ClassInfo
    bound: Value


@dataclass(frozen=True, slots=True)
class OneOf:
    values: tuple[Value, ...]


class Lazy:
    """Work that is done when somebody looks, once. While it is being done it is unknown to itself."""

    __slots__ = ("question", "thunk", "value")

    def __init__(self, thunk: Callable[[], Value]) -> None:
        self.thunk = thunk
        self.value: Value | None = None
        self.question: Question | None = None

    def force(self) -> Value:
        if self.value is not None:
            return self.value
        question = self.question
        if question is None:
            question = self.question = Question()
        elif question.depth:
            UNDERWAY.cut(question)
            return UNKNOWN
        if UNDERWAY.depth >= MAX_UNDERWAY:
            return UNKNOWN
        with UNDERWAY.asked(question):
            value = force(self.thunk())
            if isinstance(value, OneOf):  # looked at while under way, so that a value that is made of itself ends here
                value = join(list(alternatives(value)))
        if question.kept:
            self.value = value
        return value


Value = Union[  # noqa: UP007 - the names are annotations that refer to each other
    Unknown, Const, Text, Seq, Map, External, Made, ModuleValue, Class, Function, Partial, Instance, Client, ModelValue,
    PromptValue, FilePath, SdkFunction, Response, Bound, Super, OneOf, Lazy,
]  # fmt: skip

UNKNOWN = Unknown()
COMPARED = frozenset({Const, Unknown, Function, Class, External})  # by what they say


def force(value: Value) -> Value:
    while isinstance(value, Lazy):
        value = value.force()
    return value


def pending(value: Value) -> bool:
    """Is it work that nobody has asked for yet?"""
    return isinstance(value, Lazy) and value.value is None


def alternatives(value: Value) -> Iterator[Value]:
    """The forced values that `value` can be, one by one."""
    value = force(value)
    if isinstance(value, OneOf):
        for part in value.values:
            yield from alternatives(part)
    else:
        yield value


def join(values: Iterable[Value]) -> Value:
    """The value that is one of these. Lazy ones stay lazy."""
    seen: dict[object, Value] = {}
    for value in values:
        for part in value.values if isinstance(value, OneOf) else (value,):
            seen.setdefault(identity(part), part)
    out = list(seen.values())
    if not out:
        return UNKNOWN
    if len(out) == 1:
        return out[0]
    if len(out) > MAX_ALTERNATIVES:
        out = [*out[: MAX_ALTERNATIVES - 1], UNKNOWN]
    return OneOf(tuple(out))


def identity(value: Value) -> object:
    """Equal for values that are the same to everybody who looks; the object itself where that is not cheap to say."""
    if type(value) not in COMPARED:
        return id(value)
    if isinstance(value, Const):
        return type(value.value), value.value
    if isinstance(value, Unknown):
        return value
    if isinstance(value, Function):
        return id(value.info), id(value.bound)
    if isinstance(value, Class):
        return id(value.info)
    assert isinstance(value, External)
    return value.dotted


def meet_branches(a: Value, b: Value) -> Value:
    """One variable after two branches: dicts are merged key by key, lists by their common beginning."""
    if a is b:
        return a
    if isinstance(a, Map) and isinstance(b, Map):
        entries: dict[str, Entry] = {}
        for key in [*a.entries, *(k for k in b.entries if k not in a.entries)]:
            x, y = a.entries.get(key), b.entries.get(key)
            if x and y:
                entries[key] = x if x is y else Entry(meet_branches(x.value, y.value), x.maybe or y.maybe)
            else:
                one = x or y
                assert one is not None
                entries[key] = Entry(one.value, True)
        return Map(entries, a.open or b.open)
    if isinstance(a, Seq) and isinstance(b, Seq):
        if len(a.items) == len(b.items):
            return Seq(
                tuple(meet_branches(x, y) for x, y in zip(a.items, b.items, strict=False)),
                a.open or b.open,
                a.spread or b.spread,
            )
        short, long = (a, b) if len(a.items) < len(b.items) else (b, a)
        common = 0
        while common < len(short.items) and short.items[common] is long.items[common]:
            common += 1
        rest = [*short.items[common:], *long.items[common:]]
        return Seq(short.items[:common], True, join([*rest, *(s for s in (a.spread, b.spread) if s)]))
    if isinstance(a, Instance) and isinstance(b, Instance) and a.cls is b.cls:
        attrs = {k: meet_branches(a.attrs[k], b.attrs[k]) for k in a.attrs if k in b.attrs}
        for k in a.attrs.keys() ^ b.attrs.keys():
            attrs[k] = a.attrs.get(k) or b.attrs[k]
        return Instance(a.cls, attrs, a.general or b.general)
    if isinstance(a, OneOf) and isinstance(b, OneOf) and len(a.values) == len(b.values):
        pairs = list(zip(a.values, b.values, strict=True))
        if all(x is y or (isinstance(x, Instance) and isinstance(y, Instance) and x.cls is y.cls) for x, y in pairs):
            return OneOf(tuple(meet_branches(x, y) for x, y in pairs))
    return join([a, b])


def one_of_maps(maps: Sequence[Map]) -> Map:
    """One of several dicts: what stands in all of them is there for sure."""
    entries: dict[str, Entry] = {}
    for key in dict.fromkeys(k for m in maps for k in m.entries):
        found = [m.entries[key] for m in maps if key in m.entries]
        entries[key] = Entry(join([e.value for e in found]), len(found) < len(maps) or any(e.maybe for e in found))
    return Map(entries, any(m.open for m in maps))


def raised(value: Value, how: How) -> Value:
    """`value` as it looks after having come this way: a literal read through a default argument is "default-arg"."""
    if isinstance(value, Const):
        return Const(value.value, how, value.source) if RANK[value.how] < RANK[how] else value
    if isinstance(value, OneOf):
        return OneOf(tuple(raised(v, how) for v in value.values))
    if isinstance(value, Lazy):
        inner = value
        return Lazy(lambda: raised(force(inner), how))
    return value


def known(value: Value) -> bool:
    return not isinstance(force(value), Unknown)


def possible_none(value: Value) -> bool:
    return any(
        (isinstance(v, Const) and v.value is None) or (isinstance(v, Unknown) and v.nullable)
        for v in alternatives(value)
    )


def not_none(value: Value) -> Value:
    """`value` where a test has excluded None."""

    def of(whole: Value) -> Value:
        kept = [
            Unknown(v.path) if isinstance(v, Unknown) else v
            for v in alternatives(whole)
            if not (isinstance(v, Const) and v.value is None)
        ]
        return join(kept) if kept else UNKNOWN

    return Lazy(lambda: of(value))


def strings(value: Value) -> list[Const]:
    """The string constants among the alternatives, in order."""
    return [v for v in alternatives(value) if isinstance(v, Const) and isinstance(v.value, str)]


def as_text(value: Value) -> Text | None:
    """A constant or text as Text; None for anything else."""
    if isinstance(value, Text):
        return value
    if isinstance(value, Const) and isinstance(value.value, str):
        return Text((value.value,), value.source)
    return None


def concatenated(parts: Iterable[str | Hole], source: str | None = None) -> Value:
    """Parts → one constant where no hole is left, else a text with neighbouring constants merged."""
    merged: list[str | Hole] = []
    run: list[str] = []
    size = 0
    for part in parts:
        size += len(part) if isinstance(part, str) else 1
        if size > TEXT_LIMIT or len(merged) >= MAX_PARTS:  # longer than any prompt: what follows is not kept
            part = Hole("value", UNKNOWN)
        if isinstance(part, str):
            run.append(part)
            continue
        if text := "".join(run):
            merged.append(text)
        run = []
        merged.append(part)
        if size > TEXT_LIMIT or len(merged) > MAX_PARTS:
            break
    if text := "".join(run):
        merged.append(text)
    if not merged:
        return Const("", "constant", source)
    if len(merged) == 1 and isinstance(merged[0], str):
        return Const(merged[0], "constant", source)
    return Text(tuple(merged), source)


def node_name(node: ast.AST) -> str:
    """What to call the value of an expression: its last name, else "value"."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return node.attr
    if isinstance(node, ast.Subscript):
        if isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, str):
            return node.slice.value
        return node_name(node.value)
    if isinstance(node, (ast.Await, ast.Starred)):
        return node_name(node.value)
    if isinstance(node, ast.Call):
        if node.args and isinstance(node.args[0], (ast.Name, ast.Attribute, ast.Subscript)):
            return node_name(node.args[0])
        return node_name(node.func)
    return "value"
