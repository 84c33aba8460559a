"""One bucket of a provider's report, a span of time with its results → rows, or why one is refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from llmlint.observe.usage.records import Refusal, Refused, Row
from llmlint.observe.usage.values import moment, name

DAY = 86_400  # seconds


def rows_of(
    bucket: dict[str, Any], span: tuple[str, str], latest: int, read: Callable[[dict[str, Any], int, int], Row]
) -> Iterator[Row | Refusal]:
    """span: what the provider calls the bucket's start and end; read: a result, the start and the seconds → a row."""
    began, ended = span
    where = f"bucket {name(bucket.get(began)) or '?'}"
    try:
        start = moment(bucket.get(began) or "", latest)
        end = moment(bucket.get(ended) or "", latest + DAY, "the end")
        if not start < end:
            raise Refused("the bucket ends before it starts")
    except Refused as refused:
        yield Refusal(where, str(refused))
        return
    for result in bucket["results"]:
        try:
            if not isinstance(result, dict):
                raise Refused("the result has another shape than documented")
            yield read(result, start, end - start)
        except Refused as refused:
            yield Refusal(where, str(refused))
