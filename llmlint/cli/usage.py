"""`llmlint usage`: what models were really asked, read from where it was recorded, shown and forgotten."""

from __future__ import annotations

from datetime import date, datetime, timezone
from decimal import Decimal, InvalidOperation
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from llmlint.cli.options import PROJECT_MARKS, absolute, find_upward, scanning_options
from llmlint.errors import UsageError

if TYPE_CHECKING:
    from llmlint.judge.policy import Policy
    from llmlint.observe.usage.importing import Imported
    from llmlint.observe.usage.spend import Price

KINDS = ("otlp", "prometheus", "litellm", "anthropic", "openai", "csv")
PROFILES = ("mission", "litellm", "otel")
BY = ("model", "source", "provider", "team", "label", "function", "day", "month")
FORMATS = click.Choice(["text", "json"])


@click.group(short_help="Read what models were really asked: traces, metrics, logs, bills.")
def usage() -> None:
    """Read what models were really asked: traces, metrics, logs, bills.

    \b
    Examples:
      llmlint usage import traces/ --from otlp       spans of the OpenTelemetry collector
      llmlint usage import october.csv --from csv    a table with named columns
      llmlint usage show                             what is there, by source, model and team
      llmlint usage sites                            which call site it was
      llmlint usage forget csv                       take a source out again

    What was imported stands in .llmlint/usage.db, readable by nobody else: numbers, names and places of code, never a
    prompt or an answer. `llmlint cost`, `diff` and `review` go by it.
    """


def store_option(command: click.decorators.FC) -> click.decorators.FC:
    return click.option(
        "--store", type=click.Path(path_type=Path), metavar="FILE", help="[default: .llmlint/usage.db of the project]"
    )(command)


def store_file(given: Path | None, folder: Path | None = None) -> Path:
    """The store that is named, else the one of the project that `folder` (the current one) is in."""
    from llmlint.observe.usage.store import DEFAULT

    if given is not None:
        return absolute(given)
    folder = folder or Path.cwd()
    return (find_upward(folder, (str(DEFAULT), *PROJECT_MARKS)) or folder) / DEFAULT


def day_option(_: click.Context, __: click.Parameter, text: str | None) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise click.BadParameter(f"{text!r} is not a date such as 2026-10-01.") from None


def _rates(_: click.Context, __: click.Parameter, given: tuple[str, ...]) -> dict[str, Decimal]:
    rates = {}
    for text in given:
        code, equals, amount = text.partition("=")
        try:
            rates[code.strip().upper()] = value = Decimal(amount)
        except InvalidOperation:
            value = Decimal(-1)
        if not equals or not value.is_finite() or value <= 0:
            raise click.BadParameter(f"{text!r} is not a currency and its worth in dollars, such as EUR=1.08.")
    return rates


def _columns(_: click.Context, __: click.Parameter, given: tuple[str, ...]) -> dict[str, str]:
    columns = {}
    for text in given:
        meaning, equals, header = text.partition("=")
        if not equals or not header:
            raise click.BadParameter(f"{text!r} is not MEANING=HEADER, such as time=created.")
        columns[meaning] = header
    return columns


@usage.command("import", short_help="Read usage from files or a server; what is known already counts once.")
@click.argument("sources", nargs=-1, metavar="[SOURCE]...")
@click.option("--from", "kind", type=click.Choice(KINDS), required=True, help="What SOURCE is.")
@store_option
@click.option("--as", "called", metavar="NAME", help="What to call it in the store. [default: the kind]")
@click.option("--team", default="", help="Of rows that name none.")
@click.option("--label", default="", help="Of rows that have none.")
@click.option("--column", "columns", multiple=True, callback=_columns, metavar="MEANING=HEADER",
              help="csv: which column holds time, model, input, output, cost …")  # fmt: skip
@click.option("--rate", "rates", multiple=True, callback=_rates, metavar="EUR=1.08",
              help="Dollars for one unit of a currency that costs are in.")  # fmt: skip
@click.option("--input-includes-cache/--input-excludes-cache", "includes", default=None,
              help="csv: do input tokens hold those of the cache? [default: as the column is called]")  # fmt: skip
