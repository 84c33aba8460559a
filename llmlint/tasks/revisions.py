"""A tree of a repository → the facts of its files, without a checkout: what `collect` does for a folder on disk."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from functools import cached_property, partial

from llmlint.facts import CallSite, Facts, FileError, ScanStats
from llmlint.scan.cache import Cache, content_key
from llmlint.scan.contents import single_bytes
from llmlint.scan.corpus import Corpus
from llmlint.scan.discover import Discovery
from llmlint.scan.objects import Objects, Parsed, TreeContents
from llmlint.scan.options import Progress, ScanOptions
from llmlint.scan.related import related
from llmlint.scan.search import any_of
from llmlint.scan.trees import Tree, Trees


class View:
    """One tree below a root, as a scan sees it: its files, their bytes, and which of them name an LLM SDK."""

    def __init__(
        self, root: str, prefix: str, tree: Tree, found: Discovery, contents: TreeContents, options: ScanOptions
    ) -> None:
        self.root, self.prefix, self.tree, self.options = root, prefix, tree, options
        self.found, self.contents = found, contents
        self.read_texts: set[str] = set()  # what was looked at for a value, besides code

    @property
    def files(self) -> tuple[str, ...]:
        return self.found.project_files

    def hits(self, among: Collection[str] | None) -> tuple[str, ...]:
        """The files that name an LLM SDK or ask an object of one that does; among: only these are looked at."""
        files = self.found.files if among is None else [path for path in self.found.files if path in among]
        if not files:
            return ()
        from llmlint.sdks.catalogue import load_catalogue

        catalogue = load_catalogue()
        has, calls, makes = any_of(self.words), any_of(catalogue.calls), any_of(catalogue.makers)
        named = {path for path in files if has(single_bytes(self.data(path)))}
        callers = [path for path in files if path not in named and calls(single_bytes(self.data(path)))]
        if callers:  # whoever hands them an object stands anywhere
            homes = [path for path in self.found.files if path in named or has(single_bytes(self.data(path)))]
            named.update(related(callers, homes, self.files, lambda p: makes(single_bytes(self.data(p))), self.data))
        return tuple(path for path in files if path in named)

    @cached_property
    def words(self) -> tuple[bytes, ...]:
        from llmlint.sdks.catalogue import load_catalogue

        return (*load_catalogue().words, *(name.rpartition(".")[2].encode() for name in self.options.llm_calls))

    @cached_property
    def content(self) -> str:
        """A digest of all that a scan of it can read: which files there are, and what they hold."""
        below = sorted(f"{path}\0{oid}" for path, oid in self.tree.blobs.items() if path.startswith(self.prefix))
        return content_key("\0".join(below), "\0".join(self.files))

    def data(self, path: str) -> bytes:
        """Nothing where the file cannot be read."""
        return self.contents.data(path) or b""

    def text(self, path: str) -> str | None:
        self.read_texts.add(path)
        return self.contents.text(path)


def views(root: str, prefix: str, trees: Trees, objects: Objects, options: ScanOptions) -> tuple[View, View]:
    """The older tree and the newer one. prefix: the root from the top, "" or "services/chat/"."""
    from llmlint.scan.tree_walk import discover_both

    def read(tree: Tree, path: str) -> bytes | None:
        return objects.data(tree.blobs[path], path)

    both = trees.base, trees.head
    found = discover_both(root, prefix, [tree.blobs for tree in both], [partial(read, tree) for tree in both], options)
    corpus = Corpus(lambda: objects.load({
        tree.blobs[prefix + path]: prefix + path
        for tree, walked in zip(both, found, strict=True) for path in walked.project_files
    }))  # fmt: skip
    parsed = Parsed()
    most = options.max_file_bytes
    old, new = (
        View(root, prefix, tree, walked, TreeContents(root, tree, objects, prefix, most, corpus, parsed), options)
        for tree, walked in zip(both, found, strict=True)
    )
    return old, new


def facts_of(
    view: View, asked: Collection[str], progress: Progress | None = None, cache: Cache | None = None
) -> Facts:
    """The call sites of the asked files, resolved across the tree. A bad file is an entry in `errors`.

    Where schedules enter the code is not looked for: it changes no price.
    """
    files = tuple(sorted(asked))
    if not files:
        return Facts(view.root, ())
    if cache is None or not cache.works:
        return _linked(view, files, progress)
    from llmlint.tasks.collect import question_key
    from llmlint.tasks.remember import RevisionMemory

    memory = RevisionMemory(cache, view.root, question_key(view.options, *view.words, *view.options.llm_calls))
    tree = content_key(view.content, *files)
    known = memory.recall(tree)
    if known is not None:
        return replace(known, stats=ScanStats(len(view.found.files), len(files), 0, len(files), len(known.call_sites)))
    facts = _linked(view, files, progress)
    memory.keep(tree, facts)
    return facts


def _linked(view: View, files: tuple[str, ...], progress: Progress | None) -> Facts:
    from llmlint.tasks.collect import MARK
    from llmlint.tasks.portions import link

    told = (lambda done, total: progress(f"reading {view.tree.shown}", done, total)) if progress else None
    linked = link(
        view.root, files, view.files, view.words, view.options, view.contents, tuple, told, view.text
    )
    sites = tuple(sorted(linked.call_sites, key=_place))
    errors: tuple[FileError, ...] = tuple(dict.fromkeys((*linked.broken, *linked.errors)))
    read = tuple(sorted(linked.used.difference(view.files)))
    stats = ScanStats(len(view.found.files), len(files), linked.parsed, 0, len(sites))
    return Facts(view.root, sites, errors, stats, tuple(path for path in files if MARK in view.data(path)), read=read)


def _place(site: CallSite) -> tuple[str, int, int, int]:
    return site.path, -1 if site.cell is None else site.cell, site.line, site.column


def request_names() -> frozenset[str]:
    """What the methods that ask a model are called: an answer says nothing about the code."""
    from llmlint.sdks.catalogue import load_catalogue

    tables = [table for sdk in load_catalogue().sdks for table in (sdk.methods, sdk.functions, sdk.model_methods)]
    return frozenset(path.rpartition(".")[2] for table in tables for path in table)
