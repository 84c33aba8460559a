"""Records of calls → call sites: which of them send a request, through which SDK method, with which values."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from llmlint.facts import AnswerFact, CallSite, ContextFact, Kind, ModelFact, PromptFact, Receiver
from llmlint.light import dataclass
from llmlint.link.answers import LISTS, PICTURES, Answers
from llmlint.link.callers import MAPPERS, RUNNERS
from llmlint.link.candidates import HTTP_VERBS, Candidates
from llmlint.link.changing import PerRequest
from llmlint.link.contexts import Contexts
from llmlint.link.endpoints import Endpoint, endpoint_of, host_of
from llmlint.link.histories import history
from llmlint.link.inputs import one_text
from llmlint.link.interpreter import Interpreter
from llmlint.link.loops import source_of
from llmlint.link.names import call_name, unit_names
from llmlint.link.process_wide import ProcessWide
from llmlint.link.project import ClassInfo, FuncInfo, Module
from llmlint.link.prompts import prompt_fact, system_is_plain_string
from llmlint.link.scopes import CallRecord
from llmlint.link.slots import as_map, cap_fact, flag, given, model_fact, slot, string_values, whole_number, written
from llmlint.link.values import (
    Args,
    Class,
    Client,
    Const,
    External,
    Function,
    Instance,
    Lazy,
    Made,
    Map,
    ModelValue,
    Origin,
    Partial,
    Seq,
    Text,
    Unknown,
    Value,
    alternatives,
    force,
)
from llmlint.schedules.records import Start
from llmlint.sdks import models
from llmlint.sdks.catalogue import Method, ModelObject, Sdk, Shape

NO_CAP_KINDS = frozenset({"embed", "image", "audio", "batch", "fine_tune", "count"})
ADDRESS = ("base_url", "api_base", "openai_api_base", "anthropic_api_url")
CLOSED = frozenset({"anthropic", "openai", "google"})  # makers whose models run nowhere but with them, or some clouds
SERVED_TOO: Mapping[str, tuple[str, ...]] = {"open": (), "bedrock": ("anthropic",), "vertex": ("google", "anthropic")}
MODEL_SAYS: Mapping[str, Kind] = {"embed": "embed", "-image": "image", "dall-e": "image"}
EMBEDS = frozenset({"input_type", "embedding_types", "inputText", "embeddingConfig"})  # in a body without a prompt
CALLS_ONCE = RUNNERS - {"partial", "delayed", "retry", "Retrying"}


@dataclass(frozen=True, slots=True)
class Request:
    """A record that sends a request, read against the catalogue."""

    sdk: Sdk
    method: Method
    shape: Shape | None
    provider: str
    api: str
    kw: Map
    model: ModelValue | None = None
    constructor: bool = False
    made: Args | None = None  # what the client was made with
    entry: ModelObject | None = None  # of a constructor
    host: Endpoint | None = "default"  # whom the address that is written in the request means; None: not known

    @property
    def maker(self) -> str | None:
        """Whose models alone can be asked this way."""
        entry = self.model.entry if self.model is not None else self.entry
        if entry is not None:
            return entry.maker
        return self.sdk.maker if self.provider == self.sdk.provider else None

    @property
    def addresses(self) -> tuple[Value, ...]:
        """The server's address, where one is given to the request, the model object or the client."""
        places = (self.kw, self.made.kw) if self.made is not None else (self.kw,)
        return tuple(kw.entries[name].value for kw in places for name in ADDRESS if name in kw.entries)


