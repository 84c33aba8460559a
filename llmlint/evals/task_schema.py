"""A task's document → everything that task.schema.json has against it, each with its line and what to write instead."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from llmlint.errors import TaskError
from llmlint.judge.documents import Document
from llmlint.judge.policy_schema import Key, Problem, problems

FILE = Path(__file__).parent / "schemas" / "task.schema.json"


@cache
def task_schema() -> Mapping[str, Any]:
    """task.schema.json with every reference written out."""
    whole = json.loads(FILE.read_text("utf-8"))
    return {"task": _expanded(whole, whole["$defs"]), "graders": _graders(whole["$defs"])}


def _graders(defs: Mapping[str, Any]) -> dict[str, Any]:
    names = defs["grader-name"]["enum"]
    return {name: _expanded(defs[f"grader-{name}"], defs) for name in names}


def _expanded(node: Any, defs: Mapping[str, Any]) -> Any:
    if isinstance(node, list):
        return [_expanded(item, defs) for item in node]
    if not isinstance(node, dict):
        return node
    while "$ref" in node:
        beside = {k: v for k, v in node.items() if k != "$ref"}
        node = {**defs[node["$ref"].rpartition("/")[2]], **beside}
    return {k: v if k == "examples" else _expanded(v, defs) for k, v in node.items() if k not in ("allOf", "$defs")}


def mistakes(document: Document) -> list[TaskError]:
    """What is wrong with the document's shape, by line."""
    if not isinstance(document.data, dict):
        mend = "begin with `name: …`; docs/eval-tasks.md shows a whole one"
        return [TaskError("a task is a mapping of keys to values", document.path, 1, mend)]
    found = [*problems(document.data, task_schema()["task"]), *_in_graders(document.data)]
    told = [_error(document, problem) for problem in found]
    return sorted(told, key=lambda error: error.line or 0)


def _in_graders(data: Mapping[str, Any]) -> Iterator[Problem]:
    """The options of each grader, by its type."""
    given = data.get("graders")
    rows = list(enumerate(given)) if isinstance(given, list) else [(None, given)]
    for i, row in rows:
        kind = row.get("type") if isinstance(row, dict) else None
        if isinstance(kind, str) and kind in task_schema()["graders"]:
            key: Key = ("graders",) if i is None else ("graders", i)
            yield from problems(row, task_schema()["graders"][kind], key)


def _error(document: Document, problem: Problem) -> TaskError:
    message = problem.message.replace("the policy", "the task") if not problem.key else problem.message
    mend = problem.mend.replace("docs/policy.md", "docs/eval-tasks.md")
    return TaskError(message, document.path, document.line(problem.key), mend)


def all_in_one(found: list[TaskError]) -> TaskError:
    """The first mistake, which carries the others."""
    first, *rest = found
    return TaskError(first.message, first.path, first.line, first.mend, tuple(rest))
