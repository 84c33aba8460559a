"""The fourteen items of `llmlint audit`: which calls each is about, what shows that it is done, what to do next.

`shows` gives what is right with a call, as words; "" where the code does not say. What is wrong with a call is said by
the item's rules, never here.
"""

from __future__ import annotations

from collections.abc import Callable

from llmlint.facts import CallSite
from llmlint.judge.helpers import plural, tier_rank
from llmlint.judge.policy import Policy
from llmlint.light import dataclass

Subject = Callable[[CallSite, Policy], bool]
Shows = Callable[[CallSite, Policy], str]
CACHEABLE = 1024  # tokens, where the model's own minimum is not known
CERTAIN = 0.8  # of the kind of task
PROSE = ("chat", "qa", "summarization", "rewriting", "code_generation", "reasoning", "other")


def nothing(site: CallSite, policy: Policy) -> bool:
    return False


def silent(site: CallSite, policy: Policy) -> str:
    return ""


@dataclass(frozen=True, slots=True)
class Item:
    """One item. codes: the rules that speak of it; about: the calls it concerns ("calls with a long constant prompt").

    unsure: the calls of which the code does not say whether the item concerns them.
    attested: the code cannot show it, or not all of it, so that the policy may declare it.
    """

    name: str
    title: str
    codes: tuple[str, ...]
    next: str
    about: str = ""
    subject: Subject = nothing
    shows: Shows = silent
    unsure: Subject = nothing
    attested: bool = False


def generates(site: CallSite, policy: Policy) -> bool:
    return site.kind == "generate"


def _tiered(site: CallSite, policy: Policy) -> bool:
    known = site.model.tier is not None and site.task.type in policy.tiers and site.task.confidence >= CERTAIN
    return site.kind == "generate" and known and site.task.simple is True


def _tier_unsure(site: CallSite, policy: Policy) -> bool:
    known = site.model.tier is not None and site.task.type != "unknown" and site.task.confidence >= CERTAIN
    return site.kind == "generate" and not (known and site.task.simple is not None)


def _granted(site: CallSite, policy: Policy) -> str:
    own, granted = tier_rank(site.model.tier), tier_rank(policy.tiers.get(site.task.type))
    if own is None or granted is None or own > granted:
        return ""
    return f"{', '.join(site.model.values[:2])} ({site.model.tier} tier) for {site.task.type}"


def _cacheable(site: CallSite, policy: Policy) -> bool:
    tokens = site.prompt.static_tokens
    long = tokens is not None and tokens >= (site.prompt.cache_minimum or CACHEABLE)
    return site.kind == "generate" and (long or site.prompt.cached is True)


def _size_unsure(site: CallSite, policy: Policy) -> bool:
    return site.kind == "generate" and site.prompt.static_tokens is None and not site.prompt.cached


def _cached(site: CallSite, policy: Policy) -> str:
    if site.prompt.varies or site.prompt.dynamic_before_static:
        return ""
    if site.prompt.cached:
        marked = site.prompt.cached_tokens or site.prompt.static_tokens
        return f"{marked:,} tokens are marked for the cache" if marked else "the prompt is marked for the cache"
    if site.prompt.cache_mode != "automatic":
        return ""
    return f"{site.prompt.static_tokens:,} constant tokens stand first; the provider caches by itself"


def _batchable(site: CallSite, policy: Policy) -> bool:
    return site.kind == "batch" or bool(site.batch_api and site.repeated and site.context.offline)


def _batch_unsure(site: CallSite, policy: Policy) -> bool:
    return site.batch_api and (site.repeated is None or bool(site.repeated and site.context.offline is None))


def _batched(site: CallSite, policy: Policy) -> str:
    return f"{site.api} goes through the Batch API" if site.kind == "batch" else ""


def _asked(site: CallSite, policy: Policy) -> bool:
    return site.kind == "generate" and site.context.user_facing is True and site.task.type == "qa"


def _question_unsure(site: CallSite, policy: Policy) -> bool:
    asked = site.context.user_facing
    return site.kind == "generate" and (asked is None or bool(asked and site.task.type == "unknown"))


def _remembered(site: CallSite, policy: Policy) -> str:
    return f"answers are kept by {site.context.remembered['by']}" if site.context.remembered else ""


def _capped(site: CallSite, policy: Policy) -> bool:
    return site.kind == "generate" and site.output_cap.state in ("set", "missing")