class Sites:
    """Finds the call sites of modules. One per run."""

    def __init__(self, interpreter: Interpreter, starts: Callable[[], Sequence[Start]] = tuple) -> None:
        self.run = interpreter
        self.catalogue = interpreter.catalogue
        self.contexts = Contexts(interpreter, starts)
        self.answers = Answers(interpreter)
        self.process_wide = ProcessWide(interpreter)
        self.candidates = Candidates(
            self.catalogue, interpreter.llm_calls, MAPPERS | CALLS_ONCE, interpreter.project.naming
        )

    def of_module(self, module: Module) -> list[tuple[CallSite, CallRecord]]:
        """Every call site of the file, in order, with the call; `placed` says where they run."""
        out: dict[tuple[int, ...], tuple[CallSite, CallRecord]] = {}
        units: list[FuncInfo | Module] = [module, *module.definitions]
        for unit in units:
            if not self.candidates.in_unit(module, unit_names(module, unit)):
                continue
            self.run.units_left = max(self.run.units_left, 1)  # what is asked about is never left out
            for record in self.run.records(unit):
                if record.module is not module:
                    continue
                node = record.node  # `ChatOpenAI().invoke()` are two calls that begin at one place
                key = (node.lineno, node.col_offset, node.end_lineno or 0, node.end_col_offset or 0)
                if key in out:
                    continue
                site = self.site(record)
                if site is not None:
                    out[key] = site, record
        return [out[k] for k in sorted(out)]

    def placed(self, site: CallSite, record: CallRecord) -> CallSite:
        """The call site with what is true of where it runs: to be asked when the values of all sites are known."""
        if site.kind == "constructor":
            return replace(site, context=self.contexts.of_constructor(record, site.context))
        context = self.contexts.of(record, site.context)
        return replace(site, context=context, repeated=context.loop is not None and not context.loop_far)

    def site(self, record: CallRecord) -> CallSite | None:
        if not self.candidates.call(record.module, record.node):
            return None
        request = next(self.requests(record), None)
        return None if request is None else self.described(record, request)

    # is it a request? -------------------------------------------------------------------------------------------------

    def requests(self, record: CallRecord) -> Iterator[Request]:
        for callee in alternatives(record.callee):
            request = self.request(callee, record)
            if request is not None:
                yield request
        yield from self.handed_over(record)

    def handed_over(self, record: CallRecord) -> Iterator[Request]:
        """`asyncio.to_thread(client.messages.create, model=…)`, `pool.map(ask, …)`: the method is called by another."""
        name = call_name(record.node)
        if name not in MAPPERS and name not in CALLS_ONCE:
            return
        handed = enumerate(record.args.pos)
        at, value = next(((i, v) for i, v in handed if not isinstance(force(v), Const)), (0, None))
        if value is None:
            return  # the first that is no plain value is what gets called: run_in_executor(None, f, model)
        for callee in alternatives(value):
            if not isinstance(callee, (Client, ModelValue, External, Partial)):
                continue
            once = name in CALLS_ONCE
            args = Args(record.args.pos[at + 1 :], record.args.kw) if once else Args((), Map({}, True))
            request = self.request(callee, replace(record, args=args))
            if request is not None and not request.constructor:
                yield request

    def request(self, callee: Value, record: CallRecord) -> Request | None:
        args = record.args
        if isinstance(callee, Partial):
            inner = self.request(force(callee.func), record)
            return replace(inner, kw=callee.args.kw.merged(inner.kw)) if inner is not None else None
        if isinstance(callee, Client):
            # what its SDK has not is another's: the client was taken for the one that a default names
            found = self.client_request(callee, args)
            return found or self.signed_request(callee.path, args, record, known_library=False)
        if isinstance(callee, ModelValue):
            return self.model_request(self.process_wide.asked(callee, record.module), args)
        if isinstance(callee, External):
            return self.external_request(callee.dotted, args)
        if isinstance(callee, Made):
            if callee.path and callee.path[-1] in HTTP_VERBS:
                return self.http_request(args, callee.path[-1])
            return self.signed_request(callee.path, args, record, known_library=True)
        if isinstance(callee, Unknown):
            return self.signed_request(callee.path, args, record, known_library=False)
        if isinstance(callee, Function):
            return self.named_wrapper(callee.info, args)
        if isinstance(callee, Class):
            return self.made_by_heir(callee.info, args)
        if isinstance(callee, Instance) and callee.general is False and not callee.attrs:
            return None
        return None

    def client_request(self, client: Client, args: Args) -> Request | None:
        path = ".".join(client.path)
        method = self.catalogue.method(client.sdk, path)
        if method is None:
            return None
        shape = method.shape
        kw = self.run.named(args, shape.positional if shape else ())
        if shape is not None:
            kw = self.client_defaults(client, shape, kw)
        provider = method.provider or client.provider
        return Request(client.sdk, method, shape, provider, method.api or path, kw, made=client.args)

    def client_defaults(self, client: Client, shape: Shape, kw: Map) -> Map:
        """instructor.from_provider("openai/gpt-4o"), ClaudeSDKClient(options=…): the model stands at the client."""
        for head in {p.partition(".")[0] for p in shape.model if "." in p} - kw.entries.keys():
            if head in client.args.kw.entries:
                kw = kw.with_entry(head, client.args.kw.entries[head].value)
        if any(p in kw.entries for p in shape.model):
            return kw
        for position, value in enumerate(client.args.pos[:1]):
            text = force(value)
            if (
                position == 0
                and isinstance(text, Const)
                and isinstance(text.value, str)
                and "/" in text.value
                and shape.model
            ):
                return kw.with_entry(shape.model[0].partition(".")[0], value) if "://" not in text.value else kw
        return kw

    def model_request(self, model: ModelValue, args: Args) -> Request | None:
        name = model.path[-1] if model.path else "__call__"
        method = model.asked_as.model_methods.get(name)
        if method is None or len(model.path) > 1:
            return None
        own = args.kw
        config = model.config
        if "config" in own.entries:
            config = self.run.configured(config, own.entries["config"].value)
        kw = model.kw.merged(config).merged(own)
        shape = model.entry.shape
        if args.pos and method.input is not None and method.input < len(args.pos):
            kw = kw.with_entry("\0input", args.pos[method.input])
        elif "input" in own.entries:
            kw = kw.with_entry("\0input", own.entries["input"].value)
        return Request(model.asked_as, method, shape, model.provider, method.api or name, kw, model)

    def made_by_heir(self, cls: ClassInfo, args: Args) -> Request | None:
        """`class OurChat(ChatOpenAI)`, made without a constructor of its own: as if ChatOpenAI were made."""
        base = self.run.sdk_class(cls)
        if base is None or self.run.find_method(cls, "__init__") is not None:
            return None
        fields = self.run.made_with(Instance(cls, {})).kw
        return self.external_request(base.dotted, replace(args, kw=fields.merged(args.kw)))

    def external_request(self, dotted: str, args: Args) -> Request | None:
        found = self.catalogue.function(dotted)
        if found is not None:
            sdk, method = found
            return Request(
                sdk,
                method,
                method.shape,
                method.provider or sdk.provider,
                method.api or dotted,
                self.run.named(args, method.shape.positional if method.shape else ()),
            )
        entry = self.catalogue.model_object(dotted)
        if entry is not None:
            sdk, model_object = entry
            if model_object.kind == "embed" or model_object.quiet:
                return None
            kw = self.run.named(args, model_object.shape.positional)
            method = next(iter(sdk.model_methods.values()))
            provider = model_object.provider or sdk.provider
            return Request(
                sdk, method, model_object.shape, provider, model_object.api, kw, None, True, entry=model_object
            )
        if dotted.rpartition(".")[2] in HTTP_VERBS:
            return self.http_request(args, dotted.rpartition(".")[2], dotted)
        return None

    def http_request(self, args: Args, verb: str, dotted: str | None = None) -> Request | None:
        """requests.post(url, json=…) and the like to a provider's address."""
        where = 1 if verb in ("request", "stream") and len(args.pos) > 1 else 0
        url = (
            args.kw.entries["url"].value
            if "url" in args.kw.entries
            else args.pos[where]
            if where < len(args.pos)
            else None
        )
        if url is None:
            return None
        texts = [str(c.value) for c in string_values(url)]
        for one in alternatives(url):
            if isinstance(one, Text):
                texts.append(
                    "".join(
                        p if isinstance(p, str) else "".join(str(c.value) for c in string_values(p.value, 1)) or "*"
                        for p in one.parts
                    )
                )
        for text in texts:
            endpoint = self.catalogue.endpoint(text)
            if endpoint is not None:
                sdk, http = endpoint
                body = next(
                    (args.kw.entries[k].value for k in ("json", "data", "content", "body") if k in args.kw.entries),
                    None,
                )
                if body is None and len(args.pos) > where + 1:
                    body = args.pos[where + 1]
                parts = list(alternatives(body)) if body is not None else []
                kw = parts[0] if len(parts) == 1 and isinstance(parts[0], Map) else Map({}, body is not None)
                assert isinstance(kw, Map)
                method = Method(http.kind, http.shape)
                api = dotted or f"http.{verb}"
                return Request(sdk, method, http.shape, http.provider, api, kw, host=host_of(text))
        return None

    def signed_request(
        self, path: tuple[str, ...], args: Args, record: CallRecord, known_library: bool
    ) -> Request | None:
        """A receiver of unknown type whose method path, and keywords, only an SDK has."""
        kept = tuple(p for p in path if p not in ("with_raw_response", "with_streaming_response"))
        for start in range(len(kept)):
            dotted = ".".join(kept[start:])
            found = self.catalogue.signature(dotted)
            if found is None:
                continue
            sdk, method, signature = found
            if not signature.alone:
                if known_library:
                    continue
                names = set(args.kw.entries)
                if not (set(signature.keywords) <= names or (signature.splat and args.kw.open)):
                    continue
            kw = self.run.named(args, method.shape.positional if method.shape else ())
            provider = "other" if known_library else method.provider or sdk.provider
            return Request(sdk, method, method.shape, provider, method.api or dotted, kw)
        return None

    def named_wrapper(self, info: FuncInfo, args: Args) -> Request | None:
        """The user's own wrappers, named in policy (`llm_calls: ["myapp.llm.ask"]`)."""
        if not self.run.llm_calls:
            return None
        module = info.module.path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        dotted = f"{module}.{info.qualname}"
        for name in self.run.llm_calls:
            if dotted == name or dotted.endswith("." + name):
                sdk = self.catalogue.wrapper
                bound = self.run.bind_arguments(info, args, None, self.run.module_frame(info.module))
                kw = Map()
                for key, value in bound.items():
                    kw = kw.with_entry(key, value)
                method = sdk.methods["call"]
                return Request(sdk, method, method.shape, "other", name, kw)
        return None

    # what is true of it -----------------------------------------------------------------------------------------------

    def described(self, record: CallRecord, request: Request) -> CallSite | None:
        module, node = record.module, record.node
        cell, line = module.source.locate(node.lineno)
        _, end = module.source.locate(node.end_lineno or node.lineno)
        shape, method, kw = request.shape, request.method, request.kw
        model = model_fact(slot(kw, shape.model)) if shape else ModelFact()
        if any(map(models.impossible, model.values)):
            model = replace(model, values=tuple(v for v in model.values if not models.impossible(v)))
        endpoint = endpoint_of(request.addresses) if request.host == "default" else request.host
        # behind an address that is not known: many speak OpenAI's language, few the others'
        if request.maker is not None and (endpoint == "default" or (endpoint is None and request.maker != "openai")):
            model = only_made_by(request.maker, model)
        kind = "constructor" if request.constructor else method.kind
        if kind == "generate":
            kind = self.generated(shape, kw, model)
        info = [models.lookup(v) for v in model.values]
        tiers = [m.tier for m in info if m is not None]
        if info and len(tiers) == len(info) and None not in tiers:
            order = ("small", "medium", "large", "frontier")
            model = replace(model, tier=max((t for t in tiers if t), key=order.index))
        cap = self.cap(kind, shape, kw)
        stream = True if method.streams else flag(slot(kw, shape.stream)) if shape else None
        structured = given(slot(kw, shape.structured)) if shape else None
        tools = given(slot(kw, shape.tools)) if shape else None
        if request.model is not None:
            structured = True if request.model.structured else structured
            tools = True if request.model.tools is not None else tools
        prompt = self.prompt(request, model, record) if kind != "count" else PromptFact()
        if shape and shape.system and prompt.cached is False:
            prompt = replace(prompt, system_fixable=system_is_plain_string(node, shape.system[0]))
        context, answer = ContextFact(), AnswerFact()
        if kind != "constructor":
            steps = bool(given(slot(kw, shape.steps))) if shape and shape.steps else None
            context = self.contexts.loops(record, tools, steps)
            answer = self.answers.of(record, *self.asked_for(request, kw, stream, kind), structured is True)
        if kind == "generate":
            told = slot(kw, shape.messages or shape.prompt) if shape else None
            value = told.value if told is not None and told.state == "present" else None
            prompt = replace(prompt, history=history(record, list(self.contexts.reached_by(record)), value))
        if endpoint != "default" and prompt.cache_mode == "automatic":
            prompt = replace(prompt, cache_mode=None)  # OpenAI caches by itself; who knows what another server does
        return CallSite(
            path=module.path, line=line, end_line=end,
            column=node.col_offset + 1, end_column=(node.end_col_offset or 0) + 1,
            kind=kind, provider=request.provider, api=request.api, cell=cell,
            receiver=None if request.constructor else self.receiver(record), sdk=request.sdk.name,
            function=record.function.qualname if record.function else "",
            endpoint=endpoint,
            splat=any(k.arg is None and not isinstance(k.value, ast.Dict) for k in node.keywords),
            model=model, output_cap=cap, prompt=prompt, stream=stream, repeated=False,
            batch_api=endpoint == "default"
            and (bool(method.batchable and request.sdk.batch_api) or self.batchable(request, model)),
            tools=tools, structured=structured,
            candidates=whole_number(slot(kw, shape.candidates)) if shape else None,
            effort=written(slot(kw, shape.effort)) if shape else None,
            thinking_tokens=whole_number(slot(kw, shape.thinking)) if shape else None,
            stop=given(slot(kw, shape.stop)) if shape and shape.stop else None,
            client_retries=self.client_retries(request, record), answer=answer,
            one_text=self.one_text(record, request) if kind == "embed" and method.takes_list else None,
            context=context, constructed_at=self.constructors(request, record),
        )  # fmt: skip

    def asked_for(
        self, request: Request, kw: Map, stream: bool | None, kind: str
    ) -> tuple[frozenset[str], bool, Value | None]:
        """(what holds the several candidates, a stream, the schema of the answer) as far as they are certain."""
        shape = request.shape
        if shape is None or kind not in ("generate", "image"):
            return frozenset(), False, None
        found = slot(kw, shape.structured)
        schema = request.model.schema if request.model is not None else None
        if schema is None and found.state == "present":
            schema = found.value
        several = (whole_number(slot(kw, shape.candidates)) or 0) > 1
        lists = frozenset() if not several else PICTURES if kind == "image" else LISTS
        return lists, stream is True, schema

    def client_retries(self, request: Request, record: CallRecord) -> int | None:
        """How often the client tries again by itself; None where the client is not seen being made."""
        shape = request.shape
        if shape is not None and shape.retries:
            return whole_number(slot(request.kw, shape.retries))
        clients = [c for c in alternatives(record.callee) if isinstance(c, Client)]
        if len(clients) != 1 or clients[0].sdk is not request.sdk:
            return None
        own = slot(clients[0].args.kw, ["max_retries"])
        return request.sdk.retries if own.state == "absent" else whole_number(own)

    def cap(self, kind: str, shape: Shape | None, kw: Map):  # type: ignore[no-untyped-def]
        from llmlint.facts import CapFact

        if kind in NO_CAP_KINDS:
            return CapFact("not-applicable")
        if shape is None or not shape.cap:
            return CapFact("unknown")
        cap = cap_fact(kw, shape.cap, shape.cap_fix, shape.cap_required)
        return CapFact("unknown") if shape.hidden and cap.state == "missing" else cap

    def generated(self, shape: Shape | None, kw: Map, model: ModelFact) -> Kind:
        """What comes back from a method that generates whatever the model, or the request, says."""
        if EMBEDS & body_keys(kw):
            return "embed"
        for word, kind in MODEL_SAYS.items():
            if model.values and all(word in v.lower() for v in model.values):
                return kind
        asked = force(slot(kw, shape.modalities).value) if shape else None
        said = {str(v.value).lower() for v in asked.items if isinstance(v, Const)} if isinstance(asked, Seq) else set()
        return "image" if "image" in said else "audio" if "audio" in said else "generate"

    def batchable(self, request: Request, model: ModelFact) -> bool:
        if not request.method.batchable or not model.values:
            return False
        info = [models.lookup(v) for v in model.values]
        return all(m is not None and m.provider in ("anthropic", "openai") for m in info)

    def prompt(self, request: Request, model: ModelFact, record: CallRecord) -> PromptFact:
        shape, kw = request.shape, request.kw
        if shape is None or shape.hidden or self.written_by_holder(request.model):
            return PromptFact()
        slots = []
        tools = slot(kw, shape.tools)
        if request.model is not None and request.model.tools is not None:
            from llmlint.link.slots import Slot

            slots.append(("tools", Slot("present", request.model.tools)))
        elif tools.state != "open":
            slots.append(("tools", tools))
        if request.model is not None:
            from llmlint.link.slots import Slot

            if request.model.prompt is not None:
                slots.append(("messages", Slot("present", request.model.prompt)))
            elif "\0input" in kw.entries:
                slots.append(("input", Slot("present", kw.entries["\0input"].value)))
            else:
                slots.append(("input", Slot("open")))
        else:
            for name, paths in (("system", shape.system), ("messages", shape.messages), ("prompt", shape.prompt)):
                if paths:
                    slots.append((name, slot(kw, paths)))
        infos = [models.lookup(v) for v in model.values]
        modes = {m.cache_mode for m in infos if m is not None}
        mode = modes.pop() if len(modes) == 1 and all(infos) else None
        if mode is None and not model.values:
            mode = request.sdk.cache_mode
        switched = given(slot(kw, shape.cache)) if shape.cache else False
        fact = prompt_fact(
            slots, mode == "explicit", switched, self.drawn_anew(record), tools.state in ("present", "absent")
        )
        known = [m for m in infos if m is not None] if mode == "explicit" and all(infos) else []
        minima = [m.cache_minimum for m in known if m.cache_minimum is not None]
        floors = [m.cache_floor for m in known if m.cache_floor is not None]
        return replace(
            fact, cache_mode=mode,
            cache_minimum=max(minima) if minima and len(minima) == len(known) else None,
            cache_floor=min(floors) if floors and len(floors) == len(known) else None,
        )  # fmt: skip

    def written_by_holder(self, model: ModelValue | None) -> bool:
        """A chain or an agent whose prompt is not seen adds words of its own to what it is asked."""
        return model is not None and model.outer is not None and model.prompt is None

    def one_text(self, record: CallRecord, request: Request) -> bool | None:
        shape = request.shape
        found = slot(request.kw, shape.prompt) if shape is not None else None
        if shape is None or found is None or found.state != "present":
            return None
        return one_text(record, found.value, shape.prompt)

    def drawn_anew(self, record: CallRecord) -> Callable[[Origin], str | None]:
        """What to call a value that is drawn for every request of this call, and where; None for any other."""
        asked: list[PerRequest] = []

        def told(at: Origin) -> str | None:
            if not asked:
                asked.append(PerRequest(record, list(self.contexts.reached_by(record))))
            if not asked[0](at):
                return None
            return f"{source_of(at.node)} ({at.module.told(at.node.lineno)})"

        return told

    def receiver(self, record: CallRecord) -> Receiver:
        node: ast.expr = record.node.func
        if isinstance(record.callee, External):
            return "module-api"
        while isinstance(node, (ast.Attribute, ast.Subscript)):
            inner = node.value
            if isinstance(inner, ast.Name):
                info = record.function
                while info is not None:
                    names = {a.arg for a in [*info.arguments, *info.node.args.kwonlyargs]}
                    if inner.id in names:
                        first = info.arguments[0].arg if info.arguments else None
                        return "attribute" if info.is_method and inner.id == first else "parameter"
                    info = info.parent
                frame = self.run.module_frame(record.module)
                local = record.function is not None and inner.id not in frame.vars
                if local:
                    return "local"
                value = frame.vars.get(inner.id)
                if isinstance(value, Lazy):
                    return (
                        "imported"
                        if isinstance(force(value), (Client, ModelValue)) and imported_name(record.module, inner.id)
                        else "module"
                    )
                return "module-api" if isinstance(value, External) else "module"
            node = inner
        return "factory" if isinstance(node, (ast.Call, ast.Await)) else "local"

    def constructors(self, request: Request, record: CallRecord) -> tuple[str, ...]:
        return request.model.constructed_at if request.model is not None else ()


