"""A function that answers requests → who may call it: those who bring their own key, those on a list, anybody?"""

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


# a list of who may ask, or a service that only others of one's own may call
LISTED = re.compile(
    r"allow(ed)?_?(list|users?|ids?|chats?)|white_?list|authori[sz]ed_?(users?|ids?|chats?)|owner_?ids?|admin_?ids?|admins"
    r"|has_?access|is_?(white)?listed|(user|chat|is)_?allowed",
    re.I,
)
INTERNAL = re.compile(
    r"internal_?(token|key|only|auth|secret|service)|service_?(token|key|account|auth)|(cron|worker|job)_?(secret|token)",
    re.I,
)


def known_callers(handler: FuncInfo) -> bool:
    """Are all but a few turned away: `if user.id not in ALLOWED_USERS: return`, `Depends(require_internal_token)`?"""
    node = handler.node
    if isinstance(node, ast.Lambda):
        return False
    wired = [*node.decorator_list, *node.args.defaults, *(d for d in node.args.kw_defaults if d is not None)]
    if any(INTERNAL.search(name) for one in wired for name in names_in(one)) or any(map(_of_oneself, wired)):
        return True
    return any(
        isinstance(stmt, ast.If)
        and isinstance(stmt.body[-1], (ast.Return, ast.Raise))
        and _turns_away(stmt.test, handler)
        for stmt in node.body
    )


def _of_oneself(decorator: ast.expr) -> bool:
    """Telethon's `NewMessage(outgoing=True)`, Pyrogram's `filters.me`: what the account's owner writes."""
    for node in ast.walk(decorator):
        if isinstance(node, ast.keyword) and node.arg == "outgoing" and isinstance(node.value, ast.Constant):
            return bool(node.value.value)
        if isinstance(node, ast.Attribute) and node.attr == "me" and isinstance(node.value, ast.Name):
            return node.value.id == "filters"
    return False


def _turns_away(test: ast.expr, handler: FuncInfo) -> bool:
    parts = list(ast.walk(test))
    compared = [n for n in parts if isinstance(n, ast.Compare) and isinstance(n.ops[0], (ast.NotEq, ast.NotIn))]
    denied = [n.operand for n in parts if isinstance(n, ast.UnaryOp) and isinstance(n.op, ast.Not)]
    asked = {call_name(n) for one in denied for n in ast.walk(one) if isinstance(n, ast.Call)}
    helpers = [f.node for f in handler.module.definitions if f.name in asked and not isinstance(f.node, ast.Lambda)]
    # a helper of the file looks into the list: `return user.id in config.allowed_user_ids`
    answers = [n.value for h in helpers for n in ast.walk(h) if isinstance(n, ast.Return) and n.value is not None]
    return any(LISTED.search(ast.unparse(one)) for one in [*compared, *denied, *answers])


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