@click.option("--since", callback=day_option, metavar="DATE", help="Servers: from this day on. [default: 30 days ago]")
@click.option("--until", callback=day_option, metavar="DATE", help="Servers: before this day. [default: today]")
@click.option("--metrics", "profile", type=click.Choice(PROFILES), default="otel", show_default=True,
              help="prometheus: how its metrics are called.")  # fmt: skip
@click.option("-f", "--format", "form", type=FORMATS, default="text", show_default=True)
def import_(
    sources: tuple[str, ...], kind: str, store: Path | None, called: str | None, team: str, label: str,
    columns: dict[str, str], rates: dict[str, Decimal], includes: bool | None, since: date | None,
    until: date | None, profile: str, form: str,
) -> None:  # fmt: skip
    """Read usage from files or a server; what is known already counts once.

    \b
    Examples:
      llmlint usage import traces/ --from otlp
      llmlint usage import bill.csv --from csv --column time=created --column cost=total --rate EUR=1.08
      llmlint usage import https://prometheus.example --from prometheus --metrics litellm
      ANTHROPIC_ADMIN_KEY=… llmlint usage import --from anthropic --since 2026-10-01
      LITELLM_DATABASE_URL=postgresql://… llmlint usage import --from litellm

    Keys and passwords come from the environment (OPENAI_ADMIN_KEY, ANTHROPIC_ADMIN_KEY, PROMETHEUS_TOKEN,
    LITELLM_DATABASE_URL); none is stored or shown.

    Exit code: 0 all was counted, 1 a part was (standard error says which records were not and why), 2 nothing was.
    """
    from llmlint.observe.usage.importing import import_rows
    from llmlint.observe.usage.sources import Asked, open_source
    from llmlint.observe.usage.store import UsageStore

    now = _now()
    asked = Asked(sources, now, team, label, columns, rates, includes, since, until, profile)
    source = open_source(kind, asked)
    begun = list(islice(source.rows, 1))  # a source that cannot be read at all leaves no empty store
    with UsageStore(store_file(store)) as into:
        found = import_rows(into, called or kind, source.what, chain(begun, source.rows), now)
        _tell(found, into.file, form)
    click.get_current_context().exit(int(found.refused > 0))


def _now() -> int:
    """Unix seconds: the end of the day where LLMLINT_TODAY sets it, so that a run can be repeated."""
    import os
    import time

    from llmlint.judge.records import today

    if os.environ.get("LLMLINT_TODAY"):
        day = today()
        return int(datetime(day.year, day.month, day.day, 23, 59, 59, tzinfo=timezone.utc).timestamp())
    return int(time.time())


def _tell(found: Imported, file: Path, form: str) -> None:
    from llmlint.cli.scanning import note
    from llmlint.report.output import write_stdout

    for refusal in found.refusals:
        note(f"{refusal.where}: not counted: {refusal.why}")
    if found.refused > len(found.refusals):
        note(f"… and {found.refused - len(found.refusals):,} more records were not counted")
    if form == "json":
        import json

        report = {
            "schema": 1, "source": found.source, "records": found.records, "added": found.added,
            "known": found.records - found.added, "refused": found.refused,
            "first": shown_day(found.first), "last": shown_day(found.last), "without_model": found.unnamed,
            "refusals": [{"where": r.where, "why": r.why} for r in found.refusals], "store": str(file),
        }  # fmt: skip
        write_stdout(json.dumps(report, indent=2) + "\n")
        return
    known = found.records - found.added
    counted = f"{found.records:,} record{'s' * (found.records != 1)} from {found.source}"
    lines = [f"{counted}, {shown_day(found.first)} to {shown_day(found.last)}: {found.added:,} new, {known:,} known"]
    if found.unnamed:
        lines.append(f"{found.unnamed:,} of them name no model")
    write_stdout("\n".join(lines) + "\n")


def shown_day(seconds: int | None) -> str | None:
    """2026-11-25, in UTC."""
    return None if seconds is None else datetime.fromtimestamp(seconds, timezone.utc).date().isoformat()


