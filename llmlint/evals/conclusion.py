"""A `Run` → the one sentence that people read, what it saves, and the exit code."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from llmlint.evals.procedure.plan import Verdict
from llmlint.evals.run import Run

# "recommended": a cheaper model is proven; "kept": no cheaper one meets quality; "undecided"; "nothing": not measured
Answer = Literal["recommended", "kept", "undecided", "nothing"]
INTERRUPTED = 130
RULED_OUT = frozenset({"inferior", "not-cheaper"})


@dataclass(frozen=True, slots=True)
class Conclusion:
    """model: the cheapest that is good enough, None where that is open. saves: USD a month at the declared traffic;
    ratio: its cost to the reference's, by what answers cost in this run."""

    answer: Answer
    model: str | None
    sentence: str
    saves: Decimal | None = None
    ratio: float | None = None

    def exit_code(self, run: Run, overruled: Sequence[object] = ()) -> int:
        """0 decided and in line with policy, 1 a dearer model is in use, 3 undecided, 2 nothing was measured, 130
        interrupted before either."""
        if self.answer in ("undecided", "nothing") and run.end == "interrupted":
            return INTERRUPTED
        if self.answer == "nothing":
            return 2
        if self.answer == "undecided":
            return 3
        return 1 if overruled else 0


def conclude(run: Run) -> Conclusion:
    """What the run says."""
    if not run.measured:
        return Conclusion("nothing", None, f"{run.scope.task}: {_why_nothing(run)}")
    reference = run.scope.reference
    chosen = run.result.recommendation
    if chosen is not None:
        ratio, saves = _compared(run, chosen)
        return Conclusion("recommended", chosen, _recommended(run, chosen, ratio, saves), saves, ratio)
    if reference in run.ended:
        why = f"the reference {shown(run, reference)} gave up: {run.ended[str(reference)]}"
        return Conclusion("nothing", None, f"{run.scope.task}: nothing can be compared, {why}")
    if reference is not None and all(one.reason in RULED_OUT for one in run.result.candidates):
        return Conclusion("kept", reference, _kept(run, reference), None, 1.0)
    return Conclusion("undecided", None, _undecided(run))


def shown(run: Run, name: str | None) -> str:
    """How a candidate is named in outputs: a stand-in never without the word."""
    return f"{name} (stand-in)" if run.stand_ins else str(name)


def points(share: float, signed: bool = True) -> str:
    """A share of a score in points: −0.004 → "−0.4"."""
    return f"{100 * share:+.1f}".replace("-", "−") if signed else f"{100 * share:.1f}".removesuffix(".0")


def interval_words(one: Verdict) -> str:
    """ "−1.9 … +1.1"; "" where there is none."""
    return "" if one.interval is None else f"{points(one.interval[0])} … {points(one.interval[1])}"


def figures(run: Run, one: Verdict) -> str:
    """ "−0.4 pt, 95 % interval −1.9 … +1.1, margin 3"."""
    if one.difference is None:
        return "nothing to compare"
    level = f"{100 * (1 - run.scope.alpha):.3g} %"
    parts = [f"{points(one.difference)} pt"]
    if not run.compared:
        parts = [f"{100 * one.difference:.1f} %"]
        if one.interval is not None:
            parts.append(f"{level} interval {100 * one.interval[0]:.1f} … {100 * one.interval[1]:.1f}")
    elif one.interval is not None:
        parts.append(f"{level} interval {interval_words(one)}")
    if run.compared and run.scope.margin is not None:
        parts.append(f"margin {points(run.scope.margin, signed=False)}")
    if run.scope.floor is not None:
        parts.append(f"floor {points(run.scope.floor, signed=False)} %")
    return ", ".join(parts)


def _recommended(run: Run, chosen: str, ratio: float | None, saves: Decimal | None) -> str:
    verdict = run.verdict(chosen)
    assert verdict is not None
    words = f"{shown(run, chosen)} meets quality ({figures(run, verdict)})"
    if ratio is not None:
        words += f" at {ratio_words(ratio)} of the cost of {shown(run, run.scope.reference)}"
    if saves is not None:
        words += f": saves {money(saves)} a month at the declared traffic" + (", in batches" if run.scope.batch else "")
    return words


