"""The scope in which code is evaluated: variables, enclosing loops, and what was called from it."""

from __future__ import annotations

import ast
from dataclasses import field
from typing import TYPE_CHECKING, TypeAlias

from llmlint.light import dataclass
from llmlint.link.values import Args, Value, meet_branches

if TYPE_CHECKING:
    from llmlint.link.project import FuncInfo, Module


@dataclass(frozen=True, slots=True)
class Loop:
    """Something that repeats what stands in it. `per_item`: once per item of a collection, as opposed to a retry."""

    what: str  # "for", "comprehension", "map", "while"
    over: str  # the source of the collection, shortened
    line: int
    per_item: bool
    handful: bool = False  # the collection is written out in the code: few items, or the pauses between tries


# calls, innermost first: the function that each stands in (None: a module's top level) and the loops around it there
Way: TypeAlias = "tuple[tuple[FuncInfo | None, tuple[Loop, ...]], ...]"


@dataclass(slots=True)
class CallRecord:
    """One call as it was met while a function was run for its own sake."""

    node: ast.Call
    module: Module
    function: FuncInfo | None
    callee: Value
    args: Args
    loops: tuple[Loop, ...]
    in_main: bool = False  # under `if __name__ == "__main__":`


@dataclass(slots=True)
class Frame:
    """Variables of one run of a function, class or module body. `root`: calls met here are recorded."""

    module: Module
    function: FuncInfo | None = None
    parent: Frame | None = None
    vars: dict[str, Value] = field(default_factory=dict)
    root: bool = False
    records: list[CallRecord] = field(default_factory=list)
    loops: tuple[Loop, ...] = ()
    returns: list[Value] = field(default_factory=list)
    yields: list[Value] = field(default_factory=list)
    exits: list[dict[str, Value]] = field(default_factory=list)  # variables at each return
    jumps: list[list[dict[str, Value]]] = field(default_factory=list)  # variables at break/continue, per loop
    stars: list[Module] = field(default_factory=list)
    globals: set[str] = field(default_factory=set)
    in_main: bool = False
    class_body: bool = False
    came: Way = ()  # the calls that were entered on the way here

    def is_self(self, node: ast.expr) -> bool:
        """Is this the object of the method that runs here?"""
        info = self.function
        if info is None or not info.is_method or not isinstance(node, ast.Name):
            return False
        return node.id == info.arguments[0].arg

    def fork(self) -> dict[str, Value]:
        return dict(self.vars)


def merged_vars(branches: list[dict[str, Value]]) -> dict[str, Value]:
    """The variables after branches that meet again."""
    first, *rest = branches
    for other in rest:
        if other is first:
            continue
        out = dict(first)
        for name, value in other.items():
            mine = first.get(name)
            out[name] = value if mine is None else (mine if mine is value else meet_branches(mine, value))
        first = out
    return first
