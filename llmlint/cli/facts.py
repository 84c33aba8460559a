"""`llmlint facts`: every call site under the paths, as JSON lines for programs or as a table for people."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from llmlint.cli.options import Output, output_options, pair_outputs, scanning_options
from llmlint.cli.scanning import Request, note_errors, on_terminal, scan, unread_code
from llmlint.facts import CallSite, Facts

if TYPE_CHECKING:
    from llmlint.judge.policy import Policy

AUTO = "auto"  # a table on a terminal, else JSON lines


@click.command(short_help="Print every LLM call site and what is known of it.")
@scanning_options
@output_options(("jsonl", "table", AUTO), AUTO)
def facts(formats: tuple[Output, ...], output: str | None, **scanning: Any) -> None:
    """Print every LLM call site and what is known of it.

    \b
    Examples:
      llmlint facts src/                      a table
      llmlint facts src/ --format jsonl       one JSON object a line, for programs

    The text of prompts is never printed. Exit code 2: a file with LLM calls could not be analysed.
    """
    from llmlint.report.output import write_file, write_stdout

    outputs = pair_outputs(formats, output)
    policy, found = scan(Request(**scanning))
    found = _priced(found, policy)
    for wanted in outputs:
        text = _render(wanted, found)
        if wanted.file is None:
            write_stdout(text)
        else:
            write_file(wanted.file, text)
    note_errors(found.errors, found.root)
    click.get_current_context().exit(unread_code(found.errors, policy))


def _priced(found: Facts, policy: Policy) -> Facts:
    """With what each call costs; without it where no prices are installed."""
    if not found.call_sites:
        return found
    from dataclasses import replace

    from llmlint.money.cost import site_costs
    from llmlint.money.library import PricesMissing
    from llmlint.money.prices import price_book
    from llmlint.money.traffic import traffic_of

    traffic = traffic_of(policy, found)
    try:
        costs = site_costs(found, price_book([policy.extra.get("prices") or {}], policy.origin), traffic)
    except PricesMissing:
        return found
    return replace(found, call_sites=tuple(replace(one.site, cost=one.fact()) for one in costs))


def _render(wanted: Output, found: Facts) -> str:
    sites = sorted(found.call_sites, key=lambda s: (s.path, -1 if s.cell is None else s.cell, s.line, s.column))
    table = wanted.format == "table" or (wanted.format == AUTO and wanted.file is None and on_terminal())
    return _table(sites, found) if table else "".join(json.dumps(site.to_json()) + "\n" for site in sites)


def _table(sites: Sequence[CallSite], found: Facts) -> str:
    from llmlint.report.spans import cells, visible
    from llmlint.report.summary import counted

    rows = [("place", "call", "model", "output limit", "task"), *(_row(site, found.root) for site in sites)]
    rows = [tuple(visible(cell) for cell in row) for row in rows]
    widths = [max(cells(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = ["  ".join(c + " " * (w - cells(c)) for c, w in zip(row, widths, strict=True)).rstrip() for row in rows]
    stats = found.stats
    closing = f"{counted(len(sites), 'call site')} in {counted(stats.files, 'file')}, {stats.seconds:.1f} s"
    return "\n".join([*lines, "", closing] if sites else [closing]) + "\n"


def _row(site: CallSite, root: str) -> tuple[str, ...]:
    from llmlint.report.places import shown_path

    cell = "" if site.cell is None else f":cells[{site.cell}]"
    cap = site.output_cap
    return (
        f"{shown_path(root, site.path, Path.cwd())}{cell}:{site.line}",
        f"{site.provider} {site.api}",
        " | ".join(site.model.values) or "unknown",
        str(cap.value) if cap.state == "set" and cap.value is not None else cap.state,
        site.task.type,
    )
