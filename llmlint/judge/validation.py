"""A rule document → the first mistake in it, as a RuleError that says where and how to put it right."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from llmlint.errors import RuleError
from llmlint.judge.documents import Document
from llmlint.judge.words import did_you_mean
from llmlint.judge.yaml_text import Keys

TYPES = {"object": "a table", "array": "a list", "string": "a text", "boolean": "true or false"}
PARAMETER_TYPES: dict[str, tuple[type, ...]] = {
    "integer": (int,), "number": (int, float), "string": (str,), "boolean": (bool,), "strings": (list, tuple),
}  # fmt: skip


@cache
def _validator() -> Any:
    from jsonschema import Draft202012Validator

    schema = json.loads((Path(__file__).parent / "schemas" / "rule.schema.json").read_text("utf-8"))
    return Draft202012Validator(schema)


def check_schema(document: Document) -> None:
    """Raises RuleError where the document is no rule."""
    if not isinstance(document.data, dict):
        raise RuleError("a rule is a table of keys", path=document.path, line=1, mend="begin with `name: …`")
    found = sorted(_validator().iter_errors(document.data), key=lambda e: document.line(tuple(e.absolute_path)))
    for error in found:
        raise _told(error, document)
    for name, row in (document.data.get("parameters") or {}).items():
        if not fits(row["default"], row["type"]):
            raise _error(
                document, ("parameters", name, "default"), f"the default of `{name}` is not of type {row['type']}"
            )
    if document.data.get("scope", "call") in ("call", "project") and "when" not in document.data:
        raise _error(document, (), "`when` is missing", "say in a Jinja2 expression when the rule speaks")


def fits(value: Any, kind: str) -> bool:
    """Is a value of a parameter's type? true is no number here."""
    if isinstance(value, bool) and kind != "boolean":
        return False
    if kind == "strings":
        return isinstance(value, (list, tuple)) and all(isinstance(item, str) for item in value)
    return isinstance(value, PARAMETER_TYPES[kind])


def _told(error: Any, document: Document) -> RuleError:
    """A jsonschema error in plain words."""
    keys: Keys = tuple(error.absolute_path)
    where = ".".join(str(k) for k in keys) or "the rule"
    schema = error.schema
    if error.validator == "additionalProperties":
        unknown = next(k for k in error.instance if k not in schema.get("properties", {}))
        mend = did_you_mean(unknown, schema["properties"], f"known here: {', '.join(schema['properties'])}")
        return _error(document, (*keys, unknown), f"there is no key `{unknown}` here", mend)
    if error.validator == "required":
        missing = next(k for k in error.validator_value if k not in error.instance)
        about = schema["properties"].get(missing)
        mend = about.get("description") if isinstance(about, dict) else None
        return _error(document, keys, f"`{missing}` is missing" + (f" in `{where}`" if keys else ""), mend)
    if error.validator == "type":
        kind = error.validator_value
        return _error(document, keys, f"`{where}` must be {TYPES.get(kind, kind)}")
    if error.validator == "enum":
        allowed = [str(v) for v in error.validator_value if not isinstance(v, bool)]
        mend = did_you_mean(str(error.instance), allowed, f"one of {', '.join(allowed)}")
        return _error(document, keys, f"`{where}` cannot be {error.instance!r:.60}", mend)
    if error.validator == "oneOf":
        return _error(document, keys, f"`{where}` needs either `code` or `files`")
    about = schema.get("description")
    return _error(document, keys, f"`{where}` cannot be {error.instance!r:.60}", about)


def _error(document: Document, keys: Keys, message: str, mend: str | None = None) -> RuleError:
    return RuleError(message, path=document.path, line=document.line(keys), mend=mend)
