"""Callee + arguments → value: project functions are entered, SDK calls make clients and requests, a few library functions are known."""

from __future__ import annotations

import ast
import json
import posixpath
from collections.abc import Callable

from llmlint.link.builtin_methods import BuiltinMethods, brace_holes, dedented, inside, template_holes
from llmlint.link.core import MAX_INLINE
from llmlint.link.project import FuncInfo
from llmlint.link.scopes import Frame, merged_vars
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
    OneOf,
    Partial,
    PromptValue,
    Response,
    SdkFunction,
    Seq,
    Super,
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


class Calls(BuiltinMethods):
    def call(self, callee: Value, args: Args, frame: Frame) -> Value:
        if isinstance(callee, Lazy):
            if callee.value is None:
                lazy = callee
                return Lazy(lambda: self.call(force(lazy), args, frame))
            callee = callee.value
        if isinstance(callee, OneOf):
            return Lazy(lambda: join([self.call(v, args, frame) for v in alternatives(callee)]))
        if isinstance(callee, Function):
            function = callee
            return Lazy(lambda: self.enter(function, args)[0])
        if isinstance(callee, Class):
            info = callee.info
            return Lazy(lambda: self.instantiate(info, args))
        if isinstance(callee, Partial):
            return self.call(callee.func, Args((*callee.args.pos, *args.pos), callee.args.kw.merged(args.kw), args.open), frame)
        if isinstance(callee, External):
            return self.call_external(callee.dotted, args, frame)
        if isinstance(callee, Client):
            return self.call_client(callee, args)
        if isinstance(callee, ModelValue):
            return self.call_model(callee, args)
        if isinstance(callee, Bound):
            return self.builtin_method(callee, args)
        if isinstance(callee, Made):
            return self.call_made(callee, args, frame)
        if isinstance(callee, (SdkFunction, Response)):
            return Response()
        if isinstance(callee, Instance):
            method = self.find_method(callee.cls, "__call__")
            if method is not None:
                bound = Function(method, callee, method.closure)
                return Lazy(lambda: self.enter(bound, args)[0])
        if isinstance(callee, PromptValue):
            return callee.content
        return UNKNOWN

    # functions of the project -----------------------------------------------------------------------------------------

    def enter(self, function: Function, args: Args) -> tuple[Value, dict[str, Value]]:
        """Runs a project function with these arguments: what it returns, and its variables at the end."""
        info = function.info
        if self.fuel <= 0 or len(self.active) >= MAX_INLINE or self.active.count(info) >= 2:
            return UNKNOWN, {}
        self.active.append(info)
        depth, self.depth = self.depth, self.depth
        try:
            frame = Frame(info.module, info, function.closure or info.closure or self.module_frame(info.module))
            frame.vars = self.bind_arguments(info, args, function.bound, frame)
            if isinstance(info.node, ast.Lambda):
                return self.evaluate(info.node.body, frame), frame.vars
            reached = self.execute(info.node.body, frame)
            ends = [*([frame.vars] if reached else []), *frame.exits]
            return self.result_of(info, frame, reached), merged_vars(ends) if ends else frame.vars
        finally:
            self.depth = depth
            self.active.pop()

    def result_of(self, info: FuncInfo, frame: Frame, reached: bool) -> Value:
        if info.is_generator:
            given = join(frame.yields) if frame.yields else UNKNOWN
            if info.decorated("contextmanager", "asynccontextmanager", "fixture"):
                return given
            return Seq((), True, given)
        if not frame.returns:
            return Const(None) if reached else UNKNOWN
        return join([*frame.returns, *([Const(None)] if reached else [])])

    def bind_arguments(self, info: FuncInfo, args: Args, bound: Value | None, frame: Frame) -> dict[str, Value]:
        a = info.node.args
        names = [x.arg for x in info.arguments]
        out: dict[str, Value] = {}
        pos = list(args.pos)
        if info.is_method and bound is not None:
            pos.insert(0, bound)
        defaults: dict[str, ast.expr] = dict(zip(reversed(names), reversed(a.defaults)))
        defaults.update({k.arg: d for k, d in zip(a.kwonlyargs, a.kw_defaults) if d is not None})
        positional = len(a.posonlyargs)
        for i, name in enumerate(names):
            if i < len(pos):
                out[name] = pos[i]
        if a.vararg is not None:
            out[a.vararg.arg] = Seq(tuple(pos[len(names) :]), args.open)
        taken = set()
        for name in [*names[positional:], *(k.arg for k in a.kwonlyargs)]:
            entry = args.kw.entries.get(name)
            if entry is None or name in out:
                continue
            taken.add(name)
            if entry.maybe:
                default = defaults.get(name)
                out[name] = join([entry.value, self.default(default, info) if default is not None else UNKNOWN])
            else:
                out[name] = entry.value
        for name in [*names, *(k.arg for k in a.kwonlyargs)]:
            if name in out:
                continue
            if (args.open or args.kw.open) and name not in defaults:
                out[name] = UNKNOWN
            elif name in defaults:
                default_value = self.default(defaults[name], info)
                out[name] = join([default_value, UNKNOWN]) if args.kw.open and not args.kw.entries.get(name) else default_value
            else:
                out[name] = UNKNOWN
        if a.kwarg is not None:
            rest = {k: e for k, e in args.kw.entries.items() if k not in taken and (k not in out or k in names[:positional])}
            out[a.kwarg.arg] = Map(rest, args.kw.open)
        return out

    def default(self, node: ast.expr, info: FuncInfo) -> Value:
        """The value of a default argument, as the definition's own scope sees it."""
        scope = info.closure or self.module_frame(info.module)
        quiet = Frame(info.module, None, scope)
        value = self.evaluate(node, quiet)
        unwrapped = getattr(self, "field_default")(value) if isinstance(value, (Made, Lazy)) else value  # noqa: B009
        return raised(unwrapped, "default-arg")

    # SDKs -------------------------------------------------------------------------------------------------------------

    def call_external(self, dotted: str, args: Args, frame: Frame) -> Value:
        client = self.catalogue.client(dotted)
        if client is not None:
            made = self.make_client(dotted, args)
            if made is not None:
                return made
        entry = self.catalogue.model_object(dotted)
        if entry is not None:
            sdk, model_object = entry
            return ModelValue(sdk, model_object, model_object.provider or sdk.provider, self.named(args, model_object.shape.positional))
        function = self.catalogue.function(dotted)
        if function is not None:
            return Response()
        known = LIBRARY.get(dotted) or LIBRARY.get("*." + dotted.rpartition(".")[2])
        if known is not None:
            result = known(self, args, frame)
            if result is not None:
                return result
        return Made(dotted, args, frame=frame)

    def make_client(self, dotted: str, args: Args) -> Value | None:
        found = self.catalogue.client(dotted)
        assert found is not None
        sdk, entry = found
        if entry.when is not None:
            value = args.pos[entry.when.position] if entry.when.position is not None and entry.when.position < len(args.pos) else None
            if value is None and entry.when.keyword in args.kw.entries:
                value = args.kw.entries[entry.when.keyword].value
            named = [v.value for v in alternatives(value) if isinstance(v, Const)] if value is not None else []
            if not any(n in entry.when.equals for n in named):
                return None
        if entry.wraps is not None:
            inner = args.pos[entry.wraps] if entry.wraps < len(args.pos) else next((e.value for e in args.kw.entries.values()), UNKNOWN)

            def wrapped() -> Value:
                out = [v for v in alternatives(inner) if isinstance(v, (Client, SdkFunction))]
                if out and isinstance(out[0], Client):
                    return out[0]
                return Client(sdk, entry.provider or sdk.provider, dotted, args)

            return Lazy(wrapped)
        return Client(sdk, entry.provider or sdk.provider, dotted, args)

    def named(self, args: Args, positional: tuple[str, ...]) -> Map:
        """Positional and keyword arguments as one map of names."""
        kw = args.kw
        for name, value in zip(positional, args.pos):
            kw = kw.with_entry(name, value)
        return kw

    def call_client(self, client: Client, args: Args) -> Value:
        if client.path and client.path[-1] in client.sdk.self_methods:
            return Client(
                client.sdk, client.provider, client.dotted,
                Args(client.args.pos, client.args.kw.merged(args.kw)), client.path[:-1], client.made_by, client.module_level,
            )  # fmt: skip
        method = self.catalogue.method(client.sdk, ".".join(client.path))
        if method is None and client.path:
            # an accessor: client.chats.create(...) gives an object whose methods go on
            return Client(client.sdk, client.provider, client.dotted, client.args, client.path, client.made_by, client.module_level)
        return Response()

    def call_model(self, model: ModelValue, args: Args) -> Value:
        from dataclasses import replace

        if not model.path:
            return Response()
        base = replace(model, path=())
        effect = model.sdk.model_self_methods.get(model.path[-1])
        if effect is None:
            if model.path[-1] in ("pipe",):
                return base
            return Response()
        if effect == "keywords":
            return replace(base, kw=base.kw.merged(args.kw))
        if effect == "tools":
            tools = args.pos[0] if args.pos else next((e.value for e in args.kw.entries.values()), UNKNOWN)
            return replace(base, tools=tools, kw=base.kw.merged(args.kw.without("tools")))
        if effect == "structured":
            return replace(base, structured=True)
        if effect == "config":
            config = args.pos[0] if args.pos else next((e.value for k, e in args.kw.entries.items() if k in ("config", "configurable")), UNKNOWN)
            return replace(base, config=self.configured(base.config, config))
        return base

    def configured(self, before: Map, config: Value) -> Map:
        """LangChain's run configuration: `{"configurable": {…}}`, or the fields themselves."""
        for one in alternatives(config):
            if isinstance(one, Map):
                inner = one.entries.get("configurable")
                fields = force(inner.value) if inner is not None else one
                return before.merged(fields) if isinstance(fields, Map) else Map(before.entries, True)
        return Map(before.entries, True)

    # what libraries return ---------------------------------------------------------------------------------------------

    def call_made(self, made: Made, args: Args, frame: Frame) -> Value:
        method = made.path[-1] if made.path else ""
        last = made.dotted.rpartition(".")[2]
        client = self.catalogue.client(".".join([made.dotted, *made.path]))
        if client is not None:
            found = self.make_client(".".join([made.dotted, *made.path]), args)
            if found is not None:
                return found
        if method in ("parse_args", "parse_known_args") and last == "ArgumentParser":
            return self.namespace(made)
        if method == "get_template" and last in ("Environment", "SandboxedEnvironment", "NativeEnvironment"):
            return self.jinja_file(made, args, frame)
        if method == "from_string" and last.endswith("Environment") and args.pos:
            return self.jinja_text(args.pos[0])
        if method in ("submit", "run_until_complete", "run_in_executor", "spawn") and args.pos:
            return UNKNOWN
        return Made(f"{made.dotted}.{method}" if method else made.dotted, args, (), made, frame)

    def namespace(self, made: Made) -> Value:
        """argparse: the defaults of the parser's own `add_argument` calls, found in the code around it."""
        frame = made.frame
        if frame is None:
            return UNKNOWN
        body: ast.AST = frame.function.node if frame.function else frame.module.tree
        attrs: dict[str, Entry] = {}
        for node in ast.walk(body):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "add_argument"):
                continue
            flags = [a.value for a in node.args if isinstance(a, ast.Constant) and isinstance(a.value, str)]
            long = next((f for f in flags if f.startswith("--")), flags[0] if flags else "")
            given = {k.arg: k.value for k in node.keywords if k.arg}
            dest = given.get("dest")
            name = str(dest.value) if isinstance(dest, ast.Constant) else long.lstrip("-").replace("-", "_")
            default = given.get("default")
            quiet = Frame(frame.module, None, frame)
            value = raised(self.evaluate(default, quiet), "config") if default is not None else UNKNOWN
            attrs[name] = Entry(value)
        return Made("argparse.Namespace", Args(kw=Map(attrs, True)))

    def jinja_file(self, made: Made, args: Args, frame: Frame) -> Value:
        names = [v.value for v in alternatives(args.pos[0]) if isinstance(v, Const) and isinstance(v.value, str)] if args.pos else []
        loader = made.args.kw.entries.get("loader")
        folder = ""
        if loader is not None:
            inner = force(loader.value)
            if isinstance(inner, Made) and inner.args.pos:
                first = force(inner.args.pos[-1] if inner.dotted.endswith("PackageLoader") and len(inner.args.pos) > 1 else inner.args.pos[0])
                folder = first.path if isinstance(first, FilePath) else str(first.value) if isinstance(first, Const) else ""
        for name in names:
            for base in (folder, f"{frame.module.package}/{folder}", f"{frame.module.package}/templates", "templates"):
                path = inside(f"{base}/{name}".lstrip("/"))
                text = self.project.read_text(path)
                if text is not None:
                    return PromptValue(template_holes(text, path))
        return UNKNOWN

    def jinja_text(self, value: Value) -> Value:
        text = as_text(force(value))
        if text is None or not (len(text.parts) == 1 and isinstance(text.parts[0], str)):
            return UNKNOWN
        return PromptValue(template_holes(text.parts[0], text.source))

    def project_frame(self) -> Frame:
        return Frame(self.project.loaded()[0])


