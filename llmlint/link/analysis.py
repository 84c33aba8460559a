"""The files that may send a request + a way to read the project → call sites, errors, and what they were made from."""

from __future__ import annotations

import gc
import os
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import field
from typing import TYPE_CHECKING, TypeVar

from llmlint.facts import CallSite, FileError
from llmlint.light import dataclass
from llmlint.link.listing import Listing
from llmlint.link.project import Project
from llmlint.link.underway import UNDERWAY
from llmlint.scan.source import Source
from llmlint.schedules.records import Start
from llmlint.sdks.catalogue import Catalogue

if TYPE_CHECKING:
    from llmlint.link.scopes import CallRecord

STACK_BYTES = 512 * 1024 * 1024  # address space, of which only what is used is ever backed by memory
RECURSION = 40_000
# characters of parsed files (their trees take thirty times as much) that may be kept for the next slice; where the
# first slice leads to so much code that it needs more, half as much again: the next one leads there too
TEXT_HELD = 4_000_000
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Access:
    """How the project is read. load: path → source, None where it cannot be parsed; text: any file below the root;
    mention: name → which of the paths contain it; starts: where schedules enter the code, asked when first needed.
    listing: of the project's files, where portions share what it knows."""

    load: Callable[[str], Source | None]
    text: Callable[[str], str | None]
    mention: Callable[[frozenset[str], Sequence[str]], Mapping[str, list[str]]]
    starts: Callable[[], Sequence[Start]] = tuple
    listing: Listing | None = None


@dataclass(slots=True)
class Analysis:
    """used: every path whose content was looked at; asked: every name that was searched for in the project's files.

    done: so many of the files were worked off.
    """

    call_sites: list[CallSite] = field(default_factory=list)
    errors: list[FileError] = field(default_factory=list)
    used: set[str] = field(default_factory=set)
    asked: set[str] = field(default_factory=set)
    done: int = 0


def analyse(
    root: str,
    files: Sequence[str],
    project_files: Iterable[str],
    access: Access,
    catalogue: Catalogue,
    llm_calls: Sequence[str] = (),
    progress: Callable[[int, int], None] | None = None,
    slice_: int | None = None,
) -> Analysis:
    """Call sites of `files`, resolved across `project_files`. A file that cannot be followed is an error, no more.

    slice_: after so many files, and again so many, may be the end: where all that was parsed takes too much memory.
    None: all files are worked off.
    """
    size = slice_ or max(len(files), 1)
    return on_a_deep_stack(lambda: _analyse(root, files, project_files, access, catalogue, llm_calls, progress, size))


def _analyse(
    root: str,
    files: Sequence[str],
    project_files: Iterable[str],
    access: Access,
    catalogue: Catalogue,
    llm_calls: Sequence[str],
    progress: Callable[[int, int], None] | None,
    size: int,
) -> Analysis:
    from llmlint.link.core import CONTEXT_UNITS, CONTEXT_UNITS_PER_FILE, UNITS, UNITS_PER_FILE
    from llmlint.link.interpreter import Interpreter
    from llmlint.link.sites import Sites

    out = Analysis()

    def text(path: str) -> str | None:
        out.used.add(path)
        return access.text(path)

    def mention(names: frozenset[str], paths: Sequence[str]) -> Mapping[str, list[str]]:
        out.asked.update(names)
        return access.mention(names, paths)

    project = Project(root, access.listing or Listing(project_files), access.load, text, mention)
    interpreter = Interpreter(project, catalogue, llm_calls)
    sites = Sites(interpreter, access.starts)
    found: dict[str, list[tuple[CallSite, CallRecord]]] = {}
    bound = 0
    for start in range(0, len(files), size):
        some = files[start : start + size]
        project.ask(some)
        UNDERWAY.redone = 0
        interpreter.units_left = UNITS + UNITS_PER_FILE * len(some)
        for done, path in enumerate(some, start):
            if progress is not None:
                progress(done, len(files))
            module = project.module(path)
            if module is not None:
                with noting(path, out.errors):
                    found[path] = sites.of_module(module)
        out.done = start + len(some)
        held = project.text_size()
        bound = bound or max(TEXT_HELD, held * 3 // 2)
        if held > bound or interpreter.starved or interpreter.units_left <= 1:
            break
    # where calls run is asked when all values are known: to look for it uses up what may be followed
    interpreter.units_left = CONTEXT_UNITS + CONTEXT_UNITS_PER_FILE * out.done
    for path, of_file in found.items():
        with noting(path, out.errors):
            out.call_sites += [sites.placed(site, record) for site, record in of_file]
    out.used |= project.used
    return out


@contextmanager
def noting(path: str, errors: list[FileError]) -> Iterator[None]:
    """What goes wrong with one file must not lose what is known of the others."""
    try:
        yield
    except (RecursionError, MemoryError) as error:
        errors.append(FileError(path, None, f"too deep to follow ({type(error).__name__})", names_sdk=True))
    except Exception as error:  # a bug of ours
        if os.environ.get("LLMLINT_DEBUG"):
            raise
        why = f"could not be followed ({type(error).__name__}: a bug in llmlint; LLMLINT_DEBUG=1 shows where)"
        errors.append(FileError(path, None, why, names_sdk=True))


def on_a_deep_stack(work: Callable[[], T]) -> T:
    """Runs `work` in a thread whose stack bears the recursion that nested code and long call chains ask for."""
    result: list[T] = []
    failure: list[BaseException] = []

    def run() -> None:
        try:
            result.append(work())
        except BaseException as error:
            failure.append(error)

    limit, size = sys.getrecursionlimit(), threading.stack_size()
    collects = gc.isenabled()
    try:
        gc.disable()  # trees and values are kept to the end: looking through them for garbage takes a fifth of the time
        threading.stack_size(STACK_BYTES)
        sys.setrecursionlimit(max(limit, RECURSION))
        thread = threading.Thread(target=run, name="llmlint-analysis", daemon=True)
        thread.start()
        thread.join()
    finally:
        threading.stack_size(size)
        sys.setrecursionlimit(limit)
        if collects:
            gc.enable()
    if failure:
        raise failure[0]
    return result[0]
