"""The scanned root → the folder of its cache, outside the root: a stranger could commit a cache that hides findings."""

from __future__ import annotations

import os
import re
import sys
import time
from contextlib import suppress
from pathlib import Path

from llmlint.scan.cache import KEEP_DAYS, Cache, content_key, remove_cache
from llmlint.scan.options import ScanOptions

VARIABLE = "LLMLINT_CACHE_DIR"
_NAME = re.compile(r"[0-9a-f]{40}")


def cache_of(root: str, options: ScanOptions) -> Cache:
    """The root's cache, or one that forgets everything where none is wanted. To be used as a context manager."""
    return Cache(cache_folder(root, options.cache_dir) if options.cache else None)


def cache_folder(root: str, given: str | None) -> Path | None:
    """given, else one for each root below $LLMLINT_CACHE_DIR or the user's caches; None: these lie in the root.

    What stands in a folder that the user names is believed, wherever it is.
    """
    if given:
        return Path(given)
    named = os.environ.get(VARIABLE)
    base = os.path.abspath(named) if named else _user_caches()  # noqa: PTH100
    if base is None or not (named or _outside(base, root)):
        return None
    folder = Path(base, content_key("root", root))
    if not folder.exists():
        _drop_unused(Path(base))
    return folder


def _user_caches() -> str | None:
    shared = os.environ.get("XDG_CACHE_HOME") or (os.environ.get("LOCALAPPDATA") if sys.platform == "win32" else None)
    if not shared or not os.path.isabs(shared):  # noqa: PTH117
        shared = os.path.expanduser("~/Library/Caches" if sys.platform == "darwin" else "~/.cache")  # noqa: PTH111
    return os.path.join(shared, "llmlint") if os.path.isabs(shared) else None  # noqa: PTH117, PTH118


def _outside(base: str, root: str) -> bool:
    """A checkout can be the home of whoever runs."""
    real, top = os.path.realpath(base), os.path.realpath(root)
    return real != top and not real.startswith(top.rstrip(os.sep) + os.sep)


def _drop_unused(base: Path) -> None:
    """The caches of roots that nobody has scanned for a while; a new root is the occasion to look."""
    oldest = time.time() - KEEP_DAYS * 86400
    with suppress(OSError):
        for folder in base.iterdir():
            if _NAME.fullmatch(folder.name) and not folder.is_symlink():
                remove_cache(folder, oldest)
