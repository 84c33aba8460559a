"""One request → one reply: attempt by attempt, each reserved in the budget and marked in the store before it leaves."""

from __future__ import annotations

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from llmlint.errors import UserError
from llmlint.evals.calling.budget import Budget, BudgetSpent, Price, worst_cost, worst_usage
from llmlint.evals.calling.headers import exhausted, retry_after
from llmlint.evals.calling.lanes import Lane, Place
from llmlint.evals.calling.settings import Settings
from llmlint.evals.calling.verdicts import Again, Ended, Failed, Taken, Verdict, judged, masked
from llmlint.evals.providers import Api
from llmlint.evals.providers.transport import Answer, Transport, UnreachableError
from llmlint.evals.records import Candidate, Reply, Request, Status
from llmlint.evals.store import Store
from llmlint.money.usage import Usage

Local = Callable[[Request], Reply | Awaitable[Reply]]
ALIKE = 8  # requests turned down for their form, and none answered: the next ones will fare no better
NOBODY_THERE = 5  # connections refused by an address that has never answered


@dataclass
class Line:
    """All that one candidate is asked with. price: None for local programs that cost nothing.

    dearer: how much more than the worst case an answer has cost; reached: something is there at the address;
    answered: and has given an answer.
    """

    candidate: Candidate
    lane: Lane
    price: Price | None
    api: Api | None = None
    transport: Transport | None = None
    local: Local | None = None
    dearer: Decimal = field(default=Decimal(1))
    reached: bool = False
    answered: bool = False


@dataclass
class Ledger:
    """Where money is kept: the budget, the store, and who waits for the budget.

    What the requests of one turn of the loop have to keep is committed together: a commit takes longer than all else.
    """

    budget: Budget
    store: Store
    run: str | None
    settled: asyncio.Event = field(default_factory=asyncio.Event)
    steps: list[tuple[Callable[[], Any], asyncio.Future[Any]]] = field(default_factory=list)

    async def kept(self, step: Callable[[], Any]) -> Any:
        """What `step` returns, which writes to the store, once it is committed."""
        loop = asyncio.get_running_loop()
        if not self.steps:
            loop.call_soon(self._commit)
        self.steps.append((step, loop.create_future()))
        return await self.steps[-1][1]

    def _commit(self) -> None:
        steps, self.steps = self.steps, []
        try:
            with self.store.together():
                made = [step() for step, _ in steps]
        except Exception as error:
            for _, coming in steps:
                if not coming.done():
                    coming.set_exception(error)
            return
        for (_, coming), one in zip(steps, made, strict=True):
            if not coming.done():
                coming.set_result(one)

    async def reserve(self, usd: Decimal) -> None:
        """Waits for what is in flight where it does not fit. Raises BudgetSpent."""
        while not self.budget.reserve(usd):
            if not self.budget.reserved or not self.budget.fits_alone(usd):
                left = (self.budget.usd or Decimal(0)) - self.budget.spent
                raise BudgetSpent(f"the budget is spent: ${left:.4f} are left, the next request can cost ${usd:.4f}")
            self.settled.clear()
            await self.settled.wait()

    async def leave(self, key: str, usd: Decimal) -> int:
        """The store's mark of a request that is about to leave."""
        return int(await self.kept(lambda: self.store.leave(self.run, key, usd)))

    async def put(self, request: Request, reply: Reply, mark: int, key: str) -> None:
        await self.kept(lambda: self.store.put(self.run, request, reply, mark, key))

    async def arrived(self, mark: int, usd: Decimal = Decimal(0), why: str = "") -> None:
        await self.kept(lambda: self.store.arrived(mark, self.run, usd, why))

    def settle(self, reserved: Decimal, usd: Decimal, certain: bool = True) -> None:
        self.budget.settle(reserved, usd, certain)
        self.settled.set()


@dataclass
class Tries:
    """What has happened to a request so far."""

    sent: int = 0
    failed: int = 0
    waited: float = 0