# Library functions whose result is known -------------------------------------------------------------------------------

Library = Callable[[Calls, Args, Frame], "Value | None"]


def first(args: Args) -> Value:
    return args.pos[0] if args.pos else next((e.value for e in args.kw.entries.values()), UNKNOWN)


def environment(calls: Calls, args: Args, frame: Frame) -> Value:
    default = args.pos[1] if len(args.pos) > 1 else None
    if default is None:
        entry = args.kw.entries.get("default")
        default = entry.value if entry is not None else None
    return raised(default, "config") if default is not None else Unknown(nullable=True)


def opened(calls: Calls, args: Args, frame: Frame) -> Value | None:
    return as_path(first(args), frame, calls)


def as_path(value: Value, frame: Frame, calls: Calls) -> Value | None:
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


def path_of(calls: Calls, args: Args, frame: Frame) -> Value | None:
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


def dirname(calls: Calls, args: Args, frame: Frame) -> Value | None:
    path = as_path(first(args), frame, calls)
    return FilePath(posixpath.dirname(path.path) or ".") if isinstance(path, FilePath) else None


def loaded_json(calls: Calls, args: Args, frame: Frame) -> Value | None:
    return data_from(calls, first(args), frame, json.loads)


def loaded_yaml(calls: Calls, args: Args, frame: Frame) -> Value | None:
    return data_from(calls, first(args), frame, parse_yaml)


