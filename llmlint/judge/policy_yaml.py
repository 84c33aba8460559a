"""The text of a YAML policy → plain data and the line of every key; hostile YAML is refused before it is built."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from math import isfinite
from typing import TYPE_CHECKING, Any

from llmlint.errors import PolicyError
from llmlint.judge.policy_schema import Key, shown

if TYPE_CHECKING:
    import yaml

MAX_DEPTH = 20  # a policy needs six
MAX_DIGITS = 30
SCALARS = frozenset(f"tag:yaml.org,2002:{kind}" for kind in ("str", "int", "float", "bool", "null", "timestamp"))
COLLECTIONS = frozenset({"tag:yaml.org,2002:map", "tag:yaml.org,2002:seq"})


def read_yaml(text: str, path: str) -> tuple[Any, dict[Key, int]]:
    """(data, line of each key and item). Raises PolicyError; data is None where the text holds nothing."""
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        _refuse_bombs(text, path, loader)
        node = yaml.compose(text, Loader=loader)
    except yaml.YAMLError as error:
        raise _broken(error, text, path) from None
    lines: dict[Key, int] = {}
    if node is None:
        return None, lines
    constructor = yaml.constructor.SafeConstructor()
    return _build(node, (), lines, path, constructor.construct_object), lines


def _refuse_bombs(text: str, path: str, loader: Any) -> None:
    """Aliases can grow without bound and deep nesting can exhaust the stack: neither has a use in a policy."""
    import yaml

    depth = 0
    for event in yaml.parse(text, Loader=loader):
        line = event.start_mark.line + 1 if event.start_mark else None
        if isinstance(event, yaml.AliasEvent):
            raise PolicyError(f"the alias *{event.anchor} is not allowed here", path, line, "write the value out")
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MAX_DEPTH:
                raise PolicyError(f"nested more than {MAX_DEPTH} deep", path, line, "a policy needs six levels")
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def _build(node: yaml.Node, key: Key, lines: dict[Key, int], path: str, construct: Callable[[Any], Any]) -> Any:
    import yaml

    line = node.start_mark.line + 1
    lines.setdefault(key, line)
    if node.tag not in SCALARS | COLLECTIONS:
        raise PolicyError(f"the tag {shown(node.tag)} is not allowed here", path, line, "write a plain value")
    if isinstance(node, yaml.MappingNode):
        out: dict[str, Any] = {}
        for name, value in node.value:
            here = name.start_mark.line + 1
            if not isinstance(name, yaml.ScalarNode):
                raise PolicyError("a list or mapping stands where a key is expected", path, here, "write a plain word")
            at = (*key, name.value)
            if name.value in out:
                mend = "put both into one"
                raise PolicyError(f"duplicated key {shown(name.value)}, first on line {lines[at]}", path, here, mend)
            lines[at] = here
            out[name.value] = _build(value, at, lines, path, construct)
        return out
    if isinstance(node, yaml.SequenceNode):
        return [_build(item, (*key, i), lines, path, construct) for i, item in enumerate(node.value)]
    return _scalar(node, path, line, construct)


def _scalar(node: yaml.Node, path: str, line: int, construct: Callable[[Any], Any]) -> Any:
    number = node.tag.endswith((":int", ":float"))
    try:
        if number and len(node.value) > MAX_DIGITS:
            raise ValueError
        return plain(construct(node))
    except (ValueError, KeyError, OverflowError):
        kind = "number" if number else "date"
        mend = "write it as in 4096 or 0.5" if number else "write it as in 2027-03-31"
        raise PolicyError(f"{shown(node.value)} is not a {kind}", path, line, mend) from None


def plain(value: Any) -> Any:
    """Dates as ISO texts, so that YAML, TOML and JSON say the same. Raises ValueError for infinity and NaN."""
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    if isinstance(value, float) and not isfinite(value):
        raise ValueError
    return value


def _broken(error: Any, text: str, path: str) -> PolicyError:
    """What the YAML parser says, in one sentence."""
    mark = getattr(error, "problem_mark", None)
    if mark is None:
        position = getattr(error, "position", None)
        line = None if position is None else text.count("\n", 0, position) + 1
        return PolicyError("holds a control character", path, line, "remove it")
    rows = text.split("\n")
    row = rows[mark.line] if mark.line < len(rows) else ""
    if "\t" in row[: len(row) - len(row.lstrip())] or row[mark.column : mark.column + 1] == "\t":
        return PolicyError("a tab stands where YAML wants spaces", path, mark.line + 1, "indent with spaces")
    problem = error.problem or error.context or "cannot be read"
    if "another document" in problem:
        return PolicyError("holds more than one YAML document", path, mark.line + 1, "keep one, without ---")
    mends = {"mapping values": "check the indentation; quote texts that hold a colon", "start any token": "quote it"}
    mend = next((m for words, m in mends.items() if words in problem), "check indentation, quotes and brackets")
    return PolicyError(f"is no valid YAML: {problem}", path, mark.line + 1, mend)
