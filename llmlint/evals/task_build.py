"""A task's checked document → `Task`: texts read, data read, candidates told apart, the prompt tried on every item."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from llmlint.errors import TaskError
from llmlint.evals.candidates import Roster, roster_of
from llmlint.evals.datasets import Row, columns_of, hub_rows, read_rows
from llmlint.evals.items import IDS, items_of
from llmlint.evals.prompts import Prompt, Text, line_of
from llmlint.evals.records import Item
from llmlint.evals.task import Columns, GraderSpec, Task, digest, hidden, request_for
from llmlint.evals.task_schema import all_in_one, mistakes
from llmlint.judge.documents import Document
from llmlint.judge.words import did_you_mean
from llmlint.judge.yaml_text import Keys
from llmlint.money.traffic import DAYS_PER_MONTH

WITHOUT_EXPECTED = ("json_schema", "function", "command", "judge", "regex")
NO_ARGUMENTS = {"description": "", "parameters": {"type": "object", "properties": {}}}  # of a tool that names none
MAX_TEXT = 2_000_000  # bytes of a prompt's file


@dataclass(frozen=True, slots=True)
class Source:
    """Where the rows came from, as messages call it, and which column is what."""

    rows: Sequence[Row]
    shown: str
    columns: Columns


def task_from_document(document: Document, folder: Path, defaults: Mapping[str, Any]) -> Task:
    """See `load_task`."""
    found = mistakes(document)
    if found:
        raise all_in_one(found)
    reader = _Reader(document, folder)
    data = document.data
    roster = roster_of(document)
    graders = reader.graders()
    source = reader.source(graders)
    items = items_of(source.rows, source.columns, source.shown, document.line(("data",)), document.path)
    quality = data.get("quality") or {}
    margin, floor = quality.get("margin"), quality.get("floor")
    task = Task(
        name=data["name"],
        path=document.path,
        folder=folder,
        kind=data.get("task", "other"),
        prompt=reader.prompt(),
        rows=tuple(items),
        columns=source.columns,
        graders=graders,
        margin=defaults.get("margin", 0.03) if margin is None and floor is None else margin,
        floor=floor,
        alpha=data.get("alpha", defaults.get("alpha", 0.05)),
        power=data.get("power", 0.8),
        target=data.get("target", defaults.get("target", "population")),
        on_error=data.get("on_error", "leave_out"),
        seed=data.get("seed", 0),
        budget_usd=None if data.get("budget_usd") is None else Decimal(str(data["budget_usd"])),
        items_per_month=_traffic(data.get("traffic") or {}),
        match=data.get("match") or {},
        description=data.get("description", ""),
        data_hash=data_hash(items),
        **_of(roster),
    )
    _check_shares(document, task)
    _check_prompt(task, source)
    _check_graders(task, source)
    return task


def _of(roster: Roster) -> dict[str, Any]:
    return {
        "candidates": roster.candidates, "reference": roster.reference, "stand_ins": roster.stand_ins,
        "stand_in_reference": roster.stand_in_reference, "prices": roster.prices,
    }  # fmt: skip


def data_hash(items: Sequence[Item]) -> str:
    """sha256 of the items, whatever their order and the format of their file."""
    return digest([[item.id, dict(item.values), item.group] for item in sorted(items, key=lambda item: item.id)])


def _traffic(row: Mapping[str, Any]) -> float | None:
    if row.get("items_per_month") is not None:
        return float(row["items_per_month"])
    return None if row.get("items_per_day") is None else float(row["items_per_day"]) * float(DAYS_PER_MONTH)


class _Reader:
    """Reads the parts of one document, and the files that it names."""

    def __init__(self, document: Document, folder: Path) -> None:
        self.document, self.folder, self.data = document, folder, document.data

    def error(self, keys: Keys, message: str, mend: str | None = None) -> TaskError:
        return TaskError(message, self.document.path, self.document.line(keys), mend)

    def graders(self) -> tuple[GraderSpec, ...]:
        given = self.data["graders"]
        many = isinstance(given, list)
        rows = [(("graders", i) if many else ("graders",), row) for i, row in enumerate(given if many else [given])]
        return tuple(self._grader(keys, row) for keys, row in rows)

    def _grader(self, keys: Keys, row: Any) -> GraderSpec:
        line = self.document.line(keys)
        if isinstance(row, str):
            return GraderSpec(row, line=line)
        options = {name: value for name, value in row.items() if name not in ("type", "weight")}
        for name in ("rubric", "schema"):
            if isinstance(options.get(name), dict) and set(options[name]) == {"file"}:
                text = self.file((*keys, name), options[name]["file"])
                options[name] = self.json((*keys, name), text) if name == "schema" else text.text
        return GraderSpec(row["type"], float(row.get("weight", 1)), options, line)

    def source(self, graders: Sequence[GraderSpec]) -> Source:
        given = self.data["data"]
        options = {"file": given} if isinstance(given, str) else given
        ways = [name for name in ("file", "hugging_face", "items") if name in options]
        if len(ways) != 1:
            mend = "for example `file: items.jsonl`"
            raise self.error(("data",), f"data needs one of file, hugging_face and items, not {len(ways)}", mend)
        rows, shown = self._rows(ways[0], options)
        known = columns_of(rows)
        id_column = options.get("id") or next((name for name in IDS if name in known), None)
        needed = any(_needs_expected(spec) for spec in graders)
        expected = options.get("expected") or ("expected" if needed or "expected" in known else None)
        columns = Columns(id_column, expected, options.get("cluster"), tuple(options.get("slices") or ()))
        return Source(rows, shown, columns)

    def _rows(self, way: str, options: Mapping[str, Any]) -> tuple[list[Row], str]:
        limit = options.get("limit")
        if way == "items":
            lines = [self.document.line(("data", "items", i)) for i in range(len(options["items"]))]
            found = [Row(line, values) for line, values in zip(lines, options["items"], strict=True)]
            return found[:limit], self.document.path
        if way == "hugging_face":
            line = self.document.line(("data", way))
            return hub_rows(options[way], self.document.path, line, limit), options[way]["path"]
        file = self.folder / Path(options["file"]).expanduser()
        shown = _shown(file)
        try:
            return read_rows(file, shown, limit), shown
        except TaskError as error:
            if error.line is None and not file.is_file():  # the mistake stands in the task
                keys: Keys = ("data", "file") if isinstance(self.data["data"], dict) else ("data",)
                raise self.error(keys, f"{error.message}: {options['file']}", error.mend) from None
            raise

    def prompt(self) -> Prompt:
        given = self.data["prompt"]
        row: Mapping[str, Any] = {"user": given} if isinstance(given, str) else given
        at: Keys = ("prompt",)
        if ("user" in row) == ("messages" in row):
            raise self.error(at, "prompt needs either user or messages", "for example `user: \"{{ input }}\"`")
        keys_of_user: Keys = at if isinstance(given, str) else (*at, "user")
        if "user" in row:
            messages = [("user", self.text(keys_of_user, row["user"]))]
        else:
            messages = [self._message((*at, "messages", i), one) for i, one in enumerate(row["messages"])]
            if messages[-1][0] != "user":
                raise self.error((*at, "messages", len(messages) - 1), "the last message must be the user's")
        schema = row.get("schema")
        if schema is not None and set(schema) == {"file"}:
            schema = self.json((*at, "schema"), self.file((*at, "schema"), schema["file"]))
        system = self.text((*at, "system"), row["system"]) if "system" in row else None
        tools = tuple(NO_ARGUMENTS | tool for tool in row.get("tools") or ())
        return Prompt(tuple(messages), system, tools, schema, row.get("max_tokens"), row.get("variables") or {})

    def _message(self, keys: Keys, row: Mapping[str, Any]) -> tuple[str, Text]:
        if len(row) != 1:
            raise self.error(keys, "a message is one of user and assistant", "for example `- user: \"{{ input }}\"`")
        role, value = next(iter(row.items()))
        return role, self.text((*keys, role), value)

    def text(self, keys: Keys, value: Any) -> Text:
        """A text, or the file that holds it."""
        if isinstance(value, str):
            line = self.document.line(keys)
            return Text(value, "jinja", self.document.path, line + ("\n" in value))
        read = self.file((*keys, "file"), value["file"])
        return Text(read.text, value.get("syntax", "jinja"), read.path)

    def file(self, keys: Keys, name: str) -> Text:
        file = self.folder / Path(name).expanduser()
        try:
            if file.stat().st_size > MAX_TEXT:
                raise self.error(keys, f"{name} is larger than {MAX_TEXT // 1_000_000} MB")
            return Text(file.read_text("utf-8-sig"), "plain", _shown(file))
        except UnicodeDecodeError:
            raise self.error(keys, f"{name} is not UTF-8", "save it as UTF-8") from None
        except OSError as error:
            beside = [other.name for other in file.parent.iterdir()] if file.parent.is_dir() else []
            mend = did_you_mean(file.name, beside, "the path is relative to the task file")
            raise self.error(keys, f"{name} cannot be read: {error.strerror}", mend) from None

    def json(self, keys: Keys, text: Text) -> Mapping[str, Any]:
        import json

        try:
            value = json.loads(text.text)
        except json.JSONDecodeError as error:
            raise TaskError(f"is no JSON: {error.msg}", text.path, error.lineno) from None
        if not isinstance(value, dict):
            raise self.error(keys, "a JSON Schema is an object")
        return value


def _shown(file: Path) -> str:
    from llmlint.judge.policy_document import display

    return display(Path(os.path.abspath(file)))  # noqa: PTH100 - links stay as the user wrote them


def _needs_expected(spec: GraderSpec) -> bool:
    if spec.type == "regex":
        import re

        try:
            return re.compile(spec.options["pattern"]).groups > 0
        except re.error:
            return False
    return spec.type not in WITHOUT_EXPECTED and "expected" not in spec.options


def _check_shares(document: Document, task: Task) -> None:
    shares: list[tuple[Keys, float | None, float, str]] = [
        (("alpha",), task.alpha, 0.5, "0.05"), (("power",), task.power, 1, "0.8"),
        (("quality", "margin"), task.margin, 1, "0.03, three points"), (("quality", "floor"), task.floor, 1, "0.9"),
    ]  # fmt: skip
    for keys, value, most, example in shares:
        if value is not None and not 0 < value < most:
            message = f"{keys[-1]} must lie between 0 and {most:g}, not {value:g}"
            raise TaskError(message, document.path, document.line(keys), f"for example {example}")
    if sum(spec.weight for spec in task.graders) <= 0:
        raise TaskError("the graders' weights add up to 0", document.path, document.line(("graders",)))


def _check_prompt(task: Task, source: Source) -> None:
    """Raises TaskError for a column that no item has, that shows the answer, or that some items lack."""
    columns, secret, variables = columns_of(source.rows), hidden(task), task.prompt.variables
    for name, column in variables.items():
        if column in secret or column not in columns:
            what = "shows the right answer" if column in secret else "is a column that no item has"
            message = f"prompt.variables.{name}: {column!r} {what}"
            mend = did_you_mean(column, columns, f"there are {', '.join(columns[:12])}")
            raise TaskError(message, task.path, None, mend)
    known, secret = [*columns, *variables], secret - set(variables)
    for text in task.prompt.texts():
        for name in sorted(text.columns()):
            if name in secret:
                message = f"the prompt shows the right answer, column {name!r}"
                raise TaskError(message, text.path, line_of(text, name), "grade by another column, or leave it out")
            if name not in known and _needs(text, name, task.rows[0]):
                mend = did_you_mean(name, known, f"there are {', '.join(known[:12])}")
                message = f"the prompt asks for {name!r}, which no item has"
                raise TaskError(message, text.path, line_of(text, name), mend)
    faults = list(_unmakeable(task, source))
    if faults:
        raise all_in_one(faults)


def _needs(text: Text, name: str, item: Item) -> bool:
    """A text that guards a column (`is defined`, `default`) can be made without it."""
    try:
        text.render({column: "" for column in text.columns() if column != name} | dict(item.values))
    except TaskError:
        return True
    return False


def _unmakeable(task: Task, source: Source) -> Iterator[TaskError]:
    from llmlint.evals.records import Candidate

    nobody = Candidate("nobody", "callable", "none")
    for row, item in zip(source.rows, task.rows, strict=True):
        try:
            request = request_for(task, nobody, item)
        except TaskError as error:
            yield TaskError(f"{error.message}, asked for in {error.path}", source.shown, row.line, error.mend)
            continue
        if not any(message["content"].strip() for message in request.messages):
            yield TaskError("the prompt is empty for this item", source.shown, row.line, "give it a text")


def _check_graders(task: Task, source: Source) -> None:
    """Raises TaskError where a grader cannot be made, or an expected answer is none that it can compare with."""
    from llmlint.evals.graders import grader_of, labels_of

    grader = grader_of(task)
    labels_of(task)
    faults = [
        TaskError(why, source.shown, row.line)
        for row, item in zip(source.rows, task.rows, strict=True)
        if (why := grader.objection(item))
    ]
    if faults:
        raise all_in_one(faults)
