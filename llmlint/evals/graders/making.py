"""One entry of `graders:` → the grader that it means."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from llmlint.evals.graders.answers import as_text, expected_of
from llmlint.evals.graders.grader import AskingGrader, Grader, options

if TYPE_CHECKING:
    from llmlint.evals.task import GraderSpec, Task


def made(task: Task, spec: GraderSpec) -> Grader | AskingGrader:
    """Raises TaskError."""
    column = spec.options.get("expected", task.columns.expected)
    return MAKERS[spec.type](task, spec, column)


def _exact(task: Task, spec: GraderSpec, column: str | None) -> Grader:
    from llmlint.evals.graders.texts import Exact

    return Exact(column, loose=spec.type == "normalized", **options(spec, "field"))


def _contains(task: Task, spec: GraderSpec, column: str | None) -> Grader:
    from llmlint.evals.graders.texts import Contains

    return Contains(column, **options(spec, "field", "ignore_case"))


def _regex(task: Task, spec: GraderSpec, column: str | None) -> Grader:
    from llmlint.evals.graders.texts import Regex, compiled

    pattern = compiled(spec.options["pattern"], spec.options.get("ignore_case", False), task.path, spec.line)
    return Regex(pattern, column, **options(spec, "field"))


def _number(task: Task, spec: GraderSpec, column: str | None) -> Grader:
    from llmlint.evals.graders.texts import Number

    return Number(column, **options(spec, "field", "tolerance", "relative"))


def _label(task: Task, spec: GraderSpec, column: str | None) -> Grader:
    from llmlint.evals.graders.labels import Label

    found = (as_text(value) for row in task.rows if (value := expected_of(row, column)) not in (None, ""))
    labels = tuple(spec.options.get("labels") or sorted(set(found)))
    return Label(labels, column, **options(spec, "field", "strict"))


def _json_schema(task: Task, spec: GraderSpec, column: str | None) -> Grader:
    from llmlint.evals.graders.structured import schema_grader

    schema = spec.options.get("schema", task.prompt.schema)
    return schema_grader(schema, spec.options.get("field"), task.path, spec.line)


def _fields(task: Task, spec: GraderSpec, column: str | None) -> Grader:
    from llmlint.evals.graders.structured import Fields

    names = tuple(spec.options.get("fields") or ())
    return Fields(column, fields=names, **options(spec, "field", "tolerance", "normalize"))


MAKERS: dict[str, Callable[[Task, GraderSpec, str | None], Grader | AskingGrader]] = {
    "exact": _exact, "normalized": _exact, "contains": _contains, "regex": _regex, "number": _number, "label": _label,
    "json_schema": _json_schema, "fields": _fields,
}  # fmt: skip
