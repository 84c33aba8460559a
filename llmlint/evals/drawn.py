"""A call site, as "app/x.py:12" → the YAML of a task with its prompt, model, kind and candidates filled in."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from llmlint.errors import TaskError
from llmlint.facts import CallSite
from llmlint.judge.helpers import TIERS
from llmlint.sdks.models import lookup, thinks, undressed

if TYPE_CHECKING:
    from llmlint.judge.policy import Policy

SCHEMA = "https://raw.githubusercontent.com/llmlint/llmlint/main/llmlint/evals/schemas/task.schema.json"
SLOT = re.compile(r"\{([A-Za-z_][\w.]*)\}")
WHOLE = ("user", "messages", "content")  # how the facts call a message of which nothing is known
SERVED = {"azure-openai": "azure", "bedrock": "bedrock", "vertex": "vertex"}
ROOM = 1024  # tokens
OWN = ("anthropic", "openai")
GRADERS = {"classification": "label", "extraction": "{type: fields, normalize: true}", "judge": "label"}
JUDGE = """
  - type: judge
    # what makes an answer good, in your words; a judge is a model, and is paid for
    rubric: The answer is right, complete, and says nothing that is not so."""


def draw(root: Path, place: str, folder: Path | None = None) -> str:
    """The task's YAML. root: the folder that the place is relative to; folder: where the task will be, None: there.

    Raises TaskError where no call to a model stands there.
    """
    from llmlint.judge.policy import load_policy
    from llmlint.tasks.collect import collect_facts

    path, cell, line = _read(place)
    file = root / path
    if not file.is_file():
        raise TaskError("there is no such file", path, None, "write it as app/x.py:12")
    policy = load_policy(root)
    # the text of a prompt is never kept, so a cache could not give it
    options = replace(policy.scan, cache=False, include=(), exclude=(), extend_exclude=(), respect_gitignore=False)
    facts = collect_facts([file], options, root=root)
    site = _site(facts.call_sites, path, cell, line)
    return _task(site, policy, root, folder or root)


def name_in(text: str) -> str:
    """The name of a drawn task."""
    return next(line.partition(": ")[2] for line in text.split("\n") if line.startswith("name: "))


def _read(place: str) -> tuple[str, int | None, int]:
    """ "app/x.py:12" or, of a notebook, "x.ipynb:3:12" (cell, line)."""
    found = re.fullmatch(r"(.+?)(?::(\d+))?:(\d+)", place)
    if found is None:
        raise TaskError(f"{place!r} names no line", None, None, "write it as app/x.py:12")
    path = Path(found[1]).as_posix()
    return path, int(found[2]) if found[2] else None, int(found[3])


def _site(sites: Sequence[CallSite], path: str, cell: int | None, line: int) -> CallSite:
    """The call that the line is part of."""
    own = [site for site in sites if site.path == path and site.kind == "generate"]
    here = [site for site in own if site.cell == cell and site.line <= line <= site.end_line]
    if here:
        return min(here, key=lambda site: site.end_line - site.line)
    known = ", ".join(site.place for site in own[:8])
    mend = f"there are {known}" if known else "`llmlint facts` lists them"
    raise TaskError("no call to a model stands there", path, line, mend)


def _task(site: CallSite, policy: Policy, root: Path, folder: Path) -> str:
    kind = site.task.type if site.task.type != "unknown" else "other"
    prompt = _prompt(site, root, folder)
    columns = list(dict.fromkeys([*prompt.columns, "expected"]))
    row = json.dumps({"id": "1", **dict.fromkeys(columns, "…")}, ensure_ascii=False)
    models = _models(site, policy)
    lines = [
        f"# yaml-language-server: $schema={SCHEMA}",
        f"# drawn from {site.place}; what is marked with ← needs you",
        f"name: {_name(site)}",
        f"task: {kind}" + ("" if site.task.confidence >= 0.5 else "  # ← a guess"),
        f"match: {json.dumps({'path': site.path, **({'function': site.function} if site.function else {})})}",
        "",
        "# ← real requests, one JSON object a line; a hundred are a start, `llmlint eval plan` says how many it takes:",
        f"#   {row}",
        "data: {file: items.jsonl}",
        "",
        *prompt.lines,
        *([f"  max_tokens: {site.output_cap.value}"] if site.output_cap.value else []),
        *(["  # ← the answer follows a schema: schema: {file: answer.schema.json}"] if site.structured else []),
        *(["  # ← the model has tools: tools: [{name: …, description: …, parameters: {…}}]"] if site.tools else []),
        "",
        *models,
        "",
        "graders:" + (f" {GRADERS[kind]}" if kind in GRADERS else JUDGE),
        "quality: {margin: 0.03}",
        "budget_usd: 5",
        *_traffic(site, policy),
    ]
    return "\n".join(lines) + "\n"


def _name(site: CallSite) -> str:
    words = re.findall(r"[a-z0-9]+", (site.function or Path(site.path).stem).casefold())
    return "-".join(words) or "task"


@dataclass(frozen=True, slots=True)
class Drawn:
    """The lines of `prompt:`, and the columns that it asks for."""

    lines: tuple[str, ...]
    columns: tuple[str, ...]


def _prompt(site: CallSite, root: Path, folder: Path) -> Drawn:
    """The prompt as far as it is known; the file that holds its beginning stays a file."""
    text = site.prompt.text
    if not text or not text.strip():
        return Drawn(("prompt:  # ← not known: it is made where the code cannot be followed",
                      '  user: "{{ input }}"'), ("input",))  # fmt: skip
    for source in site.prompt.source:
        held = _held(root / source)
        if held and text.startswith(held):
            return _with_file(text, held, _file(source, root, folder))
        if held and _spaceless(held) in _spaceless(text) and SLOT.search(held):
            names = tuple(dict.fromkeys(SLOT.findall(held)))
            return Drawn(("prompt:", f"  user: {_file(source, root, folder)[:-1]}, syntax: format}}"), names)
    body, names = _jinja(text)
    note = "  # ← all in one: what is the system prompt belongs under `system:`" if "\n" in text.strip() else ""
    return Drawn((f"prompt:{note}", *_block("user", body)), names or ("input",))


def _with_file(text: str, held: str, file: str) -> Drawn:
    rest = text[len(held) :].strip()
    slots = SLOT.findall(held)
    if not rest:
        syntax = "format" if slots else "plain"
        return Drawn(("prompt:", f"  user: {file[:-1]}, syntax: {syntax}}}"), tuple(dict.fromkeys(slots)))
    body, names = _jinja(rest)
    return Drawn(("prompt:", f"  system: {file[:-1]}, syntax: plain}}", *_block("user", body)), names)


def _file(source: str, root: Path, folder: Path) -> str:
    """{file: …}, relative to the folder of the task."""
    return f"{{file: {json.dumps(Path(os.path.relpath(root / source, folder)).as_posix(), ensure_ascii=False)}}}"


def _held(file: Path) -> str | None:
    try:
        return file.read_text("utf-8-sig").strip() or None
    except (OSError, UnicodeDecodeError):
        return None


def _spaceless(text: str) -> str:
    return "".join(text.split())


def _jinja(text: str) -> tuple[str, tuple[str, ...]]:
    """{name} → {{ name }}; what Jinja2 would read otherwise is kept as it is. (text, names)."""
    names: dict[str, str] = {}
    parts, end = [], 0
    for found in SLOT.finditer(text):
        name = names.setdefault(found[1], "input" if found[1] in WHOLE else found[1].replace(".", "_"))
        parts += [_raw(text[end : found.start()]), f"{{{{ {name} }}}}"]
        end = found.end()
    return "".join([*parts, _raw(text[end:])]).strip(), tuple(dict.fromkeys(names.values()))


def _raw(text: str) -> str:
    return f"{{% raw %}}{text}{{% endraw %}}" if re.search(r"\{[{%#]", text) else text


def _block(key: str, text: str) -> Iterator[str]:
    """A YAML block where the text allows it, else a quoted text."""
    plain = all(letter.isprintable() or letter == "\n" for letter in text)
    if not plain or text[:1].isspace():
        yield f"  {key}: {json.dumps(text, ensure_ascii=False)}"
        return
    yield f"  {key}: |-"
    yield from (f"    {line}" if line else "" for line in text.split("\n"))


def _models(site: CallSite, policy: Policy) -> list[str]:
    """The model in use as reference, and what the policy approves from the smallest tier up to its own."""
    used = _model_id(site)
    info = lookup(used) if used else None
    own = info.tier if info else site.model.tier
    tiers = TIERS[: TIERS.index(own)] if own in TIERS and own != TIERS[0] else TIERS[:2]
    approved = [name for tier in tiers for name in policy.models.get(tier, ())]
    others = [name for name in approved if name != used and (found := lookup(name)) and found.provider in OWN]
    reference = used or next((name for name in policy.models.get("large", ()) if name not in others), None)
    lines = ["candidates:"]
    if reference is not None:
        entry = _entry(reference, site) if used else json.dumps(reference)
        note = "the model in use" if used else "← the model in use is not known"
        lines.append(f"- {entry}  # {note}{'; ← at its address' if 'base_url' in entry else ''}")
    lines += [_other(name, site.output_cap.value) for name in others]
    return [*lines, f"reference: {json.dumps(reference or (others[0] if others else ''))}"]


def _other(model: str, cap: int | None) -> str:
    """One that may think first needs room for it in a limit that was meant for the answer."""
    info = lookup(model)
    if cap is None or cap >= ROOM or not thinks(model) or info is None:
        return f"- {json.dumps(model)}"
    keyword = "max_completion_tokens" if info.provider == "openai" else "max_tokens"
    return f"- {{model: {json.dumps(model)}, parameters: {{{keyword}: {ROOM}}}}}  # it may think before it answers"


def _model_id(site: CallSite) -> str | None:
    """The id as its maker writes it, without a gateway's prefix."""
    if not site.model.values:
        return None
    given = site.model.values[0]
    short = given.rpartition("/")[2]
    known = lookup(short)
    return short if known is not None and known.provider in OWN and any(undressed(given)) else given


def _entry(model: str, site: CallSite) -> str:
    """The candidate; who serves it where that does not follow from its id."""
    info = lookup(model)
    served = SERVED.get(site.provider)
    if served:
        return f"{{model: {json.dumps(model)}, name: {json.dumps(model)}, provider: {served}}}"
    if info is not None and info.provider in OWN:
        return json.dumps(model)
    return f"{{model: {json.dumps(model)}, provider: openai, base_url: \"http://localhost:8000/v1\"}}"


def _traffic(site: CallSite, policy: Policy) -> list[str]:
    """What the policy or a comment declares for the call site."""
    from llmlint.facts import Facts
    from llmlint.money.traffic import traffic_of

    found = traffic_of(policy, Facts("", (site,))).get(site.place)
    calls = found.calls_per_day if found is not None else None
    if calls is None:
        return ["# traffic: {items_per_day: 1000}  # ← with it, savings are told per month"]
    return [f"traffic: {{items_per_day: {float(calls):g}}}"]
