"""A program that answers JSON lines: one object in, one object out; started once, ended when it hangs or dies."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import deque
from collections.abc import Mapping, Sequence
from pathlib import Path
from queue import Empty, Queue
from shutil import which
from threading import Lock, Thread
from typing import IO, Any
from weakref import finalize

MAX_LINE = 10_000_000  # bytes of an answer


class ProgramError(Exception):
    """The program gave no answer: it died, hung, or wrote something else. One line."""


def missing(command: Sequence[str], folder: Path) -> str | None:
    """Why a program cannot be started, as far as that is to be seen; None where it can."""
    first = command[0]
    if first in ("python", "python3"):
        return None
    found = which(str(folder / first)) if "/" in first else which(first)
    return None if found else f"there is no program {first!r}" + (" in the task's folder" if "/" in first else "")


class LineProcess:
    """Safe to use from several threads: one question at a time.

    The first word `python` is the Python that runs llmlint, so that a task does not depend on the path.
    """

    def __init__(self, command: Sequence[str], folder: Path, seconds: float = 60.0) -> None:
        first = sys.executable if command[0] in ("python", "python3") else command[0]
        self.command, self.folder, self.seconds = [first, *command[1:]], folder, seconds
        self._lock = Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._lines: Queue[bytes] = Queue()
        self._said: deque[bytes] = deque(maxlen=5)
        self._listener: Thread | None = None

    def ask(self, question: Mapping[str, Any]) -> dict[str, Any]:
        """Raises ProgramError."""
        line = json.dumps(question, ensure_ascii=False, default=str).encode("utf-8", "replace") + b"\n"
        with self._lock:
            try:
                return self._ask(line)
            except ProgramError:
                self._end()  # what it still writes would be taken for the next answer
                raise

    def close(self) -> None:
        with self._lock:
            self._end()

    def _ask(self, line: bytes) -> dict[str, Any]:
        process = self._running()
        assert process.stdin is not None
        try:
            process.stdin.write(line)
            process.stdin.flush()
            raw = self._lines.get(timeout=self.seconds)
        except Empty:
            raise ProgramError(f"no answer within {self.seconds:g} s") from None
        except OSError:
            raw = b""
        if not raw:
            raise ProgramError(self._death(process))
        if len(raw) > MAX_LINE:
            raise ProgramError(f"its answer is longer than {MAX_LINE // 1_000_000} MB")
        try:
            answer = json.loads(raw.decode("utf-8"))
        except (ValueError, RecursionError):
            raise ProgramError(f"it wrote no JSON line: {raw[:60].decode('utf-8', 'replace').strip()!r}") from None
        if not isinstance(answer, dict):
            raise ProgramError("it wrote no JSON object")
        return answer

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is not None and self._process.poll() is None:
            return self._process
        self._end()
        try:
            self._process = subprocess.Popen(
                self.command, cwd=self.folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
            )
        except OSError as error:
            raise ProgramError(f"{self.command[0]} cannot be started: {error.strerror or error}") from None
        assert self._process.stdout is not None and self._process.stderr is not None
        finalize(self, _kill, self._process)  # at the latest when Python ends
        self._lines, self._said = Queue(), deque(maxlen=5)
        Thread(target=_read, args=(self._process.stdout, self._lines), daemon=True).start()
        self._listener = Thread(target=_keep, args=(self._process.stderr, self._said), daemon=True)
        self._listener.start()
        return self._process

    def _death(self, process: subprocess.Popen[bytes]) -> str:
        try:
            code: int | str = process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            code = "none, it closed its output"
        if self._listener is not None:
            self._listener.join(timeout=1)  # what it said last may still be on the way
        said = next((row for raw in reversed(self._said) if (row := raw.decode("utf-8", "replace").strip())), "")
        return f"it ended, exit code {code}" + (f": {said[:200]}" if said else "")

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout, process.stderr):
            try:
                if stream is not None:
                    stream.close()
            except OSError:  # what was not yet written to it
                pass


def _kill(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.kill()


def _read(stream: IO[bytes], lines: Queue[bytes]) -> None:
    """Every line, and an empty one at the end."""
    try:
        while line := stream.readline(MAX_LINE + 1):
            lines.put(line)
    except (OSError, ValueError):  # closed under it
        pass
    lines.put(b"")


def _keep(stream: IO[bytes], said: deque[bytes]) -> None:
    try:
        while line := stream.readline(10_000):
            said.append(line)
    except (OSError, ValueError):
        pass
