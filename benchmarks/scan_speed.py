"""Python files → seconds and peak memory of `llmlint check` beside `ruff check --select F`, in alternation.

    python benchmarks/scan_speed.py [--corpus DIR] [--no-sdks] [--rounds N] [--limit SECONDS]   20,000 files
    python benchmarks/scan_speed.py --repo DIR [--repo DIR …]                                   repositories
    python benchmarks/scan_speed.py --against REV --repo DIR [--repo DIR …]                     beside another revision
    python benchmarks/scan_speed.py --start-up [--against REV]                                  from a built wheel
    python benchmarks/scan_speed.py --stages DIR                                                where the time goes

Lines of the table: ruff without its cache; the command without a cache, then with one (the run that fills it, and the
next); of the corpus also discover and sift alone, cold and warm, and three files that call no model, three that do; a
Python that does nothing. Medians over the rounds, in which the commands take turns. Processor seconds (of all threads)
tell more than wall seconds where others use the machine. Bytecode is kept as after an installation, whatever
PYTHONDONTWRITEBYTECODE says. Beside another revision and at start-up the best of the rounds counts, not their median:
what others do on the machine only ever adds.
"""

from __future__ import annotations

import argparse
import shlex
import shutil
import statistics
import sys
import sysconfig
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from against import compare, start_up
from corpus import CALLING, build_corpus
from measuring import Run, measure

Steps = dict[str, list[str]]
GOALS = (
    ("cold", "ruff", 0.5), ("warm", "cold", 0.3), ("sieve cold", "ruff", 0.25),
    ("3 files", "python", 15), ("3 calling, warm", "python", 15),
)  # fmt: skip
PEAK_MB = 400


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


def steps(command: list[str], folder: Path, cache: Path) -> Steps:
    cached = [*command, "--cache-dir", str(cache)]
    out = {
        "ruff": [program("ruff"), "check", "--no-cache", "--isolated", "--select", "F", "--quiet", "."],
        "cold": [*command, "--no-cache", "."],
        "filling": [*cached, "."],
        "warm": [*cached, "."],
    }
    if (folder / CALLING[0]).exists():
        plain = quiet_files(folder)
        alone = [sys.executable, __file__, "--sieve", str(folder), str(cache / "sieve")]
        out |= {
            "sieve cold": alone,
            "sieve warm": alone,
            "3 files": [*command, "--no-cache", *plain],
            "3 files, warm": [*cached, *plain],
            "3 calling": [*command, "--no-cache", *CALLING],
            "3 calling, fill": [*cached, *CALLING],
            "3 calling, warm": [*cached, *CALLING],
        }
    return {**out, "python": [sys.executable, "-c", "pass"]}


