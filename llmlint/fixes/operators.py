"""A call as a libcst node + the arguments of a rule's remedy → the call rewritten, or the reason why it is not.

`OPERATORS` maps the name that a rule's YAML uses to its function. An operator changes what it names and nothing else;
what is already as wanted comes back unchanged. Arguments are plain data, checked here: anyone writes rules.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, TypeAlias

import libcst as cst

from llmlint.fixes.blocks import block_layouts, first_that_fits
from llmlint.fixes.dicts import Edit, edit_dicts, find_key, set_key, set_key_path
from llmlint.fixes.layout import call_row, call_with, dict_row, dict_with, insert, remove
from llmlint.fixes.literals import literal
from llmlint.fixes.nodes import (
    code,
    find_keyword,
    has_comment_inside,
    is_literal,
    is_plain_text,
    known_keys,
    same_value,
    short,
    with_value,
)  # fmt: skip
from llmlint.fixes.site import Site, Skip

Result: TypeAlias = "cst.Call | Skip"
Operator: TypeAlias = Callable[[cst.Call, Mapping[str, Any], Site], Result]


def set_keyword(call: cst.Call, arguments: Mapping[str, Any], site: Site) -> Result:
    """{keyword, value, despite_splat?}: adds `keyword=value`, or replaces its value.

    A dotted keyword ("inferenceConfig.maxTokens") goes into the dict or the nested call that the first name carries.
    """
    path = _text(arguments, "keyword").split(".")
    if "value" not in arguments:
        return Skip("the rule names no value")
    return _set_path(call, path, arguments["value"], bool(arguments.get("despite_splat")), site)


def replace_value(call: cst.Call, arguments: Mapping[str, Any], site: Site) -> Result:
    """{keyword, value}: replaces a literal; a name or expression is left alone, for it is decided elsewhere."""
    keyword = _text(arguments, "keyword")
    index = find_keyword(call, keyword)
    if index is None:
        return Skip(f"`{keyword}` is not written in this call")
    value = call.args[index].value
    if not is_literal(value):
        return Skip(f"`{keyword}` is `{short(value)}` here: change it where that is defined")
    return _replace(call, index, arguments["value"], quote_of(value, site))


def cache_system(call: cst.Call, arguments: Mapping[str, Any], site: Site) -> Result:
    """{keyword = "system", ttl?}: wraps the system prompt into a text block that ends with a cache breakpoint."""
    keyword = arguments.get("keyword", "system")
    index = find_keyword(call, keyword)
    if index is None:
        return Skip(f"`{keyword}` is not written in this call")
    value = call.args[index].value
    if isinstance(value, (cst.List, cst.Tuple, cst.ListComp)):
        marked = '"cache_control"' in code(value).replace("'", '"')
        return call if marked else Skip("the system prompt is a list already")
    if not is_plain_text(value):
        return Skip(f"the system prompt is `{short(value)}`: only a constant text or a name can be wrapped")
    control = {"type": "ephemeral"} | ({"ttl": arguments["ttl"]} if arguments.get("ttl") else {})
    return first_that_fits(call, index, block_layouts(call, index, literal(control, site.quote), site), site)


def remove_keyword(call: cst.Call, arguments: Mapping[str, Any], site: Site) -> Result:
    """{keyword}: removes the argument; refuses where a comment speaks of it."""
    keyword = _text(arguments, "keyword")
    index = find_keyword(call, keyword)
    if index is None:
        return call
    arg = call.args[index]
    row = remove(call_row(call), index)
    if row is None or has_comment_inside(arg.value):
        return Skip(f"a comment stands beside `{keyword}`: remove both by hand")
    return call_with(call, row)


def set_dict_key(call: cst.Call, arguments: Mapping[str, Any], site: Site) -> Result:
    """{parent, key, value, keyword?}: sets `key` in every dict literal that stands under `parent` in the call.

    `parent` is a dict key or a keyword of the call; `keyword` confines the search to one argument.
    """
    parent, key = _text(arguments, "parent"), _text(arguments, "key")
    edit: Edit = partial(set_key, key=key, value=arguments["value"], site=site)
    return edit_dicts(call, arguments.get("keyword"), edit, parent)


def remove_dict_key(call: cst.Call, arguments: Mapping[str, Any], site: Site) -> Result:
    """{key, keyword?}: removes `key` from every dict literal in the call, or in one argument."""
    key = _text(arguments, "key")

    def edit(node: cst.Dict) -> cst.Dict | Skip:
        index = find_key(node, key)
        row = None if index is None else remove(dict_row(node), index)
        if index is not None and row is None:
            return Skip(f"a comment stands beside `{key}`: remove both by hand")
        return node if row is None else dict_with(node, row)

    return edit_dicts(call, arguments.get("keyword"), edit, None)


def cache_marks(call: cst.Call, arguments: Mapping[str, Any], site: Site) -> Result:
    """{ttl?}: the breakpoints written in the call are kept that long ("1h"); without a ttl they are removed."""
    if arguments.get("ttl"):
        return set_dict_key(call, {"parent": "cache_control", "key": "ttl", "value": arguments["ttl"]}, site)
    return remove_dict_key(call, {"key": "cache_control"}, site)


OPERATORS: dict[str, Operator] = {
    "set-keyword": set_keyword,
    "replace-value": replace_value,
    "cache-system": cache_system,
    "remove-keyword": remove_keyword,
    "set-dict-key": set_dict_key,
    "remove-dict-key": remove_dict_key,
    "cache-marks": cache_marks,
}


def _set_path(call: cst.Call, path: list[str], value: Any, despite_splat: bool, site: Site) -> Result:
    first, rest = path[0], path[1:]
    index = find_keyword(call, first)
    if index is None:
        if not despite_splat and (splat := _splat_that_may_carry(call, first)) is not None:
            return Skip(f"`**{splat}` may already carry `{first}`")
        for name in reversed(rest):
            value = {name: value}
        return _add(call, first, cst.parse_expression(literal(value, site.quote)), site)
    if not rest:
        return _replace(call, index, value, site.quote)
    old = call.args[index].value
    inner: cst.BaseExpression | Skip
    if isinstance(old, cst.Dict):
        inner = set_key_path(old, rest, value, site)
    elif isinstance(old, cst.Call):
        inner = _set_path(old, rest, value, despite_splat, site)
    else:
        inner = Skip(f"`{first}` is `{short(old)}` here: change it where that is defined")
    return inner if isinstance(inner, Skip) else with_value(call, index, inner)


def _add(call: cst.Call, keyword: str, value: cst.BaseExpression, site: Site) -> Result:
    if len(call.args) == 1 and isinstance(call.args[0].value, cst.GeneratorExp) and not call.args[0].value.lpar:
        return Skip("the only argument is a generator without its own parentheses")
    arg = cst.Arg(value, keyword=cst.Name(keyword), equal=_equal(call))
    before = next((i for i, a in enumerate(call.args) if a.star == "**"), len(call.args))
    return call_with(call, insert(call_row(call), before, arg, site.unit))


def _equal(call: cst.Call) -> cst.AssignEqual:
    for arg in call.args:  # "a = 1" where the call is written so
        if isinstance(arg.equal, cst.AssignEqual):
            spaces = (arg.equal.whitespace_before, arg.equal.whitespace_after)
            if all(isinstance(s, cst.SimpleWhitespace) and s.value in ("", " ") for s in spaces):
                return arg.equal
    return cst.AssignEqual(cst.SimpleWhitespace(""), cst.SimpleWhitespace(""))


def _replace(call: cst.Call, index: int, value: Any, quote: str) -> Result:
    old = call.args[index].value
    new = cst.parse_expression(literal(value, quote))
    if same_value(old, value):
        return call
    if has_comment_inside(old):
        return Skip(f"a comment stands inside `{short(old)}`")
    return with_value(call, index, new)


def _splat_that_may_carry(call: cst.Call, keyword: str) -> str | None:
    for arg in call.args:
        if arg.star != "**":
            continue
        keys = known_keys(arg.value)
        if keys is None or keyword in keys:
            return short(arg.value)
    return None


def quote_of(node: cst.BaseExpression, site: Site) -> str:
    return node.quote if isinstance(node, cst.SimpleString) and len(node.quote) == 1 else site.quote


def _text(arguments: Mapping[str, Any], name: str) -> str:
    value = arguments.get(name)
    if not isinstance(value, str) or not all(part.isidentifier() for part in value.split(".")):
        raise ValueError(f"the rule's `{name}` must be a name, not {value!r}")
    return value
