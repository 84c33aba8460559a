

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

