"""One entry of `graders:` → the grader that it means."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from llmlint.errors import TaskError
from llmlint.evals.candidates import candidate_of
from llmlint.evals.graders.answers import as_text, expected_of
from llmlint.evals.graders.grader import AskingGrader, Grader, options
from llmlint.evals.records import Candidate
from llmlint.evals.user_code import user_function
from llmlint.judge.documents import Document

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


def _rouge(task: Task, spec: GraderSpec, column: str | None) -> Grader:
    from llmlint.evals.graders.overlap import rouge

    given = spec.options
    variant, measure = given.get("variant", "rougeL"), given.get("measure", "f1")
    return rouge(column, given.get("field"), variant, measure, given.get("stem", False), task.path, spec.line)


def _chrf(task: Task, spec: GraderSpec, column: str | None) -> Grader:
    from llmlint.evals.graders.overlap import chrf

    return chrf(column, spec.options.get("field"), spec.options.get("word_order", 0), task.path, spec.line)


def _embedding(task: Task, spec: GraderSpec, column: str | None) -> AskingGrader:
    from llmlint.evals.graders.embedding import Embedding, by_function, by_model

    given, model = spec.options, None
    if ("callable" in given) == ("model" in given):
        mend = "for example `model: text-embedding-3-small`"
        raise TaskError("embedding needs either model or callable", task.path, spec.line, mend)
    if "callable" in given:
        function = user_function(given["callable"], task.folder, task.path, spec.line)
        embed = by_function(lambda texts: function.load()(texts))
    else:
        name, address, key = given["model"], given.get("base_url"), given.get("key_env")
        model = Candidate(f"embeddings of {name}", "openai", name, "embeddings", base_url=address, key_env=key)
        embed = by_model(model)
    return Embedding(embed, column, given.get("field"), given.get("from", 0.0), given.get("threshold"), model)


def _function(task: Task, spec: GraderSpec, column: str | None) -> Grader:
    from llmlint.evals.graders.code import Function

    return Function(user_function(spec.options["callable"], task.folder, task.path, spec.line))


def _command(task: Task, spec: GraderSpec, column: str | None) -> AskingGrader:
    from llmlint.evals.graders.code import command
    from llmlint.evals.line_process import missing

    why = missing(spec.options["command"], task.folder)
    if why is not None:
        raise TaskError(why, task.path, spec.line, "install it, or write its path relative to the task")
    return command(spec.options["command"], task.folder, spec.options.get("seconds", 30))


def _judge(task: Task, spec: GraderSpec, column: str | None) -> AskingGrader:
    from llmlint.evals.graders.judge import RUBRIC, Judge, another_maker
    from llmlint.evals.task import hidden

    given = spec.options
    reference = next((one for one in task.candidates if one.name == task.reference), None)
    asked = given.get("model") or another_maker(reference, task.candidates)
    model = candidate_of(asked, Document({}, task.path, "", {(): spec.line}), ())
    model = replace(model, name=f"judge {model.name}")
    rubric, mode, scale = given.get("rubric", RUBRIC), given.get("mode", "rubric"), given.get("scale", 4)
    return Judge(model, task.prompt, rubric, mode, scale, column, hidden(task))


MAKERS: dict[str, Callable[[Task, GraderSpec, str | None], Grader | AskingGrader]] = {
    "exact": _exact, "normalized": _exact, "contains": _contains, "regex": _regex, "number": _number, "label": _label,
    "json_schema": _json_schema, "fields": _fields, "rouge": _rouge, "chrf": _chrf, "embedding": _embedding,
    "function": _function, "command": _command, "judge": _judge,
}  # fmt: skip
