"""An SDK installed on this machine → every method of its clients and the keywords it takes, without a request.

    python benchmarks/catalogue/introspect.py [anthropic openai litellm google-genai groq mistralai cohere ollama]

Prints one line a method: SDK, version, dotted path, `*` where the catalogue has it, its keywords.
"""

from __future__ import annotations

import importlib
import inspect
import os
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

PASSED_BY = frozenset(  # no resources: other views of the same, settings, plumbing
    [
        "with_raw_response", "with_streaming_response", "with_options", "copy", "parent_ref", "sdk_configuration", "qs",
        "timeout", "credentials", "cache", "do_request", "do_request_async", "dynamic_import", "request", "get", "post",
        "put", "patch", "delete", "get_api_list", "is_closed", "close",
    ]
)  # fmt: skip
DEPTH = 6


@dataclass(frozen=True)
class Installed:
    """distribution: its name at the registry. clients: how to build one of each kind without a network."""

    distribution: str
    module: str
    clients: tuple[tuple[str, Mapping[str, object]], ...] = ()
    functions: bool = False  # the module's functions send requests
    described_by: str = ""  # the catalogue file, where it has another name
    deep: bool = True  # the client has resources that have methods


KEY = {"api_key": "none"}
SDKS = {
    "anthropic": Installed("anthropic", "anthropic", (("Anthropic", KEY), ("AsyncAnthropic", KEY))),
    "openai": Installed("openai", "openai", (("OpenAI", KEY), ("AsyncOpenAI", KEY))),
    "litellm": Installed("litellm", "litellm", (("Router", {}),), functions=True, deep=False),
    "google": Installed("google-genai", "google.genai", (("Client", KEY),)),
    "groq": Installed("groq", "groq", (("Groq", KEY), ("AsyncGroq", KEY))),
    "together": Installed("together", "together", (("Together", KEY), ("AsyncTogether", KEY)), described_by="groq"),
    "mistral": Installed("mistralai", "mistralai.client", (("Mistral", KEY),)),
    "cohere": Installed("cohere", "cohere", (("Client", KEY), ("ClientV2", KEY), ("AsyncClientV2", KEY))),
    "ollama": Installed("ollama", "ollama", (("Client", {}), ("AsyncClient", {})), functions=True, deep=False),
}


def installed(sdk: str) -> str | None:
    try:
        return version(SDKS[sdk].distribution)
    except PackageNotFoundError:
        return None


def methods(sdk: str) -> dict[str, list[str]]:
    """Dotted path → keywords; a method that several clients have is listed once, with the union of its keywords."""
    about = SDKS[sdk]
    os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")  # or its import asks the network
    module = importlib.import_module(about.module)
    out: dict[str, list[str]] = {}
    for name, arguments in about.clients:
        if not hasattr(module, name):
            continue
        client = getattr(module, name)(**arguments)
        for path, keywords in walk(client, about.module.partition(".")[0], DEPTH if about.deep else 0):
            path = path.removeprefix("aio.")
            out[path] = sorted({*out.get(path, ()), *keywords})
    if about.functions:
        for name, member in vars(module).items():
            if (inspect.isfunction(member) or inspect.ismethod(member)) and not name.startswith("_"):
                out[f"{about.module}.{name}"] = keywords_of(member)
    return out


def walk(resource: object, package: str, depth: int, prefix: str = "") -> Iterator[tuple[str, list[str]]]:
    """Methods of a client and of the resources it gives, found as the SDK's own objects of a class with methods."""
    for name in sorted({*dir(type(resource)), *vars(resource), *annotations(resource)}):
        if name.startswith("_") or name in PASSED_BY:
            continue
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                member = getattr(resource, name)
        except Exception:  # a property that wants the network, an optional dependency, a setting
            continue
        if inspect.isroutine(member) and not inspect.isclass(member):
            yield f"{prefix}{name}", keywords_of(member)
        elif depth and is_resource(member, package) and type(member) is not type(resource):
            yield from walk(member, package, depth - 1, f"{prefix}{name}.")


def annotations(resource: object) -> list[str]:
    return [n for c in type(resource).__mro__ for n in vars(c).get("__annotations__", {})]


def is_resource(member: object, package: str) -> bool:
    kind = type(member)
    return kind.__module__.partition(".")[0] == package and any(
        inspect.isroutine(v) and not n.startswith("_") for c in kind.__mro__ for n, v in vars(c).items()
    )


def keywords_of(function: Callable[..., object]) -> list[str]:
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return []
    return [f"**{p.name}" if p.kind is p.VAR_KEYWORD else p.name for p in parameters if p.kind is not p.VAR_POSITIONAL]


def main() -> None:
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
    from llmlint.sdks.catalogue import load_catalogue

    catalogue = load_catalogue()
    described = {s.name: {*s.methods, *s.functions} for s in catalogue.sdks}
    for sdk in sys.argv[1:] or SDKS:
        which = installed(sdk)
        if which is None:
            print(f"{sdk}: not installed")
            continue
        known = described.get(SDKS[sdk].described_by or sdk, set())
        for path, keywords in sorted(methods(sdk).items()):
            print(f"{sdk} {which} {'*' if path in known else ' '} {path}({', '.join(keywords)})")


if __name__ == "__main__":
    main()