def ratio_words(ratio: float) -> str:
    """0.025 → "1/40"; 0.83 → "83 %"."""
    if ratio <= 0:
        return "none"
    return f"1/{round(1 / ratio):,}" if ratio <= 0.5 else f"{ratio:.0%}".replace("%", " %")


def money(usd: Decimal | float) -> str:
    """Dollars with the digits that matter: $2,310, $1.07, $0.0042."""
    value = float(usd)
    if value == 0:
        return "$0"
    if abs(value) >= 100:
        return f"${value:,.0f}"
    if abs(value) >= 0.095:
        return f"${value:,.2f}"
    return f"${value:.2g}" if abs(value) >= 1e-4 else f"${value:.1e}"


def _compared(run: Run, chosen: str) -> tuple[float | None, Decimal | None]:
    """(cost ratio, USD a month) against the reference."""
    reference = run.scope.reference
    if reference is None or reference == chosen:
        return None, None
    own, other = run.tally(chosen).usd_per_1k, run.tally(reference).usd_per_1k
    if own is None or not other:
        return None, None
    month = run.scope.items_per_month
    saves = None if month is None else Decimal(str((other - own) / 1000 * month))
    return own / other, saves


def _kept(run: Run, reference: str) -> str:
    worse = [one for one in run.result.candidates if one.reason == "inferior"]
    if not worse:
        return f"no candidate is cheaper than {shown(run, reference)}: nothing to save"
    told = "; ".join(f"{shown(run, one.model)} is worse ({figures(run, one)})" for one in worse[:3])
    more = f"; so are {len(worse) - 3} more" if len(worse) > 3 else ""
    return f"stay with {shown(run, reference)}: no cheaper model meets quality, {told}{more}"


def _undecided(run: Run) -> str:
    open_ones = [one for one in run.result.candidates if one.reason not in RULED_OUT]
    why = {"budget": "the budget is spent", "interrupted": "interrupted", "ended": "models gave up"}.get(run.end, "")
    words = "undecided" + (f", {why}" if why else "")
    if not open_ones:
        return words
    best = _nearest(run, open_ones)
    if run.compared and all(one.n == 0 for one in open_ones):
        first = f": no item was answered by both {shown(run, run.scope.reference)} and another"
        return words + first + (f"; {best.why}" if not why and best.why else "")
    words += f": {shown(run, best.model)} {figures(run, best)}, after {best.n:,} items"
    needed = needed_words(best)
    return f"{words}; {needed or best.why}" if needed or best.why else words


def needed_words(one: Verdict) -> str:
    """ "about 104 more items for $0.21 would settle it"; "" where no number in reach would."""
    count = one.needed_items
    if count is None:
        return ""
    price = f" for {money(one.needed_usd)}" if one.needed_usd else ""
    return f"about {count:,} more {'item' if count == 1 else 'items'}{price} would settle it"


def _nearest(run: Run, open_ones: Sequence[Verdict]) -> Verdict:
    """The cheapest that may well be good enough, else the best."""
    least = -(run.scope.margin or 0.0)
    likely = [one for one in open_ones if one.difference is not None and one.difference > least]
    if run.compared and likely:
        return min(likely, key=lambda one: one.usd_per_item)
    return max(open_ones, key=lambda one: -2.0 if one.difference is None else one.difference)


def _why_nothing(run: Run) -> str:
    if run.ended:
        name, why = next(iter(run.ended.items()))
        more = f" (and {len(run.ended) - 1} more)" if len(run.ended) > 1 else ""
        return f"nothing was measured: {shown(run, name)} gave up, {why}{more}"
    if run.end == "budget":
        budget = f" of {money(run.budget_usd)}" if run.budget_usd is not None else ""
        return f"nothing was measured: the budget{budget} does not pay for one item"
    errors = [one.reply.error or one.grade.error for one in run.outcomes]
    first = next((error for error in errors if error), None)
    if first:
        return f"nothing was measured: {len(run.outcomes):,} answers, none could be graded; the first: {first}"
    return "nothing was measured: " + ("interrupted" if run.end == "interrupted" else "no answer came")
