"""A reply → what in it is graded: its text, the arguments of its tool call, or one field of its JSON."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping
from typing import Any

from llmlint.evals.records import Item, Reply

ARTICLES = re.compile(r"\b(?:a|an|the)\b")
ACCENTS = re.compile("[\u0300-\u036f]")  # not the vowel signs of Indic scripts, which are letters


class NoJson(ValueError):
    """The answer holds no JSON where some was asked for."""


def text_of(reply: Reply, field: str | None = None) -> str:
    """The graded text; a field that is not there is an empty one. Raises NoJson where a field is asked of no JSON."""
    if field is None:
        return reply.text
    value = inner(json_of(reply), field)
    return "" if value is None else as_text(value)


def json_of(reply: Reply) -> Any:
    """The arguments of the first tool call, else the text as JSON, with or without a code fence. Raises NoJson."""
    if reply.tool_calls:
        return dict(reply.tool_calls[0].get("arguments") or {})
    try:
        return json.loads(unfenced(reply.text))
    except (ValueError, RecursionError) as error:
        raise NoJson(f"no JSON: {error}") from None


def unfenced(text: str) -> str:
    """The text, or what a code fence around it holds."""
    text = text.strip()
    opening, _, rest = text.partition("\n")
    if rest.endswith("```") and re.fullmatch(r"```[\w+-]*\s*", opening):
        return rest[:-3].strip()
    return text


def inner(value: Any, path: str) -> Any:
    """`a.b.0` → what stands there; None where nothing does."""
    for name in path.split("."):
        if isinstance(value, Mapping):
            value = value.get(name)
        elif isinstance(value, list) and name.isdecimal() and int(name) < len(value):
            value = value[int(name)]
        else:
            return None
    return value


def expected_of(item: Item, column: str | None) -> Any:
    return None if column is None else item.values.get(column)


def alternatives(value: Any) -> list[str]:
    """The texts of which any one is right: a list holds several."""
    return [as_text(one) for one in value] if isinstance(value, (list, tuple)) else [as_text(value)]


def as_text(value: Any) -> str:
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, default=str)


def normalized(text: str) -> str:
    """Without case, accents, English articles, punctuation (that of numbers stays) and surplus spaces."""
    text = ACCENTS.sub("", unicodedata.normalize("NFKD", text)).casefold()
    kept = []
    for i, letter in enumerate(text):
        if not unicodedata.category(letter).startswith(("P", "S")):
            kept.append(letter)
            continue
        before, after = text[i - 1 : i], text[i + 1 : i + 2]
        sign = letter in "-−" and not before.strip()
        in_number = after.isdigit() and (sign or (letter in ".," and before.isdigit()))
        kept.append(("-" if sign else letter) if in_number else " ")
    return " ".join(ARTICLES.sub(" ", "".join(kept)).split())
