"""A call as a libcst node + the arguments of a rule's remedy → the call rewritten, or the reason why it is not.

`OPERATORS` maps the name that a rule's YAML uses to its function. An operator changes what it names and nothing else; what
is already as wanted comes back unchanged. Arguments are plain data, checked here: a rule file can come from anyone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import libcst as cst

from llmlint.fixes.layout import call_row, call_with, dict_row, dict_with, has_comment, insert, remove
from llmlint.fixes.literals import literal

_RENDER = cst.Module([])


@dataclass(frozen=True, slots=True)
class Skip:
    """Why the edit was not made, as the end of "not fixed: …"."""

    reason: str


@dataclass(frozen=True, slots=True)
class Site:
    """The call's surroundings. head and tail: the rest of its first and of its last line; unit: one indentation."""

    head: str = ""
    tail: str = ""
    unit: str = "    "
    quote: str = '"'
    width: int = 88


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
    index = _find(call, keyword)
    if index is None:
        return Skip(f"`{keyword}` is not written in this call")
    value = call.args[index].value
    if not _is_literal(value):
        return Skip(f"`{keyword}` is `{_short(value)}` here: change it where that is defined")
    return _replace(call, index, arguments["value"], _quote_of(value, site))


def cache_system(call: cst.Call, arguments: Mapping[str, Any], site: Site) -> Result:
    """{keyword = "system", ttl?}: wraps the system prompt into a text block that ends with a cache breakpoint."""
    keyword = arguments.get("keyword", "system")
    index = _find(call, keyword)
    if index is None:
        return Skip(f"`{keyword}` is not written in this call")
    value = call.args[index].value
    if isinstance(value, (cst.List, cst.Tuple, cst.ListComp)):
        return call if '"cache_control"' in _code(value).replace("'", '"') else Skip("the system prompt is a list already")
    if not _is_plain_text(value):
        return Skip(f"the system prompt is `{_short(value)}`: only a constant text or a name can be wrapped")
    control = {"type": "ephemeral"} | ({"ttl": arguments["ttl"]} if arguments.get("ttl") else {})
    return _first_that_fits(call, index, _block_layouts(call, index, literal(control, site.quote), site), site)


def remove_keyword(call: cst.Call, arguments: Mapping[str, Any], site: Site) -> Result:
    """{keyword}: removes the argument; refuses where a comment speaks of it."""
    keyword = _text(arguments, "keyword")
    index = _find(call, keyword)
    if index is None:
        return call
    arg = call.args[index]
    row = remove(call_row(call), index)
    if row is None or "#" in _comments(arg.value):
        return Skip(f"a comment stands beside `{keyword}`: remove both by hand")
    return call_with(call, row)


def set_dict_key(call: cst.Call, arguments: Mapping[str, Any], site: Site) -> Result:
    """{parent, key, value, keyword?}: sets `key` in every dict literal that stands under `parent` in the call.

    `parent` is a dict key or a keyword of the call; `keyword` confines the search to one argument.
    """
    parent, key = _text(arguments, "parent"), _text(arguments, "key")
    return _edit_dicts(call, arguments, site, lambda node: _set_key(node, key, arguments["value"], site), parent)


def remove_dict_key(call: cst.Call, arguments: Mapping[str, Any], site: Site) -> Result:
    """{key, keyword?}: removes `key` from every dict literal in the call, or in one argument."""
    key = _text(arguments, "key")

    def edit(node: cst.Dict) -> cst.Dict | Skip:
        index = _find_key(node, key)
        row = None if index is None else remove(dict_row(node), index)
        if index is not None and row is None:
            return Skip(f"a comment stands beside `{key}`: remove both by hand")
        return node if row is None else dict_with(node, row)

    return _edit_dicts(call, arguments, site, edit, None)


OPERATORS: dict[str, Operator] = {
    "set-keyword": set_keyword,
    "replace-value": replace_value,
    "cache-system": cache_system,
    "remove-keyword": remove_keyword,
    "set-dict-key": set_dict_key,
    "remove-dict-key": remove_dict_key,
}


def preferred_quote(call: cst.Call) -> str:
    """The quote that most strings of the call stand in."""
    counter = _Quotes()
    call.visit(counter)
    return "'" if counter.single > counter.double else '"'


# ---------------------------------------------------------------------------------------------------------- arguments


def _set_path(call: cst.Call, path: list[str], value: Any, despite_splat: bool, site: Site) -> Result:
    first, rest = path[0], path[1:]
    index = _find(call, first)
    if index is None:
        if not despite_splat and (splat := _splat_that_may_carry(call, first)) is not None:
            return Skip(f"`**{splat}` may already carry `{first}`")
        for name in reversed(rest):
            value = {name: value}
        return _add(call, first, cst.parse_expression(literal(value, site.quote)), site)
    if not rest:
        return _replace(call, index, value, site.quote)
    inner: cst.BaseExpression | Skip = call.args[index].value
    if isinstance(inner, cst.Dict):
        inner = _set_key_path(inner, rest, value, site)
    elif isinstance(inner, cst.Call):
        inner = _set_path(inner, rest, value, despite_splat, site)
    else:
        inner = Skip(f"`{first}` is `{_short(inner)}` here: change it where that is defined")
    return inner if isinstance(inner, Skip) else _with_value(call, index, inner)


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
    if _same_value(old, value):
        return call
    if "#" in _comments(old):
        return Skip(f"a comment stands inside `{_short(old)}`")
    return _with_value(call, index, new)


