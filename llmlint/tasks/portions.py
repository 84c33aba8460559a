"""The files that passed the sieve → call sites with their tasks, in portions that bound the memory that is needed.

Everything that is parsed for a portion is kept until its end, since any part of it may be asked for again. A repository
with a thousand files that name an SDK would not fit; its portions are worked off one after another, and end where they
hold too much (`analysis.TEXT_HELD`), so that code which all of them lead to is followed once and not for each.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Sequence
from dataclasses import field
from functools import partial

from llmlint.facts import CallSite, FileError
from llmlint.light import dataclass
from llmlint.link.analysis import Access, analyse
from llmlint.link.listing import Listing
from llmlint.scan.contents import Contents
from llmlint.scan.options import ScanOptions
from llmlint.scan.source import Source
from llmlint.schedules.records import Start
from llmlint.sdks.catalogue import load_catalogue
from llmlint.tasks.hints import typed
from llmlint.tasks.prompt_files import read_text

LARGEST = 200  # files that are worked off at once
PORTION = 40  # files after which a portion may end where there are more


@dataclass(slots=True)
class Linked:
    """used: every path that was looked at; parsed: how many files; broken: asked files that cannot be read.

    done: so many of the files that were asked for are worked off.
    """

    call_sites: list[CallSite] = field(default_factory=list)
    errors: list[FileError] = field(default_factory=list)
    broken: list[FileError] = field(default_factory=list)
    used: set[str] = field(default_factory=set)
    parsed: int = 0
    done: int = 0

    def add(self, other: Linked) -> None:
        self.call_sites += other.call_sites
        self.errors += other.errors
        self.broken += other.broken
        self.used |= other.used
        self.parsed += other.parsed


def link(
    root: str,
    files: Sequence[str],
    project_files: Sequence[str],
    words: Sequence[bytes],
    options: ScanOptions,
    contents: Contents,
    starts: Callable[[], Sequence[Start]],
    progress: Callable[[int, int], None] | None = None,
    text: Callable[[str], str | None] | None = None,
) -> Linked:
    """Call sites of `files`, resolved across `project_files`. starts: where schedules enter the code.

    text: how a prompt or a configuration is read; None: from disk.
    """
    if len(files) <= LARGEST:
        return link_portion(root, project_files, words, options, files, contents, starts, progress, text)
    out, listing, total = Linked(), Listing(project_files), len(files)
    while files:
        told = partial(_told, progress, total - len(files), total) if progress else None
        found = link_portion(root, project_files, words, options, files, contents, starts, told, text, listing)
        files = files[found.done :]
        out.add(found)
        gc.collect()  # trees and values refer to each other
    return out


def _told(progress: Callable[[int, int], None], before: int, total: int, done: int, _: int) -> None:
    progress(before + done, total)


def link_portion(
    root: str,
    project_files: Sequence[str],
    words: Sequence[bytes],
    options: ScanOptions,
    files: Sequence[str],
    contents: Contents,
    starts: Callable[[], Sequence[Start]],
    progress: Callable[[int, int], None] | None = None,
    text: Callable[[str], str | None] | None = None,
    listing: Listing | None = None,
) -> Linked:
    wanted, out = frozenset(files), Linked()

    def load(path: str) -> Source | None:
        result = contents.source(path, words)
        if result is None:
            return None
        out.parsed += 1
        if path in wanted:
            out.broken += result.errors
        return result.source

    text = text or (lambda path: read_text(root, path))
    access = Access(load, text, lambda names, paths: contents.mention(paths, names), starts, listing)
    size = PORTION if listing is not None else None
    found = analyse(root, files, project_files, access, load_catalogue(), options.llm_calls, progress, size)
    out.call_sites = [typed(site) for site in found.call_sites]
    out.errors, out.used, out.done = found.errors, found.used, found.done
    return out
