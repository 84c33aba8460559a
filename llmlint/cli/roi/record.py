"""A `Result` → the `roi` record of the policy: printed to be pasted, or added to the policy file."""

from __future__ import annotations

import json
from datetime import timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from llmlint.errors import PolicyError

if TYPE_CHECKING:
    from llmlint.facts import CallSite
    from llmlint.judge.policy import Policy
    from llmlint.money.returns.records import Result

YEAR = timedelta(days=365)


def record_of(result: Result, policy: Policy, site: CallSite | None, given: dict[str, Any]) -> dict[str, Any]:
    """The record, as plain data in the order of the policy's documentation. Amounts in USD, rounded to cents.

    from_calls_per_day, to_calls_per_day: between which volumes the answer stays what it is.
    """
    from llmlint.judge.records import today

    day = today()
    place = policy.prefix + site.path if site is not None else ""
    row: dict[str, Any] = {"name": given["name"] or _name(result, site), "kind": result.kind}
    if given["path"] or site is not None:
        row["path"] = given["path"] or place
    if site is not None:
        row["serves"] = {"path": place, **({"function": site.function} if site.function else {})}
    row |= {
        "one_off_usd": cents(result.sums.one_off), "monthly_usd_before": cents(result.sums.before),
        "monthly_usd_after": cents(result.sums.after),
    }  # fmt: skip
    if result.volume is not None:
        row["calls_per_day"] = plain(result.volume)
        turn = result.flip("calls_per_day")
        if turn is not None and turn.at < result.volume:
            row["from_calls_per_day"] = int(turn.at.to_integral_value(ROUND_CEILING))
        elif turn is not None:
            row["to_calls_per_day"] = int(turn.at.to_integral_value(ROUND_FLOOR))
    if given["owner"]:
        row["owner"] = given["owner"]
    return {**row, "date": day.isoformat(), "until": (day + YEAR).isoformat()}


def _name(result: Result, site: CallSite | None) -> str:
    where = (site.function or site.path) if site is not None else ""
    return f"{result.kind} {where}".strip()


def cents(value: Decimal) -> float | int:
    return plain(Decimal(f"{value:.2f}"))


def plain(value: Decimal) -> float | int:
    return int(value) if value == value.to_integral_value() else float(value)


def yaml_lines(row: dict[str, Any]) -> list[str]:
    """The record as an item of a block list, two columns in; texts are quoted as JSON, which YAML reads."""
    lines: list[str] = []
    for key, value in row.items():
        text = json.dumps(value, ensure_ascii=False) if isinstance(value, (str, dict)) else str(value)
        lines.append(f"{'  - ' if not lines else '    '}{key}: {text}")
    return lines


def write_record(result: Result, policy: Policy, site: CallSite | None, given: dict[str, Any]) -> None:
    """Prints the record, or adds it to the policy file that `--record FILE` names."""
    from llmlint.report.output import write_file, write_stdout

    lines = yaml_lines(record_of(result, policy, site, given))
    if given["record"] == "-":
        write_stdout("\n".join(["roi:", *lines]) + "\n")
        return
    file = Path(given["record"])
    write_file(str(file), added(file, lines))
    click.echo(f"llmlint: the record is in {file}", err=True)


def added(file: Path, lines: list[str]) -> str:
    """The text of the policy with the record in it; what stood there stays as it was. Raises PolicyError.

    A file that is not there yet begins with the record.
    """
    from llmlint.judge.yaml_text import read_yaml

    if file.suffix not in (".yaml", ".yml"):
        raise PolicyError("only a YAML policy can be added to", str(file), mend="use --record and paste what it prints")
    try:
        text = file.read_text("utf-8") if file.exists() else ""
    except (OSError, UnicodeDecodeError) as error:
        raise PolicyError(f"cannot be read: {error}", str(file)) from None
    before, where = read_yaml(text, str(file), PolicyError)
    if before is not None and not isinstance(before, dict):
        raise PolicyError("is no policy: its top level must be a mapping", str(file))
    rows = list((before or {}).get("roi") or [])
    new = _inserted(text, lines, where.get(("roi",)), where.get(("roi", len(rows) - 1)))
    try:
        after, _ = read_yaml(new, str(file), PolicyError)
    except PolicyError:
        after = None
    if not isinstance(after, dict) or {**after, "roi": None} != {**(before or {}), "roi": None} or (
        after["roi"][:-1] != rows
    ):  # fmt: skip
        mend = "use --record and paste what it prints"
        raise PolicyError("`roi` is not written as a block list", str(file), where.get(("roi",)), mend)
    return new


def _inserted(text: str, lines: list[str], key: int | None, last: int | None) -> str:
    """key, last: the lines of `roi` and of its last item, 1-based; None: not there."""
    body = text.splitlines()
    if key is None:
        gap = [""] if body and body[-1].strip() else []
        return "\n".join([*body, *gap, "roi:", *lines]) + "\n"
    at = last or key
    while at < len(body) and (body[at].startswith((" ", "\t", "- ")) and body[at].strip()):
        at += 1
    if last is not None:
        indent = len(body[last - 1]) - len(body[last - 1].lstrip())
        lines = [" " * indent + line[2:] for line in lines]
    return "\n".join([*body[:at], *lines, *body[at:]]) + "\n"
