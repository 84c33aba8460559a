"""The job of `eval_job.py` given to llmlint, promptfoo and inspect_ai in one run → one table, by the server's books.

    python benchmarks/eval_peers.py FOLDER                  # installs both peers below FOLDER first, all rows
    python benchmarks/eval_peers.py FOLDER grid faults      # some rows; `install` alone installs

300 items, exact match, three models, both wire formats. llmlint stops early; with --full-grid it asks all 900 too.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks")]

from eval_faults import FAULTS, bill, server  # noqa: E402
from eval_job import command, items, prepared  # noqa: E402

PROMPTFOO, INSPECT, NODE = "promptfoo@0.123.1", "inspect-ai==0.3.285", "node@22"
PROMPT = "{{input}}"
INSPECT_TASK = """
from inspect_ai import Task, task
from inspect_ai.dataset import Sample, json_dataset
from inspect_ai.scorer import exact
from inspect_ai.solver import generate

@task
def labels():
    read = lambda row: Sample(input=row["input"], target=row["expected"], id=row["id"])
    return Task(json_dataset("items.jsonl", read), solver=generate(), scorer=exact())
"""
KEYS = {"OPENAI_API_KEY": "k", "ANTHROPIC_API_KEY": "k"}


@dataclass(frozen=True)
class Harness:
    """prepare: writes the job into a folder, for a server; command: of a run there; said: what it leaves of the job,
    (items without a graded answer, what it says). options: by row; a row that a harness does not have is left out."""

    name: str
    prepare: Callable[[Path, str], None]
    command: Callable[[], list[str]]
    said: Callable[[Path, str], tuple[str, str]]
    environment: Callable[[Path, str], dict[str, str]]
    options: dict[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Ran:
    """One run."""

    out: str
    code: int
    wall: float
    processor: float


# --- the harnesses


def llmlint(*more: str) -> Harness:
    return Harness(
        " ".join(("llmlint", *more)), prepared, lambda: [*command("-f", "json=said.json"), *more], _llmlint_said,
        lambda _, __: {"PYTHONPATH": str(ROOT)},
        {"batches": ("--batch",), "budget": ("--budget", "0.05")},
    )  # fmt: skip


def _llmlint_said(folder: Path, out: str) -> tuple[str, str]:
    file = folder / "said.json"
    if not file.is_file():
        return "?", out.strip().splitlines()[-1][:200]
    told = json.loads(file.read_text())
    lost = sum(one["statuses"]["failed"] + one["not_graded"] for one in told["candidates"])
    return str(lost), told["sentence"]


def promptfoo(home: Path) -> Harness:
    def prepare(folder: Path, url: str) -> None:
        key = {"apiKey": "k", "max_tokens": 20}
        providers = [
            {"id": "openai:chat:big", "config": {**key, "apiBaseUrl": f"{url}/v1"}},
            {"id": "anthropic:messages:mid", "config": {**key, "apiBaseUrl": url}},
            {"id": "openai:responses:small", "config": {**key, "apiBaseUrl": f"{url}/v1"}},
        ]
        tests = [
            {"vars": {"input": one["input"]}, "assert": [{"type": "equals", "value": one["expected"]}]}
            for one in items()
        ]
        config = {"prompts": [PROMPT], "providers": providers, "tests": tests}
        (folder / "promptfooconfig.json").write_text(json.dumps(config))

    def said(folder: Path, out: str) -> tuple[str, str]:
        file = folder / "out.json"
        if not file.is_file():
            return "?", " ".join(out.split())[-160:]
        found = json.loads(file.read_text())["results"]
        stats = found["stats"]
        missing = 900 - stats["successes"] - stats["failures"] - stats["errors"]
        words = f"{stats['successes']} passed, {stats['failures']} failed, {stats['errors']} errors"
        return str(stats["errors"] + max(0, missing)), words

    run = [
        str(home / "node_modules/.bin/node"), str(home / "node_modules/.bin/promptfoo"), "eval", "-c",
        "promptfooconfig.json", "-o", "out.json", "--no-table", "--no-progress-bar", "-j", "60",
    ]  # fmt: skip
    quiet = dict.fromkeys((f"PROMPTFOO_DISABLE_{one}" for one in ("TELEMETRY", "UPDATE", "REMOTE_GENERATION")), "1")
    return Harness(
        "promptfoo -j 60", prepare, lambda: run, said,
        lambda folder, _: {**KEYS, **quiet, "PROMPTFOO_CONFIG_DIR": str(folder / "promptfoo")},
    )  # fmt: skip


def inspect_ai(home: Path) -> Harness:
    def prepare(folder: Path, url: str) -> None:
        (folder / "labels.py").write_text(INSPECT_TASK)
        (folder / "items.jsonl").write_text("".join(json.dumps(row) + "\n" for row in items()))

    def said(folder: Path, out: str) -> tuple[str, str]:
        scored, words = 0, []
        for file in sorted((folder / "logs").glob("*.json")):
            log = json.loads(file.read_text())
            if log.get("status") != "success":
                continue
            scored += sum(bool(one.get("scores")) for one in log.get("samples") or ())
            metrics = log["results"]["scores"][0]["metrics"]
            accuracy = metrics.get("accuracy") or metrics["mean"]
            words.append(f"{log['eval']['model'].split('/')[-1]} {accuracy['value']:.3f}")
        return str(900 - scored), ", ".join(words) or " ".join(out.split())[-160:]

    run = [
        str(home / "bin/inspect"), "eval-set", "labels.py", "--model", "openai/big,anthropic/mid,openai/small",
        "--log-dir", "logs", "--log-format", "json", "--max-tokens", "20", "--display", "none",
    ]  # fmt: skip
    return Harness(
        "inspect_ai", prepare, lambda: run, said,
        lambda _, url: {**KEYS, "OPENAI_BASE_URL": f"{url}/v1", "ANTHROPIC_BASE_URL": url},
        {"batches": ("--batch",)},
    )  # fmt: skip


def install(folder: Path) -> None:
    """Both peers, each into a folder of its own, if they are not there."""
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "pf/node_modules/.bin/promptfoo").exists() or not (folder / "pf/node_modules/.bin/node").exists():
        (folder / "pf").mkdir(exist_ok=True)
        subprocess.run(["npm", "install", "--no-fund", "--no-audit", NODE, PROMPTFOO], cwd=folder / "pf", check=True)
    if not (folder / "inspect/bin/inspect").exists():
        subprocess.run([sys.executable, "-m", "venv", str(folder / "inspect")], check=True)
        pip = [str(folder / "inspect/bin/pip"), "install", "-q", INSPECT, "openai", "anthropic"]
        subprocess.run(pip, check=True)


# --- rows


def started(harness: Harness, folder: Path, url: str, row: str) -> subprocess.Popen[str]:
    environment = {**os.environ, **harness.environment(folder, url)}
    return subprocess.Popen(
        [*harness.command(), *harness.options.get(row, ())], cwd=folder, env=environment, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, start_new_session=True,
    )  # fmt: skip


def finished(running: subprocess.Popen[str], began: float, seconds: float = 300) -> Ran:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    try:
        out = running.communicate(timeout=seconds)[0]
    except subprocess.TimeoutExpired:
        os.killpg(running.pid, signal.SIGKILL)
        out = running.communicate()[0] + f"\nstill at it after {seconds:.0f} s"
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Ran(out, running.returncode, time.perf_counter() - began, used)


def once(harness: Harness, row: str, **plan: Any) -> tuple[Ran, dict[str, Any], tuple[str, str]]:
    with server(**plan) as url, tempfile.TemporaryDirectory() as path:
        folder = Path(path)
        harness.prepare(folder, url)
        ran = finished(started(harness, folder, url, row), time.perf_counter())
        return ran, bill(url), harness.said(folder, ran.out)


def cut_short(
    harness: Harness, row: str, ending: signal.Signals, wanted: str, count: int, **plan: Any
) -> dict[str, Any]:
    """The books after a run that got the signal, and after the same command again."""
    with server(**plan) as url, tempfile.TemporaryDirectory() as path:
        folder = Path(path)
        harness.prepare(folder, url)
        running = started(harness, folder, url, row)
        while running.poll() is None and bill(url)[wanted] < count:
            time.sleep(0.02)
        time.sleep(0.1)
        if ending == signal.SIGKILL:
            os.killpg(running.pid, ending)
        else:
            running.send_signal(ending)
        first = finished(running, time.perf_counter(), 60)
        before = bill(url)
        (folder / "out.json").unlink(missing_ok=True)
        second = finished(started(harness, folder, url, row), time.perf_counter())
        lost, words = harness.said(folder, second.out)
        return {"first": before, "code": first.code, "after": bill(url), "lost": lost, "says": words}


def grid(harness: Harness) -> dict[str, str]:
    ran, books, (lost, says) = once(harness, "grid", latency=0.2)
    return {
        "calls of the 900": str(books["asked"]), "wall, 0.2 s latency": f"{ran.wall:.1f} s",
        "of it processor": f"{ran.processor:.1f} s", "most at once": str(books["most_at_once"]),
        "says": f"{says} (exit {ran.code})", "lost without faults": lost,
    }  # fmt: skip


def faults(harness: Harness) -> dict[str, str]:
    ran, books, (lost, says) = once(harness, "faults", faults=FAULTS, latency=0.2)
    waits = books["waited"] + books["not_waited"]
    return {
        "30 % faults: items lost": lost, "Retry-After waited": f"{books['waited']} of {waits}",
        "30 % faults: wall": f"{ran.wall:.1f} s", "30 % faults: paid twice": str(books["twice"]),
        "30 % faults: says": says,
    }  # fmt: skip


def kill(harness: Harness) -> dict[str, str]:
    out = {}
    for name, ending in (("kill -9", signal.SIGKILL), ("Ctrl-C", signal.SIGINT)):
        found = cut_short(harness, "kill", ending, "answers", 100, latency=0.2)
        after, row = found["after"], f"{name} after 100 answers: paid twice"
        out[row] = f"{after['twice']} ({after['asked']} asked, {found['lost']} lost)"
    return out


def batches(harness: Harness) -> dict[str, str]:
    name = "killed with batches in flight"
    if "batches" not in harness.options:
        return {name: "no batches"}
    found = cut_short(harness, "batches", signal.SIGKILL, "batches", 1, batch_seconds=6)
    after, sent = found["after"], found["first"]["batched"]
    words = f"{sent} lines had left; {after['batched']} sent in all, {after['twice']} paid twice; {found['lost']} lost"
    return {name: words}


def budget(harness: Harness) -> dict[str, str]:
    name = "a cap of $0.05, 60 in flight"
    if "budget" not in harness.options:
        return {name: "no cap for a run"}
    _, books, _ = once(harness, "budget", latency=0.2)
    spent = Decimal(books["usd"])
    return {name: f"${spent:.4f} spent, over by ${max(Decimal(0), spent - Decimal('0.05')):.4f}"}


def dead(harness: Harness) -> dict[str, str]:
    ran, books, (lost, says) = once(harness, "dead", models={"small": "401"})
    asked = books["by_model"].get("small", 0)
    return {"401 on small": f"{says} (exit {ran.code}); {asked} requests to it, {lost} items without an answer"}


def speed(harness: Harness) -> dict[str, str]:
    ran, books, _ = once(harness, "speed")
    rate = f"{books['asked'] / ran.wall:.0f} requests a second with start-up"
    return {"latency 0": f"{rate}, {ran.processor:.1f} s of processor"}


ROWS = {one.__name__: one for one in (grid, faults, kill, batches, budget, dead, speed)}


def table(columns: dict[str, dict[str, str]]) -> str:
    names = list(dict.fromkeys(row for column in columns.values() for row in column))
    lines = ["| | " + " | ".join(columns) + " |", "| --- |" + " --- |" * len(columns)]
    for row in names:
        lines.append(f"| {row} | " + " | ".join(one.get(row, "–") for one in columns.values()) + " |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="where the harnesses are installed")
    parser.add_argument("rows", nargs="*", metavar="ROW", help=f"of {', '.join(ROWS)}; or install alone")
    args = parser.parse_args()
    if unknown := set(args.rows) - {"install", *ROWS}:
        parser.error(f"no such row: {', '.join(sorted(unknown))}")
    folder, wanted = args.folder.resolve(), args.rows or list(ROWS)
    install(folder)
    if wanted == ["install"]:
        return
    harnesses = [llmlint(), llmlint("--full-grid"), promptfoo(folder / "pf"), inspect_ai(folder / "inspect")]
    columns: dict[str, dict[str, str]] = {one.name: {} for one in harnesses}
    for row in wanted:
        for one in harnesses:
            columns[one.name].update(ROWS[row](one))
            print(f"{row}, {one.name}: {columns[one.name]}", file=sys.stderr, flush=True)
    print(f"\nload {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores, Python {sys.version.split()[0]}\n")
    print(table(columns))


if __name__ == "__main__":
    main()
