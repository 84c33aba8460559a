"""The state that all parts of the interpreter share, and what each part offers to the others."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence

from llmlint.link.project import ClassInfo, FuncInfo, Module, Project
from llmlint.link.scopes import CallRecord, Frame, Way
from llmlint.link.values import Args, FilePath, Function, Lazy, Map, Value, alternatives
from llmlint.sdks.catalogue import Catalogue

MAX_INLINE = 10  # calls entered inside calls
UNITS = 500  # functions followed in a run, and so many more for each file that is asked about:
UNITS_PER_FILE = 120
CONTEXT_UNITS, CONTEXT_UNITS_PER_FILE = 40, 4  # … after that, to find out who calls what was found
MAX_DEPTH = 1_000  # nested evaluations; each costs a handful of Python frames
CALL_FUEL = 6_000  # expressions evaluated inside one call that is entered from a function run for its own sake
UNIT_FUEL = 60_000  # … inside all its calls, after which one call gets POOR_FUEL, and in the end nothing
POOR_FUEL = 600


class Core:
    """One run over one project. Not thread-safe; a new one for each run."""

    def __init__(self, project: Project, catalogue: Catalogue, llm_calls: Sequence[str] = ()) -> None:
        self.project = project
        self.catalogue = catalogue
        self.llm_calls = frozenset(llm_calls)
        self.fuel = CALL_FUEL
        self.spent = 0
        self.units_left = UNITS  # functions that may still be followed for their own sake
        self.depth = 0
        self.active: tuple[FuncInfo, ...] = ()  # the calls that have been entered, outermost first

    def later(self, work: Callable[[], Value]) -> Lazy:
        """Work to be done when somebody looks, as if it were done now: inside the calls that are entered now."""
        chain = self.active

        def run() -> Value:
            now, self.active = self.active, chain
            try:
                return work()
            finally:
                self.active = now

        return Lazy(run)

    def considered(self, node: ast.expr, frame: Frame) -> list[Value]:
        """What an expression can be, asked from outside of any function: with little fuel, but of its own."""
        spent, fuel, depth, active = self.spent, self.fuel, self.depth, self.active
        self.spent, self.fuel, self.depth, self.active = UNIT_FUEL, POOR_FUEL, 0, ()
        try:
            return list(alternatives(self.evaluate(node, frame)))
        finally:
            self.spent, self.fuel, self.depth, self.active = spent, fuel, depth, active

    # expressions.py
    def evaluate(self, node: ast.expr, frame: Frame) -> Value:
        raise NotImplementedError

    def lookup(self, name: str, frame: Frame) -> Value:
        raise NotImplementedError

    def truth(self, node: ast.expr, frame: Frame) -> bool | None:
        raise NotImplementedError

    def add(self, a: Value, b: Value, a_name: str, b_name: str) -> Value:
        raise NotImplementedError

    def splat(self, onto: Map, value: Value) -> Map:
        raise NotImplementedError

    def elements(self, value: Value) -> Value:
        raise NotImplementedError

    # statements.py
    def execute(self, body: Sequence[ast.stmt], frame: Frame) -> bool:
        raise NotImplementedError

    def assign(self, target: ast.expr, value: Value, frame: Frame) -> None:
        raise NotImplementedError

    # calls.py
    def call(self, callee: Value, args: Args, frame: Frame) -> Value:
        raise NotImplementedError

    def enter(self, function: Function, args: Args, came: Way = ()) -> tuple[Value, dict[str, Value]]:
        raise NotImplementedError

    # objects.py
    def attribute(self, value: Value, name: str) -> Value:
        raise NotImplementedError

    def mro(self, cls: ClassInfo) -> list[Value]:
        raise NotImplementedError

    def find_method(self, cls: ClassInfo, name: str) -> FuncInfo | None:
        raise NotImplementedError

    def written_attributes(self, cls: ClassInfo, info: FuncInfo) -> frozenset[str]:
        raise NotImplementedError

    def instantiate(self, cls: ClassInfo, args: Args, inside: bool = False) -> Value:
        raise NotImplementedError

    def general_instance(self, cls: ClassInfo) -> Value:
        raise NotImplementedError

    def from_annotation(self, node: ast.expr | None, frame: Frame) -> Value:
        raise NotImplementedError

    def default(self, node: ast.expr, info: FuncInfo) -> Value:
        raise NotImplementedError

    def bind_arguments(self, info: FuncInfo, args: Args, bound: Value | None, frame: Frame) -> dict[str, Value]:
        raise NotImplementedError

    def file_text(self, path: FilePath) -> Value:
        raise NotImplementedError

    def field_default(self, value: Value) -> Value:
        raise NotImplementedError

    def project_frame(self) -> Frame:
        raise NotImplementedError

    # interpreter.py
    def module_frame(self, module: Module) -> Frame:
        raise NotImplementedError

    # callers.py
    def records(self, unit: FuncInfo | Module) -> list[CallRecord]:
        raise NotImplementedError

    def constructions(self, cls: ClassInfo) -> list[Args]:
        raise NotImplementedError

    def parameter(self, info: FuncInfo, name: str) -> Value:
        raise NotImplementedError
