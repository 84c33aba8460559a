"""A model id as code writes it → what is known of the model: provider, tier, caching, retirement. Data: models.yaml."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache, lru_cache
from typing import Any, Literal

from llmlint.errors import CatalogueError
from llmlint.facts import Tier
from llmlint.light import dataclass

TIERS = (None, "small", "medium", "large", "frontier")
TIER_HINT = "small, medium, large or frontier; null for what has none"
BEDROCK = re.compile(r"(^|[/:])bedrock\w*[/:]|(^|[/.:])anthropic\.")
# other clouds retire models by calendars of their own, and what one runs oneself is retired by nobody
ELSEWHERE = re.compile(r"(^|/)(azure|vertex)\w*[/:]|^(ollama|lm_studio|llamafile|hosted_vllm)\w*/")
# gateways' prefixes of those who serve only their own: what else stands behind one is no model
MAKERS = {"anthropic": "anthropic", "gemini": "google", "mistral": "mistral", "xai": "xai", "cohere": "cohere"}
VENDOR = re.compile(
    r"^((us|eu|apac|jp|au|ca|us-gov|global)\.)?"
    r"(anthropic|meta|mistral|amazon|cohere|ai21|deepseek|openai|qwen|google|moonshotai|moonshot|zai|writer|nvidia)\."
)
TAIL = re.compile(  # a date, a build, a serving variant: what follows the model's own name
    r"[-:](latest|preview|exp|experimental|beta|stable|maas|tuning|customtools|batch|priority|flex"
    r"|\d{8}|\d{4}-\d{2}-\d{2}|\d{2}-\d{2}|\d{2}-20\d{2}|\d{3,4}|v\d+(-\d+)?(:\d+\w*)?"
    r"|free|online|extended|nitro|floor|exacto|thinking|reasoning|non-reasoning|chat|instruct|it|hf|text|128k|200k|1m)$"
)


EARLY = re.compile(r"[-:](preview|exp|experimental|beta)\b|[-:]\d{3,4}$|(?<!\d{4})[-:]\d{2}-\d{2}$")


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """cache_minimum: tokens below which a breakpoint may cache nothing; cache_floor: below which it certainly does not.

    retires: ISO date, `successor` its heir. early: the date is that of the model itself; this is a preview or build of
    it, which goes no later.
    """

    id: str
    provider: str
    tier: Tier | None
    cache_mode: Literal["explicit", "automatic"] | None = None
    cache_minimum: int | None = None
    cache_floor: int | None = None
    retires: str | None = None
    successor: str | None = None
    early: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """by_name: folded id → model. patterns: tried in order where no name fits. dated: folded exact id → retirement."""

    by_name: Mapping[str, ModelInfo]
    patterns: tuple[tuple[str, ModelInfo], ...]  # compiled when one is first tried: most names need none
    dated: Mapping[str, str]
    on_bedrock: Mapping[str, int]  # cache_minimum, where Bedrock's differs
    thinks: tuple[str, ...] = ()  # folded ids of models that may think without being asked to


@lru_cache(maxsize=4096)
def lookup(name: str) -> ModelInfo | None:
    """The model that an id means, however a gateway dresses it; None where it is not in the table."""
    text = name.strip().lower()
    if not text or len(text) > 300:
        return None
    table = load_models()
    tuned = text.startswith("ft:") or "/ft:" in text
    for candidate in undressed(text):
        info = _named(candidate, table)
        if info is None or info.provider != served_by(text, info.provider):
            continue
        on_bedrock = BEDROCK.search(text) is not None
        elsewhere = ELSEWHERE.search(text) is not None or "@" in text
        key = f"ft:{candidate}" if tuned else f"bedrock:{folded(info.id)}" if on_bedrock else candidate
        own = table.dated.get(key)
        if own or tuned or on_bedrock or elsewhere:
            info = replace(info, retires=own, successor=info.successor if own else None, early=False)
        if info.id in table.on_bedrock and on_bedrock:
            info = replace(info, cache_minimum=table.on_bedrock[info.id])
        return info
    return None


def served_by(text: str, maker: str) -> str:
    """Who made what can stand behind the prefix: google for `gemini/…`; `maker` where that may be anybody's."""
    prefix, slash, _ = text.partition("/")
    return MAKERS.get(prefix, maker) if slash else maker


