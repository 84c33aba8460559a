"""What a request sends as prompt → its constant prefix, its cache marks, its text with {name} where values go in."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from llmlint.facts import PromptFact
from llmlint.link.changing import by_name, drawn
from llmlint.link.slots import Slot
from llmlint.link.values import (
    Class,
    Const,
    Function,
    Instance,
    Made,
    Map,
    Origin,
    PromptValue,
    Seq,
    Text,
    Unknown,
    Value,
    alternatives,
    force,
)
from llmlint.sdks.tokens import estimate

TEXT_LIMIT = 120_000
CONTAINERS = ("messages", "system", "input", "tools")  # an unknown value here may hold cache marks
LATE_STATIC = 1_000  # characters of constant text after something that varies that are worth telling
ROLES = frozenset({"system", "human", "ai", "user", "assistant", "developer"})
# the keys, types and constructors of parts that are no text
MEDIA = frozenset({
    "image_url", "image", "input_image", "inline_data", "input_audio", "audio", "document", "file", "input_file",
    "from_bytes", "from_uri", "video", "inlineData", "fileData", "file_data", "Image",
})  # fmt: skip
MAX_STEPS = 20_000  # values looked at in one prompt: texts that hold each other can multiply
MAX_MARKS = 4  # that the provider takes
BLOCK = 512  # tokens of constant text in one piece that are worth another place


Anew = Callable[[Origin], "str | None"]  # the words for what is drawn for every request; None for what is not


@dataclass
class Segments:
    """The prompt in the order that the provider sees it."""

    prefix_chars: int = 0
    prefix_tokens: float = 0.0
    most: float | None = 0.0  # tokens of the longest that this can be; None where something of any length stands in it
    varying: bool = False  # something that varies has been met
    steady_tokens: float = 0.0  # what the constant prefix would be without the things in `varies`
    plain: bool = False  # something that varies for a good reason has been met
    piece: float = 0.0  # tokens of constant text since the last thing that varies
    blocks: float = 0.0  # tokens in the pieces of constant text that are large
    blocks_before: float = 0.0  # of these, what stands before the first of `varies`
    varies: list[str] = field(default_factory=list)
    late_chars: int = 0
    least_tokens: float = 0.0  # as the next, of the shortest
    constant_tokens: float = 0.0  # before and behind what varies; of several texts that can stand here, the longest
    text: list[str] = field(default_factory=list)
    size: int = 0
    sources: list[str] = field(default_factory=list)
    marks: int = 0  # cache breakpoints
    maybe_marks: int = 0
    marked_tokens: float | None = None  # at most, before the last of them; None where there is no such bound
    tool_tokens: float | None = None  # of constant_tokens, in the descriptions of tools
    unsized: bool = False  # something of unknown size stands before, though not in the prompt's text
    lives: list[str | None] = field(default_factory=list)  # how long each mark asks for
    variants: list[str] = field(default_factory=list)
    media: bool = False
    unknown: bool = False  # a part whose shape is not known: marks could be there

    def constant(self, text: str, source: str | None) -> None:
        tokens = estimate(text)
        self.constant_tokens += tokens
        self.most = None if self.most is None else self.most + tokens
        self.least_tokens += tokens
        if self.varying:
            self.late_chars += len(text)
        else:
            self.prefix_chars += len(text)
            self.prefix_tokens += tokens
        self.piece += tokens
        if not self.plain:
            self.steady_tokens += tokens
        if self.size < TEXT_LIMIT:
            self.text.append(text)
            self.size += len(text)
        if source and source not in self.sources:
            self.sources.append(source)

    def vary(self) -> None:
        self.may_lack()
        self.most = None

    def may_lack(self) -> None:
        """What follows is not sent every time."""
        self.varying = self.plain = True
        self.end_piece()

    def end_piece(self) -> None:
        self.blocks += self.piece if self.piece >= BLOCK else 0
        self.piece = 0.0

    @property
    def hidden_tokens(self) -> float:
        """Constant text that no cache can read because of what stands in `varies`."""
        self.end_piece()
        return max(self.steady_tokens - self.prefix_tokens, self.blocks - self.blocks_before)

    def changing(self, name: str, told: str) -> None:
        """Something that differs from request to request, and need not stand here."""
        self.end_piece()
        if not self.plain and told not in self.varies:
            if not self.varies:
                self.blocks_before = self.blocks
            self.varies.append(told)
        self.varying = True
        self.most = None
        self.text.append("{" + name + "}")
        self.size += len(name) + 2

    def mark(self, life: str | None) -> None:
        self.marks += 1
        self.lives.append(life)
        self.marked_tokens = None if self.unsized or self.unknown else self.most

    def hole(self, name: str) -> None:
        self.vary()
        self.text.append("{" + name + "}")
        self.size += len(name) + 2


class PromptReader:
    """Walks the values of prompt slots."""

    def __init__(self, steps: list[int] | None = None, anew: Anew | None = None) -> None:
        self.out = Segments()
        self.anew = anew
        self.steps = steps if steps is not None else [MAX_STEPS]  # left, for this reader and those that it starts

    def read(self, value: Value, name: str = "value", depth: int = 0) -> None:
        self.steps[0] -= 1
        if depth > 12 or self.out.size > TEXT_LIMIT or self.steps[0] < 0:
            self.out.hole(name)
            return
        choices = list(alternatives(value))
        if len(choices) > 1:
            self.choose(choices, name, depth)
            return
        one = choices[0] if choices else Unknown()
        if isinstance(one, Const):
            if isinstance(one.value, str):
                self.out.constant(one.value, one.source)
            elif one.value is not None:
                self.out.constant(str(one.value), None)
        elif isinstance(one, Text):
            for part in one.parts:
                if isinstance(part, str):
                    self.out.constant(part, one.source)
                else:
                    self.read(part.value, part.name, depth + 1)
        elif isinstance(one, Seq) and (role := role_of(one)) is not None:
            self.read(one.items[1], role, depth + 1)
        elif isinstance(one, Seq):
            for item in one.items:
                self.read(item, name, depth + 1)
                self.out.text.append("\n")
            if one.open:
                self.out.unknown = self.out.unknown or name in CONTAINERS
                if one.spread is not None and not isinstance(force(one.spread), Unknown):
                    if drawn(force(one.spread)) is None:
                        self.out.vary()
                    self.read(one.spread, name, depth + 1)
                else:
                    self.out.hole(name)
        elif isinstance(one, Map):
            self.read_block(one, name, depth)
        elif isinstance(one, PromptValue):
            self.read(one.content, name, depth + 1)
        elif isinstance(one, Made):
            at = drawn(one)
            if at is not None and self.anew is not None and (told := self.anew(at)) is not None:
                self.out.changing(name, told)
            else:
                self.read_made(one, name, depth)
        elif isinstance(one, (Function, Class)):
            self.read_definition(one)
        elif isinstance(one, Instance):
            self.read_instance(one, name, depth)
        elif isinstance(one, Unknown) and self.anew is not None and (told := by_name(name)) is not None:
            self.out.changing(name, told)
        else:
            self.out.unknown = self.out.unknown or name in CONTAINERS
            self.out.hole(name)

    def choose(self, choices: Sequence[Value], name: str, depth: int) -> None:
        """One of several: the longest stands for all in the text; only the shortest constant is a sure prefix."""
        readers = []
        for choice in choices:
            if isinstance(choice, Const) and choice.value is None:
                continue
            reader = PromptReader(self.steps, self.anew)
            reader.out.unsized = self.out.unsized
            reader.read(choice, name, depth + 1)
            readers.append(reader.out)
        if not readers:
            return
        longest = max(readers, key=lambda s: s.size)
        shortest = min(readers, key=lambda s: s.prefix_chars)
        before = None if self.out.unknown or len(readers) > 1 else self.out.most
        bounds = [r.most for r in readers if r.most is not None]
        bounded = self.out.most is not None and len(bounds) == len(readers)
        self.out.most = self.out.most + max(bounds) if self.out.most is not None and bounded else None
        if not self.out.varying:
            self.out.prefix_chars += shortest.prefix_chars
            self.out.prefix_tokens += shortest.prefix_tokens
        self.out.end_piece()
        for one in readers:
            one.end_piece()
        if not self.out.plain:
            self.out.steady_tokens += min(r.steady_tokens for r in readers)
            if all(r.varies for r in readers):
                if not self.out.varies:
                    self.out.blocks_before = self.out.blocks + max(r.blocks_before for r in readers)
                self.out.varies += [v for v in longest.varies if v not in self.out.varies]
        self.out.varying = self.out.varying or len(readers) > 1 or any(r.varying for r in readers)
        self.out.plain = self.out.plain or len(readers) > 1 or any(r.plain for r in readers)
        self.out.media = self.out.media or any(r.media for r in readers)
        if len(readers) > 1 and not self.out.variants:
            self.out.variants = ["".join(r.text) for r in readers]
        self.out.constant_tokens += longest.constant_tokens
        self.out.least_tokens += min(r.least_tokens for r in readers)
        self.out.blocks += min(r.blocks for r in readers)
        self.out.text += longest.text
        self.out.size += longest.size
        self.out.sources += [s for s in longest.sources if s not in self.out.sources]
        if all(r.marks for r in readers):
            self.out.marks += min(r.marks for r in readers)
            self.out.lives += longest.lives
            inner = longest.marked_tokens
            self.out.marked_tokens = None if before is None or inner is None else before + inner
        else:
            self.out.maybe_marks += max(r.marks + r.maybe_marks for r in readers)
        self.out.unknown = self.out.unknown or any(r.unknown for r in readers)

    def read_block(self, block: Map, name: str, depth: int) -> None:
        """A message, a content block, or a tool description."""
        entries = block.entries
        kind = force(entries["type"].value) if "type" in entries else None
        if MEDIA & entries.keys() or (isinstance(kind, Const) and kind.value in MEDIA):
            self.out.media = True
        mark = entries.get("cache_control") or entries.get("cachePoint")
        values = list(alternatives(mark.value)) if mark is not None else []
        unsure = any(isinstance(v, Const) and v.value is None for v in values)
        if mark is not None and (mark.maybe or unsure):
            self.out.maybe_marks += 1
        if "additional_kwargs" in entries:
            self.out.maybe_marks += 1
        keys = [k for k in ("text", "content", "parts", "input_text", "instructions") if k in entries]
        if keys:
            for key in keys:
                self.read(entries[key].value, name if key != "content" else content_name(block, name), depth + 1)
        else:
            for other, entry in entries.items():
                if other in ("cache_control", "type", "role", "cachePoint"):
                    continue
                self.out.constant(other + ": ", None)
                self.read(entry.value, other, depth + 1)
        if block.open and not keys:
            self.out.unknown = True
        if mark is not None and not mark.maybe and not unsure:
            self.out.mark(life_of(values))

    def read_made(self, made: Made, name: str, depth: int) -> None:
        kw = made.args.kw.entries
        last = made.dotted.rpartition(".")[2]
        self.out.media = self.out.media or last in MEDIA
        for key in ("content", "text", "parts", "input"):
            if key in kw:
                self.read(kw[key].value, name, depth + 1)
                return
        if (
            last in ("Content", "Part", "TextBlockParam", "SystemMessage", "HumanMessage", "from_text", "UserMessage")
            and made.args.pos
        ):
            self.read(made.args.pos[0], name, depth + 1)
            return
        self.out.unknown = self.out.unknown or name in CONTAINERS
        self.out.hole(name)

    def read_definition(self, value: Function | Class) -> None:
        """A tool given as a function or a class: its name, its docstring and its fields are sent."""
        node = value.info.node
        if isinstance(node, ast.Lambda):
            return
        texts = [node.name, ast.get_docstring(node) or ""]
        if isinstance(node, ast.ClassDef):
            texts += [n.value for n in ast.walk(node) if isinstance(n, ast.Constant) and isinstance(n.value, str)]
        else:
            texts += [a.arg for a in node.args.args]
        self.out.constant("\n".join(texts), None)

    def read_instance(self, one: Instance, name: str, depth: int) -> None:
        for key in ("content", "text", "prompt", "template"):
            if key in one.attrs:
                self.read(one.attrs[key], name, depth + 1)
                return
        self.out.hole(name)


def life_of(marks: Sequence[Value]) -> str | None:
    """The `ttl` that a mark asks for; five minutes where it says nothing."""
    lives: set[object] = set()
    for one in marks:
        if not isinstance(one, Map) or one.open:
            return None
        entry = one.entries.get("ttl")
        given = force(entry.value) if entry is not None else Const("5m")
        lives.add(given.value if isinstance(given, Const) and not (entry and entry.maybe) else None)
    life = lives.pop() if len(lives) == 1 else None
    return life if isinstance(life, str) else None


def role_of(pair: Seq) -> str | None:
    """The role of a message that is written as a pair: ("system", "Be brief.")."""
    first = force(pair.items[0]) if len(pair.items) == 2 and not pair.open else None
    return str(first.value) if isinstance(first, Const) and first.value in ROLES else None


def content_name(block: Map, name: str) -> str:
    role = block.entries.get("role")
    value = force(role.value) if role is not None else None
    return str(value.value) if isinstance(value, Const) else name


def prompt_fact(
    slots: Sequence[tuple[str, Slot]],
    explicit: bool,
    switched_on: bool | None,
    anew: Anew | None = None,
    tools_known: bool = True,
) -> PromptFact:
    """slots: (name, slot), ordered as the provider sees them. switched_on: is a cache keyword passed? anew: tells of
    what is drawn for every request; tools_known: there are no tools beside those in `slots`."""
    reader = PromptReader(anew=anew)
    out = reader.out
    out.unsized = not tools_known
    seen = False
    for name, found in slots:
        if found.state in ("absent",):
            continue
        if found.state == "open":
            out.unknown = True
            out.vary()
            continue
        seen = True
        if name == "tools":
            read_tools(out, found)
            continue
        if found.state == "maybe":
            out.may_lack()
        reader.read(found.value, name)
        out.text.append("\n\n")
    text = "".join(out.text).strip()
    if not seen and not text:
        return PromptFact(cached=switched_on if explicit else None)
    cached: bool | None
    if not explicit:
        cached = None
    elif out.marks or switched_on:
        cached = True
    elif out.maybe_marks or out.unknown or switched_on is None:
        cached = None
    else:
        cached = False
    chars = out.prefix_chars
    return PromptFact(
        static_chars=chars,
        static_tokens=int(out.prefix_tokens),
        constant_tokens=int(out.constant_tokens),
        least_tokens=int(out.least_tokens),
        cached=cached,
        dynamic_before_static=out.varying and out.late_chars >= LATE_STATIC and out.late_chars > chars,
        source=tuple(out.sources),
        text=text or None,
        variants=tuple(out.variants),
        constant=None if out.unknown else not out.varying,
        media=True if out.media else None,
        speaks_of_json=True if "json" in text.lower() else None,
        varies=tuple(out.varies),
        hidden_tokens=int(out.hidden_tokens) if out.varies else None,
        breakpoints=out.marks if out.marks > MAX_MARKS or not (out.maybe_marks or out.unknown) else None,
        cached_tokens=None if not out.marks or out.marked_tokens is None else int(out.marked_tokens),
        tool_tokens=None if out.tool_tokens is None else int(out.tool_tokens),
        ttl=max(lives) if (lives := [life for life in out.lives if life]) and len(lives) == len(out.lives) else None,
    )


def read_tools(out: Segments, found: Slot) -> None:
    """Tool descriptions stand first and count as constant text; their words are no part of the prompt's text."""
    reader = PromptReader()
    reader.read(found.value, "tools")
    inner = reader.out
    if inner.constant_tokens:
        out.tool_tokens = (out.tool_tokens or 0) + inner.constant_tokens
    out.constant_tokens += inner.constant_tokens
    out.least_tokens += inner.least_tokens
    if not out.varying and found.state == "present":
        out.prefix_chars += inner.prefix_chars
        out.prefix_tokens += inner.prefix_tokens
        out.steady_tokens += inner.prefix_tokens
    out.most = None if out.most is None or inner.most is None else out.most + inner.most
    if inner.unknown or inner.most is None or not found.passed:
        out.unsized = True
    if inner.marks:
        out.marked_tokens = None if out.unsized else inner.marked_tokens
        out.lives += inner.lives
    out.marks += inner.marks
    out.maybe_marks += inner.maybe_marks
    if inner.unknown:
        out.unknown = True


def system_is_plain_string(node: ast.Call, keyword: str) -> bool:
    """`system="…"`, `system=NAME` or an f-string: what a fix can put into a cached block."""
    for given in node.keywords:
        if given.arg == keyword:
            return isinstance(given.value, (ast.Constant, ast.Name, ast.JoinedStr, ast.Attribute))
    return False
