"""A text → about how many tokens providers count, without their tokenizer: the one estimator of the project.

Additive: the estimate of a text is that of its parts, so that a prompt can be counted piece by piece. Weights fitted to
o200k_base, cl100k_base and Anthropic's published tokenizer; `benchmarks/token_estimates.py` measures the error.
"""

from __future__ import annotations

import re

# what a character of these scripts weighs; the older the tokenizer, the more
SCRIPTS: tuple[tuple[str, float], ...] = (
    ("\u0370-\u052f", 0.36),  # Greek, Cyrillic
    ("\u0590-\u08ff", 0.58),  # Hebrew, Arabic
    ("\u0900-\u0dff\u0e00-\u109f", 0.6),  # the scripts of India, Thai, Lao, Tibetan, Burmese
    ("\u1100-\u11ff\uac00-\ud7ff", 0.95),  # Korean
    ("\u2e80-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff00-\uffef", 0.86),  # Chinese, Japanese
)
LATIN = (
    r"(?P<word>[A-Z]?[a-z]+|[A-Z]+)|(?P<digits>\d+)|(?P<blanks>\s{2,}|[^\S ])|(?P<signs>[!-/:-@\[-`{-~]+)"
    r"|(?P<latin>[a-z]*[\u00c0-\u024f][a-z\u00c0-\u024f]*)"
)
OTHERS = "".join(f"|(?P<s{i}>[{chars}]+)" for i, (chars, _) in enumerate(SCRIPTS))
PARTS = re.compile(LATIN + OTHERS + r"|(?P<other>[^\s!-~])")
USUAL_WORD = 8  # letters of a word that is one token; longer ones break into pieces
PIECE = 5.0


def estimate(text: str) -> float:
    """About how many tokens: within a fifth on English, code and JSON, within a factor of two on other scripts."""
    return sum(_weight(match.lastgroup or "other", match.end() - match.start()) for match in PARTS.finditer(text))


def _weight(kind: str, length: int) -> float:
    if kind == "word":
        return 1.0 if length <= USUAL_WORD else 1 + (length - USUAL_WORD) / PIECE
    if kind == "digits":
        return float(-(-length // 3))
    if kind == "blanks":
        return 0.9
    if kind == "signs":
        return max(1.0, length / 2.2)
    if kind == "latin":
        return max(1.0, length / 3.2)
    if kind == "other":
        return 1.2
    return length * SCRIPTS[int(kind[1:])][1]
