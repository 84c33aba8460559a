"""Two revisions of llmlint → the processor seconds of each, in alternation: on repositories, and at start-up."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from corpus import SERVICE
from measuring import measure

HERE = Path(__file__).parents[1]
PLAIN = "import os\n\n\ndef parts(path: str) -> list[str]:\n    return path.split(os.sep)\n"
ASK = """
from anthropic import Anthropic

Anthropic().messages.create(model="claude-opus-4-1", max_tokens=9, messages=[{"role": "user", "content": "Hello"}])
"""
TIMES = ("seconds", "parsed", "cached")  # of the stats: what may differ between two runs that found the same


@contextmanager
def work_tree(revision: str) -> Iterator[Path]:
    """The files of a revision of llmlint in a folder of their own, for as long as they are needed."""
    with tempfile.TemporaryDirectory() as folder:
        archive = subprocess.run(["git", "archive", revision], cwd=HERE, stdout=subprocess.PIPE, check=True).stdout
        subprocess.run(["tar", "-x", "-C", folder], input=archive, check=True)
        yield Path(folder)


def compare(revision: str, repos: Sequence[Path], rounds: int, limit: float) -> Iterator[str]:
    """A line for each repository: the best processor seconds of either, their ratio, whether they found the same."""
    yield f"{'':32} {revision[:12]:>12} {'here':>8} {'ratio':>6}  findings"
    with work_tree(revision) as other, tempfile.TemporaryDirectory() as scratch:
        report, bytecode = Path(scratch, "report.json"), Path(scratch, "bytecode")
        command = [sys.executable, "-m", "llmlint", "check", "--no-cache", "-f", f"json={report}", "."]
        for repo in repos:
            best: dict[Path, float] = {}
            said: dict[Path, object] = {}
            for number in range(rounds + 1):  # the first fills bytecode and page cache
                for source in (other, HERE):
                    run = measure(command, repo.absolute(), bytecode, limit, {"PYTHONPATH": str(source)})
                    if not run.ended:
                        best[source] = limit
                    elif number:
                        best[source] = min(best.get(source, limit), run.processor)
                    said[source] = findings(report) if run.ended else None
            ratio = best[HERE] / best[other]
            same = "the same" if said[other] == said[HERE] else "differ"
            yield f"{repo.name[:32]:32} {best[other]:12.2f} {best[HERE]:8.2f} {ratio:6.2f}  {same}"


def findings(report: Path) -> object:
    """What a report says, but for the times."""
    said = json.loads(report.read_text(encoding="utf-8"))
    report.unlink()
    for name in TIMES:
        said["stats"].pop(name, None)
    return said


def start_up(revision: str | None, rounds: int) -> str:
    """Of each revision's wheel in a fresh environment: a check of files, in times of a Python that does nothing."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch, "files")
        folder.mkdir()
        files = {f"plain{i}.py": PLAIN for i in range(3)} | {"ask_once.py": ASK} | SERVICE
        for name, text in files.items():
            Path(folder, name).write_text(text, encoding="utf-8")
        lines = [f"{'':32} {'ms':>8} {'times python -c pass':>22}"]
        if revision is not None:
            with work_tree(revision) as source:
                lines += measured(revision[:12], installed(source, Path(scratch, "other")), folder, rounds)
        return "\n".join([*lines, *measured("here", installed(HERE, Path(scratch, "here")), folder, rounds)])


def installed(source: Path, folder: Path) -> Path:
    """A fresh environment that holds the wheel of these sources."""
    run([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)], source)
    run([sys.executable, "-m", "venv", str(folder / "env")], source)
    wheel = next(folder.glob("*.whl"))
    run([str(folder / "env/bin/python"), "-m", "pip", "install", str(wheel)], source)
    return folder / "env/bin"


def run(command: Sequence[str], folder: Path) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {done.returncode}\n{done.stderr[-2000:]}")


def measured(name: str, programs: Path, folder: Path, rounds: int) -> list[str]:
    check = [str(programs / "llmlint"), "check", "--quiet"]
    cached = [*check, "--cache-dir", str(programs / "cache")]
    todo = {
        "python -c pass": [str(programs / "python"), "-c", "pass"],
        "3 files without a model": [*check, "--no-cache", *(f"plain{i}.py" for i in range(3))],
        "one that asks": [*check, "--no-cache", "ask_once.py"],
        "three that ask, warm": [*cached, *(n for n in SERVICE if n != "settings.py")],
    }
    best: dict[str, float] = {}
    own = {"PYTHONPATH": ""}
    for number in range(rounds + 1):
        for what, command in todo.items():
            one = measure(command, folder, programs / "bytecode", 60, own)
            if number:
                best[what] = min(best.get(what, one.processor), one.processor)
    bare = best["python -c pass"]
    return [f"{name + ': ' + what:32} {1000 * t:8.1f} {t / bare:22.1f}" for what, t in best.items()]
