"""Which of the facts that a good summary holds does an answer hold?"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

ENOUGH = 0.6  # of the words of a fact
SENTENCES = 5  # more were not asked for
BEGINNING = 5  # letters: "orders" and "order", "bestellt" and "bestellen"
SMALL = re.compile(
    r"the|and|for|from|that|this|with|are|was|were|will|all|one|per|der|die|das|und|bis|zum|von|ein|eine|wird|le|la|les|"
    r"des|une|est|que|il|na|da|de|do|em|si|se|un|una|al"
)


def facts_held(values: Mapping[str, Any], answer: str) -> dict[str, float]:
    """The share of the facts of which most words stand in the answer; nothing where it is longer than allowed."""
    sentences = [one for one in re.split(r"(?<=[.!?])\s+|\n+", answer.strip()) if re.search(r"\w", one)]
    said = stems(answer)
    held = [len(stems(fact) & said) >= ENOUGH * len(stems(fact)) for fact in values["expected"]]
    share = sum(held) / len(held)
    short = len(sentences) <= SENTENCES
    return {"score": share if short else 0.0, "facts": share, "short_enough": float(short)}


def stems(text: str) -> set[str]:
    """Beginnings of the words that say something."""
    words = re.findall(r"[^\W_]+", text.casefold())
    return {word[:BEGINNING] for word in words if not SMALL.fullmatch(word) and (len(word) > 1 or word.isdigit())}