def _with_value(call: cst.Call, index: int, value: cst.BaseExpression) -> cst.Call:
    args = list(call.args)
    args[index] = args[index].with_changes(value=value)
    return call.with_changes(args=args)


def _find(call: cst.Call, keyword: str) -> int | None:
    return next((i for i, a in enumerate(call.args) if a.keyword is not None and a.keyword.value == keyword), None)


def _splat_that_may_carry(call: cst.Call, keyword: str) -> str | None:
    for arg in call.args:
        if arg.star != "**":
            continue
        keys = _known_keys(arg.value)
        if keys is None or keyword in keys:
            return _short(arg.value)
    return None


def _known_keys(node: cst.BaseExpression) -> set[str] | None:
    """The keys of a dict literal or of dict(a=…); None where they are not all written there."""
    if isinstance(node, cst.Dict):
        keys = {_string(e.key) if isinstance(e, cst.DictElement) else None for e in node.elements}
        return None if None in keys else {k for k in keys if k is not None}
    if isinstance(node, cst.Call) and isinstance(node.func, cst.Name) and node.func.value == "dict":
        names = {a.keyword.value if a.keyword is not None else None for a in node.args}
        return None if None in names else {n for n in names if n is not None}
    return None


# -------------------------------------------------------------------------------------------------------------- dicts


def _find_key(node: cst.Dict, key: str) -> int | None:
    places = [i for i, e in enumerate(node.elements) if isinstance(e, cst.DictElement) and _string(e.key) == key]
    return places[-1] if places else None  # the last one wins at run time


def _set_key(node: cst.Dict, key: str, value: Any, site: Site) -> cst.Dict | Skip:
    index = _find_key(node, key)
    new = cst.parse_expression(literal(value, site.quote))
    if index is None:
        entry = cst.DictElement(cst.SimpleString(literal(key, site.quote)), new)
        return dict_with(node, insert(dict_row(node), len(node.elements), entry, site.unit))
    old = node.elements[index].value
    if _same_value(old, value):
        return node
    if "#" in _comments(old):
        return Skip(f"a comment stands inside `{_short(old)}`")
    return _with_element(node, index, new)


def _set_key_path(node: cst.Dict, path: list[str], value: Any, site: Site) -> cst.Dict | Skip:
    index = _find_key(node, path[0])
    if index is None or len(path) == 1:
        for name in reversed(path[1:]):
            value = {name: value}
        return _set_key(node, path[0], value, site)
    inner = node.elements[index].value
    if not isinstance(inner, cst.Dict):
        return Skip(f"`{path[0]}` is `{_short(inner)}` here: change it where that is defined")
    edited = _set_key_path(inner, path[1:], value, site)
    return edited if isinstance(edited, Skip) else _with_element(node, index, edited)


def _with_element(node: cst.Dict, index: int, value: cst.BaseExpression) -> cst.Dict:
    elements = list(node.elements)
    elements[index] = elements[index].with_changes(value=value)
    return node.with_changes(elements=elements)


def _edit_dicts(
    call: cst.Call, arguments: Mapping[str, Any], site: Site, edit: Callable[[cst.Dict], cst.Dict | Skip], parent: str | None
) -> Result:
    editor = _DictEditor(edit, parent)
    keyword = arguments.get("keyword")
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

    def __init__(self, edit: Callable[[cst.Dict], cst.Dict | Skip], parent: str | None) -> None:
        super().__init__()
        self.edit, self.parent, self.refusal = edit, parent, None  # type: tuple[Any, str | None, Skip | None]

    def apply(self, node: cst.Dict) -> cst.Dict:
        result = self.edit(node)
        if isinstance(result, Skip):
            self.refusal = result
            return node
        return result

    def leave_DictElement(self, original_node: cst.DictElement, updated_node: cst.DictElement) -> cst.DictElement:
        if self.parent is None or _string(updated_node.key) != self.parent or not isinstance(updated_node.value, cst.Dict):
            return updated_node
        return updated_node.with_changes(value=self.apply(updated_node.value))

    def leave_Dict(self, original_node: cst.Dict, updated_node: cst.Dict) -> cst.Dict:
        return self.apply(updated_node) if self.parent is None else updated_node


# ------------------------------------------------------------------------------------------------------ cached blocks


