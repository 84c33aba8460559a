"""LangGraph: a node's function → who invokes its graph, and who fans out to it.

`builder.add_node("write", write_section)`, `Send("write", {…})` in a comprehension, `graph = builder.compile()`,
`await graph.ainvoke(…)`, and a compiled graph that is itself a node of another one.
"""

from __future__ import annotations

import ast

from llmlint.light import dataclass
from llmlint.link.edges import Edge, Edges, in_main
from llmlint.link.loops import loop_of
from llmlint.link.mentions import owner_of, places
from llmlint.link.names import call_name, home_parts, imported_names, module_aliases
from llmlint.link.project import FuncInfo, Module, dotted_name
from llmlint.link.scopes import Frame, Loop

INVOKES = frozenset({"invoke", "ainvoke", "stream", "astream", "batch", "abatch", "astream_events", "astream_log"})
MAX_NESTING = 3


@dataclass(frozen=True, slots=True)
class Node:
    """A place where a graph gets a node: the builder's name, the node's, and where."""

    module: Module
    builder: str
    name: str
    call: ast.Call


class Graphs:
    def __init__(self, edges: Edges) -> None:
        self.edges = edges
        self._into: dict[int, list[Edge]] = {}

    def into(self, info: FuncInfo) -> list[Edge]:
        """Who makes the graph run in which the function is a node; a fan-out is a loop around it."""
        found = self._into.get(id(info))
        if found is None:
            found = self._into[id(info)] = []
            for mention in self.edges.mentions(info):
                if mention.call is not None and call_name(mention.call) == "add_node" and not mention.is_text:
                    node = self.node(mention.module, mention.call, info.name)
                    if node is not None:
                        found += self.runs(node, ())
        return found

    def node(self, module: Module, call: ast.Call, default: str) -> Node | None:
        builder = builder_name(call.func)
        if builder is None:
            return None
        first = call.args[0] if call.args else None
        name = first.value if isinstance(first, ast.Constant) and isinstance(first.value, str) else default
        return Node(module, builder, name, call)

    def runs(self, node: Node, above: tuple[tuple[str, str], ...]) -> list[Edge]:
        """The invocations of the node's graph, each in the loops that stand around it or fan out to the node."""
        key = (node.module.path, node.builder)
        if key in above or len(above) >= MAX_NESTING:
            return []
        out: list[Edge] = []
        fans = self.sends(node.module, node.name)
        for name in self.compiled(node):
            out += self.invocations(node.module, name)
            for outer in self.nested(node, name):
                out += self.runs(outer, (*above, key))
        for outer in self.nested(node, None):
            out += self.runs(outer, (*above, key))
        if not fans:
            return out
        if not out:
            return [Edge(node.module, node.module, node.call.lineno, None, fans)]
        return [Edge(e.unit, e.module, e.line, e.waits, (*e.loops, *fans), e.in_main, e.queue) for e in out]

    def compiled(self, node: Node) -> list[str]:
        """The names that the compiled graph is given: `graph = builder.compile()`."""
        out = []
        for use in places(node.module).names.get("compile", ()):
            parents = places(node.module).parents
            call = parents.get(id(use))
            if not isinstance(call, ast.Call) or builder_name(use) != node.builder:
                continue
            parent = parents.get(id(call))
            while isinstance(parent, (ast.Call, ast.Attribute)):
                parent = parents.get(id(parent))
            if isinstance(parent, ast.Assign):
                out += [n.rpartition(".")[2] for t in parent.targets if (n := dotted_name(t))]
        return out

    def nested(self, node: Node, name: str | None) -> list[Node]:
        """Where the compiled graph (`name`, or `builder.compile()` in place) is a node of another graph."""
        out = []
        for module in self.near(node, name):
            for use in places(module).names.get("add_node", ()):
                call = places(module).parents.get(id(use))
                if not isinstance(call, ast.Call) or call.func is not use:
                    continue
                for arg in call.args[1:2] or call.args[:1]:
                    if isinstance(arg, ast.Call) and call_name(arg) == "compile":
                        hit = name is None and builder_name(arg.func) == node.builder
                    else:
                        hit = name is not None and (dotted_name(arg) or "").rpartition(".")[2] == name
                    found = self.node(module, call, name or node.builder) if hit else None
                    if found is not None:
                        out.append(found)
        return out

    def near(self, node: Node, name: str | None) -> list[Module]:
        if name is None:
            return [node.module]
        modules = self.edges.run.near_modules(name, node.module)
        return [m for m in modules if m is node.module or name in places(m).names]

    def invocations(self, home: Module, name: str) -> list[Edge]:
        out = []
        for module in self.edges.run.near_modules(name, home):
            # another file's variable of that name is another graph
            if module is not home and not imported_names(module).get(name, frozenset()) & home_parts(home, module):
                continue
            names = {name, *module_aliases(module, name)}
            found = places(module)
            for use in [n for one in sorted(names) for n in found.names.get(one, ())]:
                method = found.parents.get(id(use))
                call = found.parents.get(id(method)) if isinstance(method, ast.Attribute) else None
                if not (isinstance(method, ast.Attribute) and method.attr in INVOKES and isinstance(call, ast.Call)):
                    continue
                owner, _ = owner_of(module, found, call)
                record = next((r for r in self.edges.run.records(owner) if r.node is call), None)
                loops = record.loops if record is not None else ()
                out.append(Edge(owner, module, call.lineno, True, loops, in_main(module, call)))
        return out

    def sends(self, module: Module, name: str) -> tuple[Loop, ...]:
        """The loops in which `Send("name", …)` stands."""
        found = places(module)
        for text in found.texts.get(name, ()):
            call = found.parents.get(id(text))
            if not (isinstance(call, ast.Call) and call_name(call) == "Send" and call.args and call.args[0] is text):
                continue
            parent = found.parents.get(id(call))
            while parent is not None and not isinstance(parent, (ast.FunctionDef, ast.AsyncFunctionDef)):
                if isinstance(parent, (ast.ListComp, ast.GeneratorExp)):
                    first = parent.generators[0]
                    return (loop_of(first.iter, "fan-out", Frame(module), first.target),)
                if isinstance(parent, ast.For):
                    return (loop_of(parent.iter, "fan-out", Frame(module), parent.target),)
                parent = found.parents.get(id(parent))
        return ()


def builder_name(func: ast.expr) -> str | None:
    """`builder` of `builder.add_node`, `builder.add_node(…).add_edge`."""
    while isinstance(func, ast.Attribute):
        func = func.value
        while isinstance(func, ast.Call):
            func = func.func
            if isinstance(func, ast.Attribute):
                func = func.value
    return func.id if isinstance(func, ast.Name) else None
