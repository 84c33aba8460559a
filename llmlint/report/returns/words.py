"""A `Result` → its sentences and table cells, the same in every format."""

from __future__ import annotations

from decimal import Decimal

from llmlint.money.returns.inputs import DAYS
from llmlint.money.returns.records import Flip, Given, Result
from llmlint.money.returns.working import figure, usd

DAYS_UP_TO = 45  # beyond that, durations are told in months


def headline(result: Result) -> str:
    """`fine-tuning pays for itself in 6 days`."""
    days, net = result.payback_days, result.sums.net
    if days is None:
        more = f"costs {usd(-net)} USD a month more" if net else "saves nothing"
        return f"{result.title} does not pay: it {more}"
    if result.answer == "too slow":
        return f"{result.title} pays for itself after {duration(days)}, later than within {months(result.horizon)}"
    return f"{result.title} pays " + (f"for itself in {duration(days)}" if days else "from the first day")


def duration(days: Decimal) -> str:
    """`less than a day`, `6 days`, `3 months`, `4.2 years`."""
    if days < 1:
        return "less than a day"
    if days < DAYS_UP_TO:
        count = figure(days.to_integral_value(), 2)
        return f"{count} day{'s' if count != '1' else ''}"
    if days < DAYS * 36:
        return months(days / DAYS)
    return f"{figure(days / 365, 2)} years"


def months(count: Decimal) -> str:
    text = figure(count, 2)
    return f"{text} month{'s' if text != '1' else ''}"


def sums(result: Result) -> list[tuple[str, str, str]]:
    """(what, USD, how it is worked out)."""
    paid = result.sums.one_off
    steps = {one.name: one.formula for one in result.sums.steps}
    total = f"{usd(result.total)} USD in {months(result.horizon)}" + (" after what is paid once" if paid else "")
    rows = [
        ("before", f"{usd(result.sums.before)} USD a month", steps.get("before", "")),
        ("after", f"{usd(result.sums.after)} USD a month", steps.get("after", "")),
        ("saves", f"{usd(result.sums.net)} USD a month", total),
    ]
    if paid:
        rows.insert(2, ("paid once", f"{usd(paid)} USD", steps.get("one-off", "")))
    return rows


def turn(result: Result) -> str:
    """What the table of flips is about."""
    granted = months(result.horizon)
    if not result.flips:
        return f"No single input turns the answer (paid back within {granted})."
    if result.answer == "pays":
        return f"It would no longer be paid back within {granted} where one of these alone were"
    return f"It would be paid back within {granted} where one of these alone were"


def flip_row(result: Result, flip: Flip) -> tuple[str, str, str, str]:
    """(input, what it is now, how far away the turn is, where it is)."""
    return label(flip.name), amount(flip.now), factor(flip), f"{amount(flip.at)}{in_a_month(result, flip)}"


def factor(flip: Flip) -> str:
    by = flip.factor
    if not by:
        return ""
    return f"× {figure(by, 2)}" if by > 1 else f"÷ {figure(1 / by, 2)}"


def in_a_month(result: Result, flip: Flip) -> str:
    """A cost per call as people know it from the bill."""
    if not flip.name.startswith("usd_per_call") or result.volume is None:
        return ""
    return f" ({usd(flip.at * result.volume * DAYS)} USD a month)"


def claim(result: Result) -> str:
    """What would have to be true for it to break even in the months that somebody claims or hopes for."""
    told, once = result.claim, result.claim.one_off_usd
    days = result.payback_days
    if once is None or days is None:
        return ""
    paid = result.sums.one_off
    if not paid:
        return f"Work of up to {usd(once)} USD is paid back within {months(told.months)}."
    if days > told.months * DAYS:
        within = f"To break even within {months(told.months)}"
        return f"{within}, at most {usd(once)} USD may be paid once instead of {usd(paid)}."
    text = (
        f"By these figures it breaks even in {duration(days)}. A break-even of {months(told.months)} would take "
        f"{usd(once)} USD paid once instead of {usd(paid)}: {usd(once - paid)} USD more of {forgotten(result)}"
    )
    after = next((one for one in told.flips if one.name == "usd_per_call_after"), None)
    if after is not None:
        volume = result.volume
        month = f"{usd(after.at * volume * DAYS)} USD a month" if volume else f"{amount(after.at)} USD a call"
        text += f", or a service that costs {month} afterwards instead of {usd(result.sums.after)}"
    return text + "."


def forgotten(result: Result) -> str:
    """The one-off costs that nobody gave a number for."""
    names = [
        one.input.name.removesuffix("_usd") for one in result.inputs
        if one.label == "assumed" and not one.value and one.input.unit == "USD"
    ]  # fmt: skip
    if not names:
        return "one-off costs"
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def input_row(one: Given) -> tuple[str, str, str]:
    """(input, value with unit, where it is from)."""
    source = one.label + (f": {one.source}" if one.source else "")
    return label(one.input.name), f"{amount(one.value)} {one.input.unit}" if one.value is not None else "none", source


def label(name: str) -> str:
    return name.replace("_", " ").replace("usd", "USD")


def amount(value: Decimal | None) -> str:
    return "none" if value is None else figure(value)
