"""YAML text from anyone → plain data and the line of every key; what could exhaust the machine is refused."""

from __future__ import annotations

from datetime import date, datetime
from math import isfinite
from typing import TYPE_CHECKING, Any, TypeAlias

from llmlint.errors import UserError

if TYPE_CHECKING:
    import yaml

MAX_DEPTH = 20  # a policy needs six, a rule ten
MAX_DIGITS = 30
SCALARS = frozenset(f"tag:yaml.org,2002:{kind}" for kind in ("str", "int", "float", "bool", "null", "timestamp"))
COLLECTIONS = frozenset({"tag:yaml.org,2002:map", "tag:yaml.org,2002:seq"})
Keys: TypeAlias = "tuple[str | int, ...]"


def read_yaml(text: str, path: str, error: type[UserError]) -> tuple[Any, dict[Keys, int]]:
    """(data, line of each key and item, 1-based). Raises `error`; data is None where the text holds nothing."""
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    builder = _Builder(path, error)
    try:
        node = yaml.compose(text, Loader=loader)
        return (None if node is None else builder.build(node, ())), builder.lines
    except yaml.YAMLError as broken:
        tell = _hostile(text, path, loader, error) if "nesting" in str(broken) else _broken(broken, text, path, error)
        raise tell from None
    except (RecursionError, _Hostile):
        raise _hostile(text, path, loader, error) from None


class _Hostile(Exception):
    """Aliases can grow without bound and deep nesting can exhaust the stack."""


def _hostile(text: str, path: str, loader: Any, error: type[UserError]) -> UserError:
    """The nodes do not say where an alias stands; the events do."""
    import yaml

    depth = 0
    try:
        for event in yaml.parse(text, Loader=loader):
            line = event.start_mark.line + 1 if event.start_mark else None
            if isinstance(event, yaml.AliasEvent):
                return error(f"the alias *{event.anchor} is not allowed here", path, line, "write the value out")
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if depth > MAX_DEPTH:
                return error(f"nested more than {MAX_DEPTH} deep", path, line, "write it flatter")
    except yaml.YAMLError as broken:
        return _broken(broken, text, path, error)
    return error(f"nested more than {MAX_DEPTH} deep", path, None, "write it flatter")


class _Builder:
    """Walks composed nodes; each is built once, so that an alias is met before it can multiply."""

    def __init__(self, path: str, error: type[UserError]) -> None:
        import yaml

        self.path, self.error = path, error
        self.lines: dict[Keys, int] = {}
        self.seen: set[int] = set()
        self.mapping, self.sequence, self.scalar_node = yaml.MappingNode, yaml.SequenceNode, yaml.ScalarNode
        self.construct = yaml.constructor.SafeConstructor().construct_object

    def build(self, node: yaml.Node, keys: Keys) -> Any:
        line = node.start_mark.line + 1
        self.once(node)
        if len(keys) > MAX_DEPTH:
            raise _Hostile
        self.lines.setdefault(keys, line)
        if node.tag not in SCALARS and node.tag not in COLLECTIONS:
            raise self.error(f"the tag {_shown(node.tag)} is not allowed here", self.path, line, "write a plain value")
        if isinstance(node, self.mapping):
            return {name: self.build(value, (*keys, name)) for name, value in self.pairs(node, keys)}
        if isinstance(node, self.sequence):
            return [self.build(item, (*keys, i)) for i, item in enumerate(node.value)]
        return self.scalar(node, line)

    def once(self, node: yaml.Node) -> None:
        if id(node) in self.seen:
            raise _Hostile
        self.seen.add(id(node))

    def pairs(self, node: yaml.Node, keys: Keys) -> list[tuple[str, yaml.Node]]:
        out: dict[str, yaml.Node] = {}
        for name, value in node.value:
            line = name.start_mark.line + 1
            self.once(name)
            if not isinstance(name, self.scalar_node):
                message = "a list or mapping stands where a key is expected"
                raise self.error(message, self.path, line, "write a plain word")
            at = (*keys, name.value)
            if name.value in out:
                message = f"duplicated key {_shown(name.value)}, first on line {self.lines[at]}"
                raise self.error(message, self.path, line, "put both into one")
            self.lines[at] = line
            out[name.value] = value
        return list(out.items())

    def scalar(self, node: yaml.Node, line: int) -> Any:
        number = node.tag.endswith((":int", ":float"))
        try:
            if number and len(node.value) > MAX_DIGITS:
                raise ValueError
            return plain(self.construct(node))
        except (ValueError, KeyError, OverflowError):
            kind = "number" if number else "date"
            mend = "write it as in 4096 or 0.5" if number else "write it as in 2027-03-31"
            raise self.error(f"{_shown(node.value)} is not a {kind}", self.path, line, mend) from None


def plain(value: Any) -> Any:
    """Dates as ISO texts, so that YAML, TOML and JSON say the same. Raises ValueError for infinity and NaN."""
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    if isinstance(value, float) and not isfinite(value):
        raise ValueError
    return value


def _shown(value: str) -> str:
    from llmlint.judge.policy_schema import shown

    return shown(value)


def _broken(broken: Any, text: str, path: str, error: type[UserError]) -> UserError:
    """What the YAML parser says, in one sentence."""
    mark = getattr(broken, "problem_mark", None)
    if mark is None:
        position = getattr(broken, "position", None)
        line = None if position is None else text.count("\n", 0, position) + 1
        return error("holds a control character", path, line, "remove it")
    rows = text.split("\n")
    row = rows[mark.line] if mark.line < len(rows) else ""
    if "\t" in row[: len(row) - len(row.lstrip())] or row[mark.column : mark.column + 1] == "\t":
        return error("a tab stands where YAML wants spaces", path, mark.line + 1, "indent with spaces")
    problem = broken.problem or broken.context or "cannot be read"
    if "another document" in problem:
        return error("holds more than one YAML document", path, mark.line + 1, "keep one, without ---")
    mends = {"mapping values": "check the indentation; quote texts that hold a colon", "start any token": "quote it"}
    mend = next((m for words, m in mends.items() if words in problem), "check indentation, quotes and brackets")
    return error(f"is no valid YAML: {problem}", path, mark.line + 1, mend)
