"""`llmlint diff`: two revisions → what the change does to the bill, and an exit code."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from llmlint.cli.options import Output, absolute, cached_options, output_options, pair_outputs
from llmlint.cli.progress import progress_bar
from llmlint.cli.scanning import note, with_cache
from llmlint.report.bill import FORMATS

if TYPE_CHECKING:
    from llmlint.judge.policy import Policy
    from llmlint.money.bills.pricing import Observe
    from llmlint.money.bills.records import Bill
    from llmlint.scan.cache import Cache

STREAMS = frozenset({"text", "github"})


@click.command(short_help="Say what a change does to the bill.")
@cached_options
@click.argument("base")
@click.argument("head", required=False)
@output_options(tuple(FORMATS), "text")
@click.option(
    "--whole/--reached", default=None, hidden=True, help="Look at every call site, or only at those that may differ."
)
@click.option("-q", "--quiet", is_flag=True, help="Say nothing on stderr where there is nothing to report.")
def diff(
    base: str, head: str | None, formats: tuple[Output, ...], output: str | None, policy_file: Path | None,
    whole: bool | None, quiet: bool, no_cache: bool, cache_dir: Path | None,
) -> None:  # fmt: skip
    """Say what a change does to the bill: the call sites that HEAD adds, drops and changes against BASE.

    \b
    Examples:
      llmlint diff main                     this branch, with what is not committed
      llmlint diff main HEAD                without it
      llmlint diff v1.2..v1.3               two revisions as they are
      llmlint diff main -f markdown -o comment.md

    BASE is taken where HEAD left it, as a pull request is seen. Both are read from git's objects: nothing is checked
    out. Nothing is printed where no request to a model changed, or less than the policy's `report_above_usd`.

    Exit code: 0 within the policy's budgets, 1 a budget is broken, 2 a file with LLM calls could not be analysed.
    """
    from llmlint.judge.policy import load_policy
    from llmlint.scan.cache_folder import cache_of

    outputs = pair_outputs(formats, output, STREAMS)
    root = Path.cwd()
    policy = load_policy(root, absolute(policy_file) if policy_file else None)
    with cache_of(str(root), with_cache(policy.scan, no_cache, cache_dir)) as cache:
        bill = _bill(root, policy, cache, (base, head), whole, quiet)
    for wanted in outputs:
        _write(wanted, bill, policy)
    if bill.quiet and not quiet and all(o.format != "json" for o in outputs):
        note(f"nothing to report between {bill.base} and {bill.head}: " + "; ".join((_why_quiet(bill), *bill.notes)))
    click.get_current_context().exit(_code(bill, policy))


def _bill(
    root: Path, policy: Policy, cache: Cache, names: tuple[str, str | None], whole: bool | None, quiet: bool
) -> Bill:
    from llmlint.money.bills.compare import Question, compare
    from llmlint.money.price_memory import PriceMemory
    from llmlint.money.prices import price_book, today_utc

    today = today_utc()
    with progress_bar(not quiet) as progress, PriceMemory(cache, today) as memory:
        book = price_book([policy.extra.get("prices") or {}], policy.origin, today, memory)
        asked = Question(*names, policy.scan, policy, book, whole, _observe(root), cache)
        return compare(root, asked, progress)


def _observe(root: Path) -> Observe | None:
    """What the project's usage store knows of the call sites of a revision, where there is one."""
    from llmlint.cli.usage import store_file

    file = store_file(None, root)
    if not file.exists():
        return None
    from llmlint.observe.usage.known import observed_traffic

    return lambda facts, read: observed_traffic(file, facts, read=read, certain=True)


def _why_quiet(bill: Bill) -> str:
    if bill.changes and bill.threshold_usd is not None and not all(c.free for c in bill.changes):
        return f"less than ${bill.threshold_usd:,} a month"
    return "call sites only moved" if bill.changes else "no request to a model changed"


def _code(bill: Bill, policy: Policy) -> int:
    counts = policy.unread_files == "error"
    if any(e.grave for e in bill.errors) and counts:
        return 2
    return int(bill.broken)


def _write(wanted: Output, bill: Bill, policy: Policy) -> None:
    from llmlint.report.bill import render
    from llmlint.report.output import write_file, write_stdout

    text = render(wanted.format, bill, policy.origin)
    if wanted.file is None:
        write_stdout(text)
    else:
        write_file(wanted.file, text)


