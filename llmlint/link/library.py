"""Library functions whose result is known: `os.getenv`, `open`, `json.load`, `functools.partial`, templates …"""

from __future__ import annotations

import json
import posixpath
from collections.abc import Callable
from urllib.parse import urljoin

from llmlint.link.builtin_methods import brace_holes, dedented, inside, template_holes
from llmlint.link.core import Core
from llmlint.link.scopes import Frame
from llmlint.link.values import (
    UNKNOWN,
    Args,
    Const,
    Entry,
    FilePath,
    Hole,
    Lazy,
    Made,
    Map,
    Partial,
    PromptValue,
    Seq,
    Text,
    Unknown,
    Value,
    alternatives,
    as_text,
    force,
    join,
    raised,
)

CONFIG_BYTES = 300_000

Library = Callable[[Core, Args, Frame], Value | None]


def first(args: Args) -> Value:
    return args.pos[0] if args.pos else next((e.value for e in args.kw.entries.values()), UNKNOWN)


def environment(calls: Core, args: Args, frame: Frame) -> Value:
    default = args.pos[1] if len(args.pos) > 1 else None
    if default is None:
        entry = args.kw.entries.get("default")
        default = entry.value if entry is not None else None
    return raised(default, "config") if default is not None else Unknown(nullable=True)


def opened(calls: Core, args: Args, frame: Frame) -> Value | None:
    return as_path(first(args), frame, calls)


def as_path(value: Value, frame: Frame, calls: Core) -> Value | None:
    for one in alternatives(value):
        if isinstance(one, FilePath):
            return one
        if isinstance(one, Const) and isinstance(one.value, str):
            path = one.value
            for candidate in (path, f"{frame.module.package}/{path}"):
                if calls.project.read_text(inside(candidate)) is not None:
                    return FilePath(inside(candidate))
            return FilePath(inside(path))
    return None


def path_of(calls: Core, args: Args, frame: Frame) -> Value | None:
    parts = [next(iter(alternatives(p))) for p in args.pos]
    if not parts:
        return FilePath(".")
    out = ""
    for part in parts:
        if isinstance(part, FilePath):
            out = part.path
        elif isinstance(part, Const) and isinstance(part.value, str):
            out = f"{out}/{part.value}" if out else part.value
        else:
            return None
    return FilePath(inside(out))


def joined_url(calls: Core, args: Args, frame: Frame) -> Value | None:
    """urljoin(base, "/api/chat/completions")"""
    if len(args.pos) < 2:
        return None
    base, rest = next(iter(alternatives(args.pos[0]))), next(iter(alternatives(args.pos[1])))
    if not isinstance(rest, Const) or not isinstance(rest.value, str):
        return None
    if isinstance(base, Const) and isinstance(base.value, str):
        try:
            return Const(urljoin(base.value, rest.value))
        except ValueError:
            return None
    return Text((Hole("base", base), "/" + rest.value.lstrip("/")))


def dirname(calls: Core, args: Args, frame: Frame) -> Value | None:
    path = as_path(first(args), frame, calls)
    return FilePath(posixpath.dirname(path.path) or ".") if isinstance(path, FilePath) else None


def loaded_json(calls: Core, args: Args, frame: Frame) -> Value | None:
    return data_from(calls, first(args), frame, json.loads)


def loaded_yaml(calls: Core, args: Args, frame: Frame) -> Value | None:
    return data_from(calls, first(args), frame, parse_yaml)


def loaded_toml(calls: Core, args: Args, frame: Frame) -> Value | None:
    return data_from(calls, first(args), frame, parse_toml)


def data_from(calls: Core, value: Value, frame: Frame, parse: Callable[[str], object]) -> Value | None:
    for one in alternatives(value):
        text = calls.file_text(one) if isinstance(one, FilePath) else one
        plain = as_text(force(text))
        if (
            plain is not None
            and len(plain.parts) == 1
            and isinstance(plain.parts[0], str)
            and len(plain.parts[0]) < CONFIG_BYTES
        ):
            try:
                return from_data(parse(plain.parts[0]), plain.source)
            except Exception:  # a stranger's config file, in whatever shape
                return UNKNOWN
        if isinstance(one, (Map, Seq)):
            return one  # json.loads(json.dumps(x))
    return None


