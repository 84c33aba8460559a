"""Methods of strings, dicts, lists and paths: receiver + arguments → value."""

from __future__ import annotations

import inspect
import posixpath
import re
import string
import textwrap

from llmlint.link.core import Core
from llmlint.link.values import (
    TEXT_LIMIT,
    UNKNOWN,
    Args,
    Bound,
    Const,
    FilePath,
    Hole,
    Made,
    Map,
    OneOf,
    Partial,
    PromptValue,
    Seq,
    Text,
    Value,
    alternatives,
    as_text,
    concatenated,
    force,
    join,
    raised,
)

CLOSED_BY = {"{{": "}}", "{%": "%}", "{#": "#}"}
NAME_IN_MARK = re.compile(r"[-~]?\s*([\w.]*)")
SAME_TEXT = frozenset(
    {
        "strip",
        "lstrip",
        "rstrip",
        "encode",
        "decode",
        "expandtabs",
        "removeprefix",
        "removesuffix",
        "replace",
        "title",
        "capitalize",
    }
)


class BuiltinMethods(Core):
    def builtin_method(self, bound: Bound, args: Args) -> Value:
        receiver, name = bound.receiver, bound.name
        text = as_text(receiver)
        if text is not None:
            found = self.text_method(text, name, args)
            return raised(found, receiver.how) if isinstance(receiver, Const) and receiver.how != "literal" else found
        if isinstance(receiver, Map):
            return self.map_method(receiver, name, args)
        if isinstance(receiver, Seq):
            return receiver if name in ("copy", "__copy__") else UNKNOWN
        if isinstance(receiver, FilePath):
            return self.path_method(receiver, name, args)
        if isinstance(receiver, PromptValue):
            return self.prompt_method(receiver, name, args)
        if name == "partial":
            return Partial(receiver, args)
        if name in ("remote", "delay", "apply_async", "submit", "map", "__wrapped__", "with_options", "options", "fn"):
            return self.call(receiver, args, self.project_frame())
        return UNKNOWN

    def text_method(self, text: Text, name: str, args: Args) -> Value:
        if name in ("format", "format_map", "safe_substitute", "substitute"):
            return formatted(text, args, dollar=name.endswith("substitute"))
        if name == "join" and args.pos:
            return self.joined(text, force(args.pos[0]))
        whole = text.parts[0] if len(text.parts) == 1 and isinstance(text.parts[0], str) else None
        if name in ("lower", "upper") and whole is not None:
            return Const(getattr(whole, name)(), "constant", text.source)
        if name == "replace" and len(args.pos) >= 2:
            return replaced(text, force(args.pos[0]), force(args.pos[1]))
        if name in SAME_TEXT:
            return Const(whole, "constant", text.source) if whole is not None else text
        if name in ("split", "rsplit", "partition", "rpartition", "splitlines") and whole is not None:
            constants = [a.value for a in map(force, args.pos) if isinstance(a, Const)]
            if len(constants) != len(args.pos) or args.kw.entries:
                return UNKNOWN
            try:
                pieces = getattr(whole, name)(*constants)
            except (TypeError, ValueError, OverflowError):
                return UNKNOWN
            return Seq(tuple(Const(p, "constant", text.source) for p in pieces[:200]))
        return UNKNOWN

    def joined(self, glue: Text, items: Value) -> Value:
        if not isinstance(items, Seq):
            return Text((Hole("value", items if isinstance(items, Made) else UNKNOWN),))
        parts: list[str | Hole] = []
        for i, item in enumerate(items.items):
            if i:
                parts += glue.parts
            inner = force(item)
            text = as_text(inner)
            parts += text.parts if text is not None else (Hole("value", inner),)
        if items.open:
            parts.append(Hole("value", items.spread or UNKNOWN))
        return concatenated(parts)

    def map_method(self, receiver: Map, name: str, args: Args) -> Value:
        if name in ("copy", "__copy__"):
            return receiver
        if name == "get" and args.pos:
            default = args.pos[1] if len(args.pos) > 1 else Const(None)
            keys = [k for k in alternatives(args.pos[0]) if isinstance(k, Const)]
            if not keys:
                values = [e.value for e in receiver.entries.values()][:14]
                return join([*values, default, *([UNKNOWN] if receiver.open or not values else [])])
            out: list[Value] = []
            for key in keys:
                entry = receiver.entries.get(str(key.value))
                if entry is None:
                    out += [default, UNKNOWN] if receiver.open else [default]
                else:
                    out += [entry.value, default] if entry.maybe else [entry.value]
            return join(out)
        if name == "items":
            pairs = [Seq((Const(k, "constant"), e.value)) for k, e in receiver.entries.items()]
            return Seq(tuple(pairs[:64]), receiver.open or len(pairs) > 64)
        if name == "values":
            return Seq(tuple(e.value for e in receiver.entries.values()), receiver.open)
        if name == "keys":
            return Seq(tuple(Const(k, "constant") for k in receiver.entries), receiver.open)
        return UNKNOWN

    # files ------------------------------------------------------------------------------------------------------------

    def path_method(self, path: FilePath, name: str, args: Args) -> Value:
        if name in ("read_text", "read_bytes", "read", "readlines"):
            return self.file_text(path)
        if name == "joinpath":
            current: Value = path
            for part in args.pos:
                piece = next(
                    (v.value for v in alternatives(part) if isinstance(v, Const) and isinstance(v.value, str)), None
                )
                if piece is None:
                    return UNKNOWN
                current = FilePath(inside(f"{path.path}/{piece}"))
                path = current
            return current
        if name in ("resolve", "absolute", "expanduser", "open", "as_posix", "__str__", "__enter__"):
            return path
        if name == "with_name" and args.pos:
            last = force(args.pos[0])
            if isinstance(last, Const) and isinstance(last.value, str):
                return FilePath(inside(f"{posixpath.dirname(path.path)}/{last.value}"))
        return UNKNOWN

    def file_text(self, path: FilePath) -> Value:
        text = self.project.read_text(inside(path.path))
        return UNKNOWN if text is None else Const(text, "config", inside(path.path))

    # prompt templates -------------------------------------------------------------------------------------------------

    def prompt_method(self, prompt: PromptValue, name: str, args: Args) -> Value:
        if name in (
            "format",
            "format_prompt",
            "invoke",
            "ainvoke",
            "format_messages",
            "render",
            "aformat",
            "render_async",
        ):
            return prompt.content
        if name in ("partial", "to_string", "to_messages"):
            return prompt
        return UNKNOWN


