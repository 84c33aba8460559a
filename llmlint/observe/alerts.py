"""What a day may cost, and which models are dear → Prometheus rules: recorded prices and pace, and the alerts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from llmlint.observe.queries import PRICE, PRICED_BY, TOKENS, Queries, literal, quoted, summed

PACE = "llm_spend_usd:rate1h"  # recorded, so that the busiest hour of a week is cheap to ask for
EACH = "each team"  # what a limit of teams without one of their own is called
MILLION = Decimal(1_000_000)
DOCS = "https://github.com/llmlint/llmlint/blob/main/docs/observe.md"
Rule = dict[str, Any]
AMOUNT = '{{ $value | printf "%.0f" }}'  # in templates of Prometheus
SHARE = "{{ $value | humanizePercentage }}"


@dataclass(frozen=True, slots=True)
class ModelPrice:
    """USD per million tokens, and where that comes from."""

    model: str
    input_usd_per_mtok: Decimal
    output_usd_per_mtok: Decimal
    source: str = ""


@dataclass(frozen=True, slots=True)
class Limits:
    """What is put up with. Amounts in USD a day; shares from 0 to 1; None: no alert.

    teams: limits of teams of their own; team_daily_usd: of every other team. dear: the ids of dear models, of which at
    most `dear_share` of the spend is granted. rise: how many times the week's busiest hour an hour may cost.
    floor_tokens: tokens a day from which a hit rate counts; floor_requests: the same for the share of batches.
    """

    daily_usd: Decimal
    teams: Mapping[str, Decimal] = field(default_factory=dict)
    team_daily_usd: Decimal | None = None
    cache_target: Decimal | None = Decimal("0.3")
    rise: Decimal | None = Decimal(2)
    dear: tuple[str, ...] = ()
    dear_share: Decimal = Decimal("0.5")
    batch_target: Decimal | None = Decimal("0.2")
    floor_tokens: int = 1_000_000
    floor_requests: int = 1000


def rule_file(queries: Queries, limits: Limits, prices: Sequence[ModelPrice] = ()) -> dict[str, Any]:
    """The document of a rule file. prices: needed where the profile counts no dollars."""
    groups = []
    if queries.priced:
        groups.append({"name": "llm-prices", "rules": [rule for price in prices for rule in _recorded(price)]})
    pace = {"record": PACE, "expr": f"{queries.spend('1h', (queries.team,), function='rate')} * 3600"}
    groups.append({"name": "llm-pace", "rules": [pace]})
    groups.append({"name": "llm-spend", "rules": list(alerts(queries, limits))})
    return {"groups": groups}


def _recorded(price: ModelPrice) -> list[Rule]:
    model, kind = PRICED_BY
    rates = (("input", price.input_usd_per_mtok), ("output", price.output_usd_per_mtok))
    return [
        {"record": PRICE, "expr": f"vector({plain(rate / MILLION)})", "labels": {model: price.model, kind: name}}
        for name, rate in rates
    ]


def alerts(queries: Queries, limits: Limits) -> list[Rule]:
    """The alerts that the profile can feed."""
    rules = [_day(queries, limits), *_teams(queries, limits)]
    if limits.rise is not None:
        rules.append(_rise(limits))
    if limits.cache_target is not None and queries.hit_rate("1d") is not None:
        rules.append(_cache(queries, limits))
    if limits.dear:
        rules.append(_dear(queries, limits))
    if limits.batch_target is not None and queries.batch_share("1d") is not None:
        rules.append(_batch(queries, limits))
    if queries.priced:
        rules.append(_without_price(queries))
    rules.append(
        alert(
            "LlmSpendNotCounted",
            f"absent_over_time({queries.money}[1h])",
            "warning",
            "Nothing is counted of what models cost",
            f"`{queries.money}` has had no sample for an hour: no other alert of this file can fire.",
        )
    )
    return rules


def _day(queries: Queries, limits: Limits) -> Rule:
    return alert(
        "LlmSpendOfTheDay",
        f"{queries.spend('1d')} > {plain(limits.daily_usd)}",
        "critical",
        f"Models cost more than {plain(limits.daily_usd)} USD in a day",
        f"{AMOUNT} USD in the last 24 hours; {plain(limits.daily_usd)} are granted.",
        "5m",
    )


def _teams(queries: Queries, limits: Limits) -> list[Rule]:
    """One alert for each limit, told apart by the label `limit`; the label of the team comes from the series."""
    rows = [(name, f"{queries.team}={quoted(name)}", usd) for name, usd in limits.teams.items()]
    if limits.team_daily_usd is not None:
        rows.append((EACH, queries.rest_of_teams(tuple(limits.teams)), limits.team_daily_usd))
    return [
        alert(
            "LlmSpendOfTheTeam",
            f"{queries.spend('1d', (queries.team,), where)} > {plain(usd)}",
            "warning",
            f"Team {{{{ $labels.{queries.team} }}}} spends more than {plain(usd)} USD on models in a day",
            f"{AMOUNT} USD in the last 24 hours; {plain(usd)} are granted.",
            "5m",
            name,
        )
        for name, where, usd in rows
    ]


def _rise(limits: Limits) -> Rule:
    assert limits.rise is not None
    hour = plain(Decimal(f"{limits.daily_usd / 24:.2f}"))
    busiest = f"max_over_time({PACE}[1w] offset 2h)"
    return alert(
        "LlmSpendRises",
        f"{PACE} > {plain(limits.rise)} * {busiest} and {PACE} > {hour}",
        "critical",
        f"Models cost more than {plain(limits.rise)} times the busiest hour of the last week",
        f'{AMOUNT} USD in the last hour, and more than {hour} USD, an hour of a day\'s limit. '
        "A loop that goes wrong, a prompt that grew, a key that leaked?",
        "15m",
    )


def _cache(queries: Queries, limits: Limits) -> Rule:
    assert limits.cache_target is not None
    target = percent(limits.cache_target)
    much = f"{queries.prompt('1d')} > {limits.floor_tokens}"
    return alert(
        "LlmCacheHitRateLow",
        f"{queries.hit_rate('1d')} < {plain(limits.cache_target)} and {much}",
        "info",
        f"Less than {target} of the prompts' tokens come from the cache",
        f"{SHARE} in the last 24 hours; {target} is the target. `llmlint check` finds prompts "
        "that are sent uncached.",
        "6h",
    )


def _dear(queries: Queries, limits: Limits) -> Rule:
    granted = percent(limits.dear_share)
    return alert(
        "LlmDearModels",
        f"{queries.share_of(dear_pattern(limits.dear), '1d')} > {plain(limits.dear_share)}",
        "info",
        f"More than {granted} of the spend goes to dear models",
        f"{SHARE} in the last 24 hours ({shown(limits.dear)}). `llmlint eval` finds out which of "
        "their tasks a cheaper model does as well.",
        "6h",
    )


def _batch(queries: Queries, limits: Limits) -> Rule:
    assert limits.batch_target is not None
    target = percent(limits.batch_target)
    much = f"{queries.count('requests', '1d')} > {limits.floor_requests}"
    return alert(
        "LlmBatchShareLow",
        f"{queries.batch_share('1d')} < {plain(limits.batch_target)} and {much}",
        "info",
        f"Less than {target} of the requests go through a Batch API",
        f"{SHARE} in the last 24 hours; {target} is the target, at half the price each. "
        "`llmlint check --select batch` finds jobs that send single requests.",
        "1d",
    )


def _without_price(queries: Queries) -> Rule:
    used = f"{summed((queries.model,))}(increase({TOKENS}[1d]) unless on ({', '.join(PRICED_BY)}) {PRICE})"
    return alert(
        "LlmModelWithoutPrice",
        f"{used} > 0",
        "warning",
        f"No price is recorded for {{{{ $labels.{queries.model} }}}}",
        f"Its {AMOUNT} tokens of the last 24 hours are missing from every amount. Write this file again "
        f"with `llmlint observe alerts --model {{{{ $labels.{queries.model} }}}}`.",
        "15m",
    )


def alert(name: str, expr: str, severity: str, summary: str, description: str, wait: str = "", limit: str = "") -> Rule:
    waits = {"for": wait} if wait else {}
    labels = {"severity": severity, **({"limit": limit} if limit else {})}
    notes = {"summary": summary, "description": description, "runbook_url": f"{DOCS}#{name.lower()}"}
    return {"alert": name, "expr": expr, **waits, "labels": labels, "annotations": notes}


def dear_pattern(models: Sequence[str]) -> str:
    """A regular expression for the models, with the dates and the gateways' prefixes that may stand around an id."""
    return f"(.*[./])?({'|'.join(map(literal, models))})([-@:](\\d{{4}}.*|v\\d.*|latest))?"


def shown(names: Sequence[str], most: int = 3) -> str:
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")


def plain(value: Decimal) -> str:
    """A number of PromQL, without an exponent or useless noughts."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def percent(share: Decimal) -> str:
    return f"{plain(share * 100)} %"
