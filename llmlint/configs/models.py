"""Configuration files → the models that they name: LiteLLM's proxy, promptfoo, Helm values, compose, .env, TOML, JSON.

A value counts where the catalogue knows it as a model and the key says that a model is meant.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath

from llmlint.facts import ConfigModel
from llmlint.scan.tree import Node, documents, items, line_of, text_of
from llmlint.schedules.records import Read
from llmlint.sdks.models import ModelInfo, lookup

MAX_FILES = 5_000
MAX_CHARS = 512 * 1024
MAX_MODELS = 2_000  # in all files
# what every model's id holds; a file without one of them is not taken apart
FAMILIES = re.compile(
    r"claude|gpt-|\bo[1-9]\b|o[134]-|gemini|mistral|mixtral|llama|command-|deepseek|qwen|grok|nova-|titan|davinci|embed"
)
KEYS = frozenset({
    "model", "model_name", "model_id", "modelid", "modelname", "llm", "llm_model", "default_model", "chat_model",
    "embedding_model", "deployment", "deployment_name", "deployment_id", "engine", "base_model", "fallback_model",
    "small_model", "large_model", "judge_model", "grader", "provider", "providers", "id", "models",
})  # fmt: skip
GENERAL = frozenset({"id", "provider", "providers", "models"})  # say that a model is meant only with its provider
CAPS = frozenset({"max_tokens", "max_output_tokens", "max_completion_tokens", "maxtokens", "max_new_tokens"})
PROMPTS = frozenset({"prompt", "system", "system_prompt", "instructions", "template"})
ENV_LINE = re.compile(r"""^\s*(?:export\s+|ENV\s+|ARG\s+)?([A-Za-z_]\w*)\s*[=:]\s*["']?([^"'\s#]+)["']?\s*(?:#.*)?$""")
ENV_NAME = re.compile(r"(^|_)(MODEL|LLM|DEPLOYMENT|ENGINE)(_|$|S$)", re.IGNORECASE)
TOML_LINE = re.compile(r"""^\s*["']?([\w.-]+)["']?\s*=\s*["']([^"'\n]+)["']\s*(?:#.*)?$""")
TOML_TABLE = re.compile(r"^\s*\[+\s*([\w.\"'-]+)\s*\]+")
PROVIDERS = re.compile(
    r"^(openai|anthropic|azureopenai|azure|bedrock|vertex|google|mistral|groq|openrouter|litellm)[:/]"
)


def config_models(paths: Iterable[str], read: Read) -> tuple[ConfigModel, ...]:
    """Every model named in the files, by path and line. A file that cannot be read, or is broken, names none."""
    out: list[ConfigModel] = []
    for path in list(paths)[:MAX_FILES]:
        kind = format_of(path)
        text = read(path) if kind else None
        if kind is None or text is None or len(text) > MAX_CHARS or not FAMILIES.search(text.lower()):
            continue
        found = of_lines(path, text, kind) if kind in ("env", "toml", "dockerfile") else of_tree(path, text, kind)
        out += found
        if len(out) >= MAX_MODELS:
            break
    return tuple(sorted(out[:MAX_MODELS], key=lambda m: (m.path, m.line, m.key)))


def format_of(path: str) -> str | None:
    """How a file is read; None: it is none of ours."""
    place = PurePosixPath(path)
    name, suffix = place.name.lower(), place.suffix.lower()
    if suffix in (".yml", ".yaml"):
        if name.startswith("promptfoo"):
            return "promptfoo"
        if name.startswith(("docker-compose", "compose")):
            return "compose"
        return "helm" if name.startswith("values") else "yaml"
    if suffix == ".toml":
        return "toml"
    if name.startswith(".env") or suffix == ".env":
        return "env"
    if name.startswith("dockerfile"):
        return "dockerfile"
    return "json" if suffix == ".json" else None


# files of lines -------------------------------------------------------------------------------------------------------


def of_lines(path: str, text: str, kind: str) -> Iterator[ConfigModel]:
    """`OPENAI_MODEL=gpt-4o`, `ENV MODEL=…`, `model = "gpt-4o"`."""
    table = ""
    for number, line in enumerate(text.splitlines(), 1):
        if kind == "toml" and (header := TOML_TABLE.match(line)):
            table = header[1] + "."
            continue
        found = (TOML_LINE if kind == "toml" else ENV_LINE).match(line)
        if found is None:
            continue
        key, value = found[1], found[2]
        meant = named(key.rpartition(".")[2], value) if kind == "toml" else ENV_NAME.search(key) is not None
        model = known_model(value) if meant else None
        if model is not None:
            yield ConfigModel(path, number, table + key, value, kind, model.tier)


# files of trees -------------------------------------------------------------------------------------------------------


def of_tree(path: str, text: str, kind: str) -> Iterator[ConfigModel]:
    for root in documents(text):
        proxy = any(key == "model_list" for key, _, _ in items(root))
        yield from walk(path, "litellm-proxy" if proxy else kind, root)


def walk(path: str, kind: str, root: Node) -> Iterator[ConfigModel]:
    """Every scalar below the root whose key says that a model is meant; each node once."""
    import yaml

    seen: set[int] = set()
    stack: list[tuple[Node, tuple[str, ...], Node | None]] = [(root, (), None)]
    while stack:
        node, way, parent = stack.pop()
        if isinstance(node, yaml.ScalarNode):
            yield from of_scalar(path, kind, node, way, parent)
        elif id(node) not in seen:
            seen.add(id(node))
            if isinstance(node, yaml.MappingNode):
                stack += [(value, (*way, key), node) for key, value, _ in reversed(items(node))]
            else:
                stack += [(child, (*way, str(i)), parent) for i, child in reversed(list(enumerate(node.value)))]


def of_scalar(path: str, kind: str, node: Node, way: tuple[str, ...], parent: Node | None) -> Iterator[ConfigModel]:
    text, keys = text_of(node), [key for key in way if not key.isdigit()]
    if not text or not keys or len(text) > 200:
        return
    key, value = keys[-1], text
    if kind == "compose" and "=" in text and key in ("environment", "env"):
        key, _, value = text.partition("=")
    if kind == "litellm-proxy" and key == "model_name":
        return  # what the proxy calls it; `litellm_params.model` says what it is
    meant = ENV_NAME.search(key) is not None if key.isupper() else named(key, value)
    model = known_model(value) if meant else None
    if model is None:
        return
    beside = {name.lower(): text_of(other) for name, other, _ in items(parent)} if parent is not None else {}
    caps = [int(beside[name]) for name in CAPS if beside.get(name, "").isdigit()]
    prompts = [len(beside[name]) for name in PROMPTS if beside.get(name)]
    cap, prompt = (caps[0] if caps else None), (prompts[0] if prompts else None)
    yield ConfigModel(path, line_of(node), ".".join(way), value, kind, model.tier, cap, prompt)


def named(key: str, value: str) -> bool:
    """Does the key say that its value is a model? `provider: openai:gpt-4o` does because the value says so too."""
    plain = re.sub(r"([a-z])([A-Z])", r"\1_\2", key).lower().replace("-", "_")
    if plain in GENERAL:
        return PROVIDERS.match(value.lower()) is not None
    return plain in KEYS or plain.endswith(("_model", "_model_name", "_model_id", "_llm"))


def known_model(value: str) -> ModelInfo | None:
    """The model that a value names. Only a whole id counts: letters, digits and the marks that ids are written with."""
    if not re.fullmatch(r"[\w.:/@-]{3,200}", value) or value.endswith((".py", ".yaml", ".yml", ".json", ".txt")):
        return None
    info = lookup(value)
    return info if info is not None or ":" not in value else lookup(value.rpartition(":")[2])
