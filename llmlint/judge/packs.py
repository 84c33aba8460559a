"""The name of an installed policy pack → its policy file, found without running a line of the package.

A package offers a pack under the entry point group `llmlint.packs`: a name, and the dotted path of a data file in the
package, as `acme = "acme_llm.policy"`. A policy can come from a stranger's pull request, so naming a pack must not run
Python: the entry point is read as text and never loaded, the file is looked up in the package's list of files.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from importlib.metadata import Distribution, entry_points
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

from llmlint.errors import PolicyError
from llmlint.light import dataclass

GROUP = "llmlint.packs"
_VALUE = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*")  # no other way out of the package's folder


@dataclass(frozen=True, slots=True)
class Pack:
    """One entry point. package: "acme-llm 1.2"."""

    name: str
    value: str
    package: str
    distribution: Distribution


def installed_packs() -> tuple[Pack, ...]:
    """Those of this Python's environment, by name and package."""
    found = {
        (point.name, f"{point.dist.metadata['Name']} {point.dist.version}"): (point.value, point.dist)
        for point in entry_points(group=GROUP)
        if point.dist is not None
    }
    return tuple(Pack(name, value, package, dist) for (name, package), (value, dist) in sorted(found.items()))


def pack_policy(pack: Pack) -> Path:
    """Its policy file: `a.b` is a/b.yaml or a/b/llmlint.yaml in the package. Raises PolicyError without a place."""
    broken = f"pack {pack.name!r} of {pack.package}: entry point value {pack.value[:80]!r}"
    if not _VALUE.fullmatch(pack.value):
        raise PolicyError(f"{broken} is no dotted path", None, None, "its authors must write one, as acme_llm.policy")
    stem = pack.value.replace(".", "/")
    names = (f"{stem}.yaml", f"{stem}/llmlint.yaml")
    for file in _files(pack.distribution, names):
        if file.is_file():
            return file
    mend = "is it installed whole? The package must contain the file"
    raise PolicyError(f"{broken} means {' or '.join(names)}, and there is neither", None, None, mend)


def _files(distribution: Distribution, names: tuple[str, ...]) -> Iterator[Path]:
    """The places where one of the files can be: as installed, or in the folder of an editable installation."""
    listed = {file.as_posix() for file in distribution.files or ()}
    yield from (Path(str(distribution.locate_file(name))) for name in names if name in listed)
    folder = _editable(distribution)
    if folder is not None:
        yield from (folder / below / name for below in ("", "src") for name in names)


def _editable(distribution: Distribution) -> Path | None:
    """The checkout that is installed in place (PEP 610)."""
    try:
        told = json.loads(distribution.read_text("direct_url.json") or "{}")
        url = urlsplit(told["url"])
        return Path(url2pathname(url.path)) if url.scheme == "file" and told["dir_info"]["editable"] else None
    except (ValueError, KeyError, TypeError):
        return None
