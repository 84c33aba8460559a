"""A command → its wall and processor seconds, and its peak memory."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from threading import Timer
from typing import Any, NamedTuple


class Run(NamedTuple):
    wall: float
    processor: float
    peak_mb: float
    ended: bool = True


def measure(
    command: Sequence[str], folder: Path, bytecode: Path, limit: float, more: Mapping[str, str] | None = None
) -> Run:
    """Runs a child to its end or its limit; what it printed is dropped, and so is its exit code unless it broke.

    bytecode: where it is kept, as after an installation, whatever PYTHONDONTWRITEBYTECODE says; more: variables.
    """
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"} | dict(more or {})
    environment["PYTHONPYCACHEPREFIX"] = str(bytecode)
    with tempfile.TemporaryFile() as said:
        start = time.perf_counter()
        child = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=said, env=environment)
        status, used = ended(child, start + limit)
        wall = time.perf_counter() - start
        child.returncode = code = os.waitstatus_to_exitcode(status)
        said.seek(0)
        text = said.read().decode(errors="replace")
    if code != -signal.SIGKILL and (code < 0 or "Traceback" in text or "internal error" in text):
        raise SystemExit(f"{shlex.join(command)} ended with {code}\n{text[-2000:]}")
    peak = used.ru_maxrss / (1 << 10 if sys.platform != "darwin" else 1 << 20)
    return Run(wall, used.ru_utime + used.ru_stime, peak, code != -signal.SIGKILL)


def ended(child: subprocess.Popen[bytes], deadline: float) -> tuple[int, Any]:
    """Its status and resource usage. Waits without asking again and again unless there is a deadline to keep."""
    timer = Timer(max(deadline - time.perf_counter(), 0), child.kill)
    timer.start()
    try:
        _, status, used = os.wait4(child.pid, 0)
    finally:
        timer.cancel()
    return status, used
