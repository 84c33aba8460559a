"""A function's syntax → the names it uses, the calls it writes, and whether one of them can mean a certain function.

All of this is read before anything is followed: most functions that use a name like `run` or `get` cannot be calling
the `run` that is asked about, and need not be looked into.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterable
from dataclasses import field
from typing import Any

from llmlint.light import dataclass
from llmlint.link.nodes import LEAVES
from llmlint.link.project import FuncInfo, Module

NAMELESS = LEAVES | {ast.Constant}


@dataclass(slots=True)
class Mentions:
    """How often a unit uses each name (not counting functions defined in it), and its calls by the name called."""

    counts: Counter[str] = field(default_factory=Counter)
    calls: dict[str, list[ast.Call]] = field(default_factory=dict)


def call_name(node: ast.Call) -> str | None:
    if isinstance(node.func, ast.Attribute):
        return node.func.attr
    return node.func.id if isinstance(node.func, ast.Name) else None


def key_of(node: ast.AST) -> str | None:
    """`x["key"]`, `x.get("key")` and `getattr(x, "key")`."""
    if isinstance(node, ast.Subscript):
        inner: ast.AST = node.slice
    elif isinstance(node, ast.Call) and node.args and call_name(node) in ("get", "pop"):
        inner = node.args[0]
    elif isinstance(node, ast.Call) and len(node.args) > 1 and call_name(node) == "getattr":
        inner = node.args[1]
    else:
        return None
    return inner.value if isinstance(inner, ast.Constant) and isinstance(inner.value, str) else None


def module_units(module: Module) -> list[FuncInfo | Module]:
    return [module, *module.definitions]


def module_aliases(module: Module, name: str) -> set[str]:
    """Names that the module gives to `name`: imports under another name, and plain assignments."""
    cached: dict[str, set[str]] = module.__dict__.setdefault("_aliases", {})
    if not cached:
        cached[""] = set()
        for node in bindings(module):
            if isinstance(node, (ast.Import, ast.ImportFrom)):
                for alias in node.names:
                    if alias.asname:
                        cached.setdefault(alias.name, set()).add(alias.asname)
            elif isinstance(node, ast.Assign) and not isinstance(node.value, ast.Call):
                for source in plain_names(node.value):
                    for target in node.targets:
                        cached.setdefault(source, set()).update(plain_names(target))
            elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
                for arg in node.value.args[:1]:
                    if isinstance(arg, (ast.Name, ast.Attribute)) and call_name(node.value) in (
                        "partial",
                        "wraps",
                        "traceable",
                        "tool",
                    ):
                        source = arg.id if isinstance(arg, ast.Name) else arg.attr
                        for target in node.targets:
                            if isinstance(target, ast.Name):
                                cached.setdefault(source, set()).add(target.id)
    return cached.get(name, set())


def bindings(module: Module) -> list[ast.Import | ast.ImportFrom | ast.Assign]:
    """The imports and assignments of the whole file, in no order."""
    cached: list[ast.Import | ast.ImportFrom | ast.Assign] | None = module.__dict__.get("_bindings")
    if cached is None:
        cached = module.__dict__["_bindings"] = []
        stack: list[ast.stmt] = list(module.tree.body)
        while stack:
            node = stack.pop()
            if isinstance(node, (ast.Import, ast.ImportFrom, ast.Assign)):
                cached.append(node)
                continue
            for block in ("body", "orelse", "finalbody"):
                stack += getattr(node, block, None) or ()
            for block in ("handlers", "cases"):
                for part in getattr(node, block, None) or ():
                    stack += part.body
    return cached


def plain_names(node: ast.expr) -> list[str]:
    """The last names of what an expression can be: `f`, `m.f`, `f if x else g`."""
    if isinstance(node, ast.Name):
        return [node.id]
    if isinstance(node, ast.Attribute):
        return [node.attr]
    if isinstance(node, ast.IfExp):
        return [*plain_names(node.body), *plain_names(node.orelse)]
    return [n for v in node.values for n in plain_names(v)] if isinstance(node, ast.BoolOp) else []


def unit_names(module: Module, unit: FuncInfo | Module) -> Mentions:
    """Every name that the unit's own code uses."""
    cached: dict[int, Mentions] = module.source.names  # two revisions share what they have parsed
    root = unit.tree if isinstance(unit, Module) else unit.node
    found = cached.get(id(root))
    if found is None:
        found = cached[id(root)] = Mentions()
        counts, calls = found.counts, found.calls
        stack: list[Any] = list(root.body) if isinstance(root, ast.Module) else list(root.__dict__.values())
        while stack:  # where many files mention a common name this loop is the run
            node = stack.pop()
            kind = type(node)
            if kind in NAMELESS:
                continue
            if kind is ast.Name:
                counts[node.id] += 1
            elif kind is list:
                stack += node
            elif kind is ast.FunctionDef or kind is ast.AsyncFunctionDef:
                stack += node.decorator_list
            else:
                if kind is ast.Attribute:
                    counts[node.attr] += 1
                elif kind is ast.Call:
                    name = call_name(node)
                    if name is not None:
                        calls.setdefault(name, []).append(node)
                stack += node.__dict__.values()
    return found