def parse_yaml(text: str) -> object:
    import yaml

    if "&" in text and "*" in text:
        raise ValueError("aliases are not followed")
    return yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))


def parse_toml(text: str) -> object:

    from llmlint.scan.toml import load_toml

    return load_toml(text)


def from_data(data: object, source: str | None, depth: int = 0) -> Value:
    if depth > 20:
        return UNKNOWN
    if isinstance(data, dict):
        return Map({str(k): Entry(from_data(v, source, depth + 1)) for k, v in list(data.items())[:400]})
    if isinstance(data, list):
        return Seq(tuple(from_data(v, source, depth + 1) for v in data[:400]), len(data) > 400)
    if data is None or isinstance(data, (str, int, float, bool)):
        return Const(data, "config", source)
    return UNKNOWN


def same_value(calls: Core, args: Args, frame: Frame) -> Value:
    return first(args)


def partial_of(calls: Core, args: Args, frame: Frame) -> Value | None:
    return Partial(args.pos[0], Args(args.pos[1:], args.kw)) if args.pos else None


def dictionary(calls: Core, args: Args, frame: Frame) -> Value:
    base = calls.splat(Map(), args.pos[0]) if args.pos else Map()
    return base.merged(args.kw)


def listed(calls: Core, args: Args, frame: Frame) -> Value | None:
    inner = force(args.pos[0]) if args.pos else Seq()
    return inner if isinstance(inner, Seq) else None


def stringed(calls: Core, args: Args, frame: Frame) -> Value | None:
    inner = force(first(args))
    if isinstance(inner, (Const, Text, FilePath)):
        return (
            Const(str(inner.value), inner.how, inner.source)
            if isinstance(inner, Const) and not isinstance(inner.value, bytes)
            else inner
        )
    return None


def number(calls: Core, args: Args, frame: Frame) -> Value:
    def of(value: Value) -> Value:
        if isinstance(value, Const) and isinstance(value.value, (str, int, float)):
            try:
                return Const(int(float(value.value)), value.how, value.source)
            except (ValueError, OverflowError):
                return UNKNOWN
        return UNKNOWN

    value = first(args)
    return Lazy(lambda: join([of(v) for v in alternatives(value)]))


def attribute_of(calls: Core, args: Args, frame: Frame) -> Value | None:
    if len(args.pos) < 2:
        return None
    name = force(args.pos[1])
    if not (isinstance(name, Const) and isinstance(name.value, str)):
        return UNKNOWN
    found = calls.attribute(args.pos[0], name.value)
    if len(args.pos) < 3:
        return found
    default = args.pos[2]
    return Lazy(lambda: found if not isinstance(force(found), Unknown) else join([UNKNOWN, default]))


def dedent(calls: Core, args: Args, frame: Frame) -> Value:
    return Lazy(lambda: dedented(force(first(args)), "dedent"))


def cleandoc(calls: Core, args: Args, frame: Frame) -> Value:
    return Lazy(lambda: dedented(force(first(args)), "cleandoc"))


def template(calls: Core, args: Args, frame: Frame) -> Value:
    value = first(args)
    return Lazy(lambda: template_value(calls, force(value)))


def template_value(calls: Core, value: Value) -> Value:
    """jinja2.Template("…") or string.Template("…")."""
    text = as_text(value)
    if text is None:
        return UNKNOWN
    whole = text.parts[0] if len(text.parts) == 1 and isinstance(text.parts[0], str) else ""
    return PromptValue(template_holes(whole, text.source)) if "{{" in whole or "{%" in whole else value


def prompt_template(calls: Core, args: Args, frame: Frame) -> Value:
    entry = args.kw.entries.get("template") or args.kw.entries.get("messages")
    value = entry.value if entry is not None else first(args)
    return PromptValue(Lazy(lambda: prompt_content(force(value))))


def prompt_content(value: Value) -> Value:
    """LangChain message tuples ("system", "…") and templates → messages as role and content."""
    if not isinstance(value, Seq):
        return brace_holes(value)
    items: list[Value] = []
    for item in value.items:
        inner = force(item)
        if isinstance(inner, Seq) and len(inner.items) == 2:
            items.append(Map({"role": Entry(inner.items[0]), "content": Entry(brace_holes(inner.items[1]))}))
        elif isinstance(inner, PromptValue):
            items.append(
                Map(
                    {
                        "role": Entry(Const("system" if "system" in str(inner) else "user")),
                        "content": Entry(inner.content),
                    }
                )
            )
        else:
            items.append(inner)
    return Seq(tuple(items), value.open, value.spread)