def inside(path: str) -> str:
    """A path relative to the root, normalised; one that leaves the root stays so and is refused by the reader."""
    return posixpath.normpath(path).removeprefix("./")


FIELD = string.Formatter()


def formatted(text: Text, args: Args, dollar: bool = False) -> Value:
    """`"… {x} …".format(x=value)` (or `$x` for string.Template) → the text with the values in."""
    parts: list[str | Hole] = []
    position = 0
    for part in text.parts:
        if isinstance(part, Hole):
            parts.append(part)
            continue
        for literal, field in dollar_fields(part) if dollar else brace_fields(part):
            parts.append(literal)
            if field is None:
                continue
            name = re.split(r"[.\[]", field, maxsplit=1)[0]
            if name == "" or (name.isascii() and name.isdigit() and len(name) < 6):
                index = int(name) if name else position
                position += 1
                value = args.pos[index] if index < len(args.pos) else UNKNOWN
            else:
                entry = args.kw.entries.get(name)
                value = entry.value if entry is not None and not entry.maybe and field == name else UNKNOWN
            inner = force(value)
            plain = as_text(inner)
            if plain is not None:
                parts += plain.parts
            elif isinstance(inner, Const) and isinstance(inner.value, (int, float)):
                parts.append(str(inner.value))
            else:
                parts.append(Hole(name if name and not name.isdigit() else "value", inner))
    return concatenated(parts, text.source)


