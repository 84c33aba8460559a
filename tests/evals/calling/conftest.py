"""Requests, prices and a caller for the tests of calling."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from llmlint.evals.batches import BatchCaller
from llmlint.evals.calling import Budget, Caller, Settings
from llmlint.evals.records import Candidate, Reply, Request
from llmlint.evals.store import Store
from llmlint.money.usage import Usage
from tests.evals.server import PRICES

QUICK = {"first_wait": 0.01, "longest_wait": 0.05, "outage": 0.3, "patience": 2.0, "failures": 10, "timeout": 10.0}


@dataclass(frozen=True)
class FakePrice:
    read: int
    written: int

    def cost(self, usage: Usage, batch: bool = False) -> Decimal:
        full = (Decimal(usage.prompt_tokens) * self.read + Decimal(usage.output_tokens) * self.written) / 10**6
        return full / 2 if batch else full


class FakePrices:
    """The server's own, so that its bill and ours can be compared."""

    def find(self, model: str, provider: str | None = None) -> FakePrice | None:
        found = PRICES.get(model.split("-")[0])
        return FakePrice(*found) if found else None


def candidate(url: str, model: str = "mid", provider: str = "openai", api: str = "", **more: Any) -> Candidate:
    base = url if provider == "anthropic" else f"{url}/v1"
    return Candidate(more.pop("name", model), provider, model, api=api, base_url=base, **more)


def requests(asked: Candidate, count: int, first: int = 0, **more: Any) -> list[Request]:
    more = {"max_tokens": 20, **more}
    return [
        Request(asked, ({"role": "user", "content": f"Which label has item {n}?"},), item=str(n), **more)
        for n in range(first, first + count)
    ]


@dataclass
class Result:
    replies: dict[tuple[str, str], Reply] = field(default_factory=dict)
    ended: dict[str, str] = field(default_factory=dict)
    budget: Budget = field(default_factory=Budget)
    error: Exception | None = None

    def statuses(self) -> set[str]:
        return {one.status for one in self.replies.values()}


def ask(
    path: Path, asked: Iterable[Request], usd: str | None = None, run: str | None = None, batches: bool = False,
    stop_after: float | None = None, local: Any = None, **settings: Any,
) -> Result:  # fmt: skip
    """All of it, from opening the store to closing it. stop_after: seconds until somebody presses Ctrl-C."""

    async def go() -> Result:
        result = Result(budget=Budget(None if usd is None else Decimal(usd)))
        with Store(path / "evals.db") as store:
            single = Caller(store, result.budget, FakePrices(), Settings(**{**QUICK, **settings}), run, local)
            caller = BatchCaller(single, poll=0.05) if batches else single
            if stop_after is not None:
                asyncio.get_running_loop().call_later(stop_after, caller.stop)
            try:
                async for request, reply in caller.answers(asked):
                    result.replies[request.candidate.name, request.item] = reply
            except Exception as error:
                result.error = error
            finally:
                await caller.close()
            result.ended = caller.ended
            return result

    return asyncio.run(go())


@pytest.fixture(autouse=True)
def no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "OPENAI_BASE_URL", "ANTHROPIC_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
