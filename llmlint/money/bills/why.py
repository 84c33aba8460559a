"""One request before and after → what has changed about its price, in words."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator

from llmlint.facts import CallSite, ModelFact
from llmlint.tasks.sketch import sketch_of

PLACE = re.compile(r" \([^()\s]*:\d+\)$")
NOT_KNOWN = "one that the code does not tell"
SHOWN = 3

Tokens = Callable[[CallSite], int | None]  # the constant text of a prompt, estimated


def reasons(before: CallSite, after: CallSite, tokens: Tokens, changed: Collection[str]) -> tuple[str, ...]:
    """changed: the paths that the revisions do not share. Nothing where only places differ."""
    return (
        *_asked(before, after), *_model(before, after), *_cap(before, after), *_prompt(before, after, tokens, changed),
        *_cache(before, after), *_repeats(before, after), *_answers(before, after),
    )  # fmt: skip


def _asked(before: CallSite, after: CallSite) -> Iterator[str]:
    if before.kind != after.kind and "batch" in (before.kind, after.kind):
        yield "now sent through the Batch API" if after.kind == "batch" else "no longer sent through the Batch API"
    elif (before.provider, before.api) != (after.provider, after.api):
        yield f"{before.provider} `{before.api}` → {after.provider} `{after.api}`"
    if before.endpoint != after.endpoint:
        whom = {"default": "the provider itself", "local": "a server of one's own", "other": "another provider"}
        asks = whom.get(after.endpoint or "", "an address that the code does not tell")
        yield f"now asks {asks}"


def _model(before: CallSite, after: CallSite) -> Iterator[str]:
    if before.model.values != after.model.values:
        yield f"model {_names(before.model)} → {_names(after.model)}"


def _names(model: ModelFact) -> str:
    if not model.values:
        return NOT_KNOWN
    more = len(model.values) - SHOWN
    return ", ".join(model.values[:SHOWN]) + (f" and {more} more" if more > 0 else "")


def _cap(before: CallSite, after: CallSite) -> Iterator[str]:
    was, now = before.output_cap, after.output_cap
    if (was.state, was.value) == (now.state, now.value) or "not-applicable" in (was.state, now.state):
        return
    if was.state == "set" and now.state == "missing":
        yield "output limit removed" + (f" (it was {was.value:,} tokens)" if was.value else "")
    elif was.state == "set" and now.state == "unknown":
        yield "output limit no longer certain"
    elif now.state == "set" and was.state != "set":
        yield "output limit added" + (f": {now.value:,} tokens" if now.value else "")
    elif was.value and now.value:
        yield f"output limit {was.value:,} → {now.value:,} tokens"
    elif was.state == now.state == "set":
        yield "output limit changed"
    elif now.state == "missing":
        yield "no output limit reaches it any more"


def _prompt(before: CallSite, after: CallSite, tokens: Tokens, changed: Collection[str]) -> Iterator[str]:
    was, now = _own(before, tokens), _own(after, tokens)
    if was is not None and now is not None and was != now and sketch_of(before.prompt) != sketch_of(after.prompt):
        files = [path for path in after.prompt.source or before.prompt.source if path in changed]
        where = f" ({', '.join(files[:SHOWN])})" if files else ""
        yield f"prompt {'grew' if now > was else 'shrank'} from {was:,} to {now:,} tokens{where}"
    elif was is None and now is not None:
        yield f"prompt now known: {now:,} tokens"
    elif was is not None and now is None:
        yield f"prompt no longer known (it had {was:,} tokens)"
    if after.prompt.media and before.prompt.media is False:
        yield "now sends images, sound or files"
    yield from _tools(before, after)
    if after.prompt.history != before.prompt.history and after.prompt.history == "unbounded":
        yield "earlier turns are now sent again, without a bound"
    elif before.prompt.history == "unbounded" and after.prompt.history in ("none", "bounded"):
        yield "earlier turns are no longer sent without a bound"


def _own(site: CallSite, tokens: Tokens) -> int | None:
    """Tokens of the prompt without the descriptions of tools."""
    found = tokens(site)
    return None if found is None else max(found - (site.prompt.tool_tokens or 0), 0)


def _tools(before: CallSite, after: CallSite) -> Iterator[str]:
    """Their descriptions are sent with every request."""
    was, now = before.prompt.tool_tokens, after.prompt.tool_tokens
    if after.tools and before.tools is False:
        yield "now hands tools to the model" + (f" ({now:,} tokens)" if now else "")
    elif before.tools and after.tools is False:
        yield "no longer hands tools to the model" + (f" ({was:,} tokens)" if was else "")
    elif was is not None and now is not None and was != now:
        yield f"descriptions of tools {'grew' if now > was else 'shrank'} from {was:,} to {now:,} tokens"


def _cache(before: CallSite, after: CallSite) -> Iterator[str]:
    was, now = before.prompt, after.prompt
    if was.cached and now.cached is False:
        yield "prompt cache removed"
    elif was.cached is False and now.cached:
        yield "prompt cache added"
    elif was.cached and now.cached and was.ttl != now.ttl and was.ttl and now.ttl:
        yield f"prompt cache kept for {now.ttl} instead of {was.ttl}"
    fresh = [one for one in now.varies if _bare(one) not in {_bare(other) for other in was.varies}]
    if fresh and (now.cached or now.cache_mode == "automatic"):
        yield f"`{_bare(fresh[0])}` changes the prompt's beginning for each request, so no cache can hit"
    if before.context.answer_cached and after.context.answer_cached is False:
        yield "answers are no longer kept for the next time"
    elif before.context.answer_cached is False and after.context.answer_cached:
        yield "answers are now kept for the next time"


def _repeats(before: CallSite, after: CallSite) -> Iterator[str]:
    was, now = loop_of(before), loop_of(after)
    if now is not None and was is None:
        yield f"now inside {now}" + _via(after)
    elif was is not None and now is None:
        yield f"no longer inside {was}" + _via(before)
    elif was is not None and now is not None and _bare(was) != _bare(now):
        yield f"now inside {now}{_via(after)} instead of {_bare(was)}"
    if after.context.loop_bounded is False and before.context.loop_bounded and was and now:
        yield "its loop has lost its bound"
    tries, tried = after.context.retry, before.context.retry
    if tries is not None and (tried is None or (tried.limit, tried.limited) != (tries.limit, tries.limited)):
        endless = "without a limit" if tries.limited is False else "more often"
        often = f"up to {tries.limit:,} times" if tries.limit else endless
        if tried is None or tries.limit or tries.limited is False:
            yield f"now tried {often if tried else 'again after a failure, ' + often} ({tries.where})"
    elif tried is not None and tries is None:
        yield "no longer tried again after a failure"
    if before.client_retries != after.client_retries and after.client_retries and before.client_retries is not None:
        yield f"the client tries again {before.client_retries} → {after.client_retries} times"


def loop_of(site: CallSite) -> str | None:
    """What makes many requests of one; a loop that only tries again after a failure is a retry."""
    context = site.context
    if context.loop is not None:
        return f"a {context.loop}"
    if context.loop_where is not None and context.loop_class != "attempts":
        return f"the loop {context.loop_where}"
    return None


def _via(site: CallSite) -> str:
    return f", by way of `{site.context.loop_via}`" if site.context.loop_via else ""


def _answers(before: CallSite, after: CallSite) -> Iterator[str]:
    if (before.candidates or 1) != (after.candidates or 1):
        yield f"answers asked for {before.candidates or 1} → {after.candidates or 1}"
    if before.effort != after.effort:
        yield f"reasoning effort {before.effort or 'the default'} → {after.effort or 'the default'}"
    if before.thinking_tokens != after.thinking_tokens:
        was = f"{before.thinking_tokens:,}" if before.thinking_tokens is not None else "none given"
        now = f"{after.thinking_tokens:,}" if after.thinking_tokens is not None else "none given"
        yield f"thinking budget {was} → {now} tokens"


def _bare(text: str) -> str:
    """Without the place at its end: lines move."""
    return PLACE.sub("", text)
