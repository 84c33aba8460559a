"""What one candidate is asked → its batches: adopted, sent, waited for, fetched and kept."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any, TypeVar
from uuid import uuid4

from llmlint.evals.calling.asking import Line
from llmlint.evals.calling.budget import BudgetSpent, worst_cost, worst_usage
from llmlint.evals.calling.caller import Caller
from llmlint.evals.calling.verdicts import Again, judged, masked
from llmlint.evals.providers.batch_apis import BatchApi, BatchRefused, LineResult
from llmlint.evals.providers.clients import endpoint
from llmlint.evals.providers.reading import UnreadableAnswerError
from llmlint.evals.providers.transport import Answer
from llmlint.evals.records import Reply, Request
from llmlint.evals.store import BatchRow

Found = TypeVar("Found")
ROUNDS = 3  # how often a line that the provider could not answer is sent
BYTES = 90 * 2**20  # of one batch


@dataclass
class Work:
    """What one candidate is asked. asked: by content hash; sent: how often each was; rows: batches in flight."""

    caller: Caller
    line: Line
    api: BatchApi
    asked: dict[str, Request]
    poll: float
    sent: Counter[str] = field(default_factory=Counter)
    rows: list[BatchRow] = field(default_factory=list)
    not_ours: set[str] = field(default_factory=set)  # ids that looked like batches of ours

    async def replies(self) -> AsyncGenerator[tuple[Request, Reply], None]:
        await self._adopt()
        under_way = {key for row in self.rows for key in row.keys}
        rest = [key for key in self.asked if key not in under_way]
        missing = set(self.asked)
        while missing and self.line.lane.ended is None and not self.caller.stopped:
            rest = await self._submit(rest)
            over = await self._over()
            for row in over:
                replies, again = await self._fetch(row)
                rest += again
                for key, reply in replies.items():
                    missing.discard(key)
                    yield self.asked[key], reply
            if missing and not over:
                await self._wait()
        for row in list(self.rows):
            self._drop(row)
        if self.line.lane.ended is not None:
            for key in missing:
                yield self.asked[key], Reply("failed", error=self.line.lane.ended)

    async def _wait(self) -> None:
        """A tenth of the time that the newest batch has taken so far, at most `poll`: some are done in seconds."""
        age = time.time() - max((row.made for row in self.rows), default=0.0)
        try:
            await asyncio.wait_for(self.caller.stopping.wait(), min(self.poll, max(age / 10, 0.2)))
        except asyncio.TimeoutError:
            return

    async def _calm(self, why: str) -> None:
        """After an error of the provider's: waits, and gives the model up when nothing comes for too long."""
        lane = self.line.lane
        lane.failures += 1
        if lane.silent_for() > self.caller.settings.patience and lane.failures >= self.caller.settings.failures:
            lane.end(f"no answer for {lane.silent_for():.0f} s: {why}")
        await lane.pause(lane.backoff(lane.failures))

    # --- sending

    async def _adopt(self) -> None:
        """Batches of an earlier run that hold something of what is asked now."""
        place = endpoint(self.line.candidate)
        for row in self.caller.ledger.store.batches(self.line.candidate, place):
            if not set(row.keys) & set(self.asked):
                continue
            if row.state == "sending":
                row = await self._found(row) or row
            if row.state == "sending":  # it never got there
                self.caller.ledger.store.put_batch(replace(row, state="fetched"))
                continue
            self.caller.budget.owe(row.usd)
            self.rows.append(row)

    async def _found(self, row: BatchRow) -> BatchRow | None:
        """The row with the id of the batch at the provider, if it may have arrived there; `_fetch` makes sure of it."""
        known = self.caller.ledger.store.batch_ids() | self.not_ours
        for id in await self._asked(lambda: self.api.arrived(row.mark, len(row.keys), row.made, known)) or []:
            found = replace(row, state=id)
            self.caller.ledger.store.put_batch(found)
            return found
        return None

    async def _submit(self, rest: list[str]) -> list[str]:
        """Sends as many as the budget holds; those that are left. Raises BudgetSpent where none can ever be sent."""
        while rest and not self.caller.stopped and self.line.lane.ended is None:
            lines, usd = self._portion(rest)
            if not lines:
                if not self.rows and not self.caller.budget.reserved:
                    raise BudgetSpent(f"the budget is spent: the next request can cost ${usd:.4f}")
                return rest
            mark = uuid4().hex[:12]
            keys = {key: f"{mark}-{n}" for n, (key, _) in enumerate(lines)}
            row = BatchRow(mark, self.caller.ledger.run, self.line.candidate.name, "sending", time.time(), keys,
                           endpoint(self.line.candidate), usd)  # fmt: skip
            self.caller.ledger.store.put_batch(row)
            sent = await self._send(row, [(keys[key], body) for key, body in lines])
            if sent is None:
                self.caller.ledger.settle(usd, Decimal(0))
                return rest
            self.rows.append(sent)
            self.sent.update(keys.keys())
            rest = rest[len(lines) :]
        return rest

    def _portion(self, rest: list[str]) -> tuple[list[tuple[str, dict[str, Any]]], Decimal]:
        """What fits into a batch and the budget, reserved; or nothing, and what the first one can cost."""
        assert self.line.api is not None
        lines: list[tuple[str, dict[str, Any]]] = []
        size, sum_usd = 0, Decimal(0)
        for key in rest[: self.api.most]:
            body = self.line.api.body(self.asked[key])
            usd = self._worst(self.asked[key], body)
            size += len(str(body))
            if (lines and size > BYTES) or not self.caller.budget.reserve(usd):
                return lines, sum_usd if lines else usd
            lines.append((key, body))
            sum_usd += usd
        return lines, sum_usd

    def _worst(self, request: Request, body: Mapping[str, Any]) -> Decimal:
        assert self.line.price is not None
        return worst_cost(self.line.price, worst_usage(request, body), batch=True) * self.line.dearer

    async def _send(self, row: BatchRow, lines: list[tuple[str, dict[str, Any]]]) -> BatchRow | None:
        """None: it is certain that it did not arrive. An attempt whose end is unknown is looked for before the next."""
        store = self.caller.ledger.store
        while True:
            id = await self._asked(lambda: self.api.submit(row.mark, lines))
            if id is not None:
                sent = replace(row, state=id)
                store.put_batch(sent)
                return sent
            found = await self._found(row)
            if found is not None or self.caller.stopped:
                return found
            if self.line.lane.ended is not None:
                store.put_batch(replace(row, state="fetched"))
                return None

    async def _asked(self, call: Callable[[], Awaitable[Found]]) -> Found | None:
        """What the provider says; None after an error, which was waited for or has ended the model."""
        assert self.line.api is not None
        try:
            got = await call()
        except BatchRefused as refused:
            self.line.lane.end(f"the batch was turned down: {masked(str(refused))[:200]}")
            return None
        except Exception as error:
            verdict = self._verdict(error)
            if isinstance(verdict, Again):
                await self._calm(verdict.why)
            else:
                self.line.lane.end(getattr(verdict, "why", "turned down"))
            return None
        self.line.lane.succeeded(0)
        return got

    def _verdict(self, error: Exception) -> Any:
        assert self.line.api is not None
        response = getattr(error, "response", None)
        if response is None:
            return Again(f"{type(error).__name__}: {masked(str(error))[:200]}")
        headers = {name.lower(): value for name, value in response.headers.items()}
        answer = Answer(response.status_code, headers, response.content)
        return judged(answer, self.line.api, next(iter(self.asked.values())))

    # --- fetching

    async def _over(self) -> list[BatchRow]:
        return [row for row in self.rows if await self._asked(lambda row=row: self.api.over(row.state))]  # type: ignore[misc]

    async def _fetch(self, row: BatchRow) -> tuple[dict[str, Reply], list[str]]:
        """The replies of a batch that is over, kept, and what has to be sent again."""
        found = await self._asked(lambda: self.api.results(row.state))
        if found is None:
            return {}, []
        if found and not any(id.startswith(row.mark) for id in found):
            return {}, await self._mistaken(row)
        replies: dict[str, Reply] = {}
        again: list[str] = []
        for key, id in row.keys.items():
            request = self.asked.get(key)
            if request is None:
                continue
            result = found.get(id, LineResult(None, "expired"))
            reply = self._reply(request, result)
            if reply is None and self.sent[key] < ROUNDS:
                again.append(key)
            else:
                replies[key] = reply or Reply("failed", error=masked(result.error)[:200], batch=True)
        self._keep(row, replies)
        return replies, again

    def _reply(self, request: Request, result: LineResult) -> Reply | None:
        """None: to be sent again."""
        assert self.line.api is not None and self.line.price is not None
        if result.body is None:
            return Reply("failed", error=masked(result.error)[:200], batch=True) if result.lasting else None
        body = self.line.api.body(request)
        try:
            reply = replace(self.line.api.reply(result.body, request), batch=True)
        except UnreadableAnswerError as error:
            worst = self._worst(request, body)
            return Reply("malformed", error=str(error), usd=worst, usage=worst_usage(request, body), batch=True)
        if reply.note is None:
            return replace(reply, usd=self.line.price.cost(reply.usage, batch=True))
        note = f"{reply.note}: counted as the worst case"
        return replace(reply, usage=worst_usage(request, body), usd=self._worst(request, body), note=note)

    def _keep(self, row: BatchRow, replies: Mapping[str, Reply]) -> None:
        """All answers and that they are fetched, in one commit. What nobody asks for now stays to be fetched later."""
        ledger = self.caller.ledger
        whole = all(key in self.asked or ledger.store.has(key) for key in row.keys)
        with ledger.store.together():
            for key, reply in replies.items():
                if reply.status != "failed":
                    ledger.store.put(ledger.run, self.asked[key], reply, key=key)
            ledger.store.put_batch(replace(row, state="fetched") if whole else row)
        self.rows.remove(row)
        usd = sum((reply.usd or Decimal(0) for reply in replies.values()), Decimal(0))
        ledger.settle(row.usd, usd, all(reply.note is None for reply in replies.values()))

    async def _mistaken(self, row: BatchRow) -> list[str]:
        """It was somebody else's batch: another one is looked for, or ours is sent at last."""
        self.not_ours.add(row.state)
        self.rows.remove(row)
        found = await self._found(replace(row, state="sending"))
        if found is not None:
            self.rows.append(found)
            return []
        self.caller.ledger.store.put_batch(replace(row, state="fetched"))
        self.caller.ledger.settle(row.usd, Decimal(0))
        return [key for key in row.keys if key in self.asked]

    def _drop(self, row: BatchRow) -> None:
        """It stays in the store and is fetched by the next run; until then it counts as the worst case."""
        self.rows.remove(row)
        self.caller.ledger.settle(row.usd, row.usd, certain=False)
