"""Requests → replies: from the store where they are paid for, over the wire within the budget where they are not."""

from __future__ import annotations

import asyncio
import signal
from collections import defaultdict, deque
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterable, Iterator, Mapping
from contextlib import aclosing, contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from llmlint.errors import UserError
from llmlint.evals.calling.asking import Asking, Ledger, Line, Local, closed_quietly
from llmlint.evals.calling.budget import Budget, Price
from llmlint.evals.calling.lanes import Bucket, Lane, buckets_of
from llmlint.evals.calling.settings import Settings
from llmlint.evals.providers import HTTP, api_of
from llmlint.evals.providers.transport import transport_for
from llmlint.evals.records import Candidate, Reply, Request
from llmlint.evals.store import Store, request_key

CACHED_FROM = 4000  # characters of a static system prompt from which it pays to let the first request fill the cache


class Prices(Protocol):
    """What the caller needs to know of a price book."""

    def find(self, model: str, provider: str | None = None) -> Price | None: ...


@dataclass
class Round:
    """One call of `answers`: its workers, and what they bring. closed: nobody waits for it any more."""

    replies: asyncio.Queue[tuple[Request, Reply] | BaseException | None] = field(default_factory=asyncio.Queue)
    workers: set[asyncio.Task[None]] = field(default_factory=set)
    on_wire: set[asyncio.Task[None]] = field(default_factory=set)
    closed: bool = False

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        worker = asyncio.create_task(work)
        self.workers.add(worker)
        worker.add_done_callback(self._done)

    def _done(self, worker: asyncio.Task[None]) -> None:
        self.workers.discard(worker)
        error = None if worker.cancelled() else worker.exception()
        self.replies.put_nowait(error)  # None wakes the reader, to see whether this was the last one

    def close(self, abandon: bool = False) -> None:
        """Nothing leaves any more; what is on the wire is paid for and is waited for, unless it is abandoned."""
        self.closed = True
        for worker in self.workers - (set() if abandon else self.on_wire):
            worker.cancel()


