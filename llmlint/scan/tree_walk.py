"""The paths of two trees + options → the files that a scan of each looks at, as a walk over the disk finds them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from pathlib import Path

from llmlint.scan.discover import SUFFIXES, Chain, Discovery, Walk, is_config
from llmlint.scan.ignore import Rules
from llmlint.scan.options import ScanOptions

Read = Callable[[str], bytes | None]  # a path from the top → its bytes
IGNORE = ".gitignore"
Folder = dict[str, "Folder | None"]  # name → what is in it; None: a file


def discover_both(
    root: str, prefix: str, trees: Sequence[Collection[str]], reads: Sequence[Read], options: ScanOptions
) -> tuple[Discovery, Discovery]:
    """The older tree and the newer one, as paths from the top. Paths found are below the root, `prefix` from there.

    reads: path → bytes, of each. What is known of a path in one tree is not asked again in the other, as long as they
    have the same ignore files.
    """
    (old, new), (read_old, read_new) = trees, reads
    walk = TreeWalk(root, prefix, new, read_new, options)
    found = walk.project()
    ignores = [path for path in old if path.endswith(IGNORE)]
    if ignores != [path for path in new if path.endswith(IGNORE)] or any(read_old(p) != read_new(p) for p in ignores):
        before = TreeWalk(root, prefix, old, read_old, options)
    else:
        known = frozenset(new)
        own = [path for path in old if path not in known or path.endswith(IGNORE)]
        before = TreeWalk(root, prefix, own, read_old, options)
        before.share(path for path in found if prefix + path in old)
    earlier, later = (Discovery(tuple(sorted(w.wanted(w.project()))), (), True, w) for w in (before, walk))
    return earlier, later


class TreeWalk(Walk):
    """Only what `project` walks over differs: folders of a tree."""

    def __init__(
        self, root: str, prefix: str, paths: Iterable[str], read: Read, options: ScanOptions
    ) -> None:
        super().__init__(root, options)
        self._base, self._read = prefix, read
        self._tree: Folder = {}
        for path in paths:
            *folders, name = path.split("/")
            here = self._tree
            for folder in folders:
                inner = here.get(folder)
                if inner is None:
                    inner = here[folder] = {}
                here = inner
            here[name] = None

    def share(self, paths: Iterable[str]) -> None:
        """Adds what is known to belong to it."""
        self._project = (*self.project(), *paths)

    def project(self) -> tuple[str, ...]:
        if self._project is None:
            chain, here = self._above()
            self._project = tuple(self._below(here, "", chain))
        return self._project

    def _above(self) -> tuple[Chain, Folder]:
        """The ignore files of the folders from the top to above the root, the nearest first; the root's folder."""
        chain: Chain = ()
        here, path = self._tree, ""
        for part in Path(self._base).parts:
            chain = self._with_rules(chain, here, path)
            path += f"{part}/"
            here = here.get(part) or {}
        return chain, here

    def _with_rules(self, chain: Chain, folder: Folder, path: str) -> Chain:
        if not self.options.respect_gitignore or folder.get(IGNORE, folder) is not None:
            return chain
        data = self._read(path + IGNORE) or b""
        rules = Rules(data.decode("utf-8", "surrogateescape").removeprefix("\ufeff").splitlines())
        return ((len(path), rules), *chain) if rules else chain

    def _below(self, folder: Folder, prefix: str, chain: Chain) -> Sequence[str]:
        out: list[str] = []
        stack = [(folder, prefix, chain)]
        while stack:
            here, prefix, chain = stack.pop()
            chain = self._with_rules(chain, here, self._base + prefix)
            for name, inner in here.items():
                if inner is not None:
                    if not self._skipped(self._base, prefix, name, True, chain):
                        stack.append((inner, f"{prefix}{name}/", chain))
                elif name.endswith(SUFFIXES):
                    if not self._skipped(self._base, prefix, name, False, chain):
                        out.append(prefix + name)
                elif is_config(prefix, name) and not self._skipped(self._base, prefix, name, False, chain):
                    self.configs.append(prefix + name)
        return out
