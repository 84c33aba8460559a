"""A model id as code writes it → who can be asked for its price, and under which id.

An id is read from its front: a gateway's prefix (`openrouter/…`, `azure/…`, `bedrock/us-east-1/…`, `openai:…`) names
the provider and is taken off; Bedrock's vendor prefix (`us.anthropic.…`) means AWS; else the SDK's provider is asked,
then whoever makes models of such a name, and last the model that the id is a dated or dressed spelling of.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from llmlint.light import dataclass
from llmlint.money.overlay import folded
from llmlint.sdks.models import VENDOR, lookup, undressed

REGION = re.compile(r"(us|eu|ap|ca|sa|me|af|il|mx)(-gov)?-[a-z]+-\d")
SKIPPED = frozenset({"converse", "invoke", "models", "publishers", "responses", "chat"})
# clouds resell models of others, and whole markets are reached through the SDKs of these two
OPEN = frozenset({"azure", "aws", "google", "openai", "anthropic"})
MAX_CHARS = 300


@dataclass(frozen=True, slots=True)
class Asked:
    """provider: as the price list calls it; None: whoever makes models of such a name. note: what was assumed."""

    ref: str
    provider: str | None
    note: str | None = None


def asked(model: str, provider: str | None, known: Callable[[str], str | None]) -> Iterator[Asked]:
    """The ways to ask, the surest first. known: a provider's name → what the price list calls it, None: not there."""
    text = model.strip().lower()
    if not text or len(text) > MAX_CHARS:
        return
    given = known(provider) if provider else None
    head, rest = _prefixed(text, known)
    if head is not None:
        yield Asked(rest, head)
        given, text = head, rest
    if VENDOR.match(text):
        yield Asked(text, "aws")
    if given is not None:
        yield Asked(text, given)
    if given is None or given in OPEN:
        yield from _by_maker(text, given)


def _prefixed(text: str, known: Callable[[str], str | None]) -> tuple[str | None, str]:
    """`openrouter/anthropic/x` → ("openrouter", "anthropic/x"); None where the front names no provider."""
    head, slash, rest = text.partition("/")
    if not slash:
        head, slash, rest = text.partition(":")
        if not slash or not re.fullmatch(r"[a-z][a-z_-]*", head):
            return None, text
    found = known(head) if rest else None
    if found is None:
        return None, text
    while "/" in rest and (rest.partition("/")[0] in SKIPPED or REGION.fullmatch(rest.partition("/")[0])):
        rest = rest.partition("/")[2]
    return found, rest


def _by_maker(text: str, seller: str | None) -> Iterator[Asked]:
    note = None if seller is None else f"the price of its maker: {seller} has no such model in the list"
    yield Asked(text, None, note)
    info = None if "ft:" in text else lookup(text)  # a fine-tuned model has prices of its own
    if info is not None and folded(info.id) in folded(text):  # not one that only stands for the same tier
        dressed = f"read as {info.id}" if folded(info.id) != folded(text) else None
        yield Asked(info.id, info.provider, dressed if seller in (None, info.provider) else note)


def spellings(model: str) -> tuple[str, ...]:
    """The ways in which a row of an overlay may name the model, folded: as written, undressed, without date."""
    text = model.strip().lower()
    if not text or len(text) > MAX_CHARS:
        return ()
    bare = () if "ft:" in text else undressed(text)
    info = None if "ft:" in text else lookup(text)
    named = () if info is None or folded(info.id) not in folded(text) else (info.id,)
    return tuple(dict.fromkeys(folded(one) for one in (text, *bare, *named)))
