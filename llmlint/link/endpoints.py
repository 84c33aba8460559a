"""The address that a client is given → whom it asks: the provider itself, one's own machine or network, or another."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

from llmlint.link.slots import string_values
from llmlint.link.values import Const, Text, Value, alternatives

Endpoint = Literal["default", "local", "other"]
HOST = re.compile(r"^(?:https?://)?(?:[^/@]*@)?(\[[0-9a-fA-F:.]+\]|[^/:?#]+(?=[:/?#]|$)(?!://))")
OPEN_HOST = re.compile(r"^(https?://)?[^/:]*\*(:|/|$)")
# the addresses that the SDKs would ask anyway, and clouds that serve the same models with the same prices and batches
OWN = re.compile(r"(^|\.)(api\.openai\.com|api\.anthropic\.com|openai\.azure\.com|services\.ai\.azure\.com)$")
LOCAL = re.compile(
    r"^(localhost|127\.[\d.]+|0\.0\.0\.0|\[::1?\]|host\.docker\.internal|10\.[\d.]+|192\.168\.[\d.]+|172\.(1[6-9]|2\d|3[01])\.[\d.]+"
    r"|[^.]+|.*\.(local|lan|internal|svc|cluster\.local))$"
)


def endpoint_of(addresses: Sequence[Value]) -> Endpoint | None:
    """The first address counts; None where it is not known, or several are possible that differ."""
    if not addresses:
        return "default"
    parts = list(alternatives(addresses[0]))
    given = [part for part in parts if not (isinstance(part, Const) and part.value is None)]
    texts = [beginning(part) for part in given]
    if None in texts:
        return None
    kinds: set[Endpoint] = {kind_of(text) for text in texts if text is not None}
    if len(given) < len(parts):
        kinds.add("default")
    return kinds.pop() if len(kinds) == 1 else None


def beginning(address: Value) -> str | None:
    """The address as far as it is written, if that reaches beyond the machine's name: f"http://localhost:{port}/v1"."""
    text = next((str(t.value) for t in string_values(address)), None)
    if text is None and isinstance(address, Text) and address.parts and isinstance(address.parts[0], str):
        found = HOST.match(address.parts[0])
        if found and found.end() < len(address.parts[0]):
            return address.parts[0]
    return text


def host_of(address: str) -> Endpoint | None:
    """Whom an address in a request by hand means, with * for what is not known of it; it is that of a known API."""
    if OPEN_HOST.match(address):
        return None
    return "local" if kind_of(address) == "local" else "default"


def kind_of(address: str) -> Endpoint:
    """`http://localhost:8000/v1` → local. A name without a dot is a machine of the same network."""
    if not address:
        return "default"
    found = HOST.match(address)
    host = found[1].lower() if found else ""
    return "default" if OWN.search(host) else "local" if LOCAL.match(host) else "other"