@usage.command(short_help="What is in the store, added up by source, model, team or day.")
@click.option("--by", type=click.Choice(BY), default="model", show_default=True)
@click.option("--since", callback=day_option, metavar="DATE", help="From this day on.")
@click.option("--until", callback=day_option, metavar="DATE", help="Before this day.")
@click.option("--source", "only", multiple=True, metavar="NAME", help="Only what came from there.")
@store_option
@click.option("-f", "--format", "form", type=FORMATS, default="text", show_default=True)
def show(
    by: str, since: date | None, until: date | None, only: tuple[str, ...], store: Path | None, form: str
) -> None:
    """What is in the store, added up by source, model, team or day.

    \b
    Examples:
      llmlint usage show
      llmlint usage show --by team --since 2026-10-01

    Dollars are those that the source states; the rest is worked out by the prices of the day.
    """
    from llmlint.observe.usage.spend import BY, sums
    from llmlint.observe.usage.store import UsageStore
    from llmlint.report.output import write_stdout
    from llmlint.report.usage import as_json, as_text

    first, last = (0 if since is None else _number(since)), (1 << 40 if until is None else _number(until) - 1)
    with UsageStore(store_file(store), create=False) as known:
        rows, sources = list(known.days(first, last, only)), known.sources()
    if not rows:
        mend = "`llmlint usage show` tells what is"
        raise UsageError("no usage is known of that time", path=str(known.file), mend=mend)
    found = sums(rows, BY[by], prices_of(Path.cwd()))
    if by in ("day", "month"):
        found = dict(sorted(found.items()))
    write_stdout(as_json(by, found, sources) if form == "json" else as_text(by, found, sources))


def prices_of(folder: Path) -> Price:
    """By the public list and the policy of a folder."""
    from llmlint.judge.policy import load_policy

    return policy_prices(load_policy(folder))


def policy_prices(policy: Policy) -> Price:
    from llmlint.money.prices import price_book
    from llmlint.observe.usage.pricing import day_price

    given = policy.extra.get("prices")
    return day_price(price_book([given] if given else [], policy.origin))


@usage.command(short_help="Which call site each record was, and what nothing in the code accounts for.")
@scanning_options
@store_option
@click.option("--days", type=click.IntRange(1, 3660), default=30, show_default=True, help="The last days of the store.")
@click.option("-f", "--format", "form", type=FORMATS, default="text", show_default=True)
def sites(store: Path | None, days: int, form: str, **scanning: Any) -> None:
    """Which call site each record was, and what nothing in the code accounts for.

    \b
    Examples:
      llmlint usage sites
      llmlint usage sites src/ --days 7 --format json

    How sure a match is: exact (the record names file and line), label (of a comment `# llmlint: label=…`), function,
    model (one call asks that model), shared (several can be meant: each is given an equal share).
    """
    from llmlint.cli.scanning import Request, scan
    from llmlint.observe.usage.known import matched
    from llmlint.observe.usage.placed import placed
    from llmlint.report.output import write_stdout
    from llmlint.report.usage_sites import as_json, as_text

    policy, facts = scan(Request(**scanning))
    price = policy_prices(policy)
    matching, counted = matched(store_file(store, Path(facts.root)), facts, price, days)
    found = placed(matching, counted, price)
    write_stdout(as_json(found) if form == "json" else as_text(found))


def _number(day: date) -> int:
    return (day - date(1970, 1, 1)).days


@usage.command(short_help="Take a source, or what is old, out of the store.")
@click.argument("source", required=False)
@click.option("--all", "everything", is_flag=True, help="All that was imported.")
@click.option("--before", callback=day_option, metavar="DATE", help="Only what is older.")
@store_option
def forget(source: str | None, everything: bool, before: date | None, store: Path | None) -> None:
    """Take a source, or what is old, out of the store.

    \b
    Examples:
      llmlint usage forget csv
      llmlint usage forget --all --before 2026-01-01
    """
    from llmlint.observe.usage.store import UsageStore

    if (source is None) != everything:
        raise click.UsageError("Name a source, or say --all." if source is None else "A source and --all contradict.")
    limit = None if before is None else int(datetime(*before.timetuple()[:3], tzinfo=timezone.utc).timestamp())
    with UsageStore(store_file(store), create=False) as known:
        gone = known.forget(source, limit)
    click.echo(f"{gone:,} record{'s' * (gone != 1)} forgotten")
