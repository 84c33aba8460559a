"""Requests → replies through the providers' Batch APIs, at half price; what a killed run left in flight is adopted.

A batch is committed to the store under a mark of our own before it is sent, with the provider's id once that is known,
and its answers together with the word that they have been fetched. So whoever comes next finds each batch again: by its
id, or, where the process died while it was sent, by looking for its mark at the provider. None is submitted twice.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, TypeAlias

from llmlint.evals.batch_work import Work
from llmlint.evals.calling.caller import Caller
from llmlint.evals.providers import BATCHED
from llmlint.evals.providers.batch_apis import batch_api
from llmlint.evals.providers.clients import open_client
from llmlint.evals.records import Candidate, Reply, Request
from llmlint.evals.store import request_key

Arriving: TypeAlias = "asyncio.Queue[tuple[Request, Reply] | None]"


class BatchCaller:
    """As `Caller`, which answers for the candidates that have no Batch API. poll: seconds between two looks at most."""

    def __init__(self, caller: Caller, poll: float = 30) -> None:
        self.caller, self.poll = caller, poll
        self._clients: dict[str, Any] = {}

    @property
    def ended(self) -> dict[str, str]:
        return self.caller.ended

    @property
    def stopped(self) -> bool:
        return self.caller.stopped

    def check(self, candidates: Iterable[Candidate]) -> None:
        self.caller.check(candidates)

    def stop(self) -> None:
        """Waits for no batch any more; they go on at the provider, and the next run fetches them."""
        self.caller.stop()

    @contextmanager
    def stopping_on_interrupt(self, told: Callable[[int], None] = lambda in_flight: None) -> Iterator[None]:
        with self.caller.stopping_on_interrupt(told):
            yield

    async def close(self) -> None:
        for client in self._clients.values():
            await client.close()
        await self.caller.close()

    async def answers(self, requests: Iterable[Request]) -> AsyncGenerator[tuple[Request, Reply], None]:
        """Each request with its reply, batch by batch. Raises as `Caller.answers` does."""
        wanted: dict[str, dict[str, Request]] = {}
        others: list[Request] = []
        for request in requests:
            key = request_key(request)
            self.caller.line(request.candidate)
            known = self.caller.known(request, key)
            if known is not None:
                yield request, known
            elif request.candidate.provider in BATCHED:
                wanted.setdefault(request.candidate.name, {})[key] = request
            else:
                others.append(request)
        arriving: Arriving = asyncio.Queue()
        works = [self._candidate(asked, arriving) for asked in wanted.values()] + [self._others(others, arriving)]
        tasks = [asyncio.create_task(one) for one in works]
        for task in tasks:
            task.add_done_callback(lambda _: arriving.put_nowait(None))
        try:
            while not all(task.done() for task in tasks) or not arriving.empty():
                got = await arriving.get()
                if got is not None:
                    yield got
            for task in tasks:
                task.result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _others(self, requests: list[Request], arriving: Arriving) -> None:
        async for pair in self.caller.answers(requests):
            arriving.put_nowait(pair)

    async def _candidate(self, asked: dict[str, Request], arriving: Arriving) -> None:
        candidate = next(iter(asked.values())).candidate
        line = self.caller.line(candidate)
        assert line.api is not None
        if candidate.name not in self._clients:
            self._clients[candidate.name] = open_client(candidate, self.caller.settings.timeout)
        work = Work(self.caller, line, batch_api(self._clients[candidate.name], line.api), asked, self.poll)
        async for pair in work.replies():
            arriving.put_nowait(pair)
