"""Local programs that summarize while no key is set: they pick sentences of the transcript."""

from __future__ import annotations

import re
from typing import Any

MOST = 5  # sentences that were asked for
DECIDING = re.compile(
    r"\b(we|i|then|by|until|before|from|on|book|agreed|done|order|orders|tells?|asks?|writes?|signs?|monday|tuesday|"
    r"wednesday|thursday|friday|week|month|tomorrow|tonight|wir|bis|heute|oggi|entro|je|demain|lundi)\b",
    re.I,
)


def first_sentences(request: Any) -> str:
    """The beginning."""
    return " ".join(sentences(request)[:MOST])


def last_sentences(request: Any) -> str:
    """The end, where decisions are made."""
    return " ".join(sentences(request)[-MOST:])


def deciding_sentences(request: Any) -> str:
    """The sentences with most words of promising and deciding, in their order; of equals the later."""
    found = sentences(request)
    weight = {i: len(DECIDING.findall(one)) + len(re.findall(r"\d+", one)) - 2 * one.endswith("?") + i / 100
              for i, one in enumerate(found)}  # fmt: skip
    best = sorted(sorted(weight, key=lambda i: -weight[i])[:MOST])
    return " ".join(found[i] for i in best)


def sentences(request: Any) -> list[str]:
    """What was said, one sentence each, with the speaker's name in front."""
    out = []
    for line in request.values["input"].split("\n"):
        name, _, said = line.partition(": ")
        for one in re.split(r"(?<=[.!?])\s+", said):
            out.append(f"{name}, {one[:1].lower()}{one[1:]}" if one else name)
    return out
