"""Paths + options → the Python files and notebooks to analyse, and those of the whole project to resolve values across.

The walk honours .gitignore files itself: asking `git ls-files` was no faster, runs a program that a repository's own
configuration can steer, and knows nothing outside a work tree.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from llmlint.errors import UsageError
from llmlint.facts import FileError
from llmlint.scan.ignore import Rules
from llmlint.scan.options import DEFAULT_EXCLUDE, ScanOptions

SUFFIXES = (".py", ".ipynb")
# what may keep a clock, start code, or name a model
CONFIG_SUFFIXES = (
    ".yml", ".yaml", ".toml", ".tf", ".timer", ".service", ".cron", ".sh", ".env", "crontab", "Makefile", "Procfile",
    "Dockerfile", ".cfg", ".rules",
    "config.json", "models.json", "settings.json", "prompts.json", "prompt.json", "vercel.json", "function.json",
    "template.json", "serverless.json",
)  # fmt: skip
CONFIG_PREFIXES = ("crontab", ".env", "Dockerfile")
BOARDS = ("dashboard", "grafana")  # JSON whose path has one of these words can be a dashboard
TEST_PATH = re.compile(r"(^|/)(tests?|testing)/|(^|/)test_[^/]*\.py$|_test\.py$|(^|/)conftest\.py$")
MAX_IGNORE_BYTES = 1_000_000
# the .gitignore files above a folder, the nearest first, each with where the paths that it speaks of start
Chain = tuple[tuple[int, Rules], ...]


@dataclass(frozen=True)
class Discovery:
    """files: to analyse, sorted, relative to the root with slashes (a path that is not UTF-8 has surrogate escapes)."""

    files: tuple[str, ...]
    errors: tuple[FileError, ...] = ()
    whole: bool = False  # a folder was asked for, so that the project's configuration is part of the question
    _walk: Walk | None = field(default=None, repr=False)

    @cached_property
    def project_files(self) -> tuple[str, ...]:
        """`files` and every file below the root that is neither ignored nor excluded. Walks when first asked."""
        found = self._walk.project() if self._walk is not None else ()
        return tuple(sorted({*found, *self.files}))

    @property
    def config_files(self) -> tuple[str, ...]:
        """The project's files that are no code but say what runs, when, and with which model; sorted."""
        _ = self.project_files
        return tuple(sorted(self._walk.configs)) if self._walk is not None else ()


def discover(root: Path, paths: Sequence[Path], options: ScanOptions) -> Discovery:
    """A file that is named itself is taken whether git ignores it or not. Raises UsageError where a path is missing.

    The default excludes hold for folders that the walk comes by; what the policy excludes holds for named files too,
    since pre-commit names every file.
    """
    walk = Walk(os.path.abspath(root), options)  # noqa: PTH100 - symbolic links stay as the user wrote them
    files: set[str] = set()
    errors: list[FileError] = []
    whole = False
    for path in paths or [root]:
        given = os.path.abspath(os.path.join(walk.root, path) if not path.is_absolute() else path)  # noqa: PTH100, PTH118
        try:
            mode = os.stat(given).st_mode  # noqa: PTH116
        except (OSError, ValueError) as error:
            if isinstance(error, (FileNotFoundError, NotADirectoryError, ValueError)):
                raise UsageError("no such file or folder", path=str(path), mend="check the spelling") from None
            errors.append(FileError(walk.relative(given), None, f"cannot be read: {_reason(error)}"))
            continue
        if stat.S_ISDIR(mode):
            whole = True
            if given == walk.root:
                files.update(walk.wanted(walk.project()))
                errors += walk.errors
            else:
                files.update(walk.wanted(walk.below(given, errors)))
        else:
            relative = walk.relative(given)
            if not walk.excluded_by_policy(relative):
                refusal = _refusal(given, mode)
                errors += [FileError(relative, None, refusal)] if refusal else []
                files.update(() if refusal else (relative,))
    return Discovery(tuple(sorted(files)), tuple(sorted(errors, key=lambda e: e.path)), whole, walk)


