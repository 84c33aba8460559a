"""The text of a YAML or JSON file from a stranger → nodes that know their lines.

Only ways that are named are followed and every node is visited once, so that neither aliases nor depth can multiply.
Templates of Helm are read with their `{{ … }}` left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, TypeAlias

Node: TypeAlias = Any  # a yaml.Node; the library is imported when the first file is read
MAX_BYTES = 512 * 1024
ALONE = re.compile(r"^[ \t-]*\{\{.*?\}\}[ \t]*$", re.MULTILINE)
INLINE = re.compile(r"\{\{.*?\}\}")
HOLE = "…"  # stands where a template puts a value
DEPTH = re.compile(r"[\[{]")
MAX_BRACKETS = 20_000  # the reader calls itself once per bracket; most of them are closed again


def documents(text: str) -> list[Node]:
    """The root nodes of the file; nothing where it is broken, too large or too deep."""
    if len(text) > MAX_BYTES or len(DEPTH.findall(text)) > MAX_BRACKETS:
        return []
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    for attempt in (text, INLINE.sub(HOLE, ALONE.sub("", text))):
        try:
            return [node for node in yaml.compose_all(attempt, Loader=loader) if node is not None]
        except (yaml.YAMLError, RecursionError, ValueError):
            if "{{" not in text:
                return []
    return []


def items(node: Node) -> list[tuple[str, Node, int]]:
    """(key, value, line of the key) of a mapping, those that it merges (`<<`) after its own; else nothing."""
    import yaml

    if not isinstance(node, yaml.MappingNode):
        return []
    own = [(k.value, v, k.start_mark.line + 1) for k, v in node.value if isinstance(k, yaml.ScalarNode)]
    merged = [item for key, value, _ in own if key == "<<" for item in items_once(value)]
    return [item for item in own if item[0] != "<<"] + merged


def items_once(node: Node) -> list[tuple[str, Node, int]]:
    """As `items`, without what is merged in turn."""
    import yaml

    parts = node.value if isinstance(node, yaml.SequenceNode) else [node]
    return [
        (k.value, v, k.start_mark.line + 1)
        for part in parts if isinstance(part, yaml.MappingNode)
        for k, v in part.value if isinstance(k, yaml.ScalarNode) and k.value != "<<"
    ]  # fmt: skip


def get(node: Node, *keys: str) -> Node | None:
    """The value at the end of a way through mappings, None where it ends before."""
    for key in keys:
        node = next((value for name, value, _ in items(node) if name == key), None)
        if node is None:
            return None
    return node


def text_of(node: Node | None) -> str:
    """A scalar's text, "" where it is none or only a template knows it."""
    import yaml

    return str(node.value) if isinstance(node, yaml.ScalarNode) and node.value != HOLE else ""


def texts(node: Node | None) -> list[str]:
    """The texts of a list, or of a scalar alone; lists in it are flattened (GitLab's `script`)."""
    import yaml

    if isinstance(node, yaml.SequenceNode):
        return [text for child in node.value for text in ([text_of(child)] if text_of(child) else texts(child)[:100])]
    return [text_of(node)] if text_of(node) else []


def children(node: Node | None) -> list[Node]:
    """The items of a list."""
    import yaml

    return list(node.value) if isinstance(node, yaml.SequenceNode) else []


def line_of(node: Node) -> int:
    return int(node.start_mark.line) + 1


def mappings(root: Node) -> Iterator[Node]:
    """Every mapping below a node, each once."""
    import yaml

    seen: set[int] = set()
    stack = [root]
    while stack:
        node = stack.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, yaml.MappingNode):
            yield node
            stack += [value for _, value in reversed(node.value)]
        elif isinstance(node, yaml.SequenceNode):
            stack += list(reversed(node.value))
