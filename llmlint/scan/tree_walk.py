"""The paths of a tree + options → the files that a scan of it looks at, as a walk over the disk would find them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from llmlint.scan.discover import SUFFIXES, Chain, Discovery, Walk, is_config
from llmlint.scan.ignore import Rules
from llmlint.scan.options import ScanOptions

Folder = dict[str, "Folder | None"]  # name → what is in it; None: a file


def discover_tree(
    root: str, prefix: str, paths: Iterable[str], read: Callable[[str], bytes | None], options: ScanOptions
) -> Discovery:
    """prefix: the root from the tree's top; read: a path from the top → its bytes. Paths found are below the root."""
    walk = TreeWalk(root, prefix, paths, read, options)
    return Discovery(tuple(sorted(walk.wanted(walk.project()))), (), True, walk)


class TreeWalk(Walk):
    """Only what `project` walks over differs: folders of a tree."""

    def __init__(
        self, root: str, prefix: str, paths: Iterable[str], read: Callable[[str], bytes | None], options: ScanOptions
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
        if not self.options.respect_gitignore or folder.get(".gitignore", folder) is not None:
            return chain
        data = self._read(f"{path}.gitignore") or b""
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
