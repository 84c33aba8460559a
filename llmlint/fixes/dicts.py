"""Dict literals in a call + a key and its value → the same dicts with the key set, in their own layout."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import libcst as cst

from llmlint.fixes.layout import dict_row, dict_with, insert
from llmlint.fixes.literals import literal
from llmlint.fixes.nodes import has_comment_inside, same_value, short, string_value
from llmlint.fixes.site import Site, Skip

Edit: TypeAlias = Callable[[cst.Dict], "cst.Dict | Skip"]


def find_key(node: cst.Dict, key: str) -> int | None:
    places = [i for i, e in enumerate(node.elements) if isinstance(e, cst.DictElement) and string_value(e.key) == key]
    return places[-1] if places else None  # the last one wins at run time


def set_key(node: cst.Dict, key: str, value: Any, site: Site) -> cst.Dict | Skip:
    index = find_key(node, key)
    new = cst.parse_expression(literal(value, site.quote))
    if index is None:
        entry = cst.DictElement(cst.SimpleString(literal(key, site.quote)), new)
        return dict_with(node, insert(dict_row(node), len(node.elements), entry, site.unit))
    old = node.elements[index].value
    if same_value(old, value):
        return node
    if has_comment_inside(old):
        return Skip(f"a comment stands inside `{short(old)}`")
    return _with_element(node, index, new)


def set_key_path(node: cst.Dict, path: list[str], value: Any, site: Site) -> cst.Dict | Skip:
    index = find_key(node, path[0])
    if index is None or len(path) == 1:
        for name in reversed(path[1:]):
            value = {name: value}
        return set_key(node, path[0], value, site)
    inner = node.elements[index].value
    if not isinstance(inner, cst.Dict):
        return Skip(f"`{path[0]}` is `{short(inner)}` here: change it where that is defined")
    edited = set_key_path(inner, path[1:], value, site)
    return edited if isinstance(edited, Skip) else _with_element(node, index, edited)


def _with_element(node: cst.Dict, index: int, value: cst.BaseExpression) -> cst.Dict:
    elements = list(node.elements)
    elements[index] = elements[index].with_changes(value=value)
    return node.with_changes(elements=elements)


def edit_dicts(call: cst.Call, keyword: str | None, edit: Edit, parent: str | None) -> cst.Call | Skip:
    """`edit` on every dict literal in the call (or in one argument): all of them, or those under the key `parent`."""
    editor = _DictEditor(edit, parent)
    args = []
    for arg in call.args:
        name = arg.keyword.value if arg.keyword is not None else None
        if keyword is None or name == keyword:
            new = arg.visit(editor)
            assert isinstance(new, cst.Arg)
            if parent is not None and name == parent and isinstance(new.value, cst.Dict):
                new = new.with_changes(value=editor.apply(new.value))
            arg = new
        args.append(arg)
    return editor.refusal or call.with_changes(args=args)


class _DictEditor(cst.CSTTransformer):
    """Applies `edit` to dict literals: to all, or to those that are the value of the key `parent`."""

    def __init__(self, edit: Edit, parent: str | None) -> None:
        super().__init__()
        self.edit, self.parent = edit, parent
        self.refusal: Skip | None = None

    def apply(self, node: cst.Dict) -> cst.Dict:
        result = self.edit(node)
        if isinstance(result, Skip):
            self.refusal = result
            return node
        return result

    def leave_DictElement(
        self, original_node: cst.DictElement, updated_node: cst.DictElement
    ) -> cst.DictElement:
        value = updated_node.value
        if self.parent is None or string_value(updated_node.key) != self.parent or not isinstance(value, cst.Dict):
            return updated_node
        return updated_node.with_changes(value=self.apply(value))

    def leave_Dict(self, original_node: cst.Dict, updated_node: cst.Dict) -> cst.Dict:
        return self.apply(updated_node) if self.parent is None else updated_node
