"""One candidate's lane: how many requests fly at once, when the next may leave, when nobody answers any more.

The number in flight doubles with each round of answers until the server turns requests away, then grows by one a round.
It is halved when more than half of the answers are rejections. Fewer than that are left alone: who is turned away keeps
its place in the lane while it waits, which slows the lane down by just as much as is needed.
"""

from __future__ import annotations

import asyncio
import random
from collections import deque
from dataclasses import dataclass, field

from llmlint.evals.calling.settings import Rate, Settings

GROW_BELOW, HALVE_ABOVE = 0.3, 0.5  # share of rejections among the last answers
MEMORY = 0.9  # of that share: about the last ten answers
IN_A_ROW = 3  # rejections without an answer between them: the whole lane waits


@dataclass
class Bucket:
    """A token bucket: `rate` a second, filled for at most a tenth of a minute ahead. Time is the loop's."""

    per_minute: float
    level: float = field(init=False)
    at: float | None = None

    def __post_init__(self) -> None:
        self.level = self.capacity

    @property
    def capacity(self) -> float:
        return max(1.0, self.per_minute / 10)

    def delay(self, amount: float, now: float) -> float:
        """Seconds until `amount` may be taken; more than the bucket holds may be taken when it is full."""
        if self.at is not None:
            self.level = min(self.capacity, self.level + (now - self.at) * self.per_minute / 60)
        self.at = now
        missing = min(amount, self.capacity) - self.level
        return max(0.0, missing) * 60 / self.per_minute

    def take(self, amount: float) -> None:
        self.level -= amount


@dataclass
class Place:
    """One request's place in a lane, from its first attempt to its last."""

    lane: Lane
    tokens: int
    held: bool = False

    async def enter(self) -> float:
        """Waits until the request may leave, again if it was turned away before; the time at which it does.

        It steps back where more are in the lane than fly now.
        """
        if self.held and self.lane.in_flight > int(self.lane.limit):
            self.leave()
        if not self.held:
            await self.lane.place()
            self.held = True
        return await self.lane.clear(self.tokens)

    def leave(self) -> None:
        if self.held:
            self.held = False
            self.lane.leave()


def buckets_of(rate: Rate | None) -> tuple[Bucket | None, Bucket | None]:
    """For requests and for tokens."""
    if rate is None:
        return None, None
    requests, tokens = rate.requests_per_minute, rate.tokens_per_minute
    return (Bucket(requests) if requests else None), (Bucket(tokens) if tokens else None)


class Lane:
    """buckets: pairs for requests and tokens, those of the provider shared with its other candidates."""

    def __init__(self, settings: Settings, buckets: list[tuple[Bucket | None, Bucket | None]], start: int) -> None:
        self.settings = settings
        self.buckets = buckets
        self.limit = float(min(start, settings.most_at_once))
        self.in_flight = 0
        self.ended: str | None = None
        self.ending = asyncio.Event()
        self.answered_at = asyncio.get_running_loop().time()
        self._opened = False
        self.failures = 0  # attempts since the last answer
        self.same = 0  # requests turned down for their form since the last answer
        self._rejected = 0.0
        self._in_a_row = 0
        self._doubling = True
        self._halved_at = 0.0
        self._resume_at = 0.0
        self._waiting: deque[asyncio.Future[None]] = deque()

    def now(self) -> float:
        return asyncio.get_running_loop().time()

    def open(self) -> None:
        """Requests can leave from now on: until then nobody was silent."""
        if not self._opened:
            self._opened, self.answered_at = True, self.now()

    async def place(self) -> None:
        """Waits for a place in flight and takes it."""
        while self.in_flight >= int(self.limit) and self.ended is None:
            turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiting.append(turn)
            try:
                await turn
            except asyncio.CancelledError:
                self._wake()  # the turn may have come just now
                raise
        self.in_flight += 1

    async def clear(self, tokens: int) -> float:
        """Waits for what the whole lane waits for, and for the buckets; the time at which a request may leave."""
        while self.ended is None:
            now = self.now()
            delay = self._delay(tokens, now)
            if delay <= 0:
                for requests, amount in self.buckets:
                    if requests:
                        requests.take(1)
                    if amount:
                        amount.take(tokens)
                return now
            await self.pause(delay)
        return self.now()

    def leave(self) -> None:
        self.in_flight -= 1
        self._wake()

    async def pause(self, seconds: float) -> None:
        """Sleeps so long, or until the lane ends."""
        if seconds <= 0:
            return
        try:
            await asyncio.wait_for(self.ending.wait(), seconds)
        except asyncio.TimeoutError:
            return

    def succeeded(self, empty_for: float) -> None:
        """An answer came; empty_for: seconds for which a rate limit has nothing left."""
        now = self.now()
        self.answered_at, self.failures, self.same, self._in_a_row = now, 0, 0, 0
        self._rejected *= MEMORY
        if empty_for > 0:
            self._resume_at = max(self._resume_at, now + empty_for)
        elif self._rejected < GROW_BELOW and self.in_flight >= int(self.limit) - 1:
            self.limit = min(self.settings.most_at_once, self.limit + (1.0 if self._doubling else 1 / self.limit))
        self._wake()

    def rejected(self, left_at: float, wait: float) -> None:
        """The server turned away what left at `left_at`; wait: seconds until it may be asked again."""
        now = self.now()
        self._rejected = self._rejected * MEMORY + (1 - MEMORY)
        self._in_a_row += 1
        if self._in_a_row >= IN_A_ROW:
            self._resume_at = max(self._resume_at, now + wait)
        if self._rejected > HALVE_ABOVE or self._in_a_row > self.limit:
            self._doubling = False
            if left_at >= self._halved_at:
                self.limit = max(1.0, self.limit / 2)
                self._halved_at = now

    def silent_for(self) -> float:
        """Seconds since the last answer, or since the start."""
        return self.now() - self.answered_at

    def end(self, why: str) -> None:
        if self.ended is None:
            self.ended = why
            self.ending.set()
            self._wake(all_of_them=True)

    def backoff(self, attempt: int) -> float:
        """Exponential with jitter: half of it certain, half by chance."""
        whole = min(self.settings.longest_wait, self.settings.first_wait * 2.0 ** min(attempt - 1, 30))
        return whole * (0.5 + random.random() / 2)

    def _delay(self, tokens: int, now: float) -> float:
        waits = [self._resume_at - now]
        for requests, amount in self.buckets:
            waits += [one.delay(size, now) for one, size in ((requests, 1), (amount, tokens)) if one]
        return max(waits)

    def _wake(self, all_of_them: bool = False) -> None:
        free = len(self._waiting) if all_of_them else int(self.limit) - self.in_flight
        while free > 0 and self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                free -= 1