class Walk:
    """One root and its rules."""

    def __init__(self, root: str, options: ScanOptions) -> None:
        self.root = root
        self.options = options
        self.errors: list[FileError] = []
        self.configs: list[str] = []
        self._include = Rules(options.include)
        self._exclude = Rules((*options.exclude, *options.extend_exclude))
        own = () if options.exclude == DEFAULT_EXCLUDE else options.exclude
        self._policy_exclude = Rules((*own, *options.extend_exclude))
        self._project: tuple[str, ...] | None = None

    def relative(self, path: str) -> str:
        return os.path.relpath(path, self.root).replace(os.sep, "/")

    def project(self) -> tuple[str, ...]:
        if self._project is None:
            self._project = tuple(self.below(self.root, self.errors, self.configs))
        return self._project

    def wanted(self, files: Sequence[str] | Iterator[str]) -> Iterator[str]:
        prefix = self.options.prefix
        if prefix and self._policy_exclude:  # the walk has not come by the folders above the root
            files = (f for f in files if not self._policy_exclude.covers(prefix + f))
        return (f for f in files if self._include.covers(prefix + f)) if self._include else iter(files)

    def excluded_by_policy(self, file: str) -> bool:
        file = self.options.prefix + file
        return self._policy_exclude.covers(file) or (bool(self._include) and not self._include.covers(file))

    def below(self, folder: str, errors: list[FileError], configs: list[str] | None = None) -> Iterator[str]:
        """Files below a folder, in no particular order. Links to folders are not followed: no walk goes in circles.

        configs: takes up the configuration files that the walk comes by.
        """
        relative = self.relative(folder)
        prefix = "" if relative == "." else relative + "/"
        # paths are matched from the topmost .gitignore's folder on, so `base` leads from there to the root
        top = _work_tree(self.root) if self.options.respect_gitignore else self.root
        base = "" if top == self.root else os.path.relpath(self.root, top).replace(os.sep, "/") + "/"
        chain = _rules_above(top, folder) if self.options.respect_gitignore and not prefix.startswith("../") else ()
        stack: list[tuple[str, str, Chain]] = [(folder, prefix, chain)]
        while stack:
            here, prefix, chain = stack.pop()
            try:
                with os.scandir(here) as scan:
                    entries = list(scan)
            except OSError as error:
                errors.append(FileError(prefix.rstrip("/") or ".", None, f"folder cannot be read: {_reason(error)}"))
                continue
            if self.options.respect_gitignore and ".gitignore" in [entry.name for entry in entries]:
                rules = _read_rules(f"{here}/.gitignore")
                chain = ((len(base + prefix), rules), *chain) if rules else chain
            for entry in entries:
                name = entry.name
                if entry.is_dir(follow_symlinks=False):
                    if not self._skipped(base, prefix, name, True, chain):
                        stack.append((f"{here}/{name}", f"{prefix}{name}/", chain))
                elif (
                    name.endswith(SUFFIXES)
                    and self._is_file(entry)
                    and not self._skipped(base, prefix, name, False, chain)
                ):
                    yield prefix + name
                elif (
                    configs is not None
                    and is_config(prefix, name)
                    and entry.is_file(follow_symlinks=False)
                    and not self._skipped(base, prefix, name, False, chain)
                ):
                    configs.append(prefix + name)

    def _skipped(self, base: str, prefix: str, name: str, folder: bool, chain: Chain) -> bool:
        path = prefix + name
        if self._exclude.verdict(self.options.prefix + path, name, folder):
            return True
        for start, rules in chain:
            verdict = rules.verdict((base + path)[start:], name, folder)
            if verdict is not None:
                return verdict
        return False

    def _is_file(self, entry: os.DirEntry[str]) -> bool:
        """A regular file, or a link to one outside the root (inside it, the walk comes by it anyway)."""
        if entry.is_file(follow_symlinks=False):
            return True
        if not entry.is_symlink():
            return False
        try:
            real = os.path.realpath(entry.path)
            return entry.is_file() and not real.startswith(os.path.realpath(self.root) + os.sep)
        except OSError:
            return False


def is_test(path: str) -> bool:
    return TEST_PATH.search(path) is not None


def is_config(prefix: str, name: str) -> bool:
    """Can the file keep a clock, start code, name a model, or watch the bill? prefix: its folder, with a slash."""
    if name.endswith(CONFIG_SUFFIXES) or name.startswith(CONFIG_PREFIXES) or "cron.d/" in prefix:
        return True
    return name.endswith(".json") and any(word in (prefix + name).lower() for word in BOARDS)


def _work_tree(root: str) -> str:
    """The git work tree that the root lies in, else the root."""
    folder = root
    while True:
        if os.path.exists(f"{folder}/.git"):  # noqa: PTH110 - called before anything else; pathlib is slow
            return folder
        parent = os.path.dirname(folder)  # noqa: PTH120
        if parent == folder:
            return root
        folder = parent


def _rules_above(top: str, folder: str) -> Chain:
    """The ignore files of the folders from `top` to above `folder`, and git's private one, the nearest first."""
    chain: Chain = ()
    private = _read_rules(f"{top}/.git/info/exclude")
    if private:
        chain = ((0, private),)
    here, start = top, 0
    for part in Path(folder).relative_to(top).parts:
        rules = _read_rules(f"{here}/.gitignore")
        chain = ((start, rules), *chain) if rules else chain
        here, start = f"{here}/{part}", start + len(part) + 1
    return chain


def _read_rules(path: str) -> Rules | None:
    """None where there is none to read. It is opened without waiting, for it may be a FIFO."""
    from llmlint.scan.contents import read_regular

    data = read_regular(path, MAX_IGNORE_BYTES)
    return Rules(data.decode("utf-8", "surrogateescape").removeprefix("\ufeff").splitlines()) if data else None


def _refusal(path: str, mode: int) -> str | None:
    """Why a file that was named cannot be analysed."""
    if not stat.S_ISREG(mode):
        return "not a regular file"
    if path.endswith(SUFFIXES):
        return None
    from llmlint.scan.contents import read_regular

    first = (read_regular(path, None, 200) or b"").split(b"\n", 1)[0]
    if first.startswith(b"#!") and b"python" in first:
        return None
    return "neither a Python file (.py) nor a notebook (.ipynb)"


def _reason(error: OSError | ValueError) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
