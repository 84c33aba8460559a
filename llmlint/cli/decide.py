"""`llmlint decide`: paths → facts, traffic, prices → where each call site's requests should run, and why."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from llmlint.cli.options import Output, output_options, pair_outputs, scanning_options
from llmlint.cli.roi.amounts import number
from llmlint.cli.scanning import Request, note_errors, scan, unread_code
from llmlint.report.decide import FORMATS, render

if TYPE_CHECKING:
    from llmlint.facts import Facts
    from llmlint.judge.policy import Policy
    from llmlint.money.cost import SiteCost
    from llmlint.money.decide import Answers, Bounds, Decision

KINDS = frozenset({"generate", "embed", "batch"})  # what is decided about
BY = ("site", "team", "model", "task", "path", "all")
SUFFIXES = {"k": Decimal(1000), "m": Decimal(1_000_000), "b": Decimal(1_000_000_000)}
YES_NO = click.Choice(["yes", "no"])


def tokens(value: str | Decimal) -> Decimal:
    """Tokens a day: 800000, 800k, 2.5M. Raises click.BadParameter."""
    match = re.fullmatch(r"\s*(.+?)\s*([kKmMbB])\s*", value) if isinstance(value, str) else None
    return number(match[1]) * SUFFIXES[match[2].lower()] if match else number(value)


@click.command(short_help="Decide where requests should run: cloud, caching, batches, or a model of one's own.")
@scanning_options
@output_options(tuple(FORMATS), "text")
@click.option("--privacy", type=YES_NO, help="Are the data private?")
@click.option("--cost-sensitive", type=YES_NO, help="Do costs matter most?")
@click.option("--volume", type=tokens, metavar="TOKENS", help="A day's tokens where no traffic is known: 800k, 2.5M.")
@click.option("--low", type=tokens, default="1M", show_default=True, help="Below so many tokens a day a volume is low.")
@click.option("--high", type=tokens, default="50M", show_default=True, help="From so many on it is high.")
@click.option("--by", type=click.Choice(BY), default="site", help="Decide about all calls of a team, model … together.")
def decide(
    formats: tuple[Output, ...], output: str | None, privacy: str | None, cost_sensitive: str | None,
    volume: Decimal | None, low: Decimal, high: Decimal, by: str, **scanning: Any,
) -> None:  # fmt: skip
    """Decide where requests should run: the cloud's API, with caching, in batches, or on a model of one's own.

    \b
    Examples:
      llmlint decide                            each call site, from code, traffic and prices
      llmlint decide --privacy yes --by team    all calls of a team together
      llmlint decide app/ask.py --volume 2M     where no traffic is declared or observed

    What code and traffic say is not asked for. On a terminal you are asked for what is missing; otherwise the decision
    stays open and names the option.
    """
    from llmlint.errors import UsageError
    from llmlint.money.decide import Answers, Bounds

    outputs = pair_outputs(formats, output)
    if low > high:
        raise UsageError(f"--low {low} is above --high {high}", mend="a volume is low, medium or high in this order")
    policy, facts = scan(Request(**scanning))
    groups = _groups(policy, facts, by)
    answers, bounds = Answers(_said(privacy), _said(cost_sensitive), volume), Bounds(low, high)
    decisions = _decided(groups, answers, bounds)
    if sys.stdin.isatty() and sys.stdout.isatty():
        asked = _ask(decisions, answers)
        decisions = decisions if asked == answers else _decided(groups, asked, bounds)
    for wanted in outputs:
        _write(wanted, decisions)
    note_errors(facts.errors, facts.root)
    click.get_current_context().exit(unread_code(facts.errors, policy))


def _said(answer: str | None) -> bool | None:
    return None if answer is None else answer == "yes"


def _groups(policy: Policy, facts: Facts, by: str) -> list[tuple[str, list[SiteCost]]]:
    """What is decided about together, by name, in the order of the code."""
    from llmlint.cli.traffic import known_traffic
    from llmlint.money.cost import site_costs
    from llmlint.money.decide import sized
    from llmlint.money.owners import team_of
    from llmlint.money.prices import price_book

    book = price_book([policy.extra.get("prices") or {}], policy.origin)
    traffic = known_traffic(policy, facts)
    team = team_of(Path(facts.root)) if by == "team" else None
    out: dict[str, list[SiteCost]] = {}
    for one in site_costs(facts, book, traffic):
        if one.site.kind not in KINDS or one.elsewhere:
            continue
        site = one.site
        name = {
            "site": f"{site.place} {site.function}".strip(), "path": site.path, "task": site.task.type, "all": "all",
            "model": ", ".join(site.model.values) or "unknown", "team": team(site.path) if team else "",
        }[by]  # fmt: skip
        out.setdefault(name, []).append(sized(one, traffic.get(site.place)))
    return list(out.items())


def _decided(groups: Sequence[tuple[str, list[SiteCost]]], answers: Answers, bounds: Bounds) -> list[Decision]:
    from llmlint.money.decide import decide

    return [decide(name, members, answers, bounds) for name, members in groups]


def _ask(decisions: Sequence[Decision], answers: Answers) -> Answers:
    """Asks on the terminal for what would close a decision, each thing once."""
    options = {option for one in decisions for option, _ in one.asks}
    if "--volume" in options:
        question = "Tokens a day of each call site without known traffic (empty: leave open)"
        told = click.prompt(question, default="", show_default=False, err=True)
        answers = replace(answers, volume=tokens(told) if told.strip() else None)
    if "--privacy" in options or "--volume" in options:
        answers = replace(answers, privacy=click.confirm("Are the data private?", err=True))
    if "--cost-sensitive" in options:
        answers = replace(answers, cost_sensitive=click.confirm("Do costs matter most?", err=True))
    return answers


def _write(wanted: Output, decisions: Sequence[Decision]) -> None:
    from llmlint.report.output import show, text_width, write_file, write_stdout

    if wanted.file is not None:
        write_file(wanted.file, render(wanted.format, decisions))
    elif wanted.format == "text":
        from llmlint.report.decide.text import layout

        show(layout(decisions, text_width(sys.stdout)))
    else:
        write_stdout(render(wanted.format, decisions))
