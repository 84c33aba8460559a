"""What a look at the repository found → the text of a commented starter policy."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from llmlint.facts import CallSite
from llmlint.light import dataclass
from llmlint.scan.options import DEFAULT_EXCLUDE

MAX_ENTRIES = 50_000  # files looked at for tests and notebooks
MAX_MODELS = 8
_SAFE = re.compile(r"[\w.:/@+-]{1,80}")  # an id from scanned code ends up in a YAML comment
_COST = {"frontier": 0, "large": 1, "medium": 2, "small": 3}


@dataclass(frozen=True, slots=True)
class Survey:
    """What the repository has."""

    call_sites: tuple[CallSite, ...] = ()
    test_folders: tuple[str, ...] = ()
    notebooks: int = 0


def survey_files(root: Path) -> tuple[tuple[str, ...], int]:
    """(folders with tests at most two levels deep, number of notebooks)."""
    tests: set[str] = set()
    notebooks = seen = 0
    for folder, folders, files in os.walk(root):
        folders[:] = sorted(f for f in folders if f not in DEFAULT_EXCLUDE and not f.startswith("."))
        relative = Path(folder).relative_to(root)
        if len(relative.parts) < 2:
            tests |= {(relative / f).as_posix() for f in folders if f in ("tests", "test")}
        notebooks += sum(1 for f in files if f.endswith(".ipynb"))
        seen += len(files)
        if seen > MAX_ENTRIES:
            break
    return tuple(sorted(tests)), notebooks


def sdk_counts(call_sites: Iterable[CallSite]) -> str:
    """ "anthropic 9, openai 5", the most used first."""
    counts = Counter(site.sdk or site.provider for site in call_sites)
    return ", ".join(f"{name} {n}" for name, n in sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def starter_policy(survey: Survey) -> str:
    """The file's text: it changes nothing until a comment is taken away, but for notebooks."""
    parts = [_HEAD, *_found(survey), _EXTENDS, _RULES, _paths(survey), _models(survey), _REST]
    return "\n".join(parts)


def _found(survey: Survey) -> Sequence[str]:
    if not survey.call_sites:
        return ["# Found no call of a model. If they go through functions of your own, name those in `llm_calls`.\n"]
    lines = [f"# Found {_many(len(survey.call_sites), 'call site')}: {sdk_counts(survey.call_sites)}"]
    models = Counter(
        (model, site.model.tier) for site in survey.call_sites for model in site.model.values if _SAFE.fullmatch(model)
    )
    ranked = sorted(models.items(), key=lambda item: (_COST.get(item[0][1] or "", 9), -item[1], item[0][0]))
    for (model, tier), n in ranked[:MAX_MODELS]:
        lines.append(f"#   {model}{f' ({tier})' if tier else ''}: {_many(n, 'call site')}")
    if len(ranked) > MAX_MODELS:
        lines.append(f"#   and {len(ranked) - MAX_MODELS} more: `llmlint facts`")
    unknown = sum(1 for site in survey.call_sites if not site.model.values)
    if unknown:
        lines.append(f"#   {_many(unknown, 'call site')} whose model the code alone does not tell")
    return ["\n".join(lines) + "\n"]


def _many(n: int, thing: str) -> str:
    return f"{n} {thing}{'' if n == 1 else 's'}"


def _paths(survey: Survey) -> str:
    eased = f" ({', '.join(t for t in survey.test_folders if _SAFE.fullmatch(t))})" if survey.test_folders else ""
    text = f"# Other settings for some paths; the last match wins. Tests{eased}, examples and docs are eased already.\n"
    if survey.notebooks:
        comment = f"  # {_many(survey.notebooks, 'notebook')}: worth a word, not a broken build"
        return f"{text}paths:\n{comment}\n  - match: \"*.ipynb\"\n    rules: {{\"*\": info}}\n"
    return f"{text}# paths:\n#   - match: scripts/**\n#     rules: {{batch: off}}\n"


def _models(survey: Survey) -> str:
    """The small models in use are the likeliest to be approved."""
    used = {m for s in survey.call_sites if s.model.tier == "small" for m in s.model.values if _SAFE.fullmatch(m)}
    small = ", ".join(sorted(used)[:4]) or "claude-haiku-5-5, gpt-6-luna"
    return f"{_TIERS}#\n{_MODELS}#   small: [{small}]\n"


_HEAD = """\
# The policy of llmlint for this repository. `llmlint policy show` prints all that is in effect, docs/policy.md says
# what each key means. Editors complete and check it with the schema:
# yaml-language-server: $schema=https://github.com/llmlint/llmlint/raw/main/llmlint/judge/schemas/policy.schema.json
"""
_EXTENDS = """\
# default: a finding of severity warning or error fails the check. strict: every finding does, and suppressions need a
# reason. advisory: nothing fails.
extends: default
"""
_RULES = """\
# One line a rule: error, warning, info, off, or a mapping with the rule's parameters. `llmlint rules` lists them.
# rules:
#   output-cap: error
#   prompt-cache: {severity: warning}
"""
_TIERS = """\
# The highest model tier that each kind of task is granted: small, medium, large or frontier.
# tiers:
#   classification: small
#   qa: medium
"""
_MODELS = """\
# The models of each tier that a remedy may name, the preferred one first.
# models:
"""
_REST = """\
# Your own functions that send a request to a model: each call of them is a call site.
# llm_calls: [myapp.llm.ask]

# Files that are not scanned, besides those that git ignores.
# extend_exclude: [vendor/**]

# What `# llmlint: ignore[output-cap] reason` in the code may do.
# suppressions: {require_reason: true}

# The least severity that makes `llmlint check` exit with 1.
# fail_on: warning

# How often call sites run: without it costs are given per call, never per month.
# traffic:
#   - match: {path: app/**, function: ask}
#     calls_per_day: 12000
"""
