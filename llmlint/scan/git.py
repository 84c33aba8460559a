"""git → what it says, or one sentence about why it cannot.

Only commands that read are asked for, and no filter, hook or other program that a repository can configure is run.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

from llmlint.errors import RevisionError

TIMEOUT = 300  # seconds; for a repository on a disk that has gone away
DEEPEN = "fetch the whole history: `git fetch --unshallow`, or `fetch-depth: 0` for actions/checkout"


def git(folder: Path, arguments: Sequence[str], asked: str) -> bytes:
    """What git prints. asked: what the user wrote, the subject of the sentence. Raises RevisionError."""
    done = _run(folder, arguments, asked)
    if done.returncode == 0:
        return done.stdout
    why = _complaint(done.stderr)
    if "not a git repository" in why or "must be run in a work tree" in why:
        raise RevisionError(f"{asked}: {folder} is in no git work tree", None, None, "run it in a checkout")
    if "dubious ownership" in why:
        mend = f"if you trust it: `git config --global --add safe.directory {folder}`"
        raise RevisionError(f"{asked}: git refuses {folder}, which belongs to another user", None, None, mend)
    raise RevisionError(f"{asked}: git says: {why or f'exit {done.returncode}'}", None, None, None)


def top_of(folder: Path, asked: str) -> Path:
    """The work tree's folder."""
    return Path(os.fsdecode(git(folder, ["rev-parse", "--show-toplevel"], asked).rstrip(b"\n")))


def commit_of(top: Path, name: str, asked: str) -> str:
    """The commit that a name means. Raises RevisionError where git knows none."""
    if not name or name.startswith("-"):
        raise RevisionError(f"{asked}: {name!r} is no revision", None, None, "name a branch, a tag or a commit")
    done = _run(top, ["rev-parse", "--verify", "--quiet", "--end-of-options", name + "^{commit}"], asked)
    if done.returncode == 0:
        return os.fsdecode(done.stdout.strip())
    if name == "HEAD":
        raise RevisionError(f"{asked}: the repository has no commit yet", None, None, "commit once")
    unknown = f"{asked}: git knows no revision {name!r}"
    if is_shallow(top, asked):
        raise RevisionError(f"{unknown}: the clone is shallow", None, None, DEEPEN)
    raise RevisionError(unknown, None, None, "in CI, fetch it first: `fetch-depth: 0` for actions/checkout")


def merge_base(top: Path, one: str, other: str, asked: str) -> str:
    """Where the two left each other: what a pull request is compared with."""
    names = [name + "^{commit}" for name in (one, other)]
    done = _run(top, ["merge-base", *names], asked) if not any(n.startswith(("-", "^")) for n in names) else None
    if done is not None and done.returncode == 0:
        return os.fsdecode(done.stdout.strip())
    for name in (one, other):  # says which of them is none
        commit_of(top, name, asked)
    if is_shallow(top, asked):
        raise RevisionError(f"{asked}: the clone is too shallow to hold where {other} left {one}", None, None, DEEPEN)
    mend = f"compare them as they are: {one}..{other}"
    raise RevisionError(f"{asked}: {one} and {other} have no commit in common", None, None, mend)


def grep(
    top: Path, words: Sequence[bytes], commit: str | None, suffixes: Sequence[str], asked: str
) -> list[bytes] | None:
    """The paths, from the top, of files with such an end that hold one of the words; commit None: of the work tree,
    with what git does not know yet. None where git cannot tell."""
    options = ["-l", "-z", "-F", "-a", "--no-recurse-submodules", "--no-color"]
    patterns = [part for word in words for part in ("-e", os.fsdecode(word))]
    where = [commit] if commit else ["--untracked"]
    done = _run(top, ["grep", *options, *patterns, *where, "--", *(f":(top,glob)**/*{end}" for end in suffixes)], asked)
    if done.returncode > 1:
        return None
    cut = len(commit) + 1 if commit else 0
    return [path[cut:] for path in done.stdout.split(b"\0") if path]


def is_shallow(top: Path, asked: str) -> bool:
    return _run(top, ["rev-parse", "--is-shallow-repository"], asked).stdout.strip() == b"true"


def command(folder: Path) -> list[str]:
    return ["git", "-C", str(folder), "-c", "core.fsmonitor=false", "--no-replace-objects"]


def environment() -> dict[str, str]:
    """English messages; no lock, no prompt, no lazy download. A hook's own GIT_DIR stays: it means this repository."""
    quiet = {"LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "GIT_NO_LAZY_FETCH": "1"}
    return {**os.environ, **quiet}


def _run(folder: Path, arguments: Sequence[str], asked: str) -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(
            [*command(folder), *arguments], capture_output=True, timeout=TIMEOUT, env=environment(), check=False
        )
    except FileNotFoundError:
        raise RevisionError(f"{asked} needs git, and there is none", None, None, "install git") from None
    except subprocess.TimeoutExpired:
        raise RevisionError(f"{asked}: git does not answer", None, None, "is its disk there?") from None


def _complaint(stderr: bytes) -> str:
    said = stderr.decode("utf-8", "replace").strip().splitlines()
    return said[0].removeprefix("fatal: ") if said else ""