def loaded_toml(calls: Calls, args: Args, frame: Frame) -> Value | None:
    return data_from(calls, first(args), frame, parse_toml)


def data_from(calls: Calls, value: Value, frame: Frame, parse: Callable[[str], object]) -> Value | None:
    for one in alternatives(value):
        text = calls.file_text(one) if isinstance(one, FilePath) else one
        plain = as_text(force(text))
        if plain is not None and len(plain.parts) == 1 and isinstance(plain.parts[0], str) and len(plain.parts[0]) < CONFIG_BYTES:
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
    import sys

    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    return tomllib.loads(text)


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


def same_value(calls: Calls, args: Args, frame: Frame) -> Value:
    return first(args)


def partial_of(calls: Calls, args: Args, frame: Frame) -> Value | None:
    return Partial(args.pos[0], Args(args.pos[1:], args.kw)) if args.pos else None


def dictionary(calls: Calls, args: Args, frame: Frame) -> Value:
    base = calls.splat(Map(), args.pos[0]) if args.pos else Map()
    return base.merged(args.kw)


def listed(calls: Calls, args: Args, frame: Frame) -> Value | None:
    inner = force(args.pos[0]) if args.pos else Seq()
    return inner if isinstance(inner, Seq) else None


def stringed(calls: Calls, args: Args, frame: Frame) -> Value | None:
    inner = force(first(args))
    if isinstance(inner, (Const, Text, FilePath)):
        return Const(str(inner.value), inner.how, inner.source) if isinstance(inner, Const) and not isinstance(inner.value, bytes) else inner
    return None