def _block_layouts(call: cst.Call, index: int, control: str, site: Site) -> list[str]:
    """The block written in one line, in three, and with one entry a line."""
    q, unit = site.quote, site.unit
    line = _text_before(call, index, site).rpartition("\n")[2]
    base = line[: len(line) - len(line.lstrip(" \t"))]
    value = call.args[index].value
    kind, text, cache = f"{q}type{q}: {q}text{q}", f"{q}text{q}: ", f"{q}cache_control{q}: {control}"
    flat = "{" + f"{kind}, {text}{_code(value)}, {cache}" + "}"
    one, two = base + unit, base + 2 * unit
    deeper = _code(_indented(value, 2 * unit))
    layouts = ["[" + flat + "]", f"[\n{one}{flat}\n{base}]"]
    tall = f"[\n{one}{{\n{two}{kind},\n{two}{text}{deeper},\n{two}{cache},\n{one}}}\n{base}]"
    return [tall] if "\n" in _code(value) else [*layouts, tall]


def _first_that_fits(call: cst.Call, index: int, layouts: list[str], site: Site) -> cst.Call:
    before = _text_before(call, index, site)
    for layout in layouts:
        candidate = _with_value(call, index, cst.parse_expression(layout))
        rendered = site.head + _code(candidate) + site.tail
        first = before.count("\n")
        lines = rendered.split("\n")[first : first + layout.count("\n") + 1]
        if max(len(line.expandtabs(4)) for line in lines) <= site.width:
            break
    return candidate


def _text_before(call: cst.Call, index: int, site: Site) -> str:
    """All text from the start of the call's line to the argument."""
    head = call.with_changes(args=[], whitespace_before_args=call.whitespace_before_args)
    opening = _code(head)[: -len(")")]
    return site.head + opening + "".join(_code(arg) for arg in call.args[:index])


def _indented(node: cst.BaseExpression, by: str) -> cst.BaseExpression:
    deeper = node.visit(_Indenter(by))
    assert isinstance(deeper, cst.BaseExpression)
    return deeper


class _Indenter(cst.CSTTransformer):
    """Moves the lines of a bracketed expression to the right; the lines inside a string stay."""

    def __init__(self, by: str) -> None:
        super().__init__()
        self.by = by

    def leave_ParenthesizedWhitespace(
        self, original_node: cst.ParenthesizedWhitespace, updated_node: cst.ParenthesizedWhitespace
    ) -> cst.ParenthesizedWhitespace:
        lines = [
            line.with_changes(whitespace=cst.SimpleWhitespace(self.by + line.whitespace.value)) if line.comment else line
            for line in updated_node.empty_lines
        ]
        last = cst.SimpleWhitespace(self.by + updated_node.last_line.value)
        return updated_node.with_changes(empty_lines=lines, last_line=last)


# -------------------------------------------------------------------------------------------------------------- nodes


def _is_literal(node: cst.BaseExpression) -> bool:
    if isinstance(node, cst.UnaryOperation):
        node = node.expression
    return isinstance(node, (cst.SimpleString, cst.Integer, cst.Float)) or (
        isinstance(node, cst.Name) and node.value in ("True", "False", "None")
    )


def _is_plain_text(node: cst.BaseExpression) -> bool:
    if isinstance(node, cst.FormattedString):
        return not any(isinstance(part, cst.FormattedStringExpression) for part in node.parts)
    if isinstance(node, cst.ConcatenatedString):
        return _is_plain_text(node.left) and _is_plain_text(node.right)
    if isinstance(node, cst.SimpleString):
        return "b" not in node.prefix.lower()
    if isinstance(node, cst.Attribute):
        return _is_dotted(node)
    return isinstance(node, cst.Name) and node.value not in ("True", "False", "None")


def _is_dotted(node: cst.BaseExpression) -> bool:
    while isinstance(node, cst.Attribute):
        node = node.value
    return isinstance(node, cst.Name)


def _same_value(node: cst.BaseExpression, value: Any) -> bool:
    import ast

    try:
        old = ast.literal_eval(_code(node))
    except (ValueError, SyntaxError, TypeError, RecursionError, MemoryError):
        return False
    return type(old) is type(value) and bool(old == value)


def _string(node: cst.BaseExpression) -> str | None:
    value = node.evaluated_value if isinstance(node, cst.SimpleString) else None
    return value if isinstance(value, str) else None


def _quote_of(node: cst.BaseExpression, site: Site) -> str:
    return node.quote if isinstance(node, cst.SimpleString) and len(node.quote) == 1 else site.quote


def _code(node: cst.CSTNode) -> str:
    return _RENDER.code_for_node(node)


def _short(node: cst.BaseExpression) -> str:
    code = " ".join(_code(node).split())
    return code if len(code) <= 40 else code[:37] + "..."


def _comments(node: cst.BaseExpression) -> str:
    finder = _Comments()
    node.visit(finder)
    return "\n".join(finder.found)


class _Comments(cst.CSTVisitor):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def visit_Comment(self, node: cst.Comment) -> None:
        self.found.append(node.value)


class _Quotes(cst.CSTVisitor):
    def __init__(self) -> None:
        super().__init__()
        self.single = self.double = 0

    def visit_SimpleString(self, node: cst.SimpleString) -> None:
        self.single += node.quote == "'"
        self.double += node.quote == '"'


def _text(arguments: Mapping[str, Any], name: str) -> str:
    value = arguments.get(name)
    if not isinstance(value, str) or not all(part.isidentifier() for part in value.split(".")):
        raise ValueError(f"the rule's `{name}` must be a name, not {value!r}")
    return value
