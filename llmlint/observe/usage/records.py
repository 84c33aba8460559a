"""What a source of usage yields, one record a request or a bucket of requests; the words that tell sources apart."""

from __future__ import annotations

from typing import Literal, NamedTuple

from llmlint.money.usage import Usage

NANO = 1_000_000_000  # money is kept in whole billionths of a dollar: exact sums, no rounding on the way

# how near to a request a source stands. "requests": one record each, or as good as that (spans, logs, CSV); "totals":
# counters of a gateway or a provider; "bill": money that a provider charged, without requests
Layer = Literal["requests", "totals", "bill"]
LAYERS: tuple[Layer, ...] = ("requests", "totals", "bill")  # the nearest first


class Subject(NamedTuple):
    """Who asked which model, as far as the source says; "" and 0 where it does not.

    path: as the source wrote it, often absolute on another machine; label: of a `# llmlint: label=` comment or of the
    source's own tags; layer: of `LAYERS`; cache_told: it says how much of the prompts came from the provider's cache.
    """

    provider: str = ""
    model: str = ""
    path: str = ""
    line: int = 0
    function: str = ""
    label: str = ""
    team: str = ""
    batch: bool = False
    layer: Layer = "requests"
    cache_told: bool = False


class Row(NamedTuple):
    """Requests of one subject in one stretch of time.

    key: the same for the same record however often it is imported; start: Unix seconds; seconds: how long it took or
    the width of the bucket; requests: None where the source does not count them; nano_usd: what the source says it
    cost, in billionths of a dollar, None where it says nothing.
    """

    key: bytes
    start: int
    seconds: int
    subject: Subject
    requests: int | None
    usage: Usage
    nano_usd: int | None = None


class Refusal(NamedTuple):
    """A record that cannot be counted. where: "spans.jsonl:12"; why: a sentence without the text of its values."""

    where: str
    why: str


class Refused(Exception):
    """Raised while a record is read; becomes a `Refusal`."""
