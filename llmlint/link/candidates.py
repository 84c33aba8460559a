"""A call as written → can it be a request at all? What cannot is never followed to its receiver.

`create`, `stream`, `parse` and `run` are names that every code base uses; to find out what `x` is in `x.create(…)` may
take the callers of half a program. The keywords of a request tell most of them apart without looking.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property

from llmlint.link.names import Mentions, bindings, call_name
from llmlint.link.nodes import below
from llmlint.link.project import Module
from llmlint.sdks.catalogue import Catalogue, Shape

HTTP_VERBS = frozenset({"post", "request", "stream", "urlopen", "Request"})
BODIES = frozenset({"json", "data", "content", "body"})
# with positional arguments only in odd wrappers, and the names are everybody's
KEYWORDS_ONLY = frozenset({"create", "parse", "stream", "run"})
INPUTS = frozenset({"input", "inputs", "messages", "prompt", "prompts", "text", "texts", "user_prompt", "user_msg",
  "query", "question", "query_bundle", "message", "new_message", "task"})  # fmt: skip


class Candidates:
    """Which calls deserve a look. handed: names of functions that call a function handed to them.

    naming: words → the files of the project that contain each.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        llm_calls: Iterable[str],
        handed: frozenset[str],
        naming: Callable[[frozenset[str]], Mapping[str, Sequence[str]]],
    ) -> None:
        self.handed = handed
        self.naming = naming
        rare = {name for sdk in catalogue.sdks for name in sdk.model_methods.keys() - sdk.common}
        self.common: dict[str, set[str]] = {}
        for sdk in catalogue.sdks:
            for name in sdk.common - rare:
                self.common.setdefault(name, set()).update(sdk.words)
        self.always = {name.rpartition(".")[2] for name in llm_calls}
        self.shapes: dict[str, list[Shape]] = {}
        self.ends: set[tuple[str, ...]] = set()  # of methods whose keywords are not described: ("batches", "create")
        self.takes_input: set[str] = set()
        self.callable: set[str] = set()  # classes whose objects are asked by calling them
        for sdk in catalogue.sdks:
            for path, method in [*sdk.methods.items(), *sdk.functions.items()]:
                name = path.rpartition(".")[2]
                if method.shape is None:
                    self.ends.add(tuple(path.split(".")[-2:]))
                else:
                    self.shapes.setdefault(name, []).append(method.shape)
            self.always |= {d.rpartition(".")[2] for d, o in sdk.model_objects.items() if not o.quiet}
            self.always |= {name for name, method in sdk.model_methods.items() if method.bare}
            self.takes_input |= {*sdk.model_methods}
            if "__call__" in sdk.model_methods:
                self.callable |= {d.rpartition(".")[2] for d in sdk.model_objects}
        self.known = {n: frozenset(k for s in shapes for k in first_keywords(s)) for n, shapes in self.shapes.items()}
        placed = {name for name, shapes in self.shapes.items() if any(s.positional for s in shapes)}
        self.positional = placed - KEYWORDS_ONLY
        self.core = frozenset(
            k for shapes in self.shapes.values() for s in shapes for k in heads((*s.model, *s.messages, *s.prompt))
        )
        ends = {end[-1] for end in self.ends}
        self.names = frozenset({*self.always, *self.shapes, *self.takes_input, *HTTP_VERBS, *ends, *self.callable})

    def in_unit(self, module: Module, mentions: Mentions) -> bool:
        """Does the unit hold a call worth a look?"""
        return any(self.call(module, node) for calls in mentions.calls.values() for node in calls)

    def call(self, module: Module, node: ast.Call) -> bool:
        name = call_name(node)
        if name is None:
            return True  # make()(…): rare
        given = {k.arg for k in node.keywords}
        splat = None in given
        if (name in self.always and self.at_home(name)) or self.ends & {(name,), (owner_name(node), name)}:
            return True
        if name in self.shapes and (splat or given & self.known[name] or (node.args and name in self.positional)):
            return True
        if node.args and name in self.shapes and name in self.common and self.at_home(name):
            return True
        if name in self.takes_input and (splat or node.args or given & INPUTS) and self.at_home(name):
            return True
        if name in HTTP_VERBS and (splat or given & BODIES or len(node.args) > 1):
            return True
        if name in self.handed and any(self.method(module, a) for a in node.args):
            return True
        if isinstance(node.func, ast.Name):
            return splat or bool(given & self.core) or name in self.local_names(module)
        return name in self.called_attributes(module)

    def method(self, module: Module, node: ast.expr) -> bool:
        """Is it, by its name, a method that sends requests?"""
        if isinstance(node, ast.Attribute):
            return node.attr in self.names
        return isinstance(node, ast.Name) and node.id in self.local_names(module)

    def local_names(self, module: Module) -> frozenset[str]:
        """Names that the module binds to a method or a function that sends requests: `ask = client.messages.create`."""
        cached: frozenset[str] | None = module.__dict__.get("_request_names")
        if cached is None:
            cached = module.__dict__["_request_names"] = frozenset(self.bound_names(module))
        return cached

    def at_home(self, name: str) -> bool:
        """Is the method known by its name alone, or does the project use an SDK that has it?"""
        return name not in self.common or name in self.used

    @cached_property
    def used(self) -> frozenset[str]:
        """Methods with everybody's names, of the SDKs that the project names."""
        found = self.naming(frozenset(word for words in self.common.values() for word in words))
        return frozenset(name for name, words in self.common.items() if any(found.get(word) for word in words))

    def called_attributes(self, module: Module) -> frozenset[str]:
        """Attributes that the module sets to an object which is asked by calling it: `self.qa = dspy.Predict(…)`."""
        cached: frozenset[str] | None = module.__dict__.get("_called_attributes")
        if cached is None:
            cached = module.__dict__["_called_attributes"] = frozenset(
                target.attr
                for node in bindings(module)
                if isinstance(node, ast.Assign) and self.callable & used_names(node.value)
                for target in node.targets
                if isinstance(target, ast.Attribute)
            )
        return cached

    def bound_names(self, module: Module) -> Iterable[str]:
        for node in bindings(module):
            if isinstance(node, (ast.Import, ast.ImportFrom)):
                yield from (a.asname for a in node.names if a.asname and a.name.rpartition(".")[2] in self.names)
            else:
                if used_names(node.value) & self.names:
                    yield from (t.id for t in node.targets if isinstance(t, ast.Name))


def used_names(node: ast.expr) -> set[str]:
    return {
        n.attr if isinstance(n, ast.Attribute) else n.id
        for n in below(node)
        if isinstance(n, (ast.Attribute, ast.Name))
    }


def owner_name(node: ast.Call) -> str:
    """`batches` of `client.batches.create()`."""
    owner = node.func.value if isinstance(node.func, ast.Attribute) else None
    return owner.attr if isinstance(owner, ast.Attribute) else owner.id if isinstance(owner, ast.Name) else ""


def first_keywords(shape: Shape) -> Iterable[str]:
    """The keywords of a request as they are written in the call: `inferenceConfig.maxTokens` → inferenceConfig."""
    fields = (
        shape.model, shape.cap, shape.system, shape.messages, shape.prompt, shape.tools, shape.structured, shape.effort,
    )  # fmt: skip
    return heads(path for paths in fields for path in paths)


def heads(paths: Iterable[str]) -> Iterable[str]:
    return (path.partition(".")[0] for path in paths)
