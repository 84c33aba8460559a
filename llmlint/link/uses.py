"""A file → the libraries that it imports: what decides whether `@app.get` is a route and `schedule` the library."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from llmlint.link.frameworks import ANY, Framework
from llmlint.link.names import bindings
from llmlint.link.project import Module


def libraries(module: Module) -> frozenset[str]:
    """The dotted names that the file imports from outside the project, with everything that they begin with."""
    cached: frozenset[str] | None = module.__dict__.get("_libraries")
    if cached is None:
        cached = module.__dict__["_libraries"] = frozenset(_libraries(module))
    return cached


def _libraries(module: Module) -> Iterable[str]:
    own: dict[str, bool] = {}
    for node in bindings(module):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        for name in names:
            root = name.partition(".")[0]
            if root not in own:
                own[root] = module.project.find(root, module.path) not in (None, module.path)
            if own[root]:
                continue
            while name:
                yield name
                name = name.rpartition(".")[0]


def uses(module: Module, framework: Framework) -> bool:
    """Does the file import the framework?"""
    if ANY in framework.modules:
        return True
    found = libraries(module)
    return any(name in found for name in framework.modules)


def belongs(dotted: str, framework: Framework) -> bool:
    """Is it a name of the framework's? `flask.Flask.route` is one of flask's."""
    return any(dotted == m or dotted.startswith(m + ".") for m in framework.modules)