def brace_fields(part: str) -> list[tuple[str, str | None]]:
    try:
        return [(literal, field) for literal, field, _, _ in FIELD.parse(part)]
    except ValueError:
        return [(part, None)]


def dollar_fields(part: str) -> list[tuple[str, str | None]]:
    out: list[tuple[str, str | None]] = []
    at = 0
    for match in re.finditer(r"\$(?:(\w+)|\{(\w+)\})", part):
        out.append((part[at : match.start()], match.group(1) or match.group(2)))
        at = match.end()
    return [*out, (part[at:], None)]


def template_holes(text: str, source: str | None) -> Value:
    """A Jinja2 or mustache template → text whose `{{ … }}` and `{% … %}` are holes."""
    parts: list[str | Hole] = []
    at = 0
    for mark in re.finditer(r"\{[{%#]", text):
        if mark.start() < at:
            continue
        end = text.find(CLOSED_BY[mark.group()], mark.end())
        if end < 0:
            break  # a mark that is never closed: whatever follows is as unclear
        parts.append(text[at : mark.start()])
        name = NAME_IN_MARK.match(text, mark.end(), end) if mark.group() == "{{" else None
        if mark.group() != "{#":
            parts.append(Hole((name[1] if name else "").split(".")[-1] or "value", UNKNOWN))
        at = end + 2
    return concatenated([*parts, text[at:]], source)


def brace_holes(value: Value) -> Value:
    """LangChain's f-string templates: `{name}` in a constant becomes a hole."""

    def of(inner: Value) -> Value:
        text = as_text(inner)
        if text is None:
            return inner
        parts: list[str | Hole] = []
        for part in text.parts:
            if isinstance(part, Hole):
                parts.append(part)
                continue
            if "{{" in part and "}}" in part and not re.search(r"(?<!\{)\{\w+\}(?!\})", part):
                rendered = template_holes(part, text.source)
                inner_text = as_text(rendered)
                parts += inner_text.parts if inner_text else ()
                continue
            for literal, field in brace_fields(part):
                parts.append(literal)
                if field is not None:
                    parts.append(Hole(field or "value", UNKNOWN))
        return concatenated(parts, text.source)

    inner = force(value)
    return join([of(v) for v in alternatives(inner)]) if isinstance(inner, OneOf) else of(inner)


def replaced(text: Text, old: Value, new: Value) -> Value:
    """`.replace("{x}", value)`: the place becomes a hole, or the constant that goes in."""
    if not (isinstance(old, Const) and isinstance(old.value, str) and old.value):
        return text
    insert = as_text(new)
    if insert is not None and len(text.parts) == len(insert.parts) == 1:
        whole, word = text.parts[0], insert.parts[0]
        if isinstance(whole, str) and isinstance(word, str):
            grown = len(whole) + whole.count(old.value) * max(len(word) - len(old.value), 0)
            return concatenated([whole.replace(old.value, word)], text.source) if grown <= TEXT_LIMIT else text
    middle: tuple[str | Hole, ...] = (
        insert.parts if insert is not None else (Hole(re.sub(r"\W", "", old.value) or "value", new),)
    )
    parts: list[str | Hole] = []
    for part in text.parts:
        if isinstance(part, Hole):
            parts.append(part)
            continue
        for i, piece in enumerate(part.split(old.value)):
            if i:
                parts += middle
            parts.append(piece)
    return concatenated(parts, text.source)


def dedented(value: Value, how: str) -> Value:
    text = as_text(value)
    if text is None:
        return value
    if len(text.parts) == 1 and isinstance(text.parts[0], str):
        whole = text.parts[0]
        return Const(textwrap.dedent(whole) if how == "dedent" else inspect.cleandoc(whole), "constant", text.source)
    return text
