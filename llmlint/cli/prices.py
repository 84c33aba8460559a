"""`llmlint prices`: what models cost, side by side, how old that is, and what other prices would do to this code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from llmlint.cli.options import absolute, find_root

if TYPE_CHECKING:
    from llmlint.judge.policy import Policy
    from llmlint.money.prices import Price, PriceBook


@click.command(short_help="List and compare what models cost.")
@click.argument("models", nargs=-1, metavar="[MODEL]...")
@click.option("--provider", metavar="NAME", help="As asked there; without MODEL: all models of that provider.")
@click.option("--compare", is_flag=True, help="With what 1,000 calls cost, and the public price beside your own.")
@click.option("--input-tokens", type=click.IntRange(min=0), default=1000, show_default=True, help="For --compare.")
@click.option("--output-tokens", type=click.IntRange(min=0), default=200, show_default=True, help="For --compare.")
@click.option("--day", type=click.DateTime(["%Y-%m-%d"]), metavar="DATE", help="The prices of that day.")
@click.option(
    "--changed", metavar="OVERLAY", help="A file with `prices:`, or a pack: what they would do to the code under --in.",
)
@click.option("--in", "paths", multiple=True, type=click.Path(path_type=Path), help="For --changed. [default: .]")
@click.option("--policy", "policy_file", type=click.Path(path_type=Path), metavar="FILE", help="The policy.")
@click.option("-f", "--format", "format_", type=click.Choice(["text", "json", "csv"]), default="text")
def prices(
    models: tuple[str, ...], provider: str | None, compare: bool, input_tokens: int, output_tokens: int,
    day: datetime | None, changed: str | None, paths: tuple[Path, ...], policy_file: Path | None, format_: str,
) -> None:  # fmt: skip
    """List and compare what models cost, under the policy's own prices.

    \b
    Examples:
      llmlint prices                                           the models that the policy approves
      llmlint prices claude-opus-5-5 gpt-5.6 --compare         side by side, for 1,000 calls
      llmlint prices --provider anthropic                      all of one provider
      llmlint prices --changed prices/reference-2026           what other prices do to this code

    USD per million tokens; a + marks a price that rises with the length of the prompt. Nothing is fetched: the prices
    are those of the installed package genai-prices, `pip install -U genai-prices` brings newer ones.
    """
    from llmlint.report.output import write_stdout

    if changed is not None:
        if format_ == "csv":
            raise click.UsageError("--changed writes text or json.")
        write_stdout(_changed(changed, paths, policy_file, day.date() if day else None, format_))
        return
    from llmlint.judge.policy import load_policy
    from llmlint.money.usage import Usage
    from llmlint.report.prices import FORMATS

    policy = load_policy(find_root([absolute(path) for path in paths]), policy_file)
    book = _book(policy, day.date() if day else None)
    found = _found(models, provider, policy, book)
    if compare:
        found = [one for price in found for one in _beside(price, book, provider)]
    usage = Usage(input_tokens, output_tokens) if compare else None
    write_stdout(FORMATS[format_](found, _age(book), usage))


def _book(policy: Policy, day: date | None, *more: Mapping[str, Any]) -> PriceBook:
    from llmlint.money.prices import price_book

    return price_book([policy.extra.get("prices") or {}, *more], None if more else policy.origin, day)


def _found(models: Sequence[str], provider: str | None, policy: Policy, book: PriceBook) -> list[Price]:
    """Those that are named; else all of the provider; else what the policy approves and prices. Raises UserError."""
    from llmlint.errors import UsageError
    from llmlint.money.prices import unknown_price

    out: list[Price] = []
    for model in models:
        price = book.find(model, provider)
        if price is None:
            raise unknown_price(model, book)
        out.append(price)
    if models:
        return out
    if provider is not None:
        found = (book.find(name, provider) for seller, name in book.names(provider) if seller != "policy")
        out = [price for price in found if price is not None]
        if not out:
            known = sorted({seller for seller, _ in book.names()} - {"policy"})
            raise UsageError(f"there is no provider {provider!r} with prices", mend=f"one of {', '.join(known)}")
        return sorted(out, key=lambda price: (-price.input_usd_per_mtok, price.model))
    approved = [name for names in policy.models.values() for name in names]
    own = [row.key for row in book.overlaid if "*" not in row.key]
    priced = (book.find(name) for name in dict.fromkeys([*own, *approved]))
    return [price for price in priced if price is not None]


def _beside(price: Price, book: PriceBook, provider: str | None) -> list[Price]:
    """The price, and the public one where the policy has another."""
    from llmlint.money.library import PricesMissing

    if price.source.startswith("genai-prices"):
        return [price]
    try:
        public = book.public(price.model, provider)
    except PricesMissing:
        public = None
    return [price] if public is None else [price, replace(public, model=f"{public.model} (public)")]


def _age(book: PriceBook) -> str:
    from llmlint.money.library import PricesMissing

    try:
        checked = book.checked
        days = "" if checked is None else f", last checked {checked} ({(date.today() - checked).days} days ago)"
        own = f"; {len(book.overlaid)} of the policy's own go before" if book.overlaid else ""
        return f"{book.source}{days}{own}"
    except PricesMissing:
        return "the policy's own"


def _changed(overlay: str, paths: tuple[Path, ...], policy_file: Path | None, day: date | None, format_: str) -> str:
    from llmlint.cli.scanning import Request, scan
    from llmlint.money.price_change import price_changes
    from llmlint.money.traffic import traffic_of
    from llmlint.report.prices import change_json, change_text

    given = _overlay(overlay)
    policy, facts = scan(Request(paths, policy_file))
    changes = price_changes(facts, _book(policy, day), _book(policy, day, given), traffic_of(policy, facts))
    write = change_json if format_ == "json" else change_text
    return write(changes, len(facts.call_sites), overlay)


def _overlay(name: str) -> Mapping[str, Any]:
    """`prices:` of a policy file or of a built-in pack."""
    from llmlint.errors import PolicyError
    from llmlint.judge.policy_document import PACKS, errors_in, open_document, pack_file

    document = open_document(pack_file(name), name) if name in PACKS else open_document(absolute(name))
    for error in errors_in(document):
        raise error
    found = document.data.get("prices")
    if not found:
        raise PolicyError("has no `prices:`", document.shown, None, "for example `prices: {gpt-5: {discount: 0.1}}`")
    return dict(found)
