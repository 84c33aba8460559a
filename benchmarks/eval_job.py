"""One job, end to end, as every harness can be given it: 300 items, exact match, three models at prices 50 : 10 : 1.

    python benchmarks/eval_job.py             # all rows
    python benchmarks/eval_job.py faults kill # some of them

The server on loopback speaks both wire formats, fails as told and keeps the bill; `big` is right 280 times, `mid` 280,
`small` 247 times. Each row runs `llmlint eval` in a process of its own and prints what the server's books say of it.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks")]

from eval_faults import FAULTS, FORMATS, bill, server  # noqa: E402

from tests.evals.server import said, truth  # noqa: E402

ITEMS, WRONG = 300, {"big": 20, "mid": 20, "small": 53}
PRICES = {"big": 50, "mid": 10, "small": 1}
QUESTION = "Which of alpha, beta, gamma and delta is the label of item {n}? Answer with the label only."
TASK = """
name: labels
task: classification
data: {file: items.jsonl, expected: expected}
prompt: {user: "{{ input }}", max_tokens: 20}
candidates: [CANDIDATES]
reference: big
graders: exact
quality: {margin: 0.03}
budget_usd: 5
seed: 1
"""


def items() -> list[dict[str, str]]:
    """As many as each model gets wrong as `WRONG` says, in an order that does not tell."""
    left, chosen, n = dict(WRONG), list[dict[str, str]](), 0
    right = {model: ITEMS - count for model, count in WRONG.items()}
    while len(chosen) < ITEMS:
        text = QUESTION.format(n=n)
        n += 1
        pools = [left if said(model, text) != truth(text) else right for model in WRONG]
        if all(pool[model] for pool, model in zip(pools, WRONG, strict=True)):
            for pool, model in zip(pools, WRONG, strict=True):
                pool[model] -= 1
            chosen.append({"id": str(n), "input": text, "expected": truth(text)})
    random.Random(1).shuffle(chosen)
    return chosen


def prepared(folder: Path, url: str, task: str = TASK, rows: list[dict[str, str]] | None = None) -> None:
    models = [
        f"{{name: {name}, model: {name}, provider: {provider}, api: {api}, "
        f"base_url: '{url if provider == 'anthropic' else url + '/v1'}', "
        f"price: {{input_usd_per_mtok: {PRICES[name]}, output_usd_per_mtok: {PRICES[name]}}}}}"
        for name, provider, api in FORMATS
    ]
    (folder / "task.yaml").write_text(task.replace("CANDIDATES", ", ".join(models)))
    text = "".join(json.dumps(row) + "\n" for row in rows or items())
    (folder / "items.jsonl").write_text(text)


def command(*options: str) -> list[str]:
    """The question is about these items, as it was to the other harnesses, where no option says otherwise."""
    target = () if "--target" in options else ("--target", "dataset")
    quiet = ("--no-decision", "--no-report", "-q")
    return [sys.executable, "-m", "llmlint", "eval", "task.yaml", *quiet, *target, *options]


@dataclass(frozen=True)
class Took:
    """Seconds: by the wall clock, and of processor time."""

    wall: float
    processor: float

    def __str__(self) -> str:
        return f"{self.wall:.1f} s ({self.processor:.1f} s of processor, load {os.getloadavg()[0]:.1f})"


def ran(folder: Path, *options: str) -> tuple[subprocess.CompletedProcess[str], Took]:
    """The process that has ended, and the time it took."""
    began, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command(*options), cwd=folder, capture_output=True, text=True, env=environment)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return done, Took(time.perf_counter() - began, used)


def row(name: str, *options: str, **plan: Any) -> tuple[dict[str, Any], subprocess.CompletedProcess[str]]:
    """Runs the job against a server with this plan and prints what both say."""
    with server(**plan) as url, tempfile.TemporaryDirectory() as path:
        prepared(Path(path), url)
        done, took = ran(Path(path), *options)
        told = bill(url)
        show(name, done, took, told)
        return told, done


def show(name: str, done: subprocess.CompletedProcess[str], took: Took, told: dict[str, Any]) -> None:
    last = (done.stdout.strip() or done.stderr.strip()).splitlines()[-1:]
    print(
        f"\n## {name}\n{' '.join(last)[:400]}\nexit {done.returncode}, {took}; asked {told['asked']}, "
        f"answered {told['answers']}, twice {told['twice']}, bill ${Decimal(told['usd']):.4f}, "
        f"Retry-After waited {told['waited']}, not waited {told['not_waited']}, at once {told['most_at_once']}, "
        f"by model {told['by_model']}",
        flush=True,
    )
    if done.returncode not in (0, 1, 3):
        print(done.stderr.strip()[-500:])


def decision() -> None:
    for target in ("population", "dataset"):
        row(f"decided, {target}, 0.2 s latency", "--target", target, latency=0.2)
    row("full grid, 0.2 s latency", "--full-grid", latency=0.2)


def faults() -> None:
    row("30 % faults", faults=FAULTS, latency=0.2)


def dead() -> None:
    for fault in ("401", "404", "quota", "credit", "500"):
        row(f"{fault} always on small", models={"small": fault})
    row("401 on all", models=dict.fromkeys(PRICES, "401"))


def odd() -> None:
    for fault in ("empty", "refusal", "truncated", "bad_usage", "html"):
        row(f"5 % {fault}", faults={fault: 0.05})


def money() -> None:
    with server() as url, tempfile.TemporaryDirectory() as path:
        prepared(Path(path), url)
        done, _ = ran(Path(path), "--dry-run")
        print(f"\n## forecast\n{done.stdout.strip()[-700:]}\nasked {bill(url)['asked']}")
    for usd in ("0.001", "0.02"):
        told, _ = row(f"budget {usd} under faults", "--budget", usd, faults=FAULTS)
        print(f"overshoot ${max(Decimal(0), Decimal(told['usd']) - Decimal(usd))}")


def kill() -> None:
    for name, ending in (("kill -9", signal.SIGKILL), ("Ctrl-C", signal.SIGINT)):
        with server(latency=0.2) as url, tempfile.TemporaryDirectory() as path:
            folder = Path(path)
            prepared(folder, url)
            halfway(folder, url, ending)
            before = bill(url)
            done, took = ran(folder)
            show(f"{name} after {before['asked']} requests, then again", done, took, bill(url))


def interrupts(count: int = 20) -> None:
    """Ctrl-C at random moments of a run, each time in a new folder: what the server has answered is kept and said."""
    chance = random.Random(1)
    for _ in range(count):
        with server(latency=0.2) as url, tempfile.TemporaryDirectory() as path:
            folder = Path(path)
            prepared(folder, url)
            seconds, wanted = chance.uniform(0, 1), chance.choice((0, 0, 1, 30, 60, 100, 200))
            out = halfway(folder, url, signal.SIGINT, wanted=wanted, wait=seconds * (10 if not wanted else 1))
            told = bill(url)
            store = folder / ".llmlint" / "evals.db"
            kept = sqlite3.connect(store).execute("select count(*) from answers").fetchone()[0] if store.exists() else 0
            words = " ".join(out.split())[-200:]
            print(f"{told['answers']} answered, {kept} kept, {told['twice']} twice: {words}", flush=True)


def halfway(
    folder: Path, url: str, ending: signal.Signals, options: tuple[str, ...] = (), field: str = "answers",
    wanted: int = 100, wait: float = 0.1,
) -> str:  # fmt: skip
    """Starts the job and sends the signal to it `wait` seconds after the server has so many answers (or batches)."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    started = subprocess.Popen(
        command(*options), cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        # a shell starts what it puts into the background deaf to Ctrl-C, and so would be whatever that starts
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip
    while started.poll() is None and bill(url)[field] < wanted:
        time.sleep(0.02)
    time.sleep(wait)
    started.send_signal(ending)
    return started.communicate(timeout=60)[0]


