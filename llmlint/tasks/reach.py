"""What differs between two trees → the files whose call sites can differ: what changed, who uses it, whom it calls.

A call site's facts rest on the values that flow to it and on the loops around it. Values flow along names. From each
changed definition the walk goes up to all that mention it, and to all that mention those; then down from what was found
to all that it calls. More files than needed is slower, and no more; where the walk grows too wide, all are asked.
"""

from __future__ import annotations

import builtins
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from llmlint.link.callers import is_test
from llmlint.scan.contents import Contents
from llmlint.scan.search import any_of
from llmlint.tasks.units import Unit, units_of

WIDEST = 400  # files that are parsed, and names that are looked for, before the walk is given up
DEEPEST = 12  # hops
AMBIGUOUS = 8  # files that define a name: whom a call of it means is then told from imports alone
COMMON = frozenset(dir(builtins)) | frozenset(dir(str)) | frozenset(dir(dict)) | frozenset(dir(list)) | {"self", "cls"}
DEFINES = re.compile(rb"^[ \t]*(?:async[ \t]+)?(?:def|class)[ \t]+(\w+)", re.M)
SPECIAL = frozenset({"__init__", "__call__", "__new__", "__enter__", "__aenter__", "__post_init__"})


@dataclass(slots=True)
class Side:
    """One tree: its Python files and their bytes."""

    files: Sequence[str]
    contents: Contents
    _defining: dict[str, list[str]] = field(default_factory=dict)

    def defining(self, name: str, among: Sequence[str]) -> Sequence[str]:
        """The files that define a function or class so called. among: always the same files."""
        if not self._defining:
            self._defining[""] = []
            for path in among:
                data = self.contents.data(path)
                for found in set(DEFINES.findall(data)) if data else ():
                    self._defining.setdefault(found.decode("utf-8", "surrogateescape"), []).append(path)
        return self._defining.get(name, ())


@dataclass(slots=True)
class _Walk:
    """changed: paths of code; searched: the files of each side that are looked through, without tests; reached: the
    units found so far, by identity; by_path: files that were parsed."""

    sides: tuple[Side, Side]
    changed: frozenset[str]
    searched: tuple[Sequence[str], Sequence[str]]
    by_path: dict[tuple[int, str], tuple[Unit, ...]] = field(default_factory=dict)
    reached: dict[int, Unit] = field(default_factory=dict)
    parsed: int = 0

    def units(self, side: int, path: str) -> tuple[Unit, ...]:
        key = (side if path in self.changed else 1, path)
        if key not in self.by_path:
            self.parsed += 1
            if self.parsed > WIDEST:
                raise TooWide
            self.by_path[key] = units_of(path, self.sides[key[0]].contents.data(path)) or ()
        return self.by_path[key]

    def add(self, units: Iterable[Unit]) -> list[Unit]:
        fresh = [unit for unit in units if id(unit) not in self.reached]
        self.reached.update((id(unit), unit) for unit in fresh)
        return fresh


class TooWide(Exception):
    """The walk has come by too much to be worth it."""


def reached_files(
    sides: tuple[Side, Side], changed: Iterable[str], renames: Mapping[str, str]
) -> frozenset[str] | None:
    """The Python files, of either tree, whose call sites can differ; None: any. changed: paths whose content differs.

    sides: the older tree and the newer one; renames: new path → old path.
    """
    paths = frozenset(changed)
    code = paths.intersection([*sides[0].files, *sides[1].files])
    old, new = sides
    walk = _Walk(sides, code, (
        [f for f in old.files if f in code and not is_test(f)], [f for f in new.files if not is_test(f)],
    ))  # fmt: skip
    try:
        seeds = _changed_units(walk, code, renames)
        seeds += _readers(walk, paths - code)
        seeds = walk.add(seeds)
        up = _upward(walk, seeds)
        _downward(walk, [*seeds, *up])
    except TooWide:
        return None
    return frozenset(unit.path for unit in walk.reached.values())


def _changed_units(walk: _Walk, code: frozenset[str], renames: Mapping[str, str]) -> list[Unit]:
    """What is in one version of a changed file and not, word for word, in the other."""
    out: list[Unit] = []
    old_of = {path: renames.get(path, path) for path in code - frozenset(renames.values())}
    for new, old in sorted(old_of.items()):
        before, after = _version(walk, 0, old), _version(walk, 1, new)
        for mine, other in ((before, after), (after, before)):
            known = {(unit.owner, unit.names, unit.text) for unit in other}
            out += [unit for unit in mine if (unit.owner, unit.names, unit.text) not in known]
        if new != old:  # the file itself is looked at under both names
            out += [Unit(path, frozenset(), (), "") for path in (old, new)]
    return out


def _version(walk: _Walk, number: int, path: str) -> tuple[Unit, ...]:
    units = walk.units(number, path)
    if units or not (walk.sides[number].contents.data(path) or b"").strip():
        return units
    return (Unit(path, frozenset(), (), f"cannot be parsed {number}"),)


