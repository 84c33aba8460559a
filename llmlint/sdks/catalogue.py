"""sdks/*.yaml → a frozen description of what each SDK calls its things: clients, methods, keywords.

The YAML of one SDK says, in the SDK's own words: which names make a client, which attribute paths of a client send a
request, which keyword names the model, caps the answer, carries the prompt, streams, caches. Nothing above this module
knows the name of an SDK. Loaded once a process; the answers are dictionary look-ups.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import field
from functools import cache, cached_property
from typing import Any, Literal

from llmlint.errors import CatalogueError
from llmlint.facts import Kind
from llmlint.light import dataclass

RAW_ACCESSORS = frozenset({"with_raw_response", "with_streaming_response"})


@dataclass(frozen=True, slots=True)
class Shape:
    """Which keywords of a request mean what. Every entry lists alternative paths, dotted where one nests another.

    positional: names of the positional parameters, in order. cap_fix: the keyword that a fix would set. cap_required:
    the API refuses a request without a cap. steps: limits a request that goes on by itself (a tool runner). retries:
    how often it is tried again. hidden: a framework writes the request, so what it says, and which limit holds when
    none is set, cannot be read from the code.
    """

    model: tuple[str, ...] = ()
    cap: tuple[str, ...] = ()
    cap_fix: str | None = None
    cap_required: bool = False
    system: tuple[str, ...] = ()
    messages: tuple[str, ...] = ()
    prompt: tuple[str, ...] = ()
    tools: tuple[str, ...] = ()
    stream: tuple[str, ...] = ()
    structured: tuple[str, ...] = ()
    cache: tuple[str, ...] = ()
    effort: tuple[str, ...] = ()
    candidates: tuple[str, ...] = ()
    modalities: tuple[str, ...] = ()
    stop: tuple[str, ...] = ()
    thinking: tuple[str, ...] = ()
    steps: tuple[str, ...] = ()
    retries: tuple[str, ...] = ()
    positional: tuple[str, ...] = ()
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Method:
    """One way to send a request. provider, api: where they differ from the SDK's name and the attribute path.

    streams: the answer always comes in pieces. takes_list: one call takes many inputs. batchable: the provider's Batch
    API takes this request. input: position of the prompt (model objects). bare: it may be called without arguments.
    """

    kind: Kind
    shape: Shape | None = None
    provider: str | None = None
    api: str | None = None
    streams: bool = False
    takes_list: bool = False
    batchable: bool = False
    input: int | None = None
    bare: bool = False


@dataclass(frozen=True, slots=True)
class When:
    """A client only if an argument has one of these values: `boto3.client("bedrock-runtime")`."""

    equals: tuple[str, ...]
    position: int | None = None
    keyword: str = ""


@dataclass(frozen=True, slots=True)
class ClientEntry:
    """A callable that makes a client. wraps: position of an argument that is itself a client (`instructor.patch`)."""

    provider: str | None = None
    when: When | None = None
    wraps: int | None = None


@dataclass(frozen=True, slots=True)
class ModelObject:
    """A class whose objects are asked directly (LangChain's ChatOpenAI). api: its name in facts. maker: as in `Sdk`.

    holds: the arguments that may be a model object themselves: that one is asked (a chain, an agent, a crew of agents).
    "*": any argument. quiet: making one says nothing of a model, so it is no call site. empty: where it holds no model
    object it asks none.
    """

    api: str
    shape: Shape
    provider: str | None = None
    kind: Kind = "generate"
    maker: str | None = None
    holds: tuple[str, ...] = ()
    quiet: bool = False
    empty: bool = False


@dataclass(frozen=True, slots=True)
class Http:
    """A provider's endpoint, for requests posted without an SDK."""

    url: str  # a regular expression searched in the address
    kind: Kind
    shape: Shape
    provider: str


@dataclass(frozen=True, slots=True)
class Signature:
    """How a request is known where the receiver's type is not. path: the end of the attribute path.

    alone: the path suffices (`chat.completions.create`); else all `keywords` must be passed, or a splat where `splat`.
    """

    path: str
    alone: bool = False
    keywords: tuple[str, ...] = ()
    splat: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Sdk:
    """One YAML file. modules: import names that belong to it. words: bytes that let a file through the sieve.

    calls: bytes that do so where the file deals with another one that holds one of the words.
    common: methods of model objects with everybody's names, looked at only in projects that hold one of the words.

    yields: a package of the project's own by that name goes before it. retries: how often a client of it tries again
    unless `max_retries` says otherwise. settings: keywords of functions and attributes of objects that give a model
    object to all requests of the process that name none: `dspy.configure(lm=…)`, `Settings.llm = …`.
    """

    name: str
    provider: str
    modules: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    calls: tuple[str, ...] = ()
    common: frozenset[str] = frozenset()
    batch_api: bool = False
    maker: str | None = None  # whose models alone the provider's own address serves
    cache_mode: Literal["explicit", "automatic"] | None = None
    retries: int | None = None
    yields: bool = False
    settings: tuple[str, ...] = ()
    clients: Mapping[str, ClientEntry] = field(default_factory=dict)
    module_api: str | None = None  # the module whose functions are a client's methods: `openai.chat.completions.create`
    module_aliases: tuple[str, ...] = ()  # other modules that stand in for it
    self_attributes: frozenset[str] = frozenset()
    self_methods: frozenset[str] = frozenset()
    methods: Mapping[str, Method] = field(default_factory=dict)
    functions: Mapping[str, Method] = field(default_factory=dict)
    model_objects: Mapping[str, ModelObject] = field(default_factory=dict)
    model_methods: Mapping[str, Method] = field(default_factory=dict)
    model_self_methods: Mapping[str, str] = field(default_factory=dict)
    http: tuple[Http, ...] = ()
    signatures: tuple[Signature, ...] = ()


class Catalogue:
    """Every SDK that is known."""

    def __init__(self, sdks: Iterable[Sdk]) -> None:
        self.sdks = tuple(sdks)

    @cached_property
    def wrapper(self) -> Sdk:
        """The stand-in for the user's own wrappers, named in policy."""
        return next(s for s in self.sdks if s.name == "wrapper")

    @cached_property
    def words(self) -> tuple[bytes, ...]:
        """A file that holds none of these sends no request; a word that holds a shorter one is not asked for."""
        words = {w for s in self.sdks for w in s.words}
        return tuple(sorted(w.encode() for w in words if not any(o in w for o in words - {w})))

    @cached_property
    def calls(self) -> tuple[bytes, ...]:
        """How methods of model objects are called, in files that need not name the SDK."""
        return tuple(sorted({call.encode() for s in self.sdks for call in s.calls}))

    @cached_property
    def makers(self) -> tuple[bytes, ...]:
        """The words of the SDKs that have such methods."""
        return tuple(sorted({w.encode() for s in self.sdks if s.calls for w in s.words}))

    @cached_property
    def _clients(self) -> dict[str, tuple[Sdk, ClientEntry]]:
        return {dotted: (s, c) for s in self.sdks for dotted, c in s.clients.items()}

    @cached_property
    def _functions(self) -> dict[str, tuple[Sdk, Method]]:
        return {dotted: (s, m) for s in self.sdks for dotted, m in s.functions.items()}

    @cached_property
    def _objects(self) -> dict[str, tuple[Sdk, ModelObject]]:
        return {dotted: (s, o) for s in self.sdks for dotted, o in s.model_objects.items()}

    @cached_property
    def _module_clients(self) -> dict[str, Sdk]:
        return {name: s for s in self.sdks for name in (s.module_api, *s.module_aliases) if name}

    @cached_property
    def _owners(self) -> dict[str, Sdk]:
        return {m: s for s in self.sdks for m in s.modules}

    def client(self, dotted: str) -> tuple[Sdk, ClientEntry] | None:
        return self._clients.get(dotted) or self._at_end(dotted, self._clients)

    def function(self, dotted: str) -> tuple[Sdk, Method] | None:
        return self._functions.get(dotted) or self._at_end(dotted, self._functions)

    def model_object(self, dotted: str) -> tuple[Sdk, ModelObject] | None:
        return self._objects.get(dotted) or self._at_end(dotted, self._objects) or self._made_from(dotted)

    def _made_from(self, dotted: str) -> tuple[Sdk, ModelObject] | None:
        """`RetrievalQA.from_chain_type` makes a RetrievalQA."""
        owner, _, method = dotted.rpartition(".")
        if not method.startswith("from_") or not owner.rpartition(".")[2][:1].isupper():
            return None
        found = self._objects.get(owner) or self._at_end(owner, self._objects)
        return found if found is not None and (found[1].quiet or found[1].holds) else None

    def _at_end(self, dotted: str, table: Mapping[str, Any]) -> Any:
        """`openai.lib.azure.AzureOpenAI` is `openai.AzureOpenAI`: the same name below the package, not a method."""
        above, _, last = dotted.rpartition(".")
        package, middle = above, ""
        while package and package not in self._owners:
            package, _, part = package.rpartition(".")
            if part[:1].isupper():
                return None
            middle = part
        return table.get(f"{package}.{last}") if package and middle else None

    def module_client(self, dotted: str) -> Sdk | None:
        """The SDK whose methods are functions of this module."""
        return self._module_clients.get(dotted)

    def module_owner(self, dotted: str) -> Sdk | None:
        """The SDK that an import name belongs to: `openai.types.chat` → openai."""
        while dotted:
            found = self._owners.get(dotted)
            if found is not None:
                return found
            dotted = dotted.rpartition(".")[0]
        return None

    def method(self, sdk: Sdk, path: str) -> Method | None:
        """The request that an attribute path of a client sends; raw-response accessors make no difference."""
        found = sdk.methods.get(path)
        if found is None and any(a in path for a in RAW_ACCESSORS):
            found = sdk.methods.get(".".join(p for p in path.split(".") if p not in RAW_ACCESSORS))
        return found

    @cached_property
    def _signatures(self) -> dict[str, tuple[Sdk, Method, Signature]]:
        out: dict[str, tuple[Sdk, Method, Signature]] = {}
        for sdk in self.sdks:
            for signature in sdk.signatures:
                method = sdk.methods.get(signature.path)
                if method is None:
                    raise CatalogueError(f"signature {signature.path!r} is no method", path=f"{sdk.name}.yaml")
                out.setdefault(signature.path, (sdk, method, signature))
        return out

    def signature(self, path: str) -> tuple[Sdk, Method, Signature] | None:
        """The SDK that alone has such a method path."""
        return self._signatures.get(path)

    def endpoint(self, url: str) -> tuple[Sdk, Http] | None:
        """The provider's endpoint that an address names."""
        import re

        for sdk in self.sdks:
            for http in sdk.http:
                if re.search(http.url, url):
                    return sdk, http
        return None


@cache
def load_catalogue() -> Catalogue:
    """The catalogue that ships with llmlint."""
    from llmlint.sdks.documents import documents
    from llmlint.sdks.reading import sdk_from_data

    return Catalogue(sdk_from_data(data, name) for name, data in documents().items() if name != "models.yaml")
