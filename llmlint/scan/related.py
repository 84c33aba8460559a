"""Files that call a method of model objects and name no SDK → those that get such an object from a file that names one.

`from app.chains import answer` and then `answer.invoke(question)` sends a request from a file whose bytes name nobody.
`.invoke(` alone says little, so only files count that import from one that names the SDK, or are imported by one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

FROM = re.compile(rb"\bfrom\s+([.\w]+)\s+import\s+(\([^)]*\)|[^\n;#\"]*)")
IMPORT = re.compile(rb"\bimport\s+(\w[.\w]*(?:\s+as\s+\w+)?(?:\s*,\s*\w[.\w]*(?:\s+as\s+\w+)?)*)")
NAME = re.compile(rb"\w+")


def related(
    callers: Sequence[str],
    hits: Iterable[str],
    project_files: Sequence[str],
    names_sdk: Callable[[str], bool],
    data: Callable[[str], bytes | None],
) -> tuple[str, ...]:
    """Those of `callers` to be looked into, in the order given.

    hits: asked files that passed the sieve. names_sdk: does a file of the project name an SDK that has model objects?
    """
    if not callers:
        return ()
    homes = by_name(project_files)
    known: dict[str, bool] = {}

    def names(path: str) -> bool:
        if path not in known:
            known[path] = names_sdk(path)
        return known[path]

    given = {word for path in hits if names(path) for word in imported(data(path) or b"")}
    out = []
    for path in callers:
        if own_name(path) in given:
            out.append(path)
            continue
        sources = {home for word in imported(data(path) or b"") for home in homes.get(word, ())}
        if any(names(source) for source in sorted(sources)):
            out.append(path)
    return tuple(out)


def imported(code: bytes) -> set[str]:
    """The last names of what the code imports: `from app.chains import answer` → chains, answer."""
    out: set[bytes] = set()
    for module, taken in FROM.findall(code):
        out.update(NAME.findall(module)[-1:])
        out.update(NAME.findall(taken))
    for modules in IMPORT.findall(code):
        out.update(NAME.findall(part)[-1] for part in re.sub(rb"\s+as\s+\w+", b"", modules).split(b",") if part.strip())
    return {word.decode("utf-8", "surrogateescape") for word in out}


def own_name(path: str) -> str:
    """What others import a file by: `app/chains.py` and `app/chains/__init__.py` → chains."""
    folder, _, file = path.rpartition("/")
    stem = file.rpartition(".")[0]
    return folder.rpartition("/")[2] if stem == "__init__" else stem


def by_name(files: Iterable[str]) -> dict[str, list[str]]:
    """Name → the files that an import of it may run: the module, or those of the package, which hand their names on."""
    out: dict[str, list[str]] = {}
    for path in files:
        folder, _, file = path.rpartition("/")
        for name in {file.rpartition(".")[0], folder.rpartition("/")[2]} - {"__init__", ""}:
            out.setdefault(name, []).append(path)
    return out
