"""20,000 files → seconds and peak memory of a scan beside `ruff check --select F`, in alternation.

    python benchmarks/scan_speed.py [--corpus DIR] [--rounds N] [--no-sdks] [--command "llmlint check"]

Lines of the table: ruff without its cache; the command cold and warm; discover and sift alone, cold and warm; the
command on three files of the corpus; a Python that does nothing. Ratios are of medians. Processor seconds tell more
than wall seconds where others use the machine.
"""

from __future__ import annotations

import argparse
import os
import shlex
import shutil
import statistics
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from corpus import build_corpus

NAMES = ("ruff", "cold", "warm", "sieve cold", "sieve warm", "three files", "python")


class Run(NamedTuple):
    wall: float
    processor: float
    peak_mb: float


def measure(command: Sequence[str], folder: Path) -> Run:
    """Runs a child to its end; what it printed is dropped, and so is its exit code unless it could not work."""
    start = time.perf_counter()
    child = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    assert child.stderr is not None
    said = child.stderr.read()
    _, status, used = os.wait4(child.pid, 0)
    wall = time.perf_counter() - start
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode < 0 or b"Traceback" in said:
        last = said.decode(errors="replace")[-2000:]
        raise SystemExit(f"{shlex.join(command)} ended with {child.returncode}\n{last}")
    return Run(wall, used.ru_utime + used.ru_stime, used.ru_maxrss / (1024 if sys.platform != "darwin" else 1 << 20))


def sieve(root: str, cache_dir: str) -> None:
    """Discover and sift alone, in a process of its own."""
    from llmlint.scan.cache import Cache
    from llmlint.scan.discover import discover
    from llmlint.scan.options import ScanOptions
    from llmlint.scan.sift import sift
    from llmlint.sdks.catalogue import load_catalogue

    words = load_catalogue().words
    found = discover(Path(root), [Path(root)], ScanOptions())
    with Cache(Path(cache_dir)) as cache:
        known = cache.verdicts("benchmark")
        sifted = sift(root, found.files, words, known=known)
        if sifted.read:
            cache.put_verdicts("benchmark", sifted.verdicts)


def program(name: str) -> str:
    """Beside this Python, or on the path."""
    beside = Path(sysconfig.get_path("scripts")) / name
    return str(beside) if beside.exists() else shutil.which(name) or name


def rounds(corpus: Path, scratch: Path, command: list[str], count: int) -> dict[str, list[Run]]:
    cache, own = scratch / "cache", scratch / "sieve"
    check = [*command, "--cache-dir", str(cache)]
    alone = [sys.executable, __file__, "--sieve", str(corpus), str(own)]
    three = [str(p) for p in sorted(corpus.rglob("*.py"))[:: max(build_corpus(corpus) // 3, 1)][:3]]
    steps = {
        "ruff": [program("ruff"), "check", "--no-cache", "--isolated", "--select", "F", "--quiet", "."],
        "cold": [*check, "."],
        "warm": [*check, "."],
        "sieve cold": alone,
        "sieve warm": alone,
        "three files": [*check, *three],
        "python": [sys.executable, "-c", "pass"],
    }
    measure([sys.executable, __file__, "--sieve", str(corpus), str(scratch / "first")], corpus)  # fills the page cache
    out: dict[str, list[Run]] = {name: [] for name in NAMES}
    for _ in range(count):
        shutil.rmtree(cache, ignore_errors=True)
        shutil.rmtree(own, ignore_errors=True)
        for name in NAMES:
            out[name].append(measure(steps[name], corpus))
    return out


def report(runs: dict[str, list[Run]]) -> str:
    wall = {name: statistics.median(r.wall for r in runs[name]) for name in NAMES}
    processor = {name: statistics.median(r.processor for r in runs[name]) for name in NAMES}
    lines = [f"{'':12} {'wall s':>8} {'min':>8} {'max':>8} {'cpu s':>8} {'peak MB':>8}"]
    for name in NAMES:
        times = [r.wall for r in runs[name]]
        peak = max(r.peak_mb for r in runs[name])
        row = (wall[name], min(times), max(times), processor[name], peak)
        lines.append(f"{name:12} {row[0]:8.2f} {row[1]:8.2f} {row[2]:8.2f} {row[3]:8.2f} {row[4]:8.0f}")
    for what, other, goal in (
        ("cold", "ruff", 0.5), ("warm", "cold", 0.3), ("sieve cold", "ruff", 0.25), ("three files", "python", 15),
    ):  # fmt: skip
        ratio, cpu = wall[what] / wall[other], processor[what] / max(processor[other], 1e-9)
        lines.append(f"{what} / {other}: {ratio:.2f} wall, {cpu:.2f} cpu (goal {goal:g})")
    return "\n".join(lines)


def main() -> None:
    if sys.argv[1:2] == ["--sieve"]:
        sieve(*sys.argv[2:])
        return
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, help="kept, and used again when it is there; else a temporary folder")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--no-sdks", action="store_true", help="leave the LLM SDKs' own packages out of the corpus")
    parser.add_argument("--command", default=f"{shlex.quote(program('llmlint'))} check")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        corpus = given.corpus.absolute() if given.corpus else Path(scratch, "corpus")
        corpus.mkdir(parents=True, exist_ok=True)
        print(f"{build_corpus(corpus, sdks=not given.no_sdks):,} files in {corpus}", flush=True)
        print(report(rounds(corpus, Path(scratch), shlex.split(given.command), given.rounds)))


if __name__ == "__main__":
    main()
