"""Graders of JSON answers: by a JSON Schema, or field by field as F1."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from llmlint.errors import TaskError
from llmlint.evals.graders.answers import NoJson, as_text, expected_of, inner, json_of, normalized
from llmlint.evals.graders.texts import as_number
from llmlint.evals.records import Grade, Item, Reply


@dataclass(frozen=True, slots=True)
class Schema:
    """The answer is JSON that the schema allows."""

    validator: Any
    field: str | None = None

    def objection(self, item: Item) -> str | None:
        return None

    def grade(self, item: Item, reply: Reply) -> Grade:
        try:
            value = json_of(reply)
        except NoJson:
            return Grade(0.0, parts={"json": 0.0})
        value = value if self.field is None else inner(value, self.field)
        return Grade(float(self.validator.is_valid(value)), parts={"json": 1.0})


def schema_grader(schema: Mapping[str, Any] | None, field: str | None, path: str, line: int) -> Schema:
    """Raises TaskError where there is no schema, or it is none."""
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import SchemaError

    if schema is None:
        raise TaskError("json_schema has no schema to grade by", path, line, "add `schema:` here or to the prompt")
    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        raise TaskError(f"the schema is no JSON Schema: {error.message[:120]}", path, line) from None
    return Schema(Draft202012Validator(schema), field)


@dataclass(frozen=True, slots=True)
class Fields:
    """F1 over the leaves of the expected object; null is "not there". parts: each field, precision, recall.

    A leaf that is wrong counts against both precision and recall, one that is invented against precision alone.
    """

    column: str | None
    field: str | None = None
    fields: tuple[str, ...] = ()
    tolerance: float = 0.0
    normalize: bool = False

    def objection(self, item: Item) -> str | None:
        value = expected_of(item, self.column)
        return None if isinstance(_loaded(value), Mapping) else f"{self.column!r} is no object of fields"

    def grade(self, item: Item, reply: Reply) -> Grade:
        wanted = self._leaves(_loaded(expected_of(item, self.column)))
        try:
            value = json_of(reply)
        except NoJson:
            return Grade(0.0, parts={"json": 0.0, **dict.fromkeys(wanted, 0.0)})
        value = value if self.field is None else inner(value, self.field)
        found = self._leaves(value if isinstance(value, Mapping) else {})
        parts: dict[str, float] = {}
        hits = 0.0
        for name in dict.fromkeys([*wanted, *found]):
            given, right = found.get(name, []), wanted.get(name, [])
            same = self._matches(right, given)
            hits += same
            parts[name] = 2 * same / (len(given) + len(right)) if given or right else 1.0
        n_wanted, n_found = sum(map(len, wanted.values())), sum(map(len, found.values()))
        precision, recall = (hits / n_found if n_found else 1.0), (hits / n_wanted if n_wanted else 1.0)
        f1 = 2 * hits / (n_wanted + n_found) if n_wanted + n_found else 1.0
        return Grade(f1, parts={**parts, "json": 1.0, "precision": precision, "recall": recall})

    def _leaves(self, value: Any) -> dict[str, list[Any]]:
        """Dotted path → the values there; an empty list where there is null. Only the named fields, if some are."""
        out: dict[str, list[Any]] = {}
        for path, leaf in _walk(value, ""):
            if not self.fields or any(path == name or path.startswith(f"{name}.") for name in self.fields):
                out.setdefault(path, []).extend([] if leaf is None else [leaf])
        return out

    def _matches(self, wanted: list[Any], found: list[Any]) -> int:
        if len(wanted) == 1 and len(found) == 1:
            return int(self._same(wanted[0], found[0]))
        left = Counter(map(self._key, wanted))
        left &= Counter(map(self._key, found))
        return sum(left.values())

    def _same(self, wanted: Any, found: Any) -> bool:
        numbers = (as_number(wanted), as_number(found)) if _is_number(wanted) else (None, None)
        if numbers[0] is not None:
            return numbers[1] is not None and abs(numbers[0] - numbers[1]) <= self.tolerance + 1e-9 * abs(numbers[0])
        return bool(self._key(wanted) == self._key(found))

    def _key(self, value: Any) -> str:
        text = as_text(value).strip()
        return normalized(text) if self.normalize else text


def _walk(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Leaves with their paths; plain values of one list share a path, since their order says nothing."""
    if isinstance(value, Mapping):
        for name, inner_value in value.items():
            yield from _walk(inner_value, f"{path}.{name}" if path else str(name))
    elif isinstance(value, list):
        for i, one in enumerate(value):
            yield from _walk(one, f"{path}.{i}" if isinstance(one, (Mapping, list)) else path)
    else:
        yield path, value


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _loaded(value: Any) -> Any:
    """A column of a CSV holds its object as JSON text."""
    import json

    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return value
