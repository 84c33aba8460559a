"""What a scan is asked to look at: plain data that policy and command line fill in."""

from __future__ import annotations

from collections.abc import Callable

from llmlint.light import dataclass

DEFAULT_EXCLUDE = (
    ".bzr", ".direnv", ".eggs", ".git", ".git-rewrite", ".hg", ".ipynb_checkpoints", ".llmlint_cache", ".mypy_cache",
    ".nox", ".pants.d", ".pyenv", ".pytest_cache", ".pytype", ".ruff_cache", ".svn", ".tox", ".venv", ".vscode",
    "__pycache__", "__pypackages__", "_build", "buck-out", "build", "dist", "node_modules", "site-packages", "venv",
)  # fmt: skip

# done, total → None; called now and then while files go by
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class ScanOptions:
    """include/exclude: gitignore-style patterns. llm_calls: dotted names of the user's own wrappers.

    prefix: the root as seen from the folder that patterns are relative to: "" or "src/".
    """

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = DEFAULT_EXCLUDE
    extend_exclude: tuple[str, ...] = ()
    respect_gitignore: bool = True
    llm_calls: tuple[str, ...] = ()
    jobs: int = 0  # 0: one per processor
    cache: bool = True
    cache_dir: str | None = None  # None: a folder of the user's, outside the root
    max_file_bytes: int = 10_000_000
    prefix: str = ""
