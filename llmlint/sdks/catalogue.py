"""sdks/*.yaml → a frozen description of what each SDK calls its things: clients, methods, keywords.

The YAML of one SDK says, in the SDK's own words: which names make a client, which attribute paths of a client send a
request, which keyword names the model, caps the answer, carries the prompt, streams, caches. Nothing above this module
knows the name of an SDK. Loaded once a process; the answers are dictionary look-ups.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from importlib.resources import files
from typing import Any, Literal

from llmlint.errors import CatalogueError
from llmlint.facts import Kind

RAW_ACCESSORS = frozenset({"with_raw_response", "with_streaming_response"})


@dataclass(frozen=True, slots=True)
class Shape:
    """Which keywords of a request mean what. Every entry lists alternative paths, dotted where one keyword nests another.

    positional: names of the positional parameters, in order. cap_fix: the keyword that a fix would set. cap_required: the
    API refuses a request without a cap.
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
    positional: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Method:
    """One way to send a request. provider, api: where they differ from the SDK's name and the attribute path.

    streams: the answer always comes in pieces. takes_list: one call takes many inputs. batchable: the provider's Batch API
    takes this request. input: position of the prompt (model objects).
    """

    kind: Kind
    shape: Shape | None = None
    provider: str | None = None
    api: str | None = None
    streams: bool = False
    takes_list: bool = False
    batchable: bool = False
    input: int | None = None


@dataclass(frozen=True, slots=True)
class When:
    """A client only if an argument has one of these values: `boto3.client("bedrock-runtime")`."""

    equals: tuple[str, ...]
    position: int | None = None
    keyword: str = ""


@dataclass(frozen=True, slots=True)
class ClientEntry:
    """A callable that makes a client. wraps: position of an argument that is itself a client (instructor.from_openai)."""

    provider: str | None = None
    when: When | None = None
    wraps: int | None = None


@dataclass(frozen=True, slots=True)
class ModelObject:
    """A class whose objects are asked directly (LangChain's ChatOpenAI). api: its name in facts."""

    api: str
    shape: Shape
    provider: str | None = None
    kind: Kind = "generate"


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
    """One YAML file. modules: import names that belong to it. words: bytes whose presence lets a file through the sieve."""

    name: str
    provider: str
    modules: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    batch_api: bool = False
    cache_mode: Literal["explicit", "automatic"] | None = None
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
        return self._objects.get(dotted) or self._at_end(dotted, self._objects)

    def _at_end(self, dotted: str, table: Mapping[str, Any]) -> Any:
        """`openai.lib.azure.AzureOpenAI` is `openai.AzureOpenAI`: the same name below the same package, not a method of it."""
        package, _, rest = dotted.partition(".")
        if "." not in rest or self.module_owner(package) is None:
            return None
        middle, _, last = rest.rpartition(".")
        if any(part[:1].isupper() for part in middle.split(".")):
            return None
        return table.get(f"{package}.{last}")

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
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    folder = files("llmlint.sdks")
    names = sorted(f.name for f in folder.iterdir() if f.name.endswith(".yaml") and f.name != "models.yaml")
    return Catalogue(sdk_from_data(yaml.load(folder.joinpath(n).read_text("utf-8"), loader), n) for n in names)


def sdk_from_data(data: Mapping[str, Any], name: str) -> Sdk:
    """One YAML document → `Sdk`. Raises CatalogueError naming the file and the key."""
    try:
        shapes = _shapes(data.get("shapes") or {})

        def method(row: Mapping[str, Any] | None) -> Method:
            row = dict(row or {})
            shape = row.pop("shape", None)
            return Method(row.pop("kind", "generate"), shapes[shape] if shape else None, **row)

        return Sdk(
            name=data["name"],
            provider=data["provider"],
            modules=tuple(data.get("modules") or ()),
            words=tuple(data.get("words") or ()),
            batch_api=bool(data.get("batch_api")),
            cache_mode=data.get("cache_mode"),
            clients={k: _client(v) for k, v in (data.get("clients") or {}).items()},
            module_api=data.get("module_api"),
            module_aliases=tuple(data.get("module_aliases") or ()),
            self_attributes=frozenset(data.get("self_attributes") or ()),
            self_methods=frozenset(data.get("self_methods") or ()),
            methods={k: method(v) for k, v in (data.get("methods") or {}).items()},
            functions={k: method({"api": k.partition(".")[2], **(v or {})}) for k, v in (data.get("functions") or {}).items()},
            model_objects={
                k: ModelObject(
                    v.get("api") or k.rpartition(".")[2],
                    shapes[v["shape"]],
                    v.get("provider"),
                    v.get("kind", "generate"),
                )
                for k, v in (data.get("model_objects") or {}).items()
            },
            model_methods={k: method(v) for k, v in (data.get("model_methods") or {}).items()},
            model_self_methods=dict(data.get("model_self_methods") or {}),
            http=tuple(
                Http(h["url"], h.get("kind", "generate"), shapes[h["shape"]], h.get("provider") or data["provider"])
                for h in data.get("http") or ()
            ),
            signatures=tuple(
                Signature(s["path"], bool(s.get("alone")), tuple(s.get("keywords") or ()), bool(s.get("splat")))
                for s in data.get("signatures") or ()
            ),
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise CatalogueError(f"{type(error).__name__}: {error}", path=name) from None


def _shapes(data: Mapping[str, Any]) -> dict[str, Shape]:
    """Shapes by name; `like: other` starts from another one."""
    out: dict[str, Shape] = {}
    for name, row in data.items():
        row = dict(row or {})
        base = row.pop("like", None)
        fields: dict[str, Any] = {} if base is None else {f: getattr(out[base], f) for f in Shape.__slots__}
        for key, value in row.items():
            fields[key] = (
                (value,)
                if isinstance(value, str) and key != "cap_fix"
                else tuple(value)
                if isinstance(value, list)
                else value
            )
        out[name] = Shape(**fields)
    return out


def _client(row: Mapping[str, Any] | None) -> ClientEntry:
    row = row or {}
    when = row.get("when")
    equals = when.get("equals") if when else None
    return ClientEntry(
        row.get("provider"),
        When(tuple([equals] if isinstance(equals, str) else equals), when.get("position"), when.get("keyword", ""))
        if when and equals
        else None,
        row.get("wraps"),
    )