def number(calls: Calls, args: Args, frame: Frame) -> Value:
    def of(value: Value) -> Value:
        if isinstance(value, Const) and isinstance(value.value, (str, int, float)):
            try:
                return Const(int(float(value.value)), value.how, value.source)
            except (ValueError, OverflowError):
                return UNKNOWN
        return UNKNOWN

    value = first(args)
    return Lazy(lambda: join([of(v) for v in alternatives(value)]))


def attribute_of(calls: Calls, args: Args, frame: Frame) -> Value | None:
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


def dedent(calls: Calls, args: Args, frame: Frame) -> Value:
    return Lazy(lambda: dedented(force(first(args)), "dedent"))


def cleandoc(calls: Calls, args: Args, frame: Frame) -> Value:
    return Lazy(lambda: dedented(force(first(args)), "cleandoc"))


def template(calls: Calls, args: Args, frame: Frame) -> Value:
    value = first(args)
    return Lazy(lambda: template_value(calls, force(value)))


def template_value(calls: Calls, value: Value) -> Value:
    """jinja2.Template("…") or string.Template("…")."""
    text = as_text(value)
    if text is None:
        return UNKNOWN
    whole = text.parts[0] if len(text.parts) == 1 and isinstance(text.parts[0], str) else ""
    return PromptValue(template_holes(whole, text.source)) if "{{" in whole or "{%" in whole else value