def quiet_files(folder: Path) -> list[str]:
    """Three files from all over the corpus that name no SDK."""
    from llmlint.scan.discover import discover
    from llmlint.scan.options import ScanOptions
    from llmlint.scan.sift import sift
    from llmlint.sdks.catalogue import load_catalogue

    files = discover(folder, [folder], ScanOptions()).files
    few = files[:: max(len(files) // 50, 1)]
    hits = sift(str(folder), few, load_catalogue().words).hits
    return [f for f in few if f not in hits][::15][:3]


def rounds(folder: Path, command: list[str], count: int, limit: float) -> dict[str, list[Run]]:
    out: dict[str, list[Run]] = {}
    with tempfile.TemporaryDirectory() as scratch:
        cache, bytecode = Path(scratch, "cache"), Path(scratch, "bytecode")
        todo = steps(command, folder, cache)
        for name in ("python", "ruff", "3 calling" if "3 calling" in todo else "cold"):  # fills bytecode and page cache
            measure(todo[name], folder, bytecode, limit)
        for _ in range(count):
            shutil.rmtree(cache, ignore_errors=True)
            for name, line in todo.items():
                out.setdefault(name, []).append(measure(line, folder, bytecode, limit))
    return out


def middle(runs: Sequence[Run], what: Callable[[Run], float]) -> float:
    return statistics.median(map(what, runs))


def report(runs: dict[str, list[Run]]) -> str:
    wall = {name: middle(some, lambda r: r.wall) for name, some in runs.items()}
    processor = {name: middle(some, lambda r: r.processor) for name, some in runs.items()}
    lines = [f"{'':16} {'wall s':>8} {'min':>8} {'max':>8} {'cpu s':>8} {'peak MB':>8}"]
    for name, some in runs.items():
        times = [r.wall for r in some]
        row = (wall[name], min(times), max(times), processor[name], max(r.peak_mb for r in some))
        late = "" if all(r.ended for r in some) else "  ended at the limit"
        lines.append(f"{name:16} {row[0]:8.2f} {row[1]:8.2f} {row[2]:8.2f} {row[3]:8.2f} {row[4]:8.0f}{late}")
    for what, other, goal in GOALS if "3 files" in runs else ():  # the goals are for large projects
        ratio, cpu = wall[what] / wall[other], processor[what] / max(processor[other], 1e-9)
        lines.append(f"{what} / {other}: {ratio:.2f} wall, {cpu:.2f} cpu (goal {goal:g})")
    peak = max(r.peak_mb for name in ("cold", "filling", "warm") for r in runs[name])
    return "\n".join([*lines, f"peak: {peak:.0f} MB (goal {PEAK_MB})"])


def stages(folder: Path) -> None:
    """One run in this process, with the processor seconds of its steps; a step counts those that it calls as well."""
    import resource

    from llmlint.link import analysis
    from llmlint.scan import contents, source
    from llmlint.scan.options import ScanOptions
    from llmlint.tasks import collect

    spent: dict[str, tuple[int, float]] = {}

    def watch(owner: Any, name: str) -> None:
        function = getattr(owner, name)

        def watched(*args: Any, **kw: Any) -> Any:
            start = time.process_time()
            try:
                return function(*args, **kw)
            finally:
                calls, seconds = spent.get(name, (0, 0.0))
                spent[name] = calls + 1, seconds + time.process_time() - start

        setattr(owner, name, watched)

    for owner, name in (
        (collect, "discover"), (collect, "sift"), (analysis, "analyse"),
        (contents.Contents, "mention"), (source, "read_source"),
    ):  # fmt: skip
        watch(owner, name)
    start = time.process_time()
    facts = collect.collect_facts([folder], ScanOptions(cache=False))
    print(f"{'all':12} {time.process_time() - start:8.2f} s")
    for name, (calls, seconds) in spent.items():
        print(f"{name:12} {seconds:8.2f} s in {calls:,} calls")
    print(facts.stats, f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10} MB")


def main() -> None:
    if sys.argv[1:2] == ["--sieve"]:
        sieve(*sys.argv[2:])
        return
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, help="kept, and used again when it is there; else a temporary folder")
    parser.add_argument("--no-sdks", action="store_true", help="leave the LLM SDKs' own packages out of the corpus")
    parser.add_argument("--repo", type=Path, action="append", default=[], help="measure this folder; repeatable")
    parser.add_argument("--stages", type=Path, metavar="DIR")
    parser.add_argument("--against", metavar="REV", help="a revision of llmlint: processor seconds side by side")
    parser.add_argument("--start-up", action="store_true", help="of wheels in fresh environments, beside a bare Python")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--limit", type=float, default=600, help="seconds after which a command is ended")
    parser.add_argument("--command", default=f"{shlex.quote(program('llmlint'))} check")
    given = parser.parse_args()
    if given.stages:
        stages(given.stages.absolute())
        return
    if given.against and not (given.repo or given.start_up):
        parser.error("--against needs --repo DIR or --start-up")
    if given.start_up or given.against:
        if given.start_up:
            print(start_up(given.against, given.rounds), flush=True)
        for line in compare(given.against, given.repo, given.rounds, given.limit) if given.repo else ():
            print(line, flush=True)
        return
    command = shlex.split(given.command)
    for repo in given.repo:
        print(f"{repo}\n{report(rounds(repo.absolute(), command, given.rounds, given.limit))}", flush=True)
    if not given.repo:
        with tempfile.TemporaryDirectory() as scratch:
            corpus = given.corpus.absolute() if given.corpus else Path(scratch, "corpus")
            print(f"{build_corpus(corpus, sdks=not given.no_sdks):,} files in {corpus}", flush=True)
            print(report(rounds(corpus, command, given.rounds, given.limit)))


if __name__ == "__main__":
    main()
