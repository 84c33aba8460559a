"""Callee + arguments → value: project functions are entered, SDK calls make clients and requests."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import replace

from llmlint.link.builtin_methods import BuiltinMethods, inside, template_holes
from llmlint.link.core import CALL_FUEL, MAX_INLINE, POOR_FUEL, UNIT_FUEL
from llmlint.link.library import LIBRARY
from llmlint.link.project import FuncInfo
from llmlint.link.scopes import Frame, Way, merged_vars
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
    OneOf,
    Partial,
    PromptValue,
    Response,
    SdkFunction,
    Seq,
    Value,
    alternatives,
    as_text,
    force,
    join,
    raised,
)
from llmlint.sdks.catalogue import ModelObject, Sdk


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
            function, came = callee, ((frame.function, frame.loops), *frame.came)
            return self.later(lambda: self.enter(function, args, came)[0])
        if isinstance(callee, Class):
            info = callee.info
            return self.later(lambda: self.instantiate(info, args))
        if isinstance(callee, Partial):
            return self.call(
                callee.func, Args((*callee.args.pos, *args.pos), callee.args.kw.merged(args.kw), args.open), frame
            )
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
                return self.later(lambda: self.enter(bound, args)[0])
        if isinstance(callee, PromptValue):
            return callee.content
        return UNKNOWN

    # functions of the project -----------------------------------------------------------------------------------------

    def enter(self, function: Function, args: Args, came: Way = ()) -> tuple[Value, dict[str, Value]]:
        """Runs a project function with these arguments: what it returns, and its variables at the end."""
        info = function.info
        if len(self.active) >= MAX_INLINE or info in self.active:
            return UNKNOWN, {}
        depth, chain, fuel = self.depth, self.active, self.fuel
        poor = POOR_FUEL if self.spent < 2 * UNIT_FUEL else 0
        given = fuel if chain else CALL_FUEL if self.spent < UNIT_FUEL else poor
        if given <= 0:
            UNDERWAY.cut()  # somebody with more fuel may ask again
            return UNKNOWN, {}
        self.active, self.fuel = (*chain, info), given
        try:
            frame = Frame(info.module, info, function.closure or info.closure or self.module_frame(info.module))
            frame.came = came
            frame.vars = self.bind_arguments(info, args, function.bound, frame)
            if isinstance(info.node, ast.Lambda):
                return self.evaluate(info.node.body, frame), frame.vars
            reached = self.execute(info.node.body, frame)
            ends = [*([frame.vars] if reached else []), *frame.exits]
            return self.result_of(info, frame, reached), merged_vars(ends) if ends else frame.vars
        finally:
            self.spent += given - self.fuel
            self.depth, self.active, self.fuel = depth, chain, self.fuel if chain else fuel

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
        defaults: dict[str, ast.expr] = dict(zip(reversed(names), reversed(a.defaults), strict=False))
        defaults.update({k.arg: d for k, d in zip(a.kwonlyargs, a.kw_defaults, strict=False) if d is not None})
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
                otherwise = args.spread or UNKNOWN
                out[name] = join([entry.value, self.default(default, info) if default is not None else otherwise])
            else:
                out[name] = entry.value
        for name in [*names, *(k.arg for k in a.kwonlyargs)]:
            if name in out:
                continue
            if (args.open or args.kw.open) and name not in defaults:
                out[name] = UNKNOWN if args.spread is None else join([args.spread, UNKNOWN])
            elif name in defaults:
                default_value = self.default(defaults[name], info)
                out[name] = (
                    join([default_value, UNKNOWN]) if args.kw.open and not args.kw.entries.get(name) else default_value
                )
            else:
                out[name] = UNKNOWN
        if a.kwarg is not None:
            rest = {
                k: e for k, e in args.kw.entries.items() if k not in taken and (k not in out or k in names[:positional])
            }
            out[a.kwarg.arg] = Map(rest, args.kw.open)
        return out

    def default(self, node: ast.expr, info: FuncInfo) -> Value:
        """The value of a default argument, as the definition's own scope sees it."""
        scope = info.closure or self.module_frame(info.module)
        quiet = Frame(info.module, None, scope)
        value = self.evaluate(node, quiet)
        unwrapped = self.field_default(value) if isinstance(value, (Made, Lazy)) else value
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
            return self.make_model(*entry, args)
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
            value = (
                args.pos[entry.when.position]
                if entry.when.position is not None and entry.when.position < len(args.pos)
                else None
            )
            if value is None and entry.when.keyword in args.kw.entries:
                value = args.kw.entries[entry.when.keyword].value
            named = [v.value for v in alternatives(value) if isinstance(v, Const)] if value is not None else []
            if not any(n in entry.when.equals for n in named):
                return None
        if entry.wraps is not None:
            inner = (
                args.pos[entry.wraps]
                if entry.wraps < len(args.pos)
                else next((e.value for e in args.kw.entries.values()), UNKNOWN)
            )

            def wrapped() -> Value:
                out = [v for v in alternatives(inner) if isinstance(v, (Client, SdkFunction))]
                if out and isinstance(out[0], Client):
                    return out[0]
                return Client(sdk, entry.provider or sdk.provider, dotted, args)

            return Lazy(wrapped)
        return Client(sdk, entry.provider or sdk.provider, dotted, args)

    def make_model(self, sdk: Sdk, entry: ModelObject, args: Args) -> Value:
        """A model object, or what holds others: then the one that is held is asked, by the holder's methods."""
        kw = self.named(args, entry.shape.positional)
        own = ModelValue(sdk, entry, entry.provider or sdk.provider, kw)
        names = kw.entries if "*" in entry.holds else entry.holds
        given = [kw.entries[name].value for name in names if name in kw.entries]
        return Lazy(lambda: self.held(own, given)) if given or entry.empty else own

    def held(self, holder: ModelValue, given: list[Value]) -> Value:
        kw = Map() if holder.entry.empty else holder.kw
        prompt = force(kw.entries["prompt"].value) if "prompt" in kw.entries else None
        tools = kw.entries["tools"].value if "tools" in kw.entries else None
        found: list[Value] = []
        for one in (part for value in given for part in alternatives(value)):
            for inner in parts_of(one):
                found += [v for v in alternatives(inner) if isinstance(v, ModelValue) and not v.path]
        if not found:
            return UNKNOWN if holder.entry.empty else holder
        return join(
            replace(
                model,
                outer=model.outer if holder.entry.empty else holder.asked_as,
                prompt=prompt.content if isinstance(prompt, PromptValue) else model.prompt,
                tools=tools if tools is not None else model.tools,
            )
            for model in found
            if isinstance(model, ModelValue)
        )

    def named(self, args: Args, positional: tuple[str, ...]) -> Map:
        """Positional and keyword arguments as one map of names."""
        kw = args.kw
        for name, value in zip(positional, args.pos, strict=False):
            kw = kw.with_entry(name, value)
        return kw

    def call_client(self, client: Client, args: Args) -> Value:
        if client.path and client.path[-1] in client.sdk.self_methods:
            return Client(
                client.sdk, client.provider, client.dotted, Args(client.args.pos, client.args.kw.merged(args.kw)),
                client.path[:-1], client.made_by, client.module_level,
            )  # fmt: skip
        method = self.catalogue.method(client.sdk, ".".join(client.path))
        if method is None and client.path:
            # an accessor: client.chats.create(...) gives an object whose methods go on
            return Client(
                client.sdk,
                client.provider,
                client.dotted,
                client.args,
                client.path,
                client.made_by,
                client.module_level,
            )
        return Response()

    def call_model(self, model: ModelValue, args: Args) -> Value:
        if not model.path:
            return Response()
        base = replace(model, path=())
        effect = model.asked_as.model_self_methods.get(model.path[-1])
        if effect is None:
            if model.path[-1] in ("pipe",):
                return base
            return Response()
        if effect == "holds":
            given = [args.kw.entries[name].value for name in model.entry.holds if name in args.kw.entries]
            return Lazy(lambda: self.held(replace(base, kw=base.kw.merged(args.kw)), given)) if given else base
        if effect == "keywords":
            return replace(base, kw=base.kw.merged(args.kw))
        if effect == "tools":
            tools = args.pos[0] if args.pos else next((e.value for e in args.kw.entries.values()), UNKNOWN)
            return replace(base, tools=tools, kw=base.kw.merged(args.kw.without("tools")))
        if effect == "structured":
            schema = args.pos[0] if args.pos else next((e.value for e in args.kw.entries.values()), None)
            return replace(base, structured=True, schema=schema)
        if effect == "config":
            config = (
                args.pos[0]
                if args.pos
                else next((e.value for k, e in args.kw.entries.items() if k in ("config", "configurable")), UNKNOWN)
            )
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

    # what libraries return --------------------------------------------------------------------------------------------

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
            if not (
                isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "add_argument"
            ):
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
        names = (
            [v.value for v in alternatives(args.pos[0]) if isinstance(v, Const) and isinstance(v.value, str)]
            if args.pos
            else []
        )
        loader = made.args.kw.entries.get("loader")
        folder = ""
        if loader is not None:
            inner = force(loader.value)
            if isinstance(inner, Made) and inner.args.pos:
                first = force(
                    inner.args.pos[-1]
                    if inner.dotted.endswith("PackageLoader") and len(inner.args.pos) > 1
                    else inner.args.pos[0]
                )
                folder = (
                    first.path if isinstance(first, FilePath) else str(first.value) if isinstance(first, Const) else ""
                )
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


def parts_of(value: Value) -> Iterable[Value]:
    """What stands in a list or a dict; the value itself where it is neither."""
    if isinstance(value, Seq):
        return value.items
    return [e.value for e in value.entries.values()] if isinstance(value, Map) else (value,)
