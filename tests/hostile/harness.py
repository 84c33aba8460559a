"""A folder and arguments → what an `llmlint` process of its own made of them: exit code, streams, peak memory.

Most of a short run is start-up, so these processes are forked from one that has done its like once.
A run with environment variables of its own begins anew, and so does what `command` starts.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

TIMEOUT = 60  # seconds of processor time, on the clock five times as many; a limit for what must end, no measure of speed
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
RUN = """
import os, sys
from llmlint.cli import main
def peak():
    try:
        with open("/proc/self/status") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) // 1024
    except OSError:
        return 0
def run(arguments, peak_file, seconds):
    try:
        import resource
        resource.setrlimit(resource.RLIMIT_AS, (3 << 30, 3 << 30))  # a runaway takes itself down, not the machine
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    except (ImportError, ValueError):
        pass
    sys.argv = ["llmlint", *arguments]
    try:
        main(prog_name="llmlint")
    finally:
        with open(peak_file, "w") as out:
            out.write(str(peak()))
"""
CHILD = RUN + """
run(sys.argv[2:], os.environ["PEAK_FILE"], int(sys.argv[1]))
"""
# a line of JSON in, a fork that runs it, its status out
WARM = RUN + """
import contextlib, gc, io, json, signal
os.chdir(sys.argv[1])
for known in ("check", "facts", "fix"):
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            main([known, "--no-cache"], prog_name="llmlint")
    except SystemExit as ended:
        assert ended.code == (known == "check"), ended.code
gc.freeze()
while line := sys.stdin.readline():
    job = json.loads(line)
    if pid := os.fork():
        print(os.waitpid(pid, 0)[1], flush=True)
        continue
    signal.alarm(5 * job["timeout"])
    os.chdir(job["folder"])
    os.environ.clear()
    os.environ.update(job["environment"])
    for number, (path, flags) in enumerate(((os.devnull, 0), (job["out"], os.O_WRONLY), (job["err"], os.O_WRONLY))):
        os.dup2(os.open(path, flags), number)
    run(job["arguments"], job["peak"], job["timeout"])
    break
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
    return [sys.executable, "-c", CHILD, str(TIMEOUT), *arguments]


@cache
def warm() -> subprocess.Popen[str]:
    """The process that is forked; it ends with the one that started it, which closes its input."""
    folder = lay(Path(tempfile.mkdtemp()), {})
    return subprocess.Popen(
        [sys.executable, "-c", WARM, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        env=environment(PYTHONIOENCODING="utf-8"),
    )  # fmt: skip


def forked(folder: Path, arguments: tuple[str, ...], peak: Path, timeout: int) -> tuple[int, bytes, bytes]:
    files = {name: folder.parent / f"{folder.name}.{name}" for name in ("out", "err")}
    for file in files.values():
        file.write_bytes(b"")
    job = {
        "folder": str(folder), "arguments": arguments, "peak": str(peak), "timeout": timeout,
        "environment": environment(), **{name: str(file) for name, file in files.items()},
    }  # fmt: skip
    process = warm()
    assert process.stdin is not None and process.stdout is not None
    print(json.dumps(job), file=process.stdin, flush=True)
    status = os.waitstatus_to_exitcode(int(process.stdout.readline()))
    return status, files["out"].read_bytes(), files["err"].read_bytes()


def llmlint(folder: Path, *arguments: str, timeout: int = TIMEOUT, **more: str) -> Outcome:
    """Runs in `folder`. No run may show a traceback or be killed, and none may need more than PEAK_MB."""
    peak_file = folder.parent / f"{folder.name}.peak"
    peak_file.unlink(missing_ok=True)
    if more or not hasattr(os, "fork"):
        done = subprocess.run(
            command(*arguments), cwd=folder, capture_output=True, timeout=5 * timeout, stdin=subprocess.DEVNULL,
            env=environment(PEAK_FILE=str(peak_file), **more),
        )  # fmt: skip
        code, raw_out, raw_err = done.returncode, done.stdout, done.stderr
    else:
        code, raw_out, raw_err = forked(folder, arguments, peak_file, timeout)
    out, err = raw_out.decode("utf-8", "replace"), raw_err.decode("utf-8", "replace")
    peak = int(peak_file.read_text()) if peak_file.exists() else 0
    assert code >= 0, f"killed by signal {-code}: {err[-2000:]}"
    assert "Traceback" not in out + err, (out + err)[-4000:]
    assert "internal error" not in out + err, (out + err)[-4000:]
    assert peak <= PEAK_MB, f"{peak} MB"
    return Outcome(code, out, err, peak)


def lay(folder: Path, files: dict[str, bytes | str]) -> Path:
    """Writes the files, and the good one beside them."""
    folder.mkdir(parents=True, exist_ok=True)
    for path, content in {GOOD_PATH: GOOD, **files}.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


def check(folder: Path, *arguments: str, timeout: int = TIMEOUT, **more: str) -> Outcome:
    """`llmlint check` with a JSON report, in which the good file's finding must stand."""
    outcome = llmlint(folder, "check", "--no-cache", "--format", "json", *arguments, timeout=timeout, **more)
    assert [f["rule"] for f in outcome.findings(GOOD_PATH)] == ["output-cap"], outcome.out[-2000:]
    return outcome