def prompt_template(calls: Calls, args: Args, frame: Frame) -> Value:
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
            items.append(Map({"role": Entry(Const("system" if "system" in str(inner) else "user")), "content": Entry(inner.content)}))
        else:
            items.append(inner)
    return Seq(tuple(items), value.open, value.spread)


def message(role: str) -> Library:
    def make(calls: Calls, args: Args, frame: Frame) -> Value:
        entry = args.kw.entries.get("content")
        content = entry.value if entry is not None else first(args)
        return Map({"role": Entry(Const(role)), "content": Entry(content)})

    return make


def awaited(calls: Calls, args: Args, frame: Frame) -> Value:
    return first(args)


def resource(calls: Calls, args: Args, frame: Frame) -> Value | None:
    """importlib.resources.files("pkg") and read_text("pkg", "name")."""
    package = force(first(args))
    dotted = package.value if isinstance(package, Const) else None
    if not isinstance(dotted, str):
        return None
    path = calls.project.find(dotted, frame.module.path)
    folder = posixpath.dirname(path) if path else dotted.replace(".", "/")
    if len(args.pos) > 1:
        name = force(args.pos[1])
        return calls.file_text(FilePath(f"{folder}/{name.value}")) if isinstance(name, Const) else None
    return FilePath(folder)


LIBRARY: dict[str, Library] = {
    "os.getenv": environment, "os.environ.get": environment, "decouple.config": environment, "environ.get": environment,
    "builtins.open": opened, "io.open": opened, "codecs.open": opened, "aiofiles.open": opened,
    "pathlib.Path": path_of, "pathlib.PurePath": path_of, "pathlib.PosixPath": path_of, "os.path.join": path_of,
    "os.path.dirname": dirname, "os.path.abspath": opened, "os.path.realpath": opened, "os.path.normpath": opened,
    "json.load": loaded_json, "json.loads": loaded_json, "yaml.safe_load": loaded_yaml, "yaml.load": loaded_yaml,
    "yaml.full_load": loaded_yaml, "tomllib.load": loaded_toml, "tomllib.loads": loaded_toml, "tomli.load": loaded_toml,
    "toml.load": loaded_toml, "toml.loads": loaded_toml, "omegaconf.OmegaConf.load": loaded_yaml,
    "json.dumps": same_value, "copy.copy": same_value, "copy.deepcopy": same_value, "typing.cast": lambda c, a, f: a.pos[1] if len(a.pos) > 1 else UNKNOWN,
    "functools.partial": partial_of, "functools.lru_cache": lambda c, a, f: None, "builtins.dict": dictionary,
    "builtins.list": listed, "builtins.tuple": listed, "builtins.str": stringed, "builtins.int": number, "builtins.float": number,
    "builtins.getattr": attribute_of, "textwrap.dedent": dedent, "inspect.cleandoc": cleandoc,
    "jinja2.Template": template, "string.Template": template,
    "*.PromptTemplate": prompt_template, "*.ChatPromptTemplate": prompt_template, "*.from_template": prompt_template,
    "*.from_messages": prompt_template,
    "*.SystemMessage": message("system"), "*.HumanMessage": message("user"), "*.AIMessage": message("assistant"),
    "*.SystemMessagePromptTemplate": prompt_template, "*.HumanMessagePromptTemplate": prompt_template,
    "asyncio.wait_for": awaited, "asyncio.create_task": awaited, "asyncio.ensure_future": awaited, "asyncio.run": awaited,
    "asyncio.shield": awaited, "builtins.next": lambda c, a, f: c.elements(first(a)), "builtins.anext": lambda c, a, f: c.elements(first(a)),
    "importlib.resources.files": resource, "importlib.resources.read_text": resource, "dotenv.load_dotenv": lambda c, a, f: UNKNOWN,
    "types.SimpleNamespace": lambda c, a, f: Made("types.SimpleNamespace", a), "streamlit.cache_resource": same_value,
}  # fmt: skip
__all__ = ["Calls", "Super"]
