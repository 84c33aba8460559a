"""Paths + options → `Facts`: discover, sift, link, type the tasks. The one entry that the commands call."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from functools import cache, lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from llmlint.facts import CallSite, Facts, FileError, ProjectFact, ScanStats
from llmlint.scan.cache import Cache, content_key
from llmlint.scan.cache_folder import cache_of
from llmlint.scan.contents import Contents, single_bytes
from llmlint.scan.discover import Discovery, discover
from llmlint.scan.options import Progress, ScanOptions
from llmlint.scan.related import related
from llmlint.scan.search import any_of
from llmlint.scan.sift import Sifted, sift
from llmlint.sdks.catalogue import load_catalogue

if TYPE_CHECKING:
    from llmlint.schedules.records import Start

MARK = b"llmlint:"  # what every suppression comment holds
WORTH_VERDICTS = 200  # files; fewer are read sooner than the verdicts of all that were ever sifted


def collect_facts(
    paths: Sequence[Path], options: ScanOptions, progress: Progress | None = None, *, root: Path | None = None
) -> Facts:
    """Every call site under `paths`. Raises UsageError where a path does not exist; a bad file is an entry in `errors`.

    root: the absolute folder that paths in the facts are relative to and that values are resolved across (the command
    line's `find_root`); None: the only folder in `paths`, else the current one.
    """
    start = time.perf_counter()
    folder = root or (paths[0] if len(paths) == 1 and paths[0].is_dir() else Path.cwd())
    base = os.path.abspath(folder)  # noqa: PTH100 - symbolic links stay as the user wrote them
    found = discover(Path(base), paths, options)
    with cache_of(base, options) as cache:
        facts = _facts(base, found, options, cache, progress)
    return replace(facts, stats=replace(facts.stats, seconds=time.perf_counter() - start))


def _facts(base: str, found: Discovery, options: ScanOptions, cache: Cache, progress: Progress | None) -> Facts:
    catalogue = load_catalogue()
    words = (*catalogue.words, *(name.rpartition(".")[2].encode() for name in options.llm_calls))
    sifted = _sifted(base, found.files, words, options, cache, progress)
    sifted = _with_related(base, found, sifted, options, cache)
    errors = (*found.errors, *sifted.errors)
    stats = ScanStats(len(found.files), len(sifted.hits))
    if not sifted.hits:
        project = project_facts(base, found, ()) if found.whole else ProjectFact()
        return Facts(base, (), _sorted_errors(errors), stats, project=project)
    memory = None
    if cache.works:
        from llmlint.tasks.remember import Memory, project_stamp

        # sifting the files that nobody asked for would read them all; their stamp needs no more than a look at each
        alone = len(found.project_files) == len(found.files)
        stamp = sifted.stamp if alone else project_stamp(base, found.project_files)
        stamp += project_stamp(base, found.config_files)
        key = question_key(options, str(found.whole), *words, *options.llm_calls, *sifted.hits)
        memory = Memory(cache, base, key, stamp)
        known = memory.recall()
        if known is not None:
            stats = replace(stats, cached=len(sifted.hits), call_sites=len(known.call_sites))
            return replace(known, errors=_sorted_errors((*errors, *known.errors)), stats=stats)
    from llmlint.tasks.portions import link

    told = (lambda done, total: progress("linking", done, total)) if progress else None
    looked_at: set[str] = set()
    starts = lru_cache(maxsize=1)(partial(_starts, base, found, looked_at))
    linked = link(base, sifted.hits, found.project_files, words, options, sifted.contents, starts, told)
    linked.used |= looked_at
    sites = tuple(sorted(linked.call_sites, key=_place))
    read = tuple(sorted(linked.used.difference(found.project_files)))
    project = project_facts(base, found, sites) if found.whole else ProjectFact()
    own = Facts(base, sites, (*linked.broken, *linked.errors), stats, _annotated(sifted), project, read)
    if memory is not None:
        memory.keep(own, read)
    stats = replace(stats, parsed=linked.parsed, call_sites=len(sites))
    return replace(own, errors=_sorted_errors((*errors, *own.errors)), stats=stats)


def _starts(base: str, found: Discovery, looked_at: set[str]) -> Sequence[Start]:
    """Where schedules enter the code; `looked_at` takes up what was read to know it, besides the project's code."""
    from llmlint.schedules.find import find_starts
    from llmlint.tasks.prompt_files import read_text

    code = frozenset(found.project_files)

    def read(path: str) -> str | None:
        if path not in code:
            looked_at.add(path)
        return read_text(base, path)

    return find_starts(found.config_files, found.project_files, read)


def project_facts(base: str, found: Discovery, sites: Sequence[CallSite]) -> ProjectFact:
    """What the project's configuration files say. Asked where a folder is scanned, not for the files of a commit."""
    from llmlint.configs.models import config_models
    from llmlint.configs.project import project_fact
    from llmlint.tasks.prompt_files import read_text

    read = partial(read_text, base)
    return replace(project_fact(sites, found.config_files, read), configs=config_models(found.config_files, read))


def _sifted(
    base: str,
    files: Sequence[str],
    words: Sequence[bytes],
    options: ScanOptions,
    cache: Cache,
    progress: Progress | None,
    contents: Contents | None = None,
) -> Sifted:
    key = question_key(options, *words)
    remembers = cache.works and len(files) >= WORTH_VERDICTS
    known = cache.verdicts(key) if remembers else {}
    sifted = sift(
        base, files, words, options.jobs,
        max_file_bytes=options.max_file_bytes,
        known=known,
        contents=contents,
        progress=(lambda done, total: progress("sifting", done, total)) if progress else None,
    )  # fmt: skip
    if sifted.read and remembers:
        cache.put_verdicts(key, {**known, **sifted.verdicts})
    return sifted


def _with_related(base: str, found: Discovery, sifted: Sifted, options: ScanOptions, cache: Cache) -> Sifted:
    """And the files that name no SDK and ask a model object which another file made."""
    catalogue = load_catalogue()
    makes = any_of(catalogue.makers)

    def names_sdk(path: str) -> bool:
        return makes(single_bytes(sifted.contents.data(path) or b""))

    asked_all = len(found.project_files) == len(found.files)
    if asked_all and not any(names_sdk(path) for path in sifted.hits):
        return sifted
    hits = frozenset(sifted.hits)
    others = [path for path in found.files if path not in hits]
    callers = _sifted(base, others, catalogue.calls, options, cache, None, sifted.contents).hits
    more = frozenset(related(callers, sifted.hits, found.project_files, names_sdk, sifted.contents.data))
    if not more:
        return sifted
    return replace(sifted, hits=tuple(path for path in found.files if path in hits or path in more))


def _annotated(sifted: Sifted) -> tuple[str, ...]:
    return tuple(path for path in sifted.hits if MARK in (sifted.contents.data(path) or b""))


def _place(site: CallSite) -> tuple[str, int, int, int]:
    return site.path, -1 if site.cell is None else site.cell, site.line, site.column


def _sorted_errors(errors: Sequence[FileError]) -> tuple[FileError, ...]:
    return tuple(sorted(dict.fromkeys(errors), key=lambda e: (e.path, e.line or 0)))


def question_key(options: ScanOptions, *asked: str | bytes) -> str:
    """What a result depends on besides the files: the question, the catalogue, and the code that answers it."""
    from llmlint import __version__
    from llmlint.sdks.documents import fingerprint

    python = ".".join(map(str, sys.version_info[:3]))  # its parser decides which files are broken
    return content_key(__version__, fingerprint(), _code_stamp(), python, str(options.max_file_bytes), *asked)


@cache
def _code_stamp() -> str:
    """Changes with every file of the package: between two releases many commits have one version."""
    package = Path(__file__).parents[1]
    return " ".join(
        f"{entry.name} {entry.stat().st_mtime_ns} {entry.stat().st_size}"
        for name in ("configs", "link", "scan", "schedules", "sdks", "tasks")
        for entry in sorted(os.scandir(package / name), key=lambda e: e.name)
        if entry.name.endswith((".py", ".json"))
    )