def body_keys(kw: Map) -> frozenset[str]:
    """The keys of a request's body that is written out, where it asks nothing else."""
    body = as_map(force(kw.entries["body"].value)) if "body" in kw.entries else None
    keys = frozenset(body.entries) if body is not None else frozenset()
    return frozenset() if keys & {"messages", "prompt", "textGenerationConfig"} else keys


def only_made_by(maker: str, model: ModelFact) -> ModelFact:
    """Without the models that another maker's clients are meant for: a setting that is handed to all of them."""
    kept = tuple(value for value in model.values if served(value, maker))
    return replace(model, values=kept) if kept else ModelFact()


def served(value: str, maker: str) -> bool:
    """Can the model be asked where `maker`'s are? Unknown ones can."""
    if maker in ("openai", "anthropic") and "/" in value:
        return False  # as a gateway writes it: `openai/gpt-4o`
    info = models.lookup(value)
    if info is None or info.provider in (maker, "other", *SERVED_TOO.get(maker, ())):
        return True
    closed = info.provider in CLOSED and not any(word in value.lower() for word in ("gpt-oss", "gemma"))
    return maker in SERVED_TOO and not closed


def imported_name(module: Module, name: str) -> bool:
    return any(
        isinstance(n, (ast.Import, ast.ImportFrom))
        and any((a.asname or a.name.partition(".")[0]) == name for a in n.names)
        for n in module.tree.body
    )


__all__ = ["Sites", "source_of"]
