"""A policy document → the documents it extends, and the values of all of them laid over each other, with origins."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import Any

from llmlint.errors import PolicyError
from llmlint.judge.policy_document import Document, errors_in, extended_file, open_document, pack_file
from llmlint.judge.policy_schema import Key
from llmlint.light import dataclass

MAX_DEPTH, MAX_DOCUMENTS = 16, 64
GROWING = frozenset({  # lists to which each layer adds
    "paths", "extend_exclude", "llm_calls", "rule_folders", "traffic", "exemptions", "roi",
})  # fmt: skip


@dataclass(slots=True)
class Effective:
    """Every value in effect, in the shape of a document, and its origin ("tiers.chat" → "llmlint.yaml:3")."""

    values: dict[str, Any] = field(default_factory=dict)
    origins: dict[str, str] = field(default_factory=dict)


def effective(document: Document | None) -> Effective:
    """The document over all that it extends; None: the pack `default`. Raises PolicyError for the first mistake."""
    own = document if document is not None else open_document(pack_file("default"), "default")
    layers: dict[str, Document] = {}
    _stack(own, (), layers)
    out = Effective()
    for layer in layers.values():
        _lay(out, layer)
    return out


def _stack(document: Document, above: tuple[tuple[Document, Key], ...], layers: dict[str, Document]) -> None:
    """Adds what the document extends and then itself. A document that is there already is not laid a second time.

    above: the documents on the way here, each with the key of the `extends` entry that led on.
    """
    for error in errors_in(document):
        raise error
    for name, key in _extended(document, bool(layers)):
        file, pack = extended_file(name, document, key)
        way = (*above, (document, key))
        _refuse_cycle(os.path.realpath(file), way)
        if os.path.realpath(file) in layers:
            continue
        if len(way) > MAX_DEPTH or len(layers) >= MAX_DOCUMENTS:
            raise document.error(key, f"extends more than {MAX_DEPTH} files deep", "extend fewer files")
        _stack(open_document(file, pack), way, layers)
    layers[os.path.realpath(document.file)] = document


def _extended(document: Document, begun: bool) -> Sequence[tuple[str, Key]]:
    """The entries of `extends`, the weakest first. Without the key: `default`, where nothing lies below yet."""
    given = document.data.get("extends")
    if given is None:
        return () if begun or document.pack == "default" else [("default", ("extends",))]
    return [(given, ("extends",))] if isinstance(given, str) else [(n, ("extends", i)) for i, n in enumerate(given)]


def _refuse_cycle(file: str, way: Sequence[tuple[Document, Key]]) -> None:
    for document, key in way:
        if os.path.realpath(document.file) == file:
            last, back = way[-1]
            if last is document:
                raise document.error(key, "extends itself", "remove it")
            message = f"extends a policy that extends it in turn, at {last.shown}:{last.line(back)}"
            raise PolicyError(message, document.shown, document.line(key), "remove one of the two")


def _lay(out: Effective, layer: Document) -> None:
    for key, value in layer.data.items():
        if key == "extends" or value is None:
            continue
        if key == "rules":
            _lay_rules(out, layer, value)
        elif isinstance(value, Mapping):
            target = out.values.setdefault(key, {})
            for name, item in value.items():
                target[name] = _below(layer, item) if (key, name) == ("evals", "folder") else item
                out.origins[f"{key}.{name}"] = layer.origin((key, name))
        elif key in GROWING:
            target = out.values.setdefault(key, [])
            for i, item in enumerate(value):
                at = f"{key}[{len(target)}]"
                out.origins[at] = layer.origin((key, i))
                if key == "paths":
                    _note_rules(out, layer, f"{at}.rules", (key, i, "rules"), item["rules"] or {})
                target.append(_folder(item, layer, i) if key == "rule_folders" else item)
        else:
            out.values[key] = _below(layer, value) if key == "baseline" else value
            out.origins[key] = layer.origin((key,))


def _lay_rules(out: Effective, layer: Document, rules: Mapping[str, Any]) -> None:
    target = out.values.setdefault("rules", {})
    _note_rules(out, layer, "rules", ("rules",), rules)
    for name, given in rules.items():
        target.setdefault(name, {}).update(setting_from_data(given))


def _note_rules(out: Effective, layer: Document, at: str, key: Key, rules: Mapping[str, Any]) -> None:
    """The origin of every setting and parameter of a mapping of rules."""
    for name, given in rules.items():
        out.origins[f"{at}.{name}"] = layer.origin((*key, name))
        for parameter in setting_from_data(given):
            out.origins[f"{at}.{name}.{parameter}"] = layer.origin((*key, name, parameter))


def setting_from_data(given: Any) -> dict[str, Any]:
    """What stands for a rule → severity ("off" for YAML's false) and parameters, in one mapping."""
    setting = dict(given) if isinstance(given, Mapping) else {"severity": given}
    if setting.get("severity") is False:
        setting["severity"] = "off"
    return setting


def _below(layer: Document, name: str) -> str:
    """The absolute path; relative ones are meant from the policy file."""
    return os.path.abspath(layer.file.parent / os.path.expanduser(name))  # noqa: PTH100, PTH111 - links stay links


def _folder(name: str, layer: Document, i: int) -> str:
    """The absolute folder, which must be there."""
    folder = _below(layer, name)
    if not os.path.isdir(folder):  # noqa: PTH112
        raise layer.error(("rule_folders", i), f"rule_folders: {name} is no folder", "it is relative to this policy")
    return folder
