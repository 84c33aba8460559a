"""sdks/frameworks/*.yaml → a frozen description of who calls code and of what stands on the way.

Code is called by the clock, on request or from a queue; on the way stand limiters, caches and tracers.

Nothing above this module knows the name of a framework. Read once a process, when the first call site asks for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import field, fields
from functools import cache, cached_property
from typing import Any, Literal, get_args

from llmlint.errors import CatalogueError
from llmlint.light import dataclass
from llmlint.sdks.documents import FRAMEWORKS, documents

Role = Literal["handler", "schedule", "queue", "command", "limiter", "cache", "tracer"]
GUARDS = ("limiter", "cache", "tracer")
ANY = "*"


@dataclass(frozen=True, slots=True)
class Framework:
    """One entry of the YAML; its comments say what each field means."""

    by: str
    role: Role
    modules: tuple[str, ...] = ()
    decorators: tuple[str, ...] = ()
    calls: tuple[str, ...] = ()
    bases: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    functions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    owners: tuple[str, ...] = ()
    never: tuple[str, ...] = ()
    speaks: tuple[str, ...] = ()
    scripts: bool = False
    every: tuple[str, ...] = ()
    needs_every: bool = False
    beside: tuple[str, ...] = ()
    later: tuple[str, ...] = ()
    given: tuple[str, ...] = ()
    named: tuple[str, ...] = ()
    tables: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    uses: tuple[str, ...] = ()
    everywhere: tuple[str, ...] = ()


class Frameworks:
    """All of them, found by the names that code uses."""

    def __init__(self, frameworks: Iterable[Framework]) -> None:
        self.all = tuple(frameworks)

    def _by(self, names: str) -> dict[str, list[Framework]]:
        out: dict[str, list[Framework]] = {}
        for one in self.all:
            for name in getattr(one, names):
                out.setdefault(name, []).append(one)
        return out

    @cached_property
    def decorators(self) -> dict[str, list[Framework]]:
        return self._by("decorators")

    @cached_property
    def calls(self) -> dict[str, list[Framework]]:
        return self._by("calls")

    @cached_property
    def functions(self) -> dict[str, list[Framework]]:
        return self._by("functions")

    @cached_property
    def later(self) -> dict[str, list[Framework]]:
        return self._by("later")

    @cached_property
    def given(self) -> dict[str, list[Framework]]:
        return self._by("given")

    @cached_property
    def named(self) -> dict[str, list[Framework]]:
        return self._by("named")

    @cached_property
    def tables(self) -> dict[str, list[Framework]]:
        """The key that names the function → frameworks."""
        out: dict[str, list[Framework]] = {}
        for one in self.all:
            for key in one.tables.get("name", ()):
                out.setdefault(key, []).append(one)
        return out

    @cached_property
    def scripts(self) -> tuple[Framework, ...]:
        return tuple(one for one in self.all if one.scripts)

    @cached_property
    def guards(self) -> dict[str, tuple[Framework, ...]]:
        return {role: tuple(one for one in self.all if one.role == role) for role in GUARDS}

    @cached_property
    def inherited(self) -> frozenset[str]:
        """Methods that some base class hands to the outside; "*" where any may be."""
        return frozenset(m for one in self.all for methods in one.bases.values() for m in methods)

    def of_base(self, name: str) -> list[tuple[Framework, tuple[str, ...]]]:
        """The frameworks one of whose base classes is called `name`, with the methods that they call."""
        out = []
        for one in self.all:
            for base, methods in one.bases.items():
                if name == base or (base[:1] == ANY and name.endswith(base[1:])):
                    out.append((one, methods))
        return out


@cache
def load_frameworks() -> Frameworks:
    """Those that ship with llmlint."""
    found = documents(FRAMEWORKS)
    return Frameworks(framework(row, name) for name, rows in found.items() for row in rows)


def framework(row: Any, name: str) -> Framework:
    """One entry of the YAML. Raises CatalogueError naming the file and the entry where it is wrong."""
    known = {f.name for f in fields(Framework)}
    if not isinstance(row, dict) or not isinstance(row.get("by"), str):
        raise CatalogueError(f"an entry has no name (`by`): {row!r:.80}", path=name)
    wrong = sorted(row.keys() - known)
    if wrong:
        raise CatalogueError(f"{row['by']}: {wrong[0]!r} is no field; there are {', '.join(sorted(known))}", path=name)
    if row.get("role") not in get_args(Role):
        raise CatalogueError(f"{row['by']}: role must be one of {', '.join(get_args(Role))}", path=name)
    given: dict[str, Any] = {}
    for key, value in row.items():
        if isinstance(value, list):
            given[key] = tuple(map(str, value))
        elif isinstance(value, dict):
            given[key] = {str(k): tuple(map(str, v)) for k, v in value.items()}
        else:
            given[key] = value
    return Framework(**given)