def impossible(name: str) -> bool:
    """`anthropic/gpt-4o`: a prefix and a model that are put together somewhere, but not these two."""
    prefix, slash, rest = name.strip().lower().partition("/")
    info = lookup(rest) if slash and prefix in MAKERS else None
    return info is not None and info.provider != MAKERS[prefix]


def thinks(name: str) -> bool:
    """May the model think before it answers, without being asked to? True where the id is too long to be one."""
    text = name.strip().lower()
    patterns = load_models().thinks
    return len(text) > 300 or any(_pattern(p).fullmatch(candidate) for candidate in undressed(text) for p in patterns)


def undressed(text: str) -> Iterator[str]:
    """`openrouter/anthropic/claude-3.5-sonnet:beta` → claude-3-5-sonnet:beta; `ft:gpt-4o:acme::x` → gpt-4o."""
    last = text.rstrip("/").rpartition("/")[2]
    if last.startswith("ft:"):
        last = last.split(":")[1]
    whole, last = last, VENDOR.sub("", last, count=1)
    head, colon, rest = last.partition(":")
    if colon and re.fullmatch(r"[a-z][a-z_-]*", head):  # `openai:gpt-4o`; but `mistral:7b` is Ollama's
        yield folded(VENDOR.sub("", rest, count=1))
    yield folded(last)
    if whole != last:  # Bedrock's deepseek.r1 is DeepSeek's deepseek-r1
        yield folded(whole)


def folded(text: str) -> str:
    return re.sub(r"[._@ ]", "-", text)


def _named(name: str, table: Table) -> ModelInfo | None:
    rest = name
    while rest:
        if rest in table.by_name:
            info = table.by_name[rest]
            return replace(info, early=True) if info.retires and EARLY.search(name[len(rest) :]) else info
        shorter = TAIL.sub("", rest)
        if shorter == rest:
            break
        rest = shorter
    return next((replace(info, id=name) for pattern, info in table.patterns if _pattern(pattern).fullmatch(name)), None)


@cache
def load_models() -> Table:
    """The table that ships with llmlint."""
    from llmlint.sdks.documents import documents

    return table_from_data(documents()["models.yaml"])


def table_from_data(data: Mapping[str, Any], name: str = "models.yaml") -> Table:
    """The YAML document → `Table`. Raises CatalogueError naming the file and the model."""
    by_name: dict[str, ModelInfo] = {}
    patterns: list[tuple[str, ModelInfo]] = []
    on_bedrock: dict[str, int] = {}
    for family in data.get("families") or ():
        family = dict(family)
        shared = {k: v for k, v in family.items() if k not in ("models", "patterns")}
        for kind in ("models", "patterns"):
            for key, row in (family.get(kind) or {}).items():
                row = dict(row or {}) if not isinstance(row, str) else {"tier": row}
                bedrock = row.pop("cache_minimum_on_bedrock", None)
                also = row.pop("also", ())
                if "cache_minimum" in row:
                    row.setdefault("cache_floor", row["cache_minimum"])
                info = _info(str(key), {**shared, **row}, name)
                if bedrock is not None:
                    on_bedrock[info.id] = bedrock
                if kind == "models":
                    for spelling in (key, *also):
                        if by_name.setdefault(folded(spelling), info) is not info:
                            raise CatalogueError(f"model {spelling!r} stands twice", path=name)
                else:
                    patterns.append((str(key), info))
    dated = {folded(str(k)): str(v) for k, v in (data.get("dated") or {}).items()}
    thinking = tuple(map(str, data.get("thinks") or ()))
    return Table(by_name, tuple(patterns), dated, on_bedrock, thinking)


def _info(key: str, row: Mapping[str, Any], name: str) -> ModelInfo:
    row = {k: str(v) if k == "retires" and v is not None else v for k, v in row.items()}
    try:
        info = ModelInfo(key, **{"tier": None, **row})
    except TypeError as error:
        raise CatalogueError(f"model {key!r}: {error}".replace("ModelInfo.__init__() ", ""), path=name) from None
    if info.tier not in TIERS:
        raise CatalogueError(f"model {key!r}: no such tier: {info.tier!r}", path=name, mend=TIER_HINT)
    return info


@cache
def _pattern(text: str) -> re.Pattern[str]:
    try:
        return re.compile(text)
    except re.error as error:
        raise CatalogueError(f"pattern {text!r}: {error}", path="models.yaml") from None
