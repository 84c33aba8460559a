"""A function that answers requests → does the key that the model is asked with come from whoever calls it?"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from llmlint.link.flow import names_in, unit_of
from llmlint.link.names import call_name
from llmlint.link.project import FuncInfo

KEY = re.compile(
    r"^(api_?key|api_?token|credentials?|auth_info|llm_\w*(key|token)|\w*(openai|anthropic|claude|gpt|gemini|google|groq|cohere|mistral|azure|provider|model)"
    r"\w*_?(key|token))$",
    re.I,
)
CHECKED = re.compile(r"verif|check|valid|auth|hash|compare|lookup|get_user|require|decode|is_", re.I)
OURS = re.compile(r"settings|config|container|app_state|Depends|Provide|inject", re.I)


def callers_key(handler: FuncInfo) -> bool:
    """Is a key out of the request handed on: `os.environ["OPENAI_API_KEY"] = body.key`, `api_key=request.key`?"""
    if isinstance(handler.node, ast.Lambda):
        return False
    given = from_outside(handler)
    unit = unit_of(handler.module, handler)
    for _ in range(3):
        known = [b for b in unit.bindings if b.reads & given and not OURS.search(ast.unparse(b.value))]
        given |= {name for b in known for name in b.names}
    return any(names_in(value) & given for value in handed_on(unit.nodes))


def from_outside(handler: FuncInfo) -> set[str]:
    """The parameters that the request fills, and the framework's own name for it."""
    arguments = handler.node.args
    every = [*arguments.posonlyargs, *arguments.args]
    defaults = dict(zip([a.arg for a in reversed(every)], reversed(arguments.defaults), strict=False))
    named = zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
    defaults.update({a.arg: default for a, default in named if default is not None})
    out = {"request"}
    for argument in [*every, *arguments.kwonlyargs]:
        said = " ".join(ast.unparse(n) for n in (argument.annotation, defaults.get(argument.arg)) if n is not None)
        if argument.arg not in ("self", "cls") and not OURS.search(said):
            out.add(argument.arg)
    return out


def handed_on(nodes: list[ast.AST]) -> Iterator[ast.expr]:
    """The values that are used as a key for a model."""
    for node in nodes:
        if isinstance(node, ast.Call) and not CHECKED.search(call_name(node) or ""):
            yield from (k.value for k in node.keywords if k.arg and KEY.match(k.arg))
        elif isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                if isinstance(key, ast.Constant) and isinstance(key.value, str) and KEY.match(key.value):
                    yield value
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                name = target.attr if isinstance(target, ast.Attribute) else ""
                if isinstance(target, ast.Subscript) and isinstance(target.slice, ast.Constant):
                    name = str(target.slice.value)
                if KEY.match(name):
                    yield node.value