def _cap_unsure(site: CallSite, policy: Policy) -> bool:
    return site.kind == "generate" and site.output_cap.state == "unknown"


def _cap(site: CallSite, policy: Policy) -> str:
    cap = site.output_cap
    known = "" if cap.value is None else f": {plural(cap.value, 'token')}"
    return f"the answer is limited{known}" if cap.state == "set" else ""


def _served(site: CallSite, policy: Policy) -> bool:
    return site.kind in ("generate", "embed", "image", "audio") and site.context.handler is not None


def _served_unsure(site: CallSite, policy: Policy) -> bool:
    return site.kind == "generate" and site.context.user_facing is None


def _limited(site: CallSite, policy: Policy) -> str:
    return f"limited by {site.context.limited['by']} ({site.context.limited['where']})" if site.context.limited else ""


def _awaited(site: CallSite, policy: Policy) -> bool:
    prose = site.task.type in PROSE and not site.structured
    return site.kind == "generate" and site.context.user_facing is True and prose


def _streams(site: CallSite, policy: Policy) -> str:
    return "the answer is streamed" if site.stream else ""


def _tunes(site: CallSite, policy: Policy) -> bool:
    return site.kind == "fine_tune"


ITEMS: tuple[Item, ...] = (
    Item("tiered-models", "Models by the difficulty of the task", ("LLM201", "LLM203"),
         "try the approved model of the granted tier on your data: `llmlint rule model-tier`",
         "calls with a simple task and a known model", _tiered, _granted, _tier_unsure),
    Item("prompt-cache", "Prompt caching", ("LLM301", "LLM302", "LLM303"),
         "`llmlint fix` marks constant prompts; move what varies behind them",
         "calls with a long constant prompt or a marked one", _cacheable, _cached, _size_unsure),
    Item("batch", "Batch API for work that can wait", ("LLM401", "LLM402"),
         "send the loop as one batch: `llmlint rule batch` shows the call",
         "requests in loops that nobody waits for", _batchable, _batched, _batch_unsure),
    Item("semantic-cache", "Cache of answers to repeated questions", ("LLM304",),
         "keep answers by exact or similar question: `llmlint rule semantic-cache` names libraries",
         "answers to users' questions", _asked, _remembered, _question_unsure, True),
    Item("output-control", "Limited output", ("LLM101", "LLM102", "LLM103", "LLM104"),
         "`llmlint fix` sets limits; `llmlint rule output-cap`",
         "calls whose limit is known", _capped, _cap, _cap_unsure),
    Item("user-limit", "Limit per user", ("LLM501",),
         "put the framework's limiter before the handler: `llmlint rule rate-limit`; a gateway's limit: attest it",
         "calls that a request handler reaches", _served, _limited, _served_unsure, True),
    Item("cost-dashboard", "Dashboard of cost by team and model", ("LLM602",),
         "record usage by team and model; `llmlint observe dashboard` draws it; elsewhere: attest it", attested=True),
    Item("cost-alarm", "Daily cost alarm", ("LLM601",),
         "`llmlint observe alerts` writes them for Prometheus; one set up by hand: attest it", attested=True),
    Item("fine-tune-roi", "Return on investment of fine-tuning", ("LLM603",),
         "work it out and put it on record: `llmlint roi fine-tune … --record llmlint.yaml`",
         "fine-tuning jobs", _tunes, attested=True),
    Item("distillation-review", "Review of distillation", ("LLM604",),
         "declare `traffic` in the policy, look at narrow tasks on large models, attest the review", attested=True),
    Item("streaming", "Streaming to people who wait", ("LLM502", "LLM503"),
         "stream the answer and stop early: `llmlint rule stream`",
         "answers in prose that people wait for", _awaited, _streams, _question_unsure),
    Item("migration-test", "Comparison before a model is changed", ("LLM202", "LLM204", "LLM205"),
         "compare the models on your data and commit the decision: `llmlint eval new PATH:LINE`; or attest it",
         "models that are retired, or go without an eval", generates, attested=True),
    Item("quarterly-review", "Quarterly review of cost", ("LLM605",),
         "hold it with this report and attest it with date, owner and link", attested=True),
    Item("build-or-buy", "Yearly build-or-buy decision", ("LLM605",),
         "`llmlint roi self-host … --record llmlint.yaml` compares; a decision elsewhere: attest it", attested=True),
)  # fmt: skip