class Caller:
    """Lives inside one event loop. local: who answers for the providers "callable", "command" and "replay".

    ended: candidates that answer no more → why, in one line. Close it when done.
    """

    def __init__(
        self, store: Store, budget: Budget, prices: Prices, settings: Settings | None = None, run: str | None = None,
        local: Mapping[str, Local] | None = None,
    ) -> None:  # fmt: skip
        self.settings = settings or Settings()
        self.budget = budget
        self.stopping = asyncio.Event()
        self._prices = prices
        self._local = local or {}
        self.ledger = Ledger(budget, store, run)
        self._lines: dict[str, Line] = {}
        self._buckets: dict[str, tuple[Bucket | None, Bucket | None]] = {}
        self._underway: dict[str, asyncio.Future[Reply | None]] = {}
        self._rounds: list[Round] = []

    @property
    def stopped(self) -> bool:
        """Has somebody called `stop`, or is the budget spent?"""
        return self.stopping.is_set()

    @property
    def ended(self) -> dict[str, str]:
        """Candidates that get no answers any more → why."""
        return {name: line.lane.ended for name, line in self._lines.items() if line.lane.ended is not None}

    def check(self, candidates: Iterable[Candidate]) -> None:
        """Before anything is spent: raises UserError where a price, a key, a package or an address is missing."""
        for candidate in candidates:
            self.line(candidate)

    async def answers(self, requests: Iterable[Request]) -> AsyncGenerator[tuple[Request, Reply], None]:
        """Each request with its reply, as they come. A request without an answer has the status "failed".

        Raises UserError before anything leaves (see `check`), and BudgetSpent when all that is in flight has come.
        After `stop` the rest is left out. Whoever stops reading early should `aclose`: it waits for what is in flight.
        """
        stored, waiting = self._sorted(requests)
        here = Round()
        self._rounds.append(here)
        try:
            for line, rest in waiting:
                for _ in range(min(len(rest), self.settings.most_at_once)):
                    here.start(self._work(here, line, rest))
            for pair in stored:
                yield pair
            async with aclosing(self._arriving(here)) as arriving:
                async for pair in arriving:
                    yield pair
        finally:
            here.close()
            while here.workers:
                await asyncio.wait(set(here.workers))
            self._rounds.remove(here)

    def stop(self, abandon: bool = False) -> None:
        """Nothing leaves any more; what is in flight is waited for, kept and handed over. abandon: it is waited for no
        longer, and counts as the most that it can cost."""
        self.stopping.set()
        for one in self._rounds:
            one.close(abandon)

    @property
    def in_flight(self) -> int:
        """Requests whose answers are on their way."""
        return sum(len(one.on_wire) for one in self._rounds)

    @contextmanager
    def stopping_on_interrupt(self, told: Callable[[int], None] = lambda in_flight: None) -> Iterator[None]:
        """Ctrl-C stops, a second one abandons what is in flight, a third one interrupts; where the loop knows no
        signals the first one interrupts. told: handed what is waited for after the first."""
        loop = asyncio.get_running_loop()
        main = asyncio.current_task()
        pressed = 0

        def interrupt() -> None:
            nonlocal pressed
            pressed += 1
            self.stop(abandon=pressed > 1)
            if pressed == 1:
                told(self.in_flight)
            elif pressed > 2 and main is not None:
                main.cancel()

        try:
            loop.add_signal_handler(signal.SIGINT, interrupt)
        except (NotImplementedError, RuntimeError, ValueError):
            yield
            return
        try:
            yield
        finally:
            loop.remove_signal_handler(signal.SIGINT)

    async def close(self) -> None:
        """Closes the connections."""
        for line in self._lines.values():
            if line.transport is not None:
                await closed_quietly(line.transport)

    def _sorted(
        self, requests: Iterable[Request]
    ) -> tuple[list[tuple[Request, Reply]], list[tuple[Line, deque[tuple[Request, str]]]]]:
        """What is paid for, and what each line has to ask."""
        stored: list[tuple[Request, Reply]] = []
        waiting: dict[str, deque[tuple[Request, str]]] = defaultdict(deque)
        for request in requests:
            candidate = request.candidate
            if candidate.name not in self._lines:
                self.line(candidate, start=1 if _fills_a_cache(request) else None)
            key = request_key(request)
            known = self.known(request, key)
            if known is not None:
                stored.append((request, known))
            else:
                waiting[candidate.name].append((request, key))
        return stored, [(self._lines[name], rest) for name, rest in waiting.items()]

    def known(self, request: Request, key: str) -> Reply | None:
        """The answer that is paid for already."""
        if self.settings.fresh or request.candidate.stand_in:
            return None
        return self.ledger.store.get(request, key)

    async def _arriving(self, here: Round) -> AsyncGenerator[tuple[Request, Reply], None]:
        """The replies until all workers are done. What stops them all is raised when the last reply is out."""
        stopping: BaseException | None = None
        while here.workers or not here.replies.empty():
            got = await here.replies.get()
            if isinstance(got, BaseException):
                stopping = stopping or got
                self.stop()
            elif got is not None:
                yield got
        if stopping is not None:
            raise stopping

    async def _work(self, here: Round, line: Line, rest: deque[tuple[Request, str]]) -> None:
        asking = Asking(line, self.ledger, self.settings, lambda: here.closed or self.stopped, here.on_wire)
        while rest and not here.closed and not self.stopped:
            request, key = rest.popleft()
            reply = await self._once(asking, request, key)
            if reply is not None:
                here.replies.put_nowait((request, reply))

    async def _once(self, asking: Asking, request: Request, key: str) -> Reply | None:
        """The same question asked twice at once is paid once."""
        if key in self._underway and not request.candidate.stand_in:
            reply = await asyncio.shield(self._underway[key])
            if reply is not None and reply.status != "failed":
                return replace(reply, stored=True)
            return reply
        coming: asyncio.Future[Reply | None] = asyncio.get_running_loop().create_future()
        self._underway[key] = coming
        reply = None
        try:
            reply = await asking.reply(request, key)
            return reply
        finally:
            self._underway.pop(key, None)
            coming.set_result(reply)

    def line(self, candidate: Candidate, start: int | None = None) -> Line:
        """What a candidate is asked with. start: requests in flight at first. Raises UserError as `check` does."""
        if candidate.name in self._lines:
            return self._lines[candidate.name]
        shared = self._buckets.setdefault(candidate.provider, buckets_of(self.settings.rates.get(candidate.provider)))
        own = buckets_of(self.settings.rates.get(candidate.name))
        lane = Lane(self.settings, [shared, own], start or self.settings.at_once)
        price = self._prices.find(candidate.model, candidate.provider)
        if candidate.provider in HTTP:
            if price is None:
                raise self._unknown(candidate)
            transport = transport_for(candidate, self.settings.timeout, self.settings.lean)
            line = Line(candidate, lane, price, api_of(candidate), transport)
        elif candidate.provider in self._local:
            line = Line(candidate, lane, price, local=self._local[candidate.provider])
        else:
            raise UserError(f"{candidate.name}: there is no provider {candidate.provider!r}")
        self._lines[candidate.name] = line
        return line

    def _unknown(self, candidate: Candidate) -> UserError:
        from llmlint.evals.forecast import no_price

        return no_price(candidate, self._prices)


def _fills_a_cache(request: Request) -> bool:
    return request.candidate.provider not in ("openai", "azure") and (
        request.static_system and len(request.system or "") >= CACHED_FROM
    )
