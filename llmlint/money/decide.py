"""Call sites with their costs, and what only people know → where their requests should run, turn by turn.

    can the answers wait, many at a time?   yes → batches
    under a million tokens a day?           yes → the cloud's API
    under the high volume?                  private data: the cloud with caching; otherwise the cloud's API
    above it                                cost-sensitive, and hosting pays by its own sum: self-host
                                            otherwise the cloud with caching

What the code and the traffic say is not asked for. What is missing leaves the decision open, with what each answer
would lead to; it is never guessed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Literal

from llmlint.facts import CallSite
from llmlint.money.cost import SiteCost
from llmlint.money.returns import work_out
from llmlint.money.returns.inputs import inputs_of
from llmlint.money.returns.records import Given, Result
from llmlint.money.returns.self_host import SelfHost
from llmlint.money.returns.working import figure, usd
from llmlint.money.sizes import size_of
from llmlint.money.traffic import Traffic

Outcome = Literal["batch", "cloud-api", "cloud-with-caching", "self-host", "open"]
MILLION = Decimal(1_000_000)


@dataclass(frozen=True, slots=True)
class Answers:
    """What only people know; None: not answered. volume: tokens a day where no traffic is known."""

    privacy: bool | None = None
    cost_sensitive: bool | None = None
    volume: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Bounds:
    """Tokens a day: below `low` a volume is low, from `high` on it is high."""

    low: Decimal = MILLION
    high: Decimal = 50 * MILLION


@dataclass(frozen=True, slots=True)
class Turn:
    """One question of the way, its answer, and what that rests on."""

    question: str
    answer: str
    because: str


@dataclass(frozen=True, slots=True)
class Decision:
    """Where the requests of a group should run. asks: the options that would close it, and what answers lead to."""

    name: str
    members: tuple[SiteCost, ...]
    outcome: Outcome
    turns: tuple[Turn, ...]
    tokens_per_day: Decimal | None = None
    asks: tuple[tuple[str, str], ...] = ()
    hosting: Result | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Load:
    """What a group sends in a day; None: not known. because: the sum in words."""

    calls: Decimal | None
    read: Decimal
    written: Decimal
    tokens: Decimal | None
    because: str


def decide(name: str, members: Sequence[SiteCost], answers: Answers, bounds: Bounds = Bounds()) -> Decision:
    """The decision for call sites that are decided about together."""
    waiting = [patience(one.site) for one in members]
    tolerant = [one for one, (can, _) in zip(members, waiting, strict=True) if can]
    told = Turn("Can the answers wait, many at a time?", *_patience_of_all(len(members), waiting))
    if len(tolerant) == len(members):
        return Decision(name, tuple(members), "batch", (told,), load_of(members, answers).tokens)
    rest = [one for one in members if one not in tolerant]
    if all(one.site.endpoint == "local" for one in rest):
        own = Turn("Who answers?", "a server of one's own", rest[0].site.place)
        return Decision(name, tuple(members), "self-host", (told, own), load_of(rest, answers).tokens)
    return _by_volume(name, members, rest, told, answers, bounds)


def _by_volume(
    name: str, members: Sequence[SiteCost], rest: Sequence[SiteCost], told: Turn, answers: Answers, bounds: Bounds
) -> Decision:  # fmt: skip
    load = load_of(rest, answers)
    tokens = load.tokens
    if tokens is None:
        turn = Turn("How many tokens a day?", "unknown", load.because)
        low, high = million(bounds.low), million(bounds.high)
        leads = f"under {low} a day the cloud's API; up to {high} it depends on privacy; above it on the costs"
        ask = ("--volume", leads)
        return Decision(name, tuple(members), "open", (told, turn), None, (ask,))
    size = "low" if tokens < bounds.low else "medium" if tokens < bounds.high else "high"
    against = {"low": f"under {million(bounds.low)}", "high": f"{million(bounds.high)} or more"}
    between = f"between {million(bounds.low)} and {million(bounds.high)}"
    turn = Turn("How many tokens a day?", f"{million(tokens)}: {size}", f"{load.because}; {against.get(size, between)}")
    if size == "low":
        return Decision(name, tuple(members), "cloud-api", (told, turn), tokens)
    if size == "medium":
        outcome, last, asks = _privacy(answers)
        return Decision(name, tuple(members), outcome, (told, turn, last), tokens, asks)
    hosting = hosting_of(rest, load)
    outcome, turns, asks = _hosting(hosting, answers)
    return Decision(name, tuple(members), outcome, (told, turn, *turns), tokens, asks, hosting)


def _privacy(answers: Answers) -> tuple[Outcome, Turn, tuple[tuple[str, str], ...]]:
    question = "Are the data private?"
    if answers.privacy is None:
        ask = ("--privacy", "yes: the cloud with caching, under a contract on retention; no: the cloud's API")
        return "open", Turn(question, "unknown", "no code can tell"), (ask,)
    if answers.privacy:
        because = "a contract on retention and region, and what stays the same in the prompts from the cache"
        return "cloud-with-caching", Turn(question, "yes", because), ()
    return "cloud-api", Turn(question, "no", "as you said"), ()


def _hosting(hosting: Result | None, answers: Answers) -> tuple[Outcome, tuple[Turn, ...], tuple[tuple[str, str], ...]]:
    """Whether hosting pays is worked out; only where it does, the question is whether costs matter most."""
    question = "Does hosting pay by its own sum?"
    if hosting is None:
        turn = Turn(question, "unknown", "no price is known for what is asked now")
        ask = ("prices:", "a price for the model in the policy, so that hosting can be held against it")
        return "open", (turn,), (ask,)
    own = f"{usd(hosting.sums.after)} on cards of one's own"
    because = f"{usd(hosting.sums.before)} USD a month now, {own}, if an open model does as well"
    if hosting.answer != "pays":
        return "cloud-with-caching", (Turn(question, "no", because),), ()
    turn = Turn(question, "yes", because)
    if answers.cost_sensitive is None:
        ask = ("--cost-sensitive", "yes: self-host; no: the cloud with caching")
        return "open", (turn, Turn("Do costs matter most?", "unknown", "no code can tell")), (ask,)
    last = Turn("Do costs matter most?", "yes" if answers.cost_sensitive else "no", "as you said")
    return "self-host" if answers.cost_sensitive else "cloud-with-caching", (turn, last), ()


# what the code says ---------------------------------------------------------------------------------------------------


def patience(site: CallSite) -> tuple[bool | None, str]:
    """Can its answers wait for a batch? None: nothing says so; and why."""
    context = site.context
    if site.kind == "batch":
        return True, f"it is a batch already ({site.place})"
    if context.user_facing:
        by = f", {context.handler['where']}" if context.handler else ""
        return False, f"somebody waits for it{by}"
    if not (context.offline or context.scheduled):
        return None, "nothing says whether somebody waits"
    why = context.offline_why or f"run by {(context.scheduled or {}).get('by', 'a clock')}"
    if not site.batch_api:
        return False, f"{why}, but there is no Batch API for it"
    if not (site.repeated or context.loop_far) or context.loop_handful:
        return False, f"{why}, but one request at a time"
    if context.loop_class not in ("items", None) or site.prompt.history in ("bounded", "unbounded") or site.tools:
        return False, f"{why}, but each request rests on the answer before it"
    return True, f"{why}, in a loop" + (f" ({context.loop_where})" if context.loop_where else "")


def _patience_of_all(count: int, waiting: Sequence[tuple[bool | None, str]]) -> tuple[str, str]:
    if count == 1:
        can, why = waiting[0]
        return {True: "yes", False: "no", None: "unknown"}[can], why
    tolerant = sum(can is True for can, _ in waiting)
    if tolerant == count:
        return "yes", f"all {count} call sites: {waiting[0][1]}"
    if tolerant:
        return "partly", f"{tolerant} of {count} call sites can: batches for those; the rest goes on"
    return "no", f"none of {count} call sites: {waiting[0][1]}"


def sized(cost: SiteCost, traffic: Traffic | None) -> SiteCost:
    """With its tokens also where no price is known: they are needed to know the volume."""
    if cost.input is not None and cost.output is not None:
        return cost
    size = size_of(cost.site, traffic, cost.site.model.values[0] if cost.site.model.values else "")
    return replace(cost, input=size.input, output=size.output)


def load_of(members: Sequence[SiteCost], answers: Answers) -> Load:
    """What they send in a day, where each of them has a known volume."""
    calls = read = written = Decimal(0)
    unknown = [one for one in members if one.calls_per_day is None or one.input is None or one.output is None]
    for one in members:
        many = one.calls_per_day or Decimal(0)
        calls += many
        read += many * (one.input.span.mid if one.input else 0)
        written += many * (one.output.span.mid if one.output else 0)
    if unknown and answers.volume is not None:
        return Load(None, read, written, answers.volume, "as you said")
    if unknown:
        place = unknown[0].place + (f" and {len(unknown) - 1} more" if len(unknown) > 1 else "")
        return Load(None, read, written, None, f"nobody has said how often {place} runs")
    labels = sorted({one.volume_label or "declared" for one in members})
    assumed = any(tokens is None or tokens.basis == "assumed" for one in members for tokens in (one.input, one.output))
    each = f"{figure(calls)} calls ({', '.join(labels)}) × {figure((read + written) / calls) if calls else 0} tokens"
    return Load(calls, read, written, read + written, each + (" (assumed)" if assumed else ""))


def hosting_of(members: Sequence[SiteCost], load: Load) -> Result | None:
    """The sum on hosting for all of them together; None: a price or a volume is not known."""
    if not load.calls or any(one.per_call is None for one in members):
        return None
    month = sum(
        (one.per_call.mid * (one.calls_per_day or 0) for one in members if one.per_call is not None), Decimal(0)
    )  # fmt: skip
    values = {
        "calls_per_day": load.calls, "usd_per_call_before": month / load.calls, "input_tokens": load.read / load.calls,
        "output_tokens": load.written / load.calls,
    }  # fmt: skip
    told = {one.name: one for one in inputs_of(SelfHost)}
    return work_out("self-host", {name: Given(told[name], value) for name, value in values.items()})


def million(tokens: Decimal) -> str:
    return f"{figure(tokens / MILLION, 3)} million"
