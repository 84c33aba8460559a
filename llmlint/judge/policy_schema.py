"""A policy document → what is wrong with it, by policy.schema.json, without importing jsonschema.

The schema is the only list of keys: editors read it, the tests hold this reader against jsonschema. It understands the
keywords in `KEYWORDS` and no more. `x-wants` says in words what a value must be, `x-key` what its keys are.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from functools import cache
from pathlib import Path  # importlib.resources costs every start 9 ms
from typing import Any

from llmlint.light import dataclass

Key = tuple[str | int, ...]  # the way to a value: ("paths", 0, "match")
Schema = Mapping[str, Any]

KEYWORDS = frozenset({
    "$ref", "additionalProperties", "anyOf", "enum", "format", "items", "maximum", "minItems", "minLength", "minimum",
    "pattern", "properties", "propertyNames", "required", "type",
})  # fmt: skip
WORDS = {
    "object": "a mapping of keys to values", "array": "a list", "string": "a text", "number": "a number",
    "integer": "a whole number", "boolean": "true or false", "null": "nothing",
}  # fmt: skip
MAX_SHOWN = 40


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong at `key`, and what to write instead."""

    key: Key
    message: str
    mend: str


@cache
def policy_schema() -> Schema:
    """policy.schema.json."""
    text = (Path(__file__).parent / "schemas" / "policy.schema.json").read_text("utf-8")
    schema: Schema = json.loads(text)
    return schema


def problems(data: Any, schema: Schema | None = None, key: Key = ()) -> Iterator[Problem]:
    """All that is wrong with plain data (JSON's types), outermost first."""
    node = resolved(policy_schema() if schema is None else schema)
    if "anyOf" in node:
        yield from _any_of(data, node, key)
    elif not _fits(data, node):
        yield _wrong(data, node, key)
    elif isinstance(data, dict):
        yield from _mapping(data, node, key)
    elif isinstance(data, list):
        if len(data) < node.get("minItems", 0):
            yield Problem(key, f"{label(key)} is an empty list", _example(node, key))
        for i, item in enumerate(data):
            yield from problems(item, node.get("items", {}), (*key, i))
    else:
        yield from _scalar(data, node, key)


def resolved(node: Schema) -> Schema:
    """The schema with its reference followed; what stands beside the reference goes first."""
    while "$ref" in node:
        target = policy_schema()["$defs"][node["$ref"].rpartition("/")[2]]
        node = {**target, **{k: v for k, v in node.items() if k != "$ref"}}
    return node


def _types(node: Schema) -> Sequence[str]:
    if "enum" in node:
        return sorted({_type(value) for value in node["enum"]})
    given = node.get("type", tuple(WORDS))
    return [given] if isinstance(given, str) else given


def _type(data: Any) -> str:
    if isinstance(data, bool):
        return "boolean"
    kinds = ((str, "string"), (int, "number"), (float, "number"), (dict, "object"), (list, "array"))
    return next((name for kind, name in kinds if isinstance(data, kind)), "null")


def _fits(data: Any, node: Schema) -> bool:
    types = _types(node)
    return _type(data) in types or ("integer" in types and isinstance(data, int) and not isinstance(data, bool))


def _any_of(data: Any, node: Schema, key: Key) -> Iterator[Problem]:
    """The complaint of the first branch that takes such data at all; without one, what all branches want."""
    examples = {"examples": node["examples"]} if "examples" in node else {}
    branches = [{**examples, **resolved(branch)} for branch in node["anyOf"]]
    found = [list(problems(data, branch, key)) for branch in branches if _fits(data, branch)]
    if not found:
        yield _wrong(data, node, key)
    elif all(found):
        yield from found[0]


def _mapping(data: Mapping[str, Any], node: Schema, key: Key) -> Iterator[Problem]:
    known = node.get("properties", {})
    for name in node.get("required", ()):
        if name not in data:
            yield Problem(key, f"{label(key)} has no {name!r}", f"add {_written(name, resolved(known[name]))}")
    for name, value in data.items():
        if name in known:
            yield from problems(value, known[name], (*key, name))
            continue
        rest = node.get("additionalProperties", {})
        names = resolved(node["propertyNames"]) if "propertyNames" in node else {}
        if rest is False or any(True for _ in problems(name, names)):
            yield _unknown_key(name, node, names, key)
        else:
            yield from problems(value, rest, (*key, name))


