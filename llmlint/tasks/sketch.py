"""A prompt's text → what tells whether another is the same or alike. It may be kept: the text cannot be read from it.

A word is one of 65,536 numbers, which it shares with many others, and the order of the words is lost.
"""

from __future__ import annotations

import re
from collections import Counter
from functools import lru_cache
from hashlib import blake2b
from zlib import crc32

from llmlint.facts import PromptFact, Sketch

WORD = re.compile(r"\w+")
ENOUGH = 8  # words that are a prompt of its own


def sketch_of(prompt: PromptFact) -> Sketch | None:
    """None where the text is not known."""
    return prompt.sketch if prompt.text is None else _sketch(prompt.text)


@lru_cache(maxsize=4096)
def _sketch(text: str) -> Sketch:
    words = (crc32(_bytes(word)) & 0xFFFF for word in WORD.findall(text.lower()))
    return Sketch(len(text), blake2b(_bytes(text), digest_size=16).hexdigest(), tuple(sorted(words)))


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def alike(one: Sketch | None, other: Sketch | None) -> float | None:
    """0 to 1, by the words that both have; None where one is not known."""
    if one is None or other is None:
        return None
    if one.digest == other.digest:
        return 1.0
    shared = sum((Counter(one.words) & Counter(other.words)).values())
    least, both = min(len(one.words), len(other.words)), len(one.words) + len(other.words)
    # of a prompt that has grown, all of the old words are still there
    return shared / least if least >= ENOUGH else 2 * shared / max(both, 1)
