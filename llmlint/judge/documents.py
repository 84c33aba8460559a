"""YAML text from anyone → plain data and the line of every key; what could exhaust the machine is refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from llmlint.errors import UserError

MAX_BYTES = 256 * 1024
MAX_DEPTH = 40
Keys: TypeAlias = "tuple[str | int, ...]"


@dataclass(frozen=True, slots=True)
class Document:
    """`lines`: the way to a value, as ("fix", "operator") or ("examples", "bad", 0) → its 1-based line."""

    data: Any
    path: str
    text: str = field(repr=False)
    lines: Mapping[Keys, int] = field(default_factory=dict, repr=False)

    def line(self, keys: Keys) -> int:
        """The line of a value, else that of the nearest value around it."""
        while keys and keys not in self.lines:
            keys = keys[:-1]
        return self.lines.get(keys, 1)


def read_document(file: Path, error: type[UserError], what: str) -> Document:
    """A file → its document. Raises `error`; `what` names the kind of file to the user: "rule"."""
    path = str(file)
    try:
        raw = file.read_bytes() if file.stat().st_size <= MAX_BYTES else None
    except OSError as e:
        raise error(f"the {what} file cannot be read: {e.strerror or e}", path=path) from None
    if raw is None:
        raise error(f"the {what} file is larger than {MAX_BYTES // 1024} KB", path=path, mend=f"split the {what} file")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as e:
        line = raw.count(b"\n", 0, e.start) + 1
        raise error(f"the {what} file is not UTF-8", path=path, line=line, mend="save it as UTF-8") from None
    return parse_document(text, path, error)


def parse_document(text: str, path: str, error: type[UserError]) -> Document:
    """YAML text → its document. Aliases, duplicate keys, other than plain tags and deep nesting are refused."""
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)(text)
    try:
        node = loader.get_single_node()
        if node is None:
            return Document(None, path, text)
        lines: dict[Keys, int] = {}
        data = _Plain(loader, path, error, lines).plain(node, ())
    except yaml.MarkedYAMLError as e:
        mark = e.problem_mark or e.context_mark
        words = (e.problem or e.context or "broken").replace("\n", " ")
        raise error(f"broken YAML: {words}", path=path, line=mark.line + 1 if mark else None) from None
    except yaml.YAMLError as e:
        raise error(f"broken YAML: {str(e).splitlines()[0]}", path=path) from None
    except RecursionError:
        raise error("the YAML is nested too deeply", path=path) from None
    finally:
        loader.dispose()
    return Document(data, path, text, lines)


class _Plain:
    """Walks composed nodes; each is built once, so that an alias is met before it can multiply."""

    def __init__(self, loader: Any, path: str, error: type[UserError], lines: dict[Keys, int]) -> None:
        self.loader, self.path, self.error, self.lines = loader, path, error, lines
        self.seen: set[int] = set()

    def plain(self, node: Any, keys: Keys) -> Any:
        import yaml

        if id(node) in self.seen:
            raise self.refused("YAML aliases (`*name`) are not allowed here", node, "write the value out")
        if len(keys) > MAX_DEPTH:
            raise self.refused("the YAML is nested too deeply", node)
        self.seen.add(id(node))
        self.lines.setdefault(keys, node.start_mark.line + 1)
        if isinstance(node, yaml.MappingNode):
            return {key: self.plain(value, (*keys, key)) for key, value in self.pairs(node, keys)}
        if isinstance(node, yaml.SequenceNode):
            return [self.plain(child, (*keys, i)) for i, child in enumerate(node.value)]
        if node.tag == "tag:yaml.org,2002:timestamp":
            return node.value
        try:
            return self.loader.construct_object(node)
        except ValueError as e:
            raise self.refused(f"`{node.value[:40]}` is no value: {e}", node) from None

    def pairs(self, node: Any, keys: Keys) -> list[tuple[str, Any]]:
        import yaml

        out: dict[str, Any] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise self.refused("a key must be plain text", key)
            if key.value in out:
                raise self.refused(f"`{key.value}` stands here twice", key, "keep one of them")
            way = (*keys, key.value)
            self.lines[way] = key.start_mark.line + 1
            out[key.value] = value
        return list(out.items())

    def refused(self, message: str, node: Any, mend: str | None = None) -> UserError:
        return self.error(message, path=self.path, line=node.start_mark.line + 1, mend=mend)