@dataclass
class Asking:
    """Asks one request of one line. closed: nobody wants answers any more; what is on the wire is still taken."""

    line: Line
    ledger: Ledger
    settings: Settings
    closed: Callable[[], bool]
    on_wire: set[Any]

    async def reply(self, request: Request, key: str) -> Reply | None:
        """None: not asked to the end, because nobody wants it any more. Raises BudgetSpent."""
        if self.line.local is not None:
            return await self._local(request, key)
        assert self.line.api is not None and self.line.transport is not None
        try:
            await self.line.transport.ready()
        except UserError as error:
            self.line.lane.end(masked(str(error)))
            return Reply("failed", error=self.line.lane.ended)
        self.line.lane.open()
        body = self.line.api.body(request)
        usage = worst_usage(request, body)
        place, tries = Place(self.line.lane, usage.prompt_tokens // 3 + min(usage.output_tokens, 1000)), Tries()
        try:
            while True:
                left_at = await place.enter()
                if self.line.lane.ended is not None:
                    return Reply("failed", error=self.line.lane.ended, attempts=tries.sent)
                done = await self._attempt(request, key, body, usage, left_at, tries)
                if isinstance(done, Reply):
                    return done
                if self.closed():
                    return None
                await self.line.lane.pause(done)
                tries.waited += done
        finally:
            place.leave()

    async def _attempt(
        self, request: Request, key: str, body: dict[str, Any], usage: Usage, left_at: float, tries: Tries
    ) -> Reply | float:
        """The reply, or how long to wait before the next attempt."""
        assert self.line.price is not None and self.line.api is not None and self.line.transport is not None
        worst = worst_cost(self.line.price, usage) * self.line.dearer
        await self.ledger.reserve(worst)
        task = asyncio.current_task()
        self.on_wire.add(task)
        tries.sent += 1
        usd, certain = worst, False  # if we are torn out of it, it was paid
        try:
            mark = await self.ledger.leave(key, worst)
            started = time.perf_counter()
            answer: Answer | None = None
            try:
                answer = await self.line.transport.send(body)
                verdict = judged(answer, self.line.api, request)
            except UnreachableError as error:
                verdict = Again(masked(str(error)), billed=error.sent)
            except Exception as error:  # a body that cannot be sent, a mistake of ours: one request, not the run
                verdict = Failed(f"{type(error).__name__}: {masked(str(error))[:200]}", same=True)
            if isinstance(verdict, Taken):
                reply = replace(verdict.reply, seconds=time.perf_counter() - started, attempts=tries.sent)
                reply, certain = self._priced(reply, usage, worst)
                usd = reply.usd or Decimal(0)
                await self.ledger.put(request, reply, mark, key)
                self._answered(answer)
                return reply
            billed = isinstance(verdict, Again) and verdict.billed
            usd = worst if billed else Decimal(0)
            await self.ledger.arrived(mark, usd, verdict.why)
        finally:
            self.on_wire.discard(task)
            self.ledger.settle(worst, usd, certain)
        return self._what_now(verdict, answer, left_at, tries)

    def _priced(self, reply: Reply, usage: Usage, worst: Decimal) -> tuple[Reply, bool]:
        """The reply with what it cost, and whether that is certain: a usage that cannot be read is the worst one."""
        assert self.line.price is not None
        if reply.note is not None:
            note = f"{reply.note}: counted as the worst case"
            return replace(reply, usage=usage, usd=worst, note=note), False
        usd = self.line.price.cost(reply.usage)
        if usd > worst:  # a server that ignores limits or adds to prompts: later requests reserve accordingly
            self.line.dearer *= usd / worst if worst else Decimal(1)
            reply = replace(reply, note=f"cost {usd:.6f} where {worst:.6f} was the most expected")
        return replace(reply, usd=usd), True

    def _answered(self, answer: Answer | None) -> None:
        self.line.reached = self.line.answered = True
        self.line.lane.succeeded(exhausted(answer.headers) if answer is not None else 0)

    def _what_now(self, verdict: Verdict, answer: Answer | None, left_at: float, tries: Tries) -> Reply | float:
        lane = self.line.lane
        self.line.reached = self.line.reached or answer is not None
        if isinstance(verdict, Ended):
            lane.end(verdict.why)
        if isinstance(verdict, Failed):
            lane.same += verdict.same
            if lane.same >= ALIKE:
                lane.end(f"{lane.same} requests in a row were turned down: {verdict.why}")
        if not isinstance(verdict, Again):
            return Reply("failed", error=getattr(verdict, "why", None), attempts=tries.sent)
        if verdict.unreadable and not self.line.answered:  # a page to log in, another API: waiting changes nothing
            lane.same += 1
            if lane.same >= ALIKE:
                lane.end(f"{lane.same} answers in a row were none of this API: {verdict.why}")
        asked = retry_after(answer.headers) if answer is not None else None
        wait = lane.backoff(tries.failed + 1 if not verdict.limited else tries.sent)
        wait = wait if asked is None else asked + wait / 10
        if verdict.crowded:
            lane.rejected(left_at, wait)
        self._count(verdict, asked, tries)
        if lane.ended is not None or tries.failed >= self.settings.attempts or tries.waited > self.settings.patience:
            status: Status = "malformed" if verdict.unreadable and lane.ended is None else "failed"
            return Reply(status, error=lane.ended or f"{tries.sent} attempts: {verdict.why}", attempts=tries.sent)
        return wait

    def _count(self, verdict: Again, asked: float | None, tries: Tries) -> None:
        """Another attempt that came to nothing; ends the lane where waiting has no use."""
        lane, settings = self.line.lane, self.settings
        if verdict.limited:
            if (asked or 0) > settings.patience:
                lane.end(f"asks to wait for {asked:.0f} s: {verdict.why}")
            elif lane.silent_for() > settings.patience:
                lane.end(f"no answer for {lane.silent_for():.0f} s: {verdict.why}")
            return
        tries.failed += 1
        lane.failures += 1
        silent = lane.silent_for() > settings.outage and lane.failures >= settings.failures
        if silent or (not self.line.reached and not verdict.billed and lane.failures >= NOBODY_THERE):
            lane.end(f"no answer in {lane.failures} attempts and {lane.silent_for():.0f} s: {verdict.why}")

    async def _local(self, request: Request, key: str) -> Reply:
        """A program of the user's: no retries, and money only where it has a price."""
        assert self.line.local is not None
        place, price = Place(self.line.lane, 0), self.line.price
        await place.enter()
        try:
            if self.line.lane.ended is not None:
                return Reply("failed", error=self.line.lane.ended, attempts=0)
            worst = Decimal(0) if price is None else worst_cost(price, worst_usage(request, {}))
            await self.ledger.reserve(worst)
            task = asyncio.current_task()
            self.on_wire.add(task)
            usd = worst
            try:
                mark = await self.ledger.leave(key, worst)
                reply = await self._run(request)
                if reply.usd is None and price is not None and reply.status != "failed":
                    reply = replace(reply, usd=price.cost(reply.usage))
                usd = reply.usd or Decimal(0)
                if reply.status == "failed" or request.candidate.stand_in:
                    await self.ledger.arrived(mark)
                else:
                    await self.ledger.put(request, reply, mark, key)
            finally:
                self.on_wire.discard(task)
                self.ledger.settle(worst, usd)
            self._local_done(reply)
            return reply
        finally:
            place.leave()

    def _local_done(self, reply: Reply) -> None:
        """One that has failed so often and answered nothing is not asked on."""
        lane = self.line.lane
        if reply.status == "failed" and not self.line.answered:
            lane.same += 1
            if lane.same >= ALIKE:
                lane.end(f"{lane.same} requests in a row failed, and none was answered: {reply.error}")
            return
        self.line.answered = True
        lane.succeeded(0)

    async def _run(self, request: Request) -> Reply:
        assert self.line.local is not None
        started = time.perf_counter()
        try:
            if inspect.iscoroutinefunction(self.line.local):
                reply = await self.line.local(request)
            else:
                reply = await asyncio.to_thread(self.line.local, request)
        except Exception as error:
            return Reply("failed", error=f"{type(error).__name__}: {masked(str(error))[:200]}")
        assert isinstance(reply, Reply)
        return reply if reply.seconds is not None else replace(reply, seconds=time.perf_counter() - started)


async def closed_quietly(transport: Transport) -> None:
    """A connection that cannot be closed is nobody's trouble any more."""
    with suppress(Exception):
        await transport.close()
