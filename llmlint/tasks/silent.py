"""The name of a function outside the project → does what it gives back tell nothing? Of most nothing is known.

Such a value is unknown before a change and after it, whatever it is made from.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import PurePath

# what values, templates and frameworks are asked for, besides what Python's own types have
ASKED = frozenset({
    "aformat", "apply_async", "attrib", "delay", "environ", "field", "fields", "fn", "format_messages",
    "format_prompt", "from_string", "get_template", "ib", "invoke", "ainvoke", "namedtuple", "options",
    "parse_args", "parse_known_args", "partial", "read", "readlines", "remote", "render", "render_async",
    "run_in_executor", "run_until_complete", "safe_substitute", "spawn", "submit", "substitute", "super", "to_messages",
    "to_string", "with_options",
})  # fmt: skip


def silent(name: str) -> bool:
    """Of a function that the project does not define. A class keeps what it is given."""
    return name[:1].islower() and name not in _telling()


@lru_cache(maxsize=1)
def _telling() -> frozenset[str]:
    import builtins

    from llmlint.link.changing import NAMES
    from llmlint.link.library import LIBRARY
    from llmlint.link.project import MUTATORS
    from llmlint.sdks.catalogue import load_catalogue

    known = {*LIBRARY}
    for sdk in load_catalogue().sdks:
        known.update(
            sdk.clients, sdk.methods, sdk.functions, sdk.model_objects, sdk.model_methods, sdk.model_self_methods,
            sdk.self_methods, sdk.self_attributes, (signature.path for signature in sdk.signatures),
        )  # fmt: skip
    own = frozenset().union(*map(dir, (builtins, str, bytes, dict, list, set, tuple, PurePath)))
    return own | ASKED | MUTATORS | NAMES | {dotted.rpartition(".")[2] for dotted in known}