def units_using(module: Module, names: Iterable[str]) -> list[FuncInfo | Module]:
    """The units of the file whose own code uses one of the names, in order."""
    units = module_units(module)
    size, index = module.__dict__.get("_users", (0, {}))
    if size != len(units):
        index.clear()
        module.__dict__["_users"] = len(units), index
        for number, unit in enumerate(units):
            for name in unit_names(module, unit).counts:
                index.setdefault(name, []).append(number)
    return [units[number] for number in sorted({n for name in names for n in index.get(name, ())})]


def handed_names(module: Module) -> frozenset[str]:
    """The names that a unit of the file uses otherwise than by calling them."""
    cached: frozenset[str] | None = module.__dict__.get("_handed_names")
    if cached is None:
        used = [unit_names(module, unit) for unit in module_units(module)]
        cached = module.__dict__["_handed_names"] = frozenset(
            name for one in used for name, count in one.counts.items() if count > len(one.calls.get(name, ()))
        )
    return cached


def may_call(info: FuncInfo, module: Module, mentions: Mentions, names: set[str]) -> bool:
    """Can code with these mentions call `info`, or hand it on, under one of `names`?"""
    for name in names:
        used = mentions.counts.get(name, 0)
        if not used:
            continue
        calls = mentions.calls.get(name, ())
        if used > len(calls):
            return True  # handed to somebody
        if any(fits(info, call) and reaches(info, module, call) for call in calls):
            return True
    return False


def fits(info: FuncInfo, call: ast.Call) -> bool:
    """Do the arguments agree with the parameters?"""
    a = info.node.args
    names = [x.arg for x in info.arguments]
    bound = 1 if info.is_method else 0
    starred = any(isinstance(x, ast.Starred) for x in call.args)
    keywords = {k.arg for k in call.keywords}
    if a.vararg is None and not starred and len(call.args) > len(names):
        return False
    if a.kwarg is None and not (keywords - {None}) <= {*names, *(k.arg for k in a.kwonlyargs)}:
        return False
    if starred or None in keywords:
        return True
    required = names[bound : len(names) - len(a.defaults)]
    return len(call.args) + len(keywords) >= len(required)


def reaches(info: FuncInfo, module: Module, call: ast.Call) -> bool:
    """Can the function called by a plain name, or as an attribute of one, be this module-level function?"""
    if info.cls is not None or info.parent is not None or module is info.module:
        return True
    imported = imported_names(module)
    known = home_parts(info.module, module)
    if imported.get("*", frozenset()) & known:
        return True
    owner: ast.expr = call.func
    while isinstance(owner, ast.Attribute):
        owner = owner.value
    if isinstance(owner, ast.Name):
        return bool(imported.get(owner.id, frozenset()) & known) or bool(module_aliases(module, info.name))
    return not isinstance(owner, ast.Constant)


def knows(module: Module, home: Module) -> bool:
    """Does the file stand beside `home`, or import something that has a part of its path in the name?"""
    if module is home or module.package == home.package:
        return True
    known = home_parts(home, module)
    return any(parts & known for parts in imported_names(module).values())


def home_parts(home: Module, importer: Module) -> frozenset[str]:
    """The words by which an import in `importer` can mean `home`: its name, its packages', a relative import's dot."""
    parts = home.path.removesuffix(".py").removesuffix(".ipynb").removesuffix("/__init__").split("/")
    related = importer.path.partition("/")[0] == parts[0]
    return frozenset({*parts, "."} if related else parts)


def imported_names(module: Module) -> dict[str, frozenset[str]]:
    """What the module's imports bind, anywhere in it → the words of where it comes from; "*" for star imports."""
    cached: dict[str, frozenset[str]] | None = module.__dict__.get("_imported")
    if cached is None:
        cached = module.__dict__["_imported"] = {}
        for node in bindings(module):
            if isinstance(node, ast.Assign):
                continue
            base = (node.module or "").split(".") if isinstance(node, ast.ImportFrom) else []
            dots = ["."] if isinstance(node, ast.ImportFrom) and node.level else []
            for alias in node.names:
                name = alias.asname or alias.name.partition(".")[0]
                found = frozenset({*base, *dots, *alias.name.split(".")})
                cached[name] = cached.get(name, frozenset()) | found
    return cached
