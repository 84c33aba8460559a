"""`llmlint review`: usage, code and decisions → the quarterly review as one document, and its date on record."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from llmlint.cli.options import Output, output_options, pair_outputs, scanning_options
from llmlint.cli.scanning import Request, note, note_errors, scan, unread_code, whole
from llmlint.cli.usage import day_option, store_option
from llmlint.report.review import FORMATS

if TYPE_CHECKING:
    from llmlint.facts import Facts
    from llmlint.judge.finding import Verdict
    from llmlint.judge.policy import Policy
    from llmlint.observe.review.gather import Known
    from llmlint.observe.review.records import Review
    from llmlint.observe.usage.matching import Matching
    from llmlint.observe.usage.reckoning import Reckoning


@click.command(short_help="Write the quarterly review of what models cost.")
@scanning_options
@output_options(tuple(FORMATS), "markdown")
@click.option("--since", callback=day_option, metavar="DATE", help="From this day on. [default: the last review]")
@click.option("--source", "sources", multiple=True, metavar="NAME", help="Only usage that came from there.")
@store_option
@click.option("--owner", metavar="NAME", help="Who holds the review. [default: git's user.name]")
@click.option("--no-record", is_flag=True, help="Only look: the date is not put on record.")
def review(
    formats: tuple[Output, ...], output: str | None, since: date | None, sources: tuple[str, ...],
    store: Path | None, owner: str | None, no_record: bool, **scanning: Any,
) -> None:  # fmt: skip
    """Write the quarterly review of what models cost.

    \b
    Examples:
      llmlint review --no-record                          a look, on standard output
      llmlint review --format html=review.html --owner finops
      llmlint review --since 2026-07-01 -f json

    Top spending teams, cache hit rate, models over time, what was saved since the last review, what can be saved and
    the command for it, decisions and exemptions that are over, the fourteen items of the audit. Usage comes from
    `llmlint usage import`. The date is recorded in .llmlint/reviews.json, to be committed: rule LLM605 review-due goes
    by it.

    Exit code: 0 the review was written, 2 a file with LLM calls could not be analysed.
    """
    from llmlint.judge.policy_document import display

    outputs = pair_outputs(formats, output)
    request = Request(**scanning)
    policy, facts = scan(request)
    known = _known(request, policy, facts, since, sources, store)
    found = _reviewed(known)
    for wanted in outputs:
        _write(wanted, found)
    note_errors(facts.errors, facts.root)
    if not no_record:
        holder = owner or _git_user(Path(facts.root))
        if holder is None or policy.reviews is None:
            note("not recorded: say who holds the review with --owner, or --no-record to only look")
        else:
            _record(policy.reviews, known, found, holder)
            note(f"recorded in {display(policy.reviews)}: commit it")
    click.get_current_context().exit(unread_code(facts.errors, policy))


def _known(
    request: Request, policy: Policy, facts: Facts, since: date | None, sources: tuple[str, ...], store: Path | None
) -> Known:
    from llmlint.cli.usage import policy_prices, store_file
    from llmlint.judge.audit import audit
    from llmlint.judge.judge import check_rule_names, judge
    from llmlint.judge.records import today
    from llmlint.judge.rules import load_rules
    from llmlint.observe.review.gather import Known

    rules = load_rules(policy.rule_folders)
    check_rule_names(policy, rules)
    day = today()
    verdict = judge(facts, policy, rules, whole=whole(request, policy), today=day)
    verdict = _with_savings(_of_product(verdict), policy, facts, store)
    file = store_file(store, Path(facts.root))
    audited = audit(facts, policy, rules, day)
    return Known(facts, policy, verdict, audited, file, policy_prices(policy), day, since, sources)


def _of_product(verdict: Verdict) -> Verdict:
    """Without calls in tests: nobody pays for them by the month."""
    from llmlint.link.callers import is_test

    return replace(verdict, findings=tuple(f for f in verdict.findings if not is_test(f.path)))


def _with_savings(verdict: Verdict, policy: Policy, facts: Facts, store: Path | None) -> Verdict:
    from llmlint.cli.traffic import known_traffic
    from llmlint.judge.savings import with_savings
    from llmlint.money.library import PricesMissing

    try:
        return with_savings(verdict, facts, policy, None, known_traffic(policy, facts, store))
    except PricesMissing as error:
        note(f"what the findings save is not worked out: {error}")
        return verdict


def _reviewed(known: Known) -> Review:
    from llmlint.observe.review.gather import review as reviewed
    from llmlint.observe.usage.placed import placed
    from llmlint.report.usage_sites import notes

    def told(matching: Matching, counted: Reckoning) -> list[str]:
        return list(notes(placed(matching, counted, known.price)))

    return reviewed(known, told)


def _write(wanted: Output, found: Review) -> None:
    from llmlint.report.output import write_file, write_stdout
    from llmlint.report.review import render

    text = render(wanted.format, found)
    if wanted.file is None:
        write_stdout(text)
    else:
        write_file(wanted.file, text)


def _record(file: Path, known: Known, found: Review, owner: str) -> None:
    from llmlint.judge.reviews import with_review
    from llmlint.observe.review.opportunities import snapshot
    from llmlint.report.output import write_file

    file.parent.mkdir(parents=True, exist_ok=True)
    write_file(str(file), with_review(file, snapshot(known.day.isoformat(), owner, known.verdict, found.spend)))


def _git_user(root: Path) -> str | None:
    import subprocess

    try:
        run = subprocess.run(["git", "config", "user.name"], cwd=root, capture_output=True, text=True, timeout=10)
    except (OSError, subprocess.SubprocessError):
        return None
    return run.stdout.strip() or None
