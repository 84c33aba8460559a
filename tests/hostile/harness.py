"""A folder and arguments → what a real `llmlint` process made of them: exit code, streams, peak memory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

TIMEOUT = 60  # seconds; a generous limit for what must end, no measure of speed
PEAK_MB = 600
GOOD_PATH = "good.py"
GOOD = '''\
from openai import OpenAI

client = OpenAI()


def ask(question: str) -> str:
    reply = client.chat.completions.create(model="gpt-4.1", messages=[{"role": "user", "content": question}])
    return reply.choices[0].message.content
'''
SDK = b"from openai import OpenAI\nclient = OpenAI()\n"
CALL = b'client.chat.completions.create(model="gpt-4.1", messages=[])\n'

# runs the command line and leaves the peak of its memory in a file; VmHWM, for ru_maxrss counts what the parent had
CHILD = """
import os, sys
try:
    import resource
    resource.setrlimit(resource.RLIMIT_AS, (3 << 30, 3 << 30))  # a runaway takes itself down, not the machine
except (ImportError, ValueError):
    pass
def peak():
    try:
        with open("/proc/self/status") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) // 1024
    except OSError:
        return 0
sys.argv = ["llmlint", *sys.argv[2:]]
from llmlint.cli import main
place = os.environ["PEAK_FILE"]
try:
    main(prog_name="llmlint")
finally:
    with open(place, "w") as out:
        out.write(str(peak()))
"""


@dataclass(frozen=True)
class Outcome:
    """peak_mb 0: the platform does not tell, or the process was killed."""

    code: int
    out: str
    err: str
    peak_mb: int

    @property
    def report(self) -> dict[str, Any]:
        """The JSON report on standard output."""
        loaded = json.loads(self.out)
        assert isinstance(loaded, dict)
        return loaded

    def findings(self, path: str) -> list[dict[str, Any]]:
        return [f for f in self.report["findings"] if f["path"] == path]

    def errors(self, path: str) -> list[dict[str, Any]]:
        return [e for e in self.report["errors"] if e["path"] == path]


def environment(**more: str) -> dict[str, str]:
    dropped = ("LLMLINT_DEBUG", "FORCE_COLOR", "COLUMNS")
    kept = {k: v for k, v in os.environ.items() if not k.startswith(dropped)}
    return {**kept, "NO_COLOR": "1", "PYTHONPATH": os.pathsep.join(p for p in sys.path if p), **more}


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-c", CHILD, "-", *arguments]


def llmlint(folder: Path, *arguments: str, timeout: float = TIMEOUT, **more: str) -> Outcome:
    """Runs in `folder`. No run may show a traceback or be killed, and none may need more than PEAK_MB."""
    peak_file = folder.parent / f"{folder.name}.peak"
    peak_file.unlink(missing_ok=True)
    done = subprocess.run(
        command(*arguments), cwd=folder, capture_output=True, timeout=timeout, stdin=subprocess.DEVNULL,
        env=environment(PEAK_FILE=str(peak_file), **more),
    )  # fmt: skip
    out, err = done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace")
    peak = int(peak_file.read_text()) if peak_file.exists() else 0
    assert done.returncode >= 0, f"killed by signal {-done.returncode}: {err[-2000:]}"
    assert "Traceback" not in out + err, (out + err)[-4000:]
    assert "internal error" not in out + err, (out + err)[-4000:]
    assert peak <= PEAK_MB, f"{peak} MB"
    return Outcome(done.returncode, out, err, peak)


def lay(folder: Path, files: dict[str, bytes | str]) -> Path:
    """Writes the files, and the good one beside them."""
    folder.mkdir(parents=True, exist_ok=True)
    for path, content in {GOOD_PATH: GOOD, **files}.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


def check(folder: Path, *arguments: str, timeout: float = TIMEOUT, **more: str) -> Outcome:
    """`llmlint check` with a JSON report, in which the good file's finding must stand."""
    outcome = llmlint(folder, "check", "--no-cache", "--format", "json", *arguments, timeout=timeout, **more)
    assert [f["rule"] for f in outcome.findings(GOOD_PATH)] == ["output-cap"], outcome.out[-2000:]
    return outcome
