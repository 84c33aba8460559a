"""Tokens of a text: counted where a tokenizer is at hand without a network, else estimated, with the estimate's range.

tiktoken fetches its encodings on first use. It is asked only where the file of the encoding is on this machine already
(in TIKTOKEN_CACHE_DIR, in its own cache, or inside an installed litellm), so that nothing ever waits for a network.
"""

from __future__ import annotations

import os
import re
import tempfile
from decimal import Decimal
from functools import cache
from hashlib import sha1, sha256
from pathlib import Path
from typing import Any

from llmlint.facts import CallSite, PromptFact
from llmlint.money.amounts import Basis, Span, Tokens, exactly
from llmlint.sdks.models import undressed
from llmlint.sdks.tokens import estimate

# what a tokenizer counts of one estimated token: measured by benchmarks/token_estimates.py for English, code, JSON,
# German, Russian; the newest Claude models count up to a third more than older ones, which no offline tokenizer shows
LOW, HIGH = Decimal("0.75"), Decimal("1.5")
WIDE_LOW, WIDE_HIGH = Decimal("0.6"), Decimal("2.3")  # Asian and Arabic scripts: between the newest and the oldest
LEAST_SAMPLE = 40  # tokens from which the script of a text shows
HOLE = re.compile(r"\{[^{}\n]{1,80}\}")  # {name}, where a value goes in
LATIN_CHARS = 2.6  # characters a token from which a text is taken to be in an alphabet of Europe

ENCODINGS = (  # ids as `undressed` leaves them
    (re.compile(r"(gpt-4o|gpt-4-1|gpt-4-5|gpt-[5-9]|chatgpt-4o|o[1-9])([-:].*|\d.*)?"), "o200k_base"),
    (re.compile(r"(gpt-4|gpt-3-5|gpt-35|text-embedding-3|text-embedding-ada-002)([-:].*)?"), "cl100k_base"),
)
DIGESTS = {  # another content would make tiktoken fetch it anew
    "o200k_base": "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d",
    "cl100k_base": "223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7",
}
SOURCE = "https://openaipublic.blob.core.windows.net/encodings/{}.tiktoken"  # what tiktoken names its cached file by


def spread(tokens: int, chars: int | None = None) -> Span:
    """An estimate with its measured error. chars: of the same text, where known; few a token mean another script."""
    value = Decimal(tokens)
    wide = chars is not None and tokens > 0 and chars / tokens < LATIN_CHARS
    low, high = (WIDE_LOW, WIDE_HIGH) if wide else (LOW, HIGH)
    return Span(value * low, value, value * high)


def spread_in(prompt: PromptFact, tokens: int) -> Span:
    """The range of some of the prompt's tokens; how wide tells its constant beginning."""
    chars, whole = prompt.static_chars, prompt.static_tokens
    return spread(tokens, round(tokens * chars / whole) if chars and whole and whole >= LEAST_SAMPLE else None)


def exact_tokens(site: CallSite, model: str) -> int | None:
    """Of the constant text of a prompt, counted; None where its text or a tokenizer is not at hand.

    The text is there in a run that has analysed the file, not in one that was served from the cache.
    """
    text = None if site.tools else site.prompt.text  # descriptions of tools are sent too, and are not in the text
    counted = count_tokens(HOLE.sub("", text), model) if text else None
    return int(counted.span.mid) if counted is not None and counted.span.exact else None


def count_tokens(text: str, model: str = "") -> Tokens:
    """Of a text for a model: exact for OpenAI's models where tiktoken and its encoding are installed."""
    basis: Basis = "code"
    encoding = next((enc for name in undressed(model.lower()) if (enc := _encoding_of(name)) is not None), None)
    if encoding is not None:
        tokens = len(encoding.encode(text, disallowed_special=()))
        return Tokens(exactly(tokens), basis, f"counted with {encoding.name}")
    return Tokens(spread(round(estimate(text)), len(text)), basis, "estimated from the text")


def _encoding_of(model: str) -> Any | None:
    name = next((encoding for pattern, encoding in ENCODINGS if pattern.fullmatch(model)), None)
    return None if name is None else local_encoding(name)


@cache
def local_encoding(name: str) -> Any | None:
    """tiktoken's encoding, from a file on this machine; None where tiktoken or the file is missing."""
    file = sha1(SOURCE.format(name).encode()).hexdigest()
    folder = _folder_with(file)
    if folder is None or sha256((folder / file).read_bytes()).hexdigest() != DIGESTS[name]:
        return None
    before = os.environ.get("TIKTOKEN_CACHE_DIR")
    try:
        import tiktoken

        os.environ["TIKTOKEN_CACHE_DIR"] = str(folder)
        return tiktoken.get_encoding(name)
    except Exception:  # an odd version, a broken file: an estimate does as well
        return None
    finally:
        if before is None:
            os.environ.pop("TIKTOKEN_CACHE_DIR", None)
        else:
            os.environ["TIKTOKEN_CACHE_DIR"] = before


def _folder_with(file: str) -> Path | None:
    from importlib.util import find_spec

    places = [os.environ.get("TIKTOKEN_CACHE_DIR"), os.environ.get("DATA_GYM_CACHE_DIR")]
    places.append(str(Path(tempfile.gettempdir()) / "data-gym-cache"))
    found = find_spec("litellm")  # looked up, not imported: importing it asks the network
    if found is not None and found.origin:
        places.append(str(Path(found.origin).parent / "litellm_core_utils" / "tokenizers"))
    return next((Path(place) for place in places if place and (Path(place) / file).is_file()), None)
