"""What calling stands: budget under faults, kill -9 at random moments, requests a second. On loopback, with real HTTP.

    python benchmarks/eval_faults.py faults     # 10,000 requests, 30 % of them fail: overshoot, lost items, waits kept
    python benchmarks/eval_faults.py kills      # 200 kills: committed answers lost, answers paid twice
    python benchmarks/eval_faults.py overhead   # a server that answers at once: requests a second, with and without SDK
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import resource
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
SERVER = ROOT / "tests" / "evals" / "server.py"
sys.path.insert(0, str(ROOT))

from llmlint.errors import UserError  # noqa: E402
from llmlint.evals.calling import Budget, BudgetSpent, Caller, Settings  # noqa: E402
from llmlint.evals.records import Candidate, Request  # noqa: E402
from llmlint.evals.store import Store  # noqa: E402
from llmlint.money.prices import price_book  # noqa: E402

DOLLARS = {"big": 50, "mid": 10, "small": 1}
PRICES = price_book([{name: {"input_usd_per_mtok": usd, "output_usd_per_mtok": usd} for name, usd in DOLLARS.items()}])
FAULTS = {"429": 0.1, "500": 0.08, "529": 0.06, "half": 0.04, "reset": 0.02}
FORMATS = (("big", "openai", "chat"), ("mid", "anthropic", "messages"), ("small", "openai", "responses"))


@contextmanager
def server(**plan: Any) -> Iterator[str]:
    """The address of a server of its own process."""
    running = subprocess.Popen([sys.executable, str(SERVER), json.dumps(plan)], stdout=subprocess.PIPE, text=True)
    assert running.stdout is not None
    try:
        yield running.stdout.readline().strip()
    finally:
        running.kill()
        running.wait()


def bill(url: str) -> dict[str, Any]:
    with urllib.request.urlopen(f"{url}/_bill") as answer:
        return dict(json.load(answer))


def candidates(url: str) -> list[Candidate]:
    return [
        Candidate(model, provider, model, api, base_url=url if provider == "anthropic" else f"{url}/v1")
        for model, provider, api in FORMATS
    ]


def requests(asked: Candidate, count: int) -> list[Request]:
    return [
        Request(asked, ({"role": "user", "content": f"Which label has item {n}?"},), item=str(n), max_tokens=20)
        for n in range(count)
    ]


async def asked(
    store: Store, budget: Budget, wanted: list[Request], told: Any = None, **settings: Any
) -> dict[str, int]:
    """Statuses and how often."""
    caller, found = Caller(store, budget, PRICES, Settings(**settings)), dict[str, int]()
    try:
        async for request, reply in caller.answers(wanted):
            found[reply.status] = found.get(reply.status, 0) + 1
            if told is not None and not reply.stored:
                told(request)
    except BudgetSpent:
        found["budget spent"] = 1
    except UserError as error:
        print(error)
    finally:
        await caller.close()
    if caller.ended:
        print("ended:", caller.ended)
    return found


def faults(count: int) -> None:
    """All of it without a limit, then with limits of which each is hit."""
    for usd in (None, "1", "0.3", "0.05", "0.001"):
        with server(faults=FAULTS, latency=0.005) as url, tempfile.TemporaryDirectory() as folder:
            wanted = [one for candidate in candidates(url) for one in requests(candidate, count // 3 + 1)][:count]
            budget = Budget(None if usd is None else Decimal(usd))
            began = time.perf_counter()
            with Store(Path(folder, "evals.db")) as store:
                found = asyncio.run(asked(store, budget, wanted, at_once=60, first_wait=0.05))
            said = bill(url)
            over = max(Decimal(0), Decimal(said["usd"]) - budget.usd) if budget.usd is not None else Decimal(0)
            print(
                f"budget {usd}: {found}; "
                f"server {said['asked']} asked, {said['answers']} answered, {said['twice']} twice; "
                f"bill ${Decimal(said['usd']):.4f}, ours ${budget.spent:.4f} (${budget.uncertain:.4f} uncertain), "
                f"overshoot ${over}; Retry-After waited {said['waited']}, not waited {said['not_waited']}; "
                f"at most {said['most_at_once']} at once; {time.perf_counter() - began:.1f} s",
                flush=True,
            )


def kills(count: int, seed: int) -> None:
    """A process is killed at a random moment and another takes over, with a new store after each twenty kills.

    The SDKs are imported here, once: what is forked has them.
    """
    import aiohttp
    import anthropic
    import openai

    _ = aiohttp, anthropic.AsyncAnthropic(api_key="k").messages, openai.AsyncOpenAI(api_key="k").chat.completions
    chance, lost, twice, in_flight, over = random.Random(seed), 0, 0, 0, 0
    answers = 0
    for first in range(0, count, 20):
        with server(faults=FAULTS, latency=0.02) as url, tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "evals.db")
            wanted = [one for candidate in candidates(url) for one in requests(candidate, 700)]
            for _ in range(min(20, count - first)):
                told = killed(path, wanted, chance.uniform(0, 0.3))
                with Store(path) as store:
                    kept = {(row["candidate"], row["item"]) for row in store.answers()}
                lost += len(told - kept)
            with Store(path) as store:
                marks = store._db.execute("select count(*) from underway").fetchone()[0]  # left by the killed
                asyncio.run(asked(store, Budget(), wanted, at_once=60, first_wait=0.05))
                rows = [(row["candidate"], row["item"]) for row in store.answers()]
            said = bill(url)
            answers += said["answers"]
            twice += said["twice"]
            in_flight += marks
            over += max(0, said["twice"] - marks)
            assert len(rows) == len(set(rows)) == len(wanted), "an item is missing, or is kept twice"
    print(
        f"{count} kills: {answers} answers, {lost} committed answers lost, {twice} paid twice, "
        f"{in_flight} were in flight when killed, {over} paid twice beyond those"
    )


def killed(path: Path, wanted: list[Request], seconds: float) -> set[tuple[str, str]]:
    """Runs in a process of its own that is killed `seconds` after its first answer; the answers that it told of."""
    read, write = os.pipe()
    child = os.fork()
    if not child:
        os.close(read)
        with Store(path) as store:
            def tell(request: Request) -> None:
                os.write(write, f"{request.candidate.name} {request.item}\n".encode())

            asyncio.run(asked(store, Budget(), wanted, tell, at_once=60, first_wait=0.05))
        os._exit(0)
    os.close(write)
    told = os.read(read, 1 << 16)
    time.sleep(seconds)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    while more := os.read(read, 1 << 16):
        told += more
    os.close(read)
    whole = told.decode().split("\n")[:-1]
    return {(line.split()[0], line.split()[1]) for line in whole}


def overhead(count: int) -> None:
    """Requests a second, by the wall clock and by the second of processor time that our side used."""
    for lean in (True, False):
        for model, provider, api in FORMATS:
            with server() as url, tempfile.TemporaryDirectory() as folder:
                asking = next(one for one in candidates(url) if one.name == model)
                wanted = requests(asking, count if lean else count // 10)
                with Store(Path(folder, "evals.db")) as store:
                    asyncio.run(asked(store, Budget(), requests(asking, count // 10 + 20)[-20:], lean=lean))  # imports
                    began, used = time.perf_counter(), resource.getrusage(resource.RUSAGE_SELF)
                    found = asyncio.run(asked(store, Budget(), wanted, lean=lean))
                    seconds, now = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_SELF)
                processor = now.ru_utime + now.ru_stime - used.ru_utime - used.ru_stime
                print(
                    f"{'lean' if lean else 'SDK'} {provider} {api}: {found}, "
                    f"{len(wanted) / seconds:.0f} requests a second, "
                    f"{len(wanted) / processor:.0f} per second of processor time; load {os.getloadavg()[0]:.1f} "
                    f"on {os.cpu_count()} cores",
                    flush=True,
                )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["faults", "kills", "overhead"])
    parser.add_argument("--count", type=int)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    if given.what == "faults":
        faults(given.count or 10_000)
    elif given.what == "kills":
        kills(given.count or 200, given.seed)
    else:
        overhead(given.count or 10_000)
