"""Call sites and facts for these tests, built by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from llmlint.facts import CallSite, CapFact, ContextFact, Facts, ModelFact, PromptFact, TaskFact

PARTS = {
    "model": ModelFact, "output_cap": CapFact, "prompt": PromptFact, "context": ContextFact, "task": TaskFact,
}  # fmt: skip


def site(path: str = "app.py", line: int = 1, **changes: Any) -> CallSite:
    """An OpenAI call without a limit in `ask`; parts are given as dicts of what differs: task={"simple": True}."""
    base = CallSite(
        path, line, line, 1, 20, "generate", "openai", "chat.completions.create", function="ask",
        model=ModelFact(("gpt-5-mini",), "literal", "small"), output_cap=CapFact("missing", None, "max_tokens"),
    )  # fmt: skip
    parts = {name: replace(getattr(base, name), **changes.pop(name)) for name in list(changes) if name in PARTS}
    return replace(base, **parts, **changes)


def facts(*sites: CallSite, root: str = "/nowhere") -> Facts:
    return Facts(root, sites)
