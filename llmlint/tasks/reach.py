"""What differs between two trees → the files whose call sites can differ: what changed, who uses it, whom it calls.

A call site's facts rest on the values that flow to it and on the loops around it. From each statement that changed the
walk follows the values: to what is bound to them, to functions that are called with them, to whoever uses what those
give back. More files than needed is slower, and no more; where the walk grows too wide, all are asked.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from llmlint.scan.discover import is_test
from llmlint.scan.objects import TreeContents
from llmlint.scan.related import own_name
from llmlint.tasks.flows import ALL, FUNCTIONS, OWN, flow, new_statements
from llmlint.tasks.silent import silent
from llmlint.tasks.units import Unit, units_of

WIDEST = 400  # files that are parsed before the walk is given up
ROUNDS = 40  # of users of users
# files that no Python code reads for a prompt or a setting
NEVER_READ = (
    ".css", ".gif", ".ico", ".jpg", ".js", ".jsx", ".lock", ".map", ".png", ".scss", ".sh", ".snap", ".svg", ".ts",
    ".tsx", ".vue", ".woff2", "package.json", "package-lock.json", "pnpm-lock.yaml",
)  # fmt: skip
AMBIGUOUS = 4  # files that define a name: whom a call of it means is then told from imports alone
# methods that everything has: to follow them would lead everywhere
COMMON = frozenset().union(*map(dir, (builtins, str, bytes, dict, list, set))) | {
    "add_argument", "all", "cast", "close", "commit", "critical", "debug", "decode", "dumps", "error", "exception",
    "execute", "filter", "first", "flush", "info", "json", "loads", "log", "model_dump", "monotonic", "now", "one",
    "order_by", "post", "put", "read", "refresh", "rollback", "scalar", "scalars", "select", "sleep", "time", "values",
    "warning", "where", "write",
}
SPECIAL = frozenset({"__init__", "__call__", "__new__", "__enter__", "__aenter__", "__post_init__"})


@dataclass(frozen=True, slots=True)
class Side:
    """One tree: its Python files and their bytes."""

    files: Sequence[str]
    contents: TreeContents


class TooWide(Exception):
    """The walk has come by too much to be worth it."""


def reached_files(
    sides: tuple[Side, Side], changed: Iterable[str], renames: Mapping[str, str],
    requests: Callable[[], Collection[str]], most: int,
) -> frozenset[str] | None:  # fmt: skip
    """The Python files, of either tree, whose call sites can differ; None: any. changed: paths whose content differs.

    sides: the older tree and the newer one; renames: new path → old path; requests: methods that ask a model, whose
    answers say nothing about the code; most: pieces of code that are looked at before the walk is given up.
    """
    walk = _Walk(sides, frozenset(changed), requests, most)
    try:
        walk.begin(renames)
        walk.go()
    except TooWide:
        return None
    return frozenset(walk.paths)


@dataclass(slots=True)
class Taken:
    """Of one unit. names: tainted ones; rebound: those that mean something else; passed: parameters that some callers
    give something tainted; seeds: statements that changed, by identity; context: it runs from elsewhere, or more often.
    """

    names: set[str] = field(default_factory=set)
    rebound: set[str] = field(default_factory=set)
    passed: set[str] = field(default_factory=set)
    seeds: set[int] = field(default_factory=set)
    context: bool = False

    @property
    def size(self) -> int:
        return len(self.names) + len(self.rebound) + len(self.passed) + len(self.seeds) + self.context


class _Walk:
    """What is known so far. paths: the files of units that were reached; taken: what is known of a unit, by identity.

    up: names → the files that bind them, of the next round; rebound: those that mean something else now; transparent:
    functions that give back something else where they are given something else; callers: who does so.
    """

    def __init__(
        self, sides: tuple[Side, Side], changed: frozenset[str], requests: Callable[[], Collection[str]], most: int
    ) -> None:
        self.sides, self._requests, self.left = sides, requests, most
        self.texts = changed.difference(sides[0].files, sides[1].files)
        self.code = changed - self.texts
        old, new = sides
        self.searched = (
            [f for f in old.files if f in self.code and not is_test(f)], [f for f in new.files if not is_test(f)],
        )  # fmt: skip
        self.paths: set[str] = set()
        self.by_path: dict[tuple[int, str], tuple[Unit, ...]] = {}
        self.naming: dict[tuple[int, str], frozenset[str]] = {}
        self.taken: dict[int, Taken] = {}
        self.transparent: set[str] = set()
        self.rebound: set[str] = set()
        self.callers: dict[str, dict[int, tuple[int, Unit]]] = {}
        self.waiting: dict[int, tuple[int, Unit]] = {}
        self.asked: set[tuple[str, ...]] = set()
        self.up: dict[str, set[str]] = {}

    @cached_property
    def requests(self) -> frozenset[str]:
        return frozenset(self._requests())

    def units(self, number: int, path: str) -> tuple[Unit, ...]:
        """number: the side; a file that both share is parsed once."""
        key = (number if path in self.code else 1, path)
        if key not in self.by_path:
            if len(self.by_path) >= WIDEST:
                raise TooWide
            read = self.sides[key[0]].contents.source(path)
            self.by_path[key] = units_of(read.source) if read is not None and read.source is not None else ()
        return self.by_path[key]

    def defining(self, number: int, name: str) -> list[str]:
        """The files, no tests, of a side that define a function or class so called."""
        return self.sides[number].contents.defining(self.searched[number], name)

    def reach(
        self, number: int, unit: Unit, names: Iterable[str] = (), seeds: Iterable[int] = (),
        passed: Iterable[str] = (), context: bool = False, rebound: Iterable[str] = (),
    ) -> None:  # fmt: skip
        """The unit is worked off again where it has something new."""
        taken = self.taken.setdefault(id(unit), Taken())
        size = taken.size
        taken.names.update(names)
        taken.seeds.update(seeds)
        taken.passed.update(passed)
        taken.rebound.update(rebound)
        taken.context |= context
        if taken.size > size:
            self.waiting[id(unit)] = number, unit

    # where it begins ----------------------------------------------------------------------------------------------

    def begin(self, renames: Mapping[str, str]) -> None:
        """What is in one version of a changed file and not in the other; who reads a changed text."""
        old_of = {path: renames.get(path, path) for path in self.code - frozenset(renames.values())}
        for new, old in sorted(old_of.items()):
            if is_test(new):  # what a test passes is no fact of the program
                self.paths.update((old, new))
                continue
            before, after = self.units(0, old), self.units(1, new)
            if new != old or _unread(self.sides[0], old, before) or _unread(self.sides[1], new, after):
                self.paths.update((old, new))
            for number, mine, other in ((0, before, after), (1, after, before)):
                self._differing(number, mine, other)
        for unit in self._readers() if self.texts else ():
            self.reach(1, unit, (), [id(node) for node in unit.nodes])

    def _differing(self, number: int, mine: Sequence[Unit], other: Sequence[Unit]) -> None:
        known = {(unit.owner, unit.names, unit.text) for unit in other}
        twins = {(unit.owner, unit.names): unit for unit in other}
        for unit in mine:
            if (unit.owner, unit.names, unit.text) not in known:
                twin = twins.get((unit.owner, unit.names))
                self.reach(number, unit, (), new_statements(unit.nodes, twin.nodes if twin else ()))

    def _readers(self) -> list[Unit]:
        """The units that may read one of the texts: they name it, or its folder and the end of its name."""
        names = {path.rpartition("/")[2] for path in self.texts if not path.endswith(NEVER_READ)}
        pairs = {
            (path.rpartition("/")[0].rpartition("/")[2], "." + path.rpartition(".")[2])
            for path in self.texts if not path.endswith(NEVER_READ) and "/" in path
        }  # fmt: skip
        folders = {folder for folder, _ in pairs}
        words = [word.encode("utf-8", "surrogateescape") for word in sorted(names | folders)]
        out: list[Unit] = []
        for path in self.sides[1].contents.holding(self.searched[1], words):
            for unit in self.units(1, path):
                parts = {part for text in unit.texts if " " not in text for part in text.replace(".", "/").split("/")}
                if any(text.rpartition("/")[2] in names for text in unit.texts) or any(
                    folder in parts and any(text.endswith(end) for text in unit.texts) for folder, end in pairs
                ):
                    out.append(unit)
        return out

    # where it goes ------------------------------------------------------------------------------------------------

    def go(self) -> None:
        for _ in range(ROUNDS):
            while self.waiting:
                _, (number, unit) = self.waiting.popitem()
                self._work(number, unit)
            if not self.up:
                return
            names, self.up = self.up, {}
            self._users(names)
        raise TooWide

    def _work(self, number: int, unit: Unit) -> None:
        self.left -= 1
        if self.left < 0:
            raise TooWide
        taken = self.taken[id(unit)]
        own = flow(unit.nodes, taken.names, taken.seeds, self._opaque, taken.rebound, self._silent, unit.bound)
        found = own
        if taken.passed:
            every = taken.names | taken.passed
            found = flow(unit.nodes, every, taken.seeds, self._opaque, taken.rebound, self._silent, unit.bound)
        if found.calls or found.out or found.attributes or taken.seeds or taken.context:
            self.paths.add(unit.path)
        for name, under in found.calls.items():
            self._callees(number, unit, name, under, found.given[name])
            self.callers.setdefault(name.removeprefix("."), {})[id(unit)] = number, unit
        for name, under in found.handed.items():
            self._callees(number, unit, name, under, None)
        for name in unit.called if taken.context else ():
            self._callees(number, unit, name, True, frozenset())
        if found.attributes and unit.owner:
            self._attributes(number, unit, found.attributes)
        if not (unit.nodes and isinstance(unit.nodes[0], FUNCTIONS)):
            if found.out or taken.seeds or taken.names or taken.passed:
                self._export(unit, unit.names & found.names or unit.names, rebound=True)
        elif own.out:
            self._export(unit, unit.names)
        elif found.out:  # to those who pass something tainted, and to nobody else
            for name in unit.names - self.transparent:
                self.transparent.add(name)
                self.waiting.update(self.callers.get(name, {}))

    def _export(self, unit: Unit, names: Iterable[str], rebound: bool = False) -> None:
        for name in names:
            if rebound:
                self.rebound.add(name)
            if ("up", name, unit.path) not in self.asked:
                self.asked.add(("up", name, unit.path))
                self.up.setdefault(name, set()).add(unit.path)
                if unit.owner:  # a method is used where its class is spoken of, or one of its objects
                    self.up[name].add("")

    def _opaque(self, name: str) -> bool:
        """Is what it gives back judged where it stands, or an answer of a model?"""
        return name in self.requests or (name not in self.transparent and bool(self.defining(1, name)))

    def _silent(self, name: str) -> bool:
        return silent(name) and not self.defining(1, name) and not self.defining(0, name)

    def _attributes(self, number: int, unit: Unit, names: frozenset[str]) -> None:
        """The methods of its class, of classes that derive from it, and those who speak of either, see them."""
        for other in self.units(number, unit.path):
            if other.owner == unit.owner and other is not unit:
                self.reach(number, other, names)
        assert unit.owner is not None
        key = ("attributes", unit.owner, unit.path, *sorted(names))
        if key not in self.asked:
            self.asked.add(key)
            for side, user in self._mentioning({unit.owner: {unit.path}}):
                if user.owner != unit.owner:
                    self.reach(side, user, names)
                    for method in self.units(side, user.path):
                        if method.owner and user.owner is None and method.owner in user.names:
                            self.reach(side, method, names)

    def _users(self, names: Mapping[str, set[str]]) -> None:
        for number, unit in self._mentioning(names):
            mentioned = names.keys() & unit.mentions
            self.reach(number, unit, mentioned, rebound=mentioned & self.rebound)

    def _mentioning(self, names: Mapping[str, set[str]]) -> list[tuple[int, Unit]]:
        """Units that mention one of the names, in files that know one of its homes; "": any file."""
        out: list[tuple[int, Unit]] = []
        homes = {home for group in names.values() for home in group if home}
        for number, side in enumerate(self.sides):
            found = side.contents.mention(self.searched[number], names)
            for name, group in names.items():
                wide = "" in group and len(self.defining(number, name)) <= AMBIGUOUS
                for path in found[name]:
                    if wide or any(self._knows(number, path, home) for home in group):
                        out += [(number, unit) for unit in self.units(number, path) if name in unit.mentions]
            for home in homes:  # `from constants import *` hands on names that it does not mention
                stem = own_name(home)
                for path in sorted(self._naming(number, stem)):
                    if b"import *" in (side.contents.data(path) or b""):
                        stars = [u for u in self.units(number, path) if "*" in u.mentions and stem in u.mentions]
                        for unit in stars:
                            self._export(unit, names)
        return out

    def _knows(self, number: int, path: str, home: str) -> bool:
        """Can the file import the other one? It names it, and its folder too where others are called the same."""
        if path == home:
            return True
        stem, folder = own_name(home), _folder(home)
        if path not in self._naming(number, stem):
            return False
        above = home.removesuffix("__init__.py").rpartition("/")[0]
        if not folder or path.startswith(f"{above}/") or len(self._stems[stem]) < 2:
            return True
        return path in self._naming(number, folder)

    def _naming(self, number: int, word: str) -> frozenset[str]:
        key = number, word
        if key not in self.naming:
            self.naming[key] = frozenset(self.sides[number].contents.mention(self.searched[number], [word])[word])
        return self.naming[key]

    @cached_property
    def _stems(self) -> dict[str, list[str]]:
        out: dict[str, list[str]] = {}
        for path in self.sides[1].files:
            out.setdefault(own_name(path), []).append(path)
        return out

    def _callees(self, number: int, unit: Unit, name: str, under: bool, given: frozenset[int | str] | None) -> None:
        """given: which arguments are tainted; None: the name is an argument itself, a function or just a value. name:
        as written, `.ask` for a method, or a function of a module."""
        key = ("down", name, unit.path, str(under), *([] if given is None else sorted(map(str, given))))
        method, name = name.startswith("."), name.removeprefix(".")
        if name in COMMON or key in self.asked:
            return
        self.asked.add(key)
        for side in (0, 1):
            for path in self._meant(number, side, unit.path, name, bool(given)):
                for callee in self.units(side, path):
                    named = name in callee.names and (method or not callee.owner)
                    if named or (callee.owner == name and callee.names & SPECIAL):
                        self._enter(side, callee, under, frozenset({ALL}) if given is None else given)

    def _meant(self, number: int, side: int, caller: str, name: str, far: bool) -> list[str]:
        """The files whose function of that name a caller can mean: those that it can import, what overrides these, and
        where there is none such, few enough others. far: not only those that it can import."""
        paths = self.defining(side, name)
        known = [path for path in paths if self._knows(number, caller, path)]
        if not far:
            return known
        if not known:
            return paths if len(paths) <= AMBIGUOUS else []
        return [p for p in paths if p in known or any(self._knows(side, p, home) for home in known)]

    def _enter(self, number: int, callee: Unit, under: bool, given: frozenset[int | str]) -> None:
        names: set[str] = set()
        fields = [n.target.id for n in callee.nodes if isinstance(n, ast.AnnAssign) and isinstance(n.target, ast.Name)]
        for node in callee.nodes:
            if isinstance(node, FUNCTIONS):
                names.update(_parameters(node.args, given))
        if fields:  # of a dataclass
            positional = any(isinstance(place, int) or place == ALL for place in given)
            names.update(field for field in fields if positional or field in given)
        self.reach(number, callee, passed=names, context=under)


def _parameters(a: ast.arguments, given: frozenset[int | str]) -> Iterator[str]:
    """The names by which a function knows the arguments that are given."""
    placed = [arg.arg for arg in (*a.posonlyargs, *a.args)]
    if placed and placed[0] in OWN:
        del placed[0]
    named = [*placed, *(arg.arg for arg in a.kwonlyargs)]
    for place in given:
        if place == ALL:
            yield from named
            yield from (arg.arg for arg in (a.vararg, a.kwarg) if arg is not None)
        elif isinstance(place, int):
            yield from [placed[place]] if place < len(placed) else [a.vararg.arg] if a.vararg else []
        elif place in named:
            yield place
        elif a.kwarg:
            yield a.kwarg.arg


def _unread(side: Side, path: str, units: Sequence[Unit]) -> bool:
    """It is there, and cannot be parsed."""
    return not units and bool((side.contents.data(path) or b"").strip())


def _folder(path: str) -> str:
    """The name of the folder that the module lies in."""
    above = path.removesuffix("/__init__.py") if path.endswith("/__init__.py") else path
    return above.rpartition("/")[0].rpartition("/")[2]
