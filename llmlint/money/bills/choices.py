"""The changed files of two revisions → which models their code names anew, and which no more.

Where a call's model is chosen at run time its price is unknown before and after a change, whatever can be chosen now.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator

from llmlint.facts import CallSite
from llmlint.link.nodes import below
from llmlint.scan.contents import Contents
from llmlint.scan.discover import is_test
from llmlint.sdks.models import lookup

ID = re.compile(r"(?=\D*\d)[\w./:@-]{2,100}")  # nearly every id has a number in it, and few other texts look like one
SHOWN = 5


def other_models(old: Contents, new: Contents, changed: Iterable[str], sites: Iterable[CallSite]) -> str | None:
    """One sentence; None where no model comes or goes, or no call site leaves its own open. sites: the newer ones."""
    unknown = sum(site.kind in ("generate", "batch", "embed") and not site.model.values for site in sites)
    if not unknown:
        return None
    files = [path for path in changed if path.endswith(".py") and not is_test(path)]
    was, now = (frozenset(name for path in files for name in _named(one, path)) for one in (old, new))
    told = [f"{_listed(names)} {word}" for names, word in ((now - was, "new"), (was - now, "gone")) if names]
    if not told:
        return None
    who = "1 call site chooses its model" if unknown == 1 else f"{unknown} call sites choose their models"
    return f"models that the changed code names: {', '.join(told)}; {who} at run time, which is in no sum"


def _named(contents: Contents, path: str) -> Iterator[str]:
    read = contents.source(path)
    nodes = below(read.source.tree) if read is not None and read.source is not None else []
    texts = {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    yield from (text for text in texts if ID.fullmatch(text) and lookup(text) is not None)


def _listed(names: frozenset[str]) -> str:
    more = len(names) - SHOWN
    return ", ".join(sorted(names)[:SHOWN]) + (f" and {more} more" if more > 0 else "")
