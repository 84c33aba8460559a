"""Call site → the hints that the code around it gives the typer, and the site with its `TaskFact`.

`simple` accuses: where the code gives a reason to doubt it, it becomes unknown.
"""

from __future__ import annotations

import re
from dataclasses import replace

from llmlint.facts import CallSite, TaskFact
from llmlint.tasks.typer import Hints, classify_prompt

TYPED_KINDS = frozenset({"generate", "embed", "batch"})
MIN_WORDS = 4  # of constant text: fewer set no task

_HOLE = re.compile(r"\{([^{}\n]{1,80})\}")
_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]|[^\W\d_]{2,}")
# values that bring instructions of their own, which nobody has seen
_INSTRUCTIONS = re.compile(r"(?:^|_)(?:prompts?|instructions?|system|messages|history|conversation|task|template)$")
_SIDE = re.compile(r"^(.+?)_?(?:a|b|1|2|one|two|left|right|first|second)$")
# evidence that tells what is asked; "only JSON, nothing else" is said of every task
_TELLING = (
    "asks ", "names sentiment", "screens ", "routes ", "lists the ", "reads text", "rewrites ", "improves ",
    "the answer is yes or no", "the answer is one word", "the answer is compared", "the answer is capped",
)  # fmt: skip
# what the code is called may be plainer than the words of a prompt, above all in another language
_HARD = re.compile(r"judge|evaluat|criti[cq]|review|reflect|planner|planning|reason|agent|solver?|debug|adversar", re.I)
_SHORT = ("the answer is yes or no", "the answer is compared", "the answer is capped")
MAX_VARIANTS = 8
LONG_ANSWER = 8192  # tokens: whoever allows that many for a summary has seen long ones


def typed(site: CallSite) -> CallSite:
    """The site with the kind of task that its prompt sets."""
    if site.kind not in TYPED_KINDS:
        return site
    text = site.prompt.text or ""
    if site.kind == "generate" and not says_something(text):
        return replace(site, task=TaskFact())
    hints = hints_of(site)
    task = classify_prompt(text, hints)
    kinds = {classify_prompt(one, hints).type for one in site.prompt.variants[:MAX_VARIANTS] if says_something(one)}
    if len(kinds) > 1:
        return replace(site, task=TaskFact(evidence=("callers set different tasks",)))
    if task.simple and site.kind == "generate" and doubtful(site, task, text):
        task = replace(task, simple=None)
    return replace(site, task=task)


def says_something(text: str) -> bool:
    """Is there an instruction among the values, or nothing but values?"""
    return len(_WORD.findall(_HOLE.sub(" ", text))) >= MIN_WORDS


def doubtful(site: CallSite, task: TaskFact, text: str) -> bool:
    """Does something speak against a task that looks simple?"""
    if not any(line.startswith(_TELLING) for line in task.evidence):
        return True
    home = f"{site.path.rpartition('/')[2]} {site.function or ''}"
    if _HARD.search(home) and not any(line.startswith(_SHORT) for line in task.evidence):
        return True
    if site.prompt.media:
        return True  # what can be read off a picture differs more between models than the words tell
    if site.output_cap.state == "set" and site.output_cap.value is not None:
        if site.output_cap.value == 1 and site.prompt.cached:
            return True  # a request that fills the cache; its answer is thrown away
        if site.output_cap.value > LONG_ANSWER and task.type not in ("classification", "judge"):
            return True
    names = {hole.rpartition(".")[2].strip().lower() for hole in _HOLE.findall(text)}
    if any(_INSTRUCTIONS.search(name) for name in names):
        return True
    sides = [match.group(1) for name in names if (match := _SIDE.match(name))]
    return len(sides) > len(set(sides))  # report_a and report_b: one is weighed against the other


def hints_of(site: CallSite) -> Hints:
    return Hints(
        function=site.function,
        tools=site.tools,
        structured=site.structured,
        output_cap=site.output_cap.value if site.output_cap.state == "set" else None,
        kind=site.kind,
        labels=site.answer.labels,
        loop=True if site.context.loop_class == "agent" else None,
    )
