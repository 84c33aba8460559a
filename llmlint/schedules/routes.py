"""A URL that a schedule asks → the function of the project that answers it: `@app.post("/tasks/nightly")`."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping

from llmlint.schedules.records import Read

HOST = re.compile(r"^(?:\w+://[^/\s]*|\$\{[^}]*\}|\$\w+)")  # https://app.example.com, ${google_cloud_run_service.a.url}
VERBS = frozenset({"get", "post", "put", "patch", "delete", "route", "api_route"})
DECORATED = re.compile(rf"@[^\n]*\.({'|'.join(sorted(VERBS))})\(")


def path_of(url: str) -> str:
    """The path without slashes at its ends; "" where the URL names nothing below its host, or somebody else's API."""
    text = url.strip("'\"")
    host = HOST.match(text)
    if host is None and not text.startswith("/"):
        return ""
    if host is not None and "//api." in host[0]:
        return ""
    return re.split(r"[?#]", text[host.end() if host else 0 :])[0].strip("/")


def answering(url: str, known: Mapping[str, list[tuple[str, str]]]) -> tuple[str, str] | None:
    """(file, function) of the only route with this path; a router's prefix may stand before what the decorator says.
    None: no route, or several. known: as `routes_in` gives it."""
    wanted = path_of(url)
    ends = (wanted.split("/", at)[-1] for at in range(wanted.count("/") + 1))  # the longest first
    found: list[tuple[str, str]] = next((known[end] for end in ends if end and end in known), [])
    return found[0] if len(found) == 1 else None


def routes_in(files: Iterable[str], read: Read) -> dict[str, list[tuple[str, str]]]:
    """The path of each route → (file, function) of all that answer it."""
    out: dict[str, list[tuple[str, str]]] = {}
    for file in files:
        text = read(file) or ""
        if DECORATED.search(text):
            for route, function in routes(text):
                out.setdefault(route, []).append((file, function))
    return out


def routes(text: str) -> Iterator[tuple[str, str]]:
    """Every route that a decorator gives a literal path, and the function's qualified name."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    todo: list[tuple[ast.AST, str]] = [(tree, "")]
    while todo:
        node, name = todo.pop()
        for child in ast.iter_child_nodes(node):
            if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                qualified = f"{name}.{child.name}" if name else child.name
                todo.append((child, qualified))
                for route in filter(None, map(route_of, child.decorator_list)):
                    yield route, qualified
            elif not isinstance(child, ast.expr):
                todo.append((child, name))


def route_of(decorator: ast.expr) -> str:
    """"" where it names no literal path."""
    if isinstance(decorator, ast.Call) and isinstance(decorator.func, ast.Attribute) and decorator.func.attr in VERBS:
        for first in decorator.args[:1]:
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                return first.value.strip("/")
    return ""
