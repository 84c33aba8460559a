"""`llmlint cost`: paths → facts → what each call site costs, as a table, with formulas, or as a page."""

from __future__ import annotations

import sys
from contextlib import suppress
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from llmlint.cli.options import Output, output_options, pair_outputs, scanning_options
from llmlint.cli.scanning import Request, note_errors, scan, unread_code
from llmlint.report.cost import FORMATS

if TYPE_CHECKING:
    from llmlint.facts import Facts
    from llmlint.judge.policy import Policy
    from llmlint.money.ledger import Ledger

BY = ("site", "team", "model", "task", "path")


@click.command(short_help="Say what every LLM call site costs.")
@scanning_options
@output_options(tuple(FORMATS), "text")
@click.option("--by", type=click.Choice(BY), default="site", help="Sums by team (CODEOWNERS), model, task or path.")
@click.option("--explain", is_flag=True, help="Show how each number was worked out.")
@click.option("--exact", is_flag=True, help="Count prompts with an installed tiktoken (OpenAI's models); no cache.")
@click.option("--day", type=click.DateTime(["%Y-%m-%d"]), metavar="DATE", help="At the prices of that day.")
def cost(
    formats: tuple[Output, ...], output: str | None, by: str, explain: bool, exact: bool, day: datetime | None,
    **scanning: Any,
) -> None:  # fmt: skip
    """Say what every LLM call site costs, and what caching or a batch would make of it.

    \b
    Examples:
      llmlint cost src/                        the dearest call site first
      llmlint cost src/ --explain              each number with its formula
      llmlint cost --by team                   sums by owner, from CODEOWNERS
      llmlint cost -f html=cost.html           a page with a picture

    A figure per month needs traffic: `traffic:` in the policy, a comment at the call,
    `# llmlint: volume=12000/day`, or what `llmlint usage import` has observed. Exit code 2: a file with LLM
    calls could not be analysed.
    """
    outputs = pair_outputs(formats, output)
    request = Request(**scanning)
    policy, facts = scan(replace(request, no_cache=True) if exact else request)  # the cache holds no prompt's text
    ledger = ledger_of(policy, facts, by, day.date() if day else None, exact)
    for wanted in outputs:
        _write(wanted, ledger, explain)
    note_errors(facts.errors, facts.root)
    click.get_current_context().exit(unread_code(facts.errors, policy))


def ledger_of(
    policy: Policy, facts: Facts, by: str = "site", day: date | None = None, exact: bool = False
) -> Ledger:
    """The costs of all call sites, the dearest first. Raises UserError where prices or traffic cannot be read."""
    from llmlint.cli.traffic import with_observed
    from llmlint.money.cost import site_costs
    from llmlint.money.ledger import Ledger, groups, ordered
    from llmlint.money.library import PricesMissing
    from llmlint.money.owners import team_of
    from llmlint.money.prices import price_book
    from llmlint.money.tokens import exact_tokens
    from llmlint.money.traffic import declared

    book = price_book([policy.extra.get("prices") or {}], policy.origin, day)
    told = declared(policy, facts)
    traffic = with_observed(told.by_place, facts)
    costs = ordered(site_costs(facts, book, traffic, exact_tokens if exact else None))
    ledger = Ledger(facts.root, costs, today=book.today, own=len(book.overlaid), idle=told.idle, by=by)
    with suppress(PricesMissing):  # the policy's own prices were enough
        ledger = replace(ledger, prices=book.source, checked=book.checked)
    if by != "site":
        ledger = replace(ledger, groups=groups(costs, by, team_of(Path(facts.root))))
    return ledger


def _write(wanted: Output, ledger: Ledger, explain: bool) -> None:
    from llmlint.report.cost import render
    from llmlint.report.output import text_width, write_file, write_stdout

    below = Path(ledger.root).is_relative_to(Path.cwd())
    base = Path.cwd() if wanted.format == "text" and below else None
    width = 100 if wanted.file is not None else max(text_width(sys.stdout), 100 if not sys.stdout.isatty() else 40)
    text = render(wanted.format, ledger, base, explain, width)
    if wanted.file is None:
        write_stdout(text)
    else:
        write_file(wanted.file, text)


