"""How long `llmlint usage import` takes over many rows, and how much memory: 60 s and 500 MB for a million are allowed.
Then how long those take that read the store: 5 s each.

    python benchmarks/usage_import.py                 a million rows of each kind
    python benchmarks/usage_import.py --rows 100000

The rows are made up: 40 call sites, 6 models, 90 days, no two rows alike. Each import runs in a process of its own,
twice: the second time every row is known. The review and the dashboard are of a project with these 40 call sites.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

MODELS = {
    "claude-opus-5-5": "anthropic", "claude-sonnet-5-5": "anthropic", "claude-haiku-5-5": "anthropic",
    "gpt-5": "openai", "gpt-5-mini": "openai", "gemini-3-pro": "google",
}  # fmt: skip
END = datetime(2026, 11, 24, tzinfo=timezone.utc)
DAYS = 90


def rows(number: int) -> Iterator[dict[str, Any]]:
    draw = random.Random(7)
    for i in range(number):
        site = draw.randrange(40)
        model = list(MODELS)[site % len(MODELS)]
        prompt = draw.randrange(200, 9_000)
        yield {
            "id": f"{i:016x}", "time": END - timedelta(seconds=draw.random() * DAYS * 86_400), "model": model,
            "provider": MODELS[model], "prompt": prompt, "cached": prompt // 3 if site % 4 == 0 else 0,
            "output": draw.randrange(5, 900), "team": f"team-{site % 7}", "path": f"/srv/app/module_{site}.py",
            "line": 10 + site, "function": f"ask_{site}", "usd": f"{draw.random() / 20:.6f}",
        }  # fmt: skip


def write_csv(file: Path, number: int) -> None:
    with file.open("w", newline="") as stream:
        out = csv.writer(stream)
        out.writerow(("timestamp", "model", "prompt_tokens", "cached_tokens", "completion_tokens", "team", "cost_usd"))
        for r in rows(number):
            when = r["time"].isoformat()
            out.writerow((when, r["model"], r["prompt"], r["cached"], r["output"], r["team"], r["usd"]))


def write_otlp(file: Path, number: int, batch: int = 200) -> None:
    """As the collector's file exporter writes them: one batch of spans a line."""
    with file.open("w") as stream:
        spans: list[dict[str, Any]] = []
        for r in rows(number):
            spans.append(span(r))
            if len(spans) == batch:
                stream.write(export(spans))
                spans = []
        if spans:
            stream.write(export(spans))


def span(r: dict[str, Any]) -> dict[str, Any]:
    nano = int(r["time"].timestamp() * 1e9)
    attributes = {
        "gen_ai.operation.name": "chat", "gen_ai.provider.name": r["provider"], "gen_ai.request.model": r["model"],
        "gen_ai.usage.input_tokens": r["prompt"], "gen_ai.usage.output_tokens": r["output"],
        "gen_ai.usage.cache_read.input_tokens": r["cached"], "code.file.path": r["path"],
        "code.line.number": r["line"], "code.function.name": r["function"],
        "gen_ai.input.messages": "what a user asked, which nobody may store",
    }  # fmt: skip
    return {
        "traceId": r["id"] * 2, "spanId": r["id"], "name": f"chat {r['model']}", "kind": 3,
        "startTimeUnixNano": str(nano), "endTimeUnixNano": str(nano + 10**9),
        "attributes": [
            {"key": k, "value": {"intValue": str(v)} if isinstance(v, int) else {"stringValue": v}}
            for k, v in attributes.items()
        ],
    }  # fmt: skip


def export(spans: list[dict[str, Any]]) -> str:
    resource = {"attributes": [{"key": "service.name", "value": {"stringValue": "shop"}}]}
    document = {"resourceSpans": [{"resource": resource, "scopeSpans": [{"spans": spans}]}]}
    return json.dumps(document, separators=(",", ":")) + "\n"


def write_litellm(file: Path, number: int) -> None:
    """As LiteLLM's /spend/logs gives them: one array."""
    with file.open("w") as stream:
        stream.write("[")
        for i, r in enumerate(rows(number)):
            log = {
                "request_id": r["id"], "call_type": "acompletion", "spend": float(r["usd"]), "model": r["model"],
                "prompt_tokens": r["prompt"], "completion_tokens": r["output"], "custom_llm_provider": r["provider"],
                "startTime": r["time"].isoformat(), "endTime": r["time"].isoformat(), "team_id": r["team"],
                "request_tags": ["shop"], "metadata": {"usage_object": {"cached": r["cached"]}}, "status": "success",
                "messages": "what a user asked, which nobody may store",
            }  # fmt: skip
            stream.write(("," if i else "") + json.dumps(log))
        stream.write("]")


WRITERS = {"csv": (write_csv, "csv"), "otlp": (write_otlp, "jsonl"), "litellm": (write_litellm, "json")}


def measure(*arguments: str, folder: str | None = None) -> tuple[str, bytes]:
    """("how long and how much memory", what it printed)."""
    started = time.perf_counter()
    run = subprocess.Popen([sys.executable, "-m", "llmlint", *arguments], stdout=subprocess.PIPE, cwd=folder)
    assert run.stdout is not None
    out = run.stdout.read()
    _, status, used = os.wait4(run.pid, 0)
    seconds, busy = time.perf_counter() - started, used.ru_utime + used.ru_stime
    if status:
        raise SystemExit(f"{' '.join(arguments)}: exit status {status}")
    return f"{seconds:6.1f} s ({busy:5.1f} s of processor)  {used.ru_maxrss / 1024:5.0f} MB of memory", out


def write_project(folder: Path) -> None:
    """The call sites of `rows`, each where its rows say."""
    folder.mkdir()
    for site in range(40):
        model = list(MODELS)[site % len(MODELS)]
        lines = ["import litellm", *[""] * (8 + site - 2), f"def ask_{site}(text):"]
        lines += [f'    return litellm.completion(model="{model}", messages=[{{"role": "user", "content": text}}])', ""]
        (folder / f"module_{site}.py").write_text("\n".join(lines))


def readers(folder: Path, kind: str, store: Path) -> None:
    project = folder / "project"
    if not project.exists():
        write_project(project)
    stored = ("--store", str(store))
    for words in (("review", "--no-record", *stored), ("usage", "sites", *stored), ("observe", "dashboard")):
        print(f"{kind:8} {' '.join(words[:2]):18} {measure(*words, folder=str(project))[0]}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--kind", choices=list(WRITERS), action="append")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        print(f"{asked.rows:,} rows")
        for kind in asked.kind or WRITERS:
            write, suffix = WRITERS[kind]
            file, store = Path(folder, f"rows.{suffix}"), Path(folder, f"{kind}.db")
            write(file, asked.rows)
            size = file.stat().st_size / 1e6
            for pass_ in ("new", "again"):
                words = ("usage", "import", str(file), "--from", kind, "--store", str(store), "--format", "json")
                used, out = measure(*words)
                told = json.loads(out)
                assert told["records"] == asked.rows and told["added"] == (asked.rows if pass_ == "new" else 0), told
                print(f"{kind:8} {pass_:6} {size:6.0f} MB  {used}", flush=True)
            print(f"{kind:8} store  {store.stat().st_size / 1e6:6.0f} MB")
            readers(Path(folder), kind, store)
            file.unlink()


if __name__ == "__main__":
    main()