def message(role: str) -> Library:
    def make(calls: Core, args: Args, frame: Frame) -> Value:
        entry = args.kw.entries.get("content")
        content = entry.value if entry is not None else first(args)
        return Map({"role": Entry(Const(role)), "content": Entry(content)})

    return make


def awaited(calls: Core, args: Args, frame: Frame) -> Value:
    return first(args)


def resource(calls: Core, args: Args, frame: Frame) -> Value | None:
    """importlib.resources.files("pkg") and read_text("pkg", "name")."""
    package = force(first(args))
    dotted = package.value if isinstance(package, Const) else None
    if not isinstance(dotted, str):
        return None
    path = calls.project.find(dotted, frame.module.path)
    folder = posixpath.dirname(path) if path else dotted.replace(".", "/")
    if len(args.pos) > 1:
        name = force(args.pos[1])
        if isinstance(name, Const) and isinstance(name.value, str):
            return calls.file_text(FilePath(f"{folder}/{name.value}"))
        return None
    return FilePath(folder)


LIBRARY: dict[str, Library] = {
    "os.getenv": environment, "os.environ.get": environment, "decouple.config": environment, "environ.get": environment,
    "builtins.open": opened, "io.open": opened, "codecs.open": opened, "aiofiles.open": opened,
    "pathlib.Path": path_of, "pathlib.PurePath": path_of, "pathlib.PosixPath": path_of, "os.path.join": path_of,
    "urllib.parse.urljoin": joined_url, "os.path.dirname": dirname, "os.path.abspath": opened,
    "os.path.realpath": opened, "os.path.normpath": opened,
    "json.load": loaded_json, "json.loads": loaded_json, "yaml.safe_load": loaded_yaml, "yaml.load": loaded_yaml,
    "yaml.full_load": loaded_yaml, "tomllib.load": loaded_toml, "tomllib.loads": loaded_toml, "tomli.load": loaded_toml,
    "toml.load": loaded_toml, "toml.loads": loaded_toml, "omegaconf.OmegaConf.load": loaded_yaml,
    "ujson.loads": loaded_json, "orjson.loads": loaded_json, "simplejson.loads": loaded_json, "ujson.load": loaded_json,
    "ujson.dumps": same_value, "orjson.dumps": same_value, "simplejson.dumps": same_value, "json.dumps": same_value,
    "copy.copy": same_value, "copy.deepcopy": same_value,
    "typing.cast": lambda c, a, f: a.pos[1] if len(a.pos) > 1 else UNKNOWN,
    "functools.partial": partial_of, "functools.lru_cache": lambda c, a, f: None, "builtins.dict": dictionary,
    "builtins.list": listed, "builtins.tuple": listed, "builtins.str": stringed, "builtins.int": number,
    "builtins.float": number,
    "builtins.getattr": attribute_of, "textwrap.dedent": dedent, "inspect.cleandoc": cleandoc,
    "jinja2.Template": template, "string.Template": template,
    "*.PromptTemplate": prompt_template, "*.ChatPromptTemplate": prompt_template, "*.from_template": prompt_template,
    "*.from_messages": prompt_template,
    "*.SystemMessage": message("system"), "*.HumanMessage": message("user"), "*.AIMessage": message("assistant"),
    "*.SystemMessagePromptTemplate": prompt_template, "*.HumanMessagePromptTemplate": prompt_template,
    "asyncio.wait_for": awaited, "asyncio.create_task": awaited, "asyncio.ensure_future": awaited,
    "asyncio.run": awaited,
    "asyncio.shield": awaited, "builtins.next": lambda c, a, f: c.elements(first(a)),
    "builtins.anext": lambda c, a, f: c.elements(first(a)),
    "importlib.resources.files": resource, "importlib.resources.read_text": resource,
    "dotenv.load_dotenv": lambda c, a, f: UNKNOWN,
    "types.SimpleNamespace": lambda c, a, f: Made("types.SimpleNamespace", a), "streamlit.cache_resource": same_value,
}  # fmt: skip