def batches() -> None:
    row("batches", "--batch", batch_seconds=0.5)
    with server(batch_seconds=4) as url, tempfile.TemporaryDirectory() as path:
        folder = Path(path)
        prepared(folder, url)
        halfway(folder, url, signal.SIGKILL, ("--batch",), "batches", 1)
        before = bill(url)
        done, took = ran(folder, "--batch")
        told = bill(url)
        show(f"killed with {before['batches']} batches in flight, then again", done, took, told)
        print(f"lines sent {told['batched']}, answered twice {told['twice']}")


def mistakes() -> None:
    """What is said of each, and that nothing was asked."""
    rows = items()
    cases: dict[str, Callable[[Path, str], None]] = {
        "a key misspelt": lambda folder, url: prepared(folder, url, TASK.replace("max_tokens", "max_tokns")),
        "no key": lambda folder, url: prepared(folder, url, TASK.replace(
            "CANDIDATES", "{name: other, model: gpt-4o, provider: openai}, CANDIDATES")),
        "a broken line": lambda folder, url: (prepared(folder, url), _spoil(folder / "items.jsonl"))[0],
        "a variable no row has": lambda folder, url: prepared(folder, url, TASK.replace("{{ input }}", "{{ inptu }}")),
        "no answer column": lambda folder, url: prepared(
            folder, url, TASK.replace("expected: expected", "expected: x")),
        "an id twice": lambda folder, url: prepared(folder, url, rows=[*rows, rows[0]]),
        "no price": lambda folder, url: prepared(folder, url, TASK.replace(
            "CANDIDATES", f"{{name: novel, model: novel-9, provider: openai, base_url: '{url}'}}, CANDIDATES")),
    }  # fmt: skip
    for name, make in cases.items():
        with server() as url, tempfile.TemporaryDirectory() as path:
            make(Path(path), url)
            done, _ = ran(Path(path))
            words = (done.stderr.strip() or done.stdout.strip())[-400:]
            print(f"\n## {name}\nexit {done.returncode}, asked {bill(url)['asked']}: {words}")


def _spoil(file: Path) -> None:
    lines = file.read_text().splitlines()
    lines[6] = lines[6][:-3]
    file.write_text("\n".join(lines) + "\n")


ROWS = {one.__name__: one for one in (decision, faults, dead, odd, money, kill, interrupts, batches, mistakes)}

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rows", nargs="*", metavar="ROW", help=f"of {', '.join(ROWS)}")
    rows = parser.parse_args().rows or list(ROWS)
    if unknown := set(rows) - set(ROWS):
        parser.error(f"no such row: {', '.join(sorted(unknown))}")
    for wanted in rows:
        ROWS[wanted]()
