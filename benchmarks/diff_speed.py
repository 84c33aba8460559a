"""How long `llmlint diff` takes beside `git diff --stat` and the changed files' analysis, in a generated repository.

    python benchmarks/diff_speed.py [FILES]      5,000 unless given; with the Python that llmlint is installed in

Processor seconds, the best of some runs: `git diff --stat`, `llmlint check --no-cache` of the changed files, of those
and the file that their change reaches, `python -c pass`; then `llmlint diff`, without a cache, and with what runs
against the same base have kept (the work tree is edited before each run, so that nothing is known of it); and both as
shares of what they are allowed: 3 x stat + analysis, or 3 x (stat + analysis).
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

APP = """from openai import OpenAI
from pkg0.config import MODEL{n}

client = OpenAI()


def ask{n}(question):
    return client.responses.create(model=MODEL{n}, input=question, max_output_tokens=100)
"""
METHODS = "".join(f"    def method_{i}(self, x):\n        return json.dumps(x)\n\n" for i in range(40))
PLAIN = "import json\n\n\nclass Thing{n}:\n" + METHODS
RUNS = 5


class Change(NamedTuple):
    """reached: the file with the call site that gets the changed value; "": none."""

    words: str
    path: str
    old: str
    new: str
    reached: str = ""


CHANGES = (
    Change("a page of documentation", "README.md", "words", "more words"),
    Change("code without a call site", "pkg1/thing7.py", "return json.dumps(x)", "return json.dumps(x, indent=2)"),
    Change(
        "a constant in another file", "pkg0/config.py", 'MODEL3 = "gpt-5-mini"', 'MODEL3 = "gpt-5"', "pkg2/ask152.py"
    ),
)


def git(folder: Path, *arguments: str) -> None:
    command = ["git", "-C", str(folder), "-c", "user.name=n", "-c", "user.email=n@example.org", *arguments]
    subprocess.run(command, check=True, capture_output=True)


def generate(folder: Path, files: int) -> None:
    for n in range(files):
        package = folder / f"pkg{n % 50}"
        package.mkdir(exist_ok=True)
        name, text = (f"ask{n}.py", APP) if n % 50 == 2 else (f"thing{n}.py", PLAIN)
        (package / name).write_text(text.replace("{n}", str(n // 50 if n % 50 == 2 else n)), encoding="utf-8")
    models = "".join(f'MODEL{n} = "gpt-5-mini"\n' for n in range(files // 50 + 1))
    (folder / "pkg0" / "config.py").write_text(models, encoding="utf-8")
    (folder / "pkg1" / "thing7.py").write_text(PLAIN.replace("{n}", "7"), encoding="utf-8")
    (folder / "README.md").write_text("words\n", encoding="utf-8")
    git(folder, "init", "-q")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "all")


class Spent(NamedTuple):
    processor: float
    clock: float


def seconds(command: list[str], folder: Path, cache: Path, edited: Path | None = None) -> Spent:
    """Of a process and those that it starts, the best of some; edited: a file that gets one more line before each."""
    best = Spent(1e9, 1e9)
    # modules are compiled once, as they are where llmlint is installed
    own = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    own["LLMLINT_CACHE_DIR"] = str(cache)
    for run in range(RUNS):
        if edited is not None:
            edited.write_text(f"{edited.read_text(encoding='utf-8')}# {run}\n", encoding="utf-8")
        start = time.perf_counter()
        quiet = subprocess.DEVNULL
        process = subprocess.Popen(command, cwd=folder, stdin=quiet, stdout=quiet, stderr=quiet, env=own)
        _, _, used = os.wait4(process.pid, 0)  # with the processes that it has waited for
        process.returncode = 0
        clock = time.perf_counter() - start
        best = Spent(min(best.processor, used.ru_utime + used.ru_stime), min(best.clock, clock))
    return best


def measure(folder: Path, change: Change, cache: Path) -> None:
    llmlint = [sys.executable, "-m", "llmlint"]
    file = folder / change.path
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace(change.old, change.new, 1), encoding="utf-8")
    stat = seconds(["git", "diff", "--stat", "HEAD"], folder, cache)
    changed = [change.path] if change.path.endswith(".py") else []
    rows = {"git diff --stat": stat}
    analysis = Spent(0.0, 0.0)
    if changed:
        check = [*llmlint, "check", "--no-cache", "--exit-zero"]
        rows["check of the changed file"] = analysis = seconds([*check, *changed], folder, cache)
        if change.reached:
            rows["and of the file reached"] = seconds([*check, *changed, change.reached], folder, cache)
    cold = rows["llmlint diff --no-cache"] = seconds([*llmlint, "diff", "HEAD", "-q", "--no-cache"], folder, cache)
    warm = rows["llmlint diff"] = seconds([*llmlint, "diff", "HEAD", "-q"], folder, cache, file)
    file.write_text(text, encoding="utf-8")
    print(f"\n{change.words}")
    for name, spent in rows.items():
        print(f"  {name:26} {spent.processor:7.3f} s of processor {spent.clock:6.2f} s by the clock")
    analyses = {"changed": analysis, "changed and reached": rows.get("and of the file reached", analysis)}
    for name, one in analyses.items() if change.reached else [("changed", analysis)]:
        if one.processor:
            narrow, wide = 3 * stat.processor + one.processor, 3 * (stat.processor + one.processor)
            print(
                f"  files {name}: of 3 x stat + analysis ({narrow:.2f} s) {cold.processor / narrow:.2f} without cache, "
                f"{warm.processor / narrow:.2f} with; of 3 x (stat + analysis) ({wide:.2f} s) "
                f"{cold.processor / wide:.2f}, {warm.processor / wide:.2f}"
            )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", type=int, nargs="?", default=5_000)
    files = parser.parse_args().files
    with tempfile.TemporaryDirectory() as name:
        folder, cache = Path(name, "repository"), Path(name, "cache")
        folder.mkdir()
        generate(folder, files)
        empty = seconds([sys.executable, "-c", "pass"], folder, cache)
        start = seconds([sys.executable, "-m", "llmlint", "--version"], folder, cache)
        print(f"{files:,} files, {files // 50:,} of them with a call site; best of {RUNS}")
        print(f"python -c pass {empty.processor:.2f} s of processor, llmlint --version {start.processor:.2f} s")
        for change in CHANGES:
            measure(folder, change, cache)


if __name__ == "__main__":
    main()
