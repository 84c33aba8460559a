"""The two Batch APIs behind one face: lines out, an id back; later what became of each line."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from llmlint.evals.providers import Api
from llmlint.evals.providers.reading import part

CLOCKS = 300  # seconds by which the provider's clock may differ from ours
LISTED = 200  # batches that are looked through for one that may have arrived


@dataclass(frozen=True, slots=True)
class LineResult:
    """What became of one line. body: the answer's JSON; error: why there is none; lasting: asking again is no use."""

    body: Mapping[str, Any] | None
    error: str = ""
    lasting: bool = False


class BatchApi(Protocol):
    """custom ids are unique over all batches: they begin with the mark."""

    most: int  # lines of one batch

    async def submit(self, mark: str, lines: Sequence[tuple[str, dict[str, Any]]]) -> str:
        """lines: custom ids and bodies. The provider's id of the batch."""

    async def arrived(self, mark: str, lines: int, made: float, known: set[str]) -> list[str]:
        """Ids of batches that may be the one submitted at `made` (seconds of the epoch) under that mark."""

    async def over(self, id: str) -> bool:
        """Will nothing more come of it?"""

    async def results(self, id: str) -> dict[str, LineResult]:
        """By custom id, of a batch that is over."""


def batch_api(client: Any, api: Api) -> BatchApi:
    """client: of the official SDK."""
    return AnthropicBatches(client) if api.name == "messages" else OpenAIBatches(client, api.path)


@dataclass
class AnthropicBatches:
    """Batches carry no note of ours, so one that may have arrived is known by its time, its size and then its ids."""

    client: Any
    most: int = 10_000

    async def submit(self, mark: str, lines: Sequence[tuple[str, dict[str, Any]]]) -> str:
        made = await self.client.messages.batches.create(
            requests=[{"custom_id": id, "params": body} for id, body in lines]
        )
        return str(made.id)

    async def arrived(self, mark: str, lines: int, made: float, known: set[str]) -> list[str]:
        found, looked = [], 0
        async for one in await _pages(self.client.messages.batches.list(limit=100)):
            counts = one.request_counts.model_dump()
            looked += 1
            if one.created_at.timestamp() < made - CLOCKS or looked > LISTED:
                break
            if one.id not in known and sum(counts.values()) == lines:
                found.append(str(one.id))
        return found

    async def over(self, id: str) -> bool:
        return bool((await self.client.messages.batches.retrieve(id)).processing_status == "ended")

    async def results(self, id: str) -> dict[str, LineResult]:
        found: dict[str, LineResult] = {}
        async for line in await self.client.messages.batches.results(id):
            told = line.model_dump(mode="json", warnings=False)
            result = part(told, "result")
            if result.get("type") == "succeeded":
                found[line.custom_id] = LineResult(part(result, "message"))
                continue
            error = part(part(result, "error"), "error") or part(result, "error")
            words = [str(error[name]) for name in ("type", "message") if error.get(name)]
            why = " ".join(words) or str(result.get("type"))
            found[line.custom_id] = LineResult(None, why, lasting=error.get("type") == "invalid_request_error")
        return found


@dataclass
class OpenAIBatches:
    """The lines are a file, the batch names it, and its metadata carries our mark."""

    client: Any
    path: str
    most: int = 10_000

    async def submit(self, mark: str, lines: Sequence[tuple[str, dict[str, Any]]]) -> str:
        rows = [{"custom_id": id, "method": "POST", "url": self.path, "body": body} for id, body in lines]
        data = "".join(json.dumps(row) + "\n" for row in rows).encode()
        file = await self.client.files.create(file=(f"llmlint-{mark}.jsonl", data), purpose="batch")
        made = await self.client.batches.create(
            input_file_id=file.id, endpoint=self.path, completion_window="24h", metadata={"llmlint": mark}
        )
        return str(made.id)

    async def arrived(self, mark: str, lines: int, made: float, known: set[str]) -> list[str]:
        looked = 0
        async for one in await _pages(self.client.batches.list(limit=100)):
            looked += 1
            if (one.metadata or {}).get("llmlint") == mark:
                return [str(one.id)]
            if looked > LISTED:
                break
        return []

    async def over(self, id: str) -> bool:
        return (await self.client.batches.retrieve(id)).status in ("completed", "failed", "expired", "cancelled")

    async def results(self, id: str) -> dict[str, LineResult]:
        batch = await self.client.batches.retrieve(id)
        found: dict[str, LineResult] = {}
        for file in (batch.output_file_id, batch.error_file_id):
            if file:
                text = (await self.client.files.content(file)).text
                found.update(_line(json.loads(row)) for row in text.splitlines() if row.strip())
        if not found and batch.status == "failed":
            errors = getattr(batch.errors, "data", None) or []
            raise BatchRefused("; ".join(str(one.message) for one in errors[:3]) or "the batch failed")
        return found


class BatchRefused(Exception):
    """The whole batch was turned down."""


def _line(row: Mapping[str, Any]) -> tuple[str, LineResult]:
    response = part(row, "response")
    status = response.get("status_code")
    if status == 200:
        return str(row.get("custom_id")), LineResult(part(response, "body"))
    error = part(part(response, "body"), "error") or part(row, "error")
    why = f"{status or error.get('code')}: {error.get('message') or 'no answer'}"
    lasting = isinstance(status, int) and 400 <= status < 500 and status not in (408, 409, 429)
    return str(row.get("custom_id")), LineResult(None, why, lasting)


async def _pages(listing: Any) -> Any:
    """The SDK's pager, which is an async iterator before it is awaited."""
    return listing