def _readers(walk: _Walk, texts: frozenset[str]) -> list[Unit]:
    """The units that may read one of the files: they name it, its folder, or the end of its name."""
    if not texts:
        return []
    names = {path.rpartition("/")[2] for path in texts}
    folders = {part for path in texts for part in path.split("/")[:-1][-2:]}
    ends = {"." + name.rpartition(".")[2] for name in names if "." in name.strip(".")}
    has = any_of([word.encode("utf-8", "surrogateescape") for word in sorted(names | folders | ends)])

    def meant(text: str) -> bool:
        last = text.rpartition("/")[2]
        if last in names or (last[:1] in "*.{" and any(last.endswith(end) for end in ends)):
            return True
        return any(part in folders or part in names for part in text.replace(".", "/").split("/")) and " " not in text

    out: list[Unit] = []
    for path in walk.sides[1].files:
        data = walk.sides[1].contents.data(path)
        if data is not None and has(data):
            out += [unit for unit in walk.units(1, path) if any(meant(text) for text in unit.texts)]
    return out


def _stem(path: str) -> str:
    folder, _, name = path.rpartition("/")
    return folder.rpartition("/")[2] if name == "__init__.py" else name.rpartition(".")[0]


def _exported(unit: Unit) -> frozenset[str]:
    """By what others know it: a method by its class."""
    return frozenset({unit.owner}) if unit.owner else unit.names


# up: who uses it ------------------------------------------------------------------------------------------------------


def _upward(walk: _Walk, seeds: Sequence[Unit]) -> list[Unit]:
    """All units that mention a name of one of the seeds, and so on. A name counts where its file is named too."""
    out: list[Unit] = []
    known: dict[str, set[str]] = {}  # name → stems of the files that bind it
    layer = list(seeds)
    for _ in range(DEEPEST):
        fresh: dict[str, set[str]] = {}
        for unit in layer:
            for name in _exported(unit):
                if _stem(unit.path) not in known.setdefault(name, set()):
                    known[name].add(_stem(unit.path))
                    fresh.setdefault(name, set()).add(_stem(unit.path))
        if not fresh:
            break
        if len(known) > WIDEST:
            raise TooWide
        layer = walk.add(_users(walk, fresh))
        out += layer
    return out


def _users(walk: _Walk, names: Mapping[str, set[str]]) -> list[Unit]:
    out: list[Unit] = []
    stems = sorted({stem for group in names.values() for stem in group})
    for number, side in enumerate(walk.sides):
        found = side.contents.mention(walk.searched[number], [*names, *stems])
        naming = {word: frozenset(paths) for word, paths in found.items()}
        for name, group in names.items():
            for path in naming.get(name, ()):
                here = _stem(path) in group
                starred = any(path in naming.get(stem, ()) for stem in group)
                if here or starred:
                    out += [unit for unit in walk.units(number, path) if name in unit.mentions]
        for stem in stems:  # `from constants import *` hands on names that it does not mention
            for path in naming.get(stem, ()):
                out += [unit for unit in walk.units(number, path) if _star(unit, stem)] if _stars(side, path) else []
    return out


def _stars(side: Side, path: str) -> bool:
    return b"import *" in (side.contents.data(path) or b"")


def _star(unit: Unit, stem: str) -> bool:
    return "*" in unit.mentions and stem in unit.mentions


# down: whom it calls --------------------------------------------------------------------------------------------------


def _downward(walk: _Walk, layer: Sequence[Unit]) -> None:
    """The definitions that units call or hand on, and so on."""
    asked: set[str] = set()
    for _ in range(DEEPEST):
        wanted = {name for unit in layer for name in unit.mentions if name not in COMMON and not name.startswith("__")}
        wanted -= asked
        asked |= wanted
        mentioned = frozenset().union(*(unit.mentions for unit in walk.reached.values()))
        layer = walk.add(_definitions(walk, wanted, mentioned))
        if not layer:
            return


def _definitions(walk: _Walk, names: set[str], mentioned: frozenset[str]) -> list[Unit]:
    out: list[Unit] = []
    if not names:
        return out
    for number, side in enumerate(walk.sides):
        for name in sorted(names):
            paths = side.defining(name, walk.searched[number])
            for path in paths:
                # a name that many define means the one whose module, or class, is spoken of
                if len(paths) > AMBIGUOUS and _stem(path) not in mentioned:
                    continue
                out += [u for u in walk.units(number, path) if _is_meant(u, name, len(paths) <= AMBIGUOUS, mentioned)]
    return out


def _is_meant(unit: Unit, name: str, certain: bool, mentioned: frozenset[str]) -> bool:
    """Is it what the name means: a function, a method, a class with what of it is called?"""
    if name in unit.names and (unit.owner is None or certain or unit.owner in mentioned):
        return True
    return unit.owner == name and bool(unit.names & SPECIAL or unit.names & mentioned)