def _unknown_key(name: str, node: Schema, names: Schema, key: Key) -> Problem:
    kind = node.get("x-key", "key")
    known = names.get("enum") or list(node.get("properties", ()))
    if names and "enum" not in names:
        message, mend = f"{shown(name)} cannot be a {kind}", "use letters, digits, - and _, and begin with a letter"
    else:
        message, mend = f"unknown {kind} {shown(name)}", nearest(name, known)
    return Problem((*key, name), message + (f" in {label(key)}" if key else ""), mend)


def _scalar(data: Any, node: Schema, key: Key) -> Iterator[Problem]:
    if "enum" in node:
        if not any(data == value and _type(data) == _type(value) for value in node["enum"]):
            wants = node.get("x-wants") or "one of its values"
            yield Problem(key, f"{label(key)}: {shown(data)} is not {wants}", nearest(data, node["enum"]))
    elif isinstance(data, str):
        if len(data) < node.get("minLength", 0):
            yield Problem(key, f"{label(key)} is empty", _example(node, key))
        elif not re.search(node.get("pattern", ""), data) or (node.get("format") == "date" and not _is_date(data)):
            yield Problem(key, f"{label(key)}: {shown(data)} is not {_wants(node)}", _example(node, key))
    elif isinstance(data, (int, float)) and not isinstance(data, bool):
        if data < 0 <= node.get("minimum", data):
            yield Problem(key, f"{label(key)} must not be negative: {shown(data)}", "write 0 or more")
        elif not node.get("minimum", data) <= data <= node.get("maximum", data):
            yield Problem(key, f"{label(key)}: {shown(data)} is not {_wants(node)}", _example(node, key))


def _is_date(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _wrong(data: Any, node: Schema, key: Key) -> Problem:
    article = {"object": "a mapping", "array": "a list", "null": "nothing", "number": "a number", "string": "a text"}
    fraction = "integer" in _types(node) and isinstance(data, float)
    got = shown(data) if fraction else article.get(_type(data), shown(data))
    return Problem(key, f"{label(key)} must be {_wants(node)}, not {got}", _example(node, key))


def _wants(node: Schema) -> str:
    types = [t for t in _types(node) if t != "null"] or ["null"]
    return str(node.get("x-wants") or " or ".join(WORDS[t] for t in types))


def _example(node: Schema, key: Key) -> str:
    if not node.get("examples"):
        return "docs/policy.md shows every key"
    name = next((part for part in reversed(key) if isinstance(part, str)), "")
    return f"for example {_written(name if key and key[-1] == name else '', node)}"


def _written(name: str, node: Schema) -> str:
    value = node["examples"][0] if node.get("examples") else node.get("enum", ["…"])[0]
    text = json.dumps(value, ensure_ascii=False) if not isinstance(value, str) else value
    return f"`{name}: {text}`" if name else f"`{text}`"


def nearest(given: Any, known: Sequence[Any]) -> str:
    """The mend for a word that is not known: the one that was meant, or all."""
    from difflib import get_close_matches

    words = [k if isinstance(k, str) else json.dumps(k) for k in known if k is not False]
    near = get_close_matches(str(given).lower()[:MAX_SHOWN], words, n=1, cutoff=0.6)
    return f"did you mean {near[0]!r}?" if near else f"use one of {', '.join(words)}"


def label(key: Key) -> str:
    """The way to a value as people write it: paths[0].match."""
    text = ""
    for part in key:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return (text if len(text) <= 3 * MAX_SHOWN else text[: 3 * MAX_SHOWN] + "…") or "the policy"


def shown(data: Any) -> str:
    """A value in an error: one short line."""
    text = repr(data) if isinstance(data, str) else json.dumps(data, ensure_ascii=False)
    return text if len(text) <= MAX_SHOWN else text[: MAX_SHOWN - 1] + "…"
