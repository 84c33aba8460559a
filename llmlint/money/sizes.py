"""A call site, what is declared of it, and the model → how many tokens a request reads and writes."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from llmlint.facts import CallSite, PromptFact
from llmlint.light import dataclass
from llmlint.money.amounts import Span, Tokens, exactly
from llmlint.money.assumed import THINKING, THINKING_UNASKED, usual_input, usual_output
from llmlint.money.tokens import spread_in
from llmlint.money.traffic import Traffic
from llmlint.sdks.models import thinks

LEAST_ANSWER = Decimal(1)


@dataclass(frozen=True, slots=True)
class Size:
    """Of one request. notes: what was assumed, or left out, in sentences."""

    input: Tokens
    output: Tokens
    notes: tuple[str, ...] = ()


def size_of(site: CallSite, traffic: Traffic | None, model: str, counted: int | None = None) -> Size:
    """What is declared or observed, else what the code says, else what is usual for the task.

    counted: exact tokens of the text in the code, where a tokenizer has counted them.
    """
    notes = list(_left_out(site))
    return Size(_input(site, traffic, notes, counted), _output(site, traffic, model, notes), tuple(notes))


def constant_tokens(site: CallSite) -> int | None:
    """Estimated tokens of all text in the prompt that the code itself gives; None where that is unknown."""
    prompt = site.prompt
    if prompt.static_tokens is None:
        return None
    return max(prompt.constant_tokens or 0, prompt.static_tokens + (prompt.hidden_tokens or 0))


def _input(site: CallSite, traffic: Traffic | None, notes: list[str], counted: int | None) -> Tokens:
    written = constant_tokens(site) if counted is None else counted
    span = _written(site.prompt, written or 0) if counted is None else exactly(counted)
    if traffic is not None and traffic.input_tokens is not None:
        if written is not None and span.low > traffic.input_tokens:
            told = f"{traffic.input_tokens:,} tokens of input are {traffic.basis}"
            notes.append(f"{told}, but the code alone has {written:,}")
        return Tokens(exactly(traffic.input_tokens), traffic.basis, traffic.source)
    usual = usual_input(site.task.type)
    if written is None:
        return Tokens(usual, "assumed", f"usual for {_task(site)}: the prompt is not known")
    if site.prompt.constant:
        return Tokens(span, "code", f"the text in the code{_tools(site)}")
    shown = written if counted is not None else round(span.mid)
    told = f"{shown:,} in the code{_tools(site)} + what is usual for" if written else "usual for"
    return Tokens(span + usual, "assumed", f"{told} {_task(site)}")


def _tools(site: CallSite) -> str:
    tokens = site.prompt.tool_tokens
    return f" (some {tokens:,} of it in descriptions of tools)" if tokens else ""


def _written(prompt: PromptFact, tokens: int) -> Span:
    """Of the text in the code; where several can stand there, from the shortest to the longest."""
    longest = spread_in(prompt, tokens)
    if not _differs(prompt):
        return longest
    shortest = spread_in(prompt, prompt.least_tokens or 0)
    return Span(shortest.low, (shortest.mid + longest.mid) / 2, longest.high)


def _differs(prompt: PromptFact) -> bool:
    return prompt.least_tokens is not None and prompt.least_tokens < (prompt.constant_tokens or 0)


def _output(site: CallSite, traffic: Traffic | None, model: str, notes: list[str]) -> Tokens:
    if site.kind == "embed":
        return Tokens(exactly(0), "code", "embeddings write nothing")
    many = site.candidates if site.candidates and site.candidates > 1 else 1
    if traffic is not None and traffic.output_tokens is not None:
        return Tokens(exactly(traffic.output_tokens), traffic.basis, traffic.source)
    span = usual_output(site.task.type)
    why = f"usual for {_task(site)}"
    thinking = _thinking(site, model)
    if thinking is not None:
        span, why = span + thinking, f"{why}, with thinking"
    cap = site.output_cap
    if cap.state == "set" and cap.value:
        limit = Decimal(cap.value)
        span = Span(min(span.low, limit), min(span.mid, limit), min(span.high, limit))
        why = f"{why}, at most {cap.value:,} in the code"
    elif cap.state == "missing":
        notes.append("nothing limits the answer: it can be longer than the range says")
    if many > 1:
        span, why = span * many, f"{why}; {many} answers"
    return Tokens(span, "assumed", why)


def _thinking(site: CallSite, model: str) -> Span | None:
    if site.kind not in ("generate", "batch", "constructor"):
        return None
    if site.thinking_tokens:
        budget = Decimal(site.thinking_tokens)
        return Span(Decimal(0), budget / 2, budget)
    if site.effort is not None:
        return THINKING.get(site.effort.lower(), THINKING["medium"])
    return THINKING_UNASKED if thinks(model) else None


def _left_out(site: CallSite) -> Iterator[str]:
    if site.prompt.media:
        yield "images, sound and files in the prompt are not counted"
    if site.prompt.history in ("bounded", "unbounded"):
        yield "earlier turns are sent again: the prompt grows with each"
    if _differs(site.prompt):
        yield "different texts can stand in the prompt: from the shortest to the longest"


def _task(site: CallSite) -> str:
    return "a request" if site.task.type in ("unknown", "other") else site.task.type.replace("_", " ")
