"""A `Run` → the rows and words that all its reports share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from llmlint.evals.conclusion import Conclusion, interval_words, money, needed_words, points, shown
from llmlint.evals.procedure.plan import Verdict
from llmlint.evals.run import Run, Tally

HEADINGS = ("model", "quality", "difference", "interval", "per 1,000 items", "latency", "answers", "verdict")
OTHERWISE = ("refused", "truncated", "empty", "malformed", "failed")


@dataclass(frozen=True, slots=True)
class Row:
    """One candidate, every cell as text, "" where there is nothing to say. why: the reason for the verdict."""

    name: str
    quality: str
    difference: str
    interval: str
    usd_per_1k: str
    latency: str
    answers: str
    verdict: str
    why: str
    chosen: bool = False
    reference: bool = False

    @property
    def cells(self) -> tuple[str, ...]:
        return (
            self.name, self.quality, self.difference, self.interval, self.usd_per_1k, self.latency, self.answers,
            self.verdict,
        )  # fmt: skip


def rows(run: Run, chosen: str | None, tallies: Mapping[str, Tally] | None = None) -> list[Row]:
    """The reference first, then by price, those without one last."""
    tallies = tallies or run.tallies()
    order = sorted(tallies, key=lambda name: (name != run.scope.reference, _cost(run, name, tallies[name]), name))
    return [_row(run, name, tallies[name], chosen) for name in order]


def _cost(run: Run, name: str, one: Tally) -> float:
    verdict = run.verdict(name)
    planned = float("inf") if verdict is None else verdict.usd_per_item * 1000
    return one.usd_per_1k if one.usd_per_1k is not None else planned


def _row(run: Run, name: str, one: Tally, chosen: str | None) -> Row:
    verdict, reference = run.verdict(name), name == run.scope.reference
    compared = verdict is not None and run.compared and verdict.difference is not None
    bounds = verdict.interval if verdict is not None else None
    interval = "" if bounds is None else f"{100 * bounds[0]:.1f} … {100 * bounds[1]:.1f} %"
    words, why = ("reference", "") if reference else ("", "")
    if verdict is not None:
        words = "meets quality" if verdict.verdict == "non-inferior" else verdict.verdict
        why = "" if verdict.why == words else why_words(verdict)
    if name in run.ended:
        words, why = "gave up", run.ended[name]
    return Row(
        name=shown(run, name),
        quality="" if one.quality is None else f"{100 * one.quality:.1f} %",
        difference=f"{points(verdict.difference or 0)} pt" if compared and verdict else "",
        interval=interval_words(verdict) if compared and verdict else interval,
        usd_per_1k="" if one.usd_per_1k is None else money(one.usd_per_1k),
        latency="" if one.seconds is None else seconds(one.seconds[0]),
        answers=f"{one.answered:,}" + _otherwise(one),
        verdict=words, why=why, chosen=name == chosen, reference=reference,
    )  # fmt: skip


def why_words(verdict: Verdict) -> str:
    """The reason for a verdict, with what would settle it said as everywhere."""
    reason, told, _ = verdict.why.partition("; about ")
    return f"{reason}; {needed_words(verdict)}" if told else reason


def _otherwise(one: Tally) -> str:
    told = [f"{one.counts[name]} {name}" for name in OTHERWISE if one.counts.get(name)]
    told += [f"{one.ungraded} not graded"] if one.ungraded else []
    return f" ({', '.join(told)})" if told else ""


def seconds(value: float) -> str:
    return f"{value * 1000:.0f} ms" if value < 1 else f"{value:.1f} s"


def target_words(run: Run) -> str:
    """What the verdicts claim, in words."""
    if run.scope.target == "dataset":
        return f"of these {run.scope.items:,} items (target dataset); it says nothing of other inputs"
    return f"of the traffic that these {run.scope.items:,} items were drawn from (target population)"


def asked_words(run: Run) -> str:
    """ "312 of 900 answers, $1.07 of $3.40 (31 %)", and what earlier runs had paid for."""
    tallies = run.tallies()
    asked, full = len(run.outcomes), run.scope.items * len(run.candidates)
    words = f"{asked:,} of {full:,} answers"
    whole = full_grid(run, tallies)
    paid = run.usd + run.saved_usd
    words += f", {money(paid)}"
    if whole:
        words += f" of {money(whole)} for all of them ({float(paid / whole):.0%})".replace("%", " %")
    if run.saved_usd:
        words += f"; {money(run.saved_usd)} of it was paid for by earlier runs"
    if run.judges_usd:
        words += f"; judges cost {money(run.judges_usd)} of it"
    return words


def full_grid(run: Run, tallies: Mapping[str, Tally]) -> Decimal | None:
    """What every model on every item would have cost, by what its answers cost, or were forecast to."""
    total = Decimal(0)
    for name, one in tallies.items():
        verdict = run.verdict(name)
        per_item = one.usd_per_1k / 1000 if one.usd_per_1k is not None else verdict.usd_per_item if verdict else None
        if per_item is None:
            return None
        total += Decimal(str(per_item)) * run.scope.items
    judged = run.judges_usd / max(len(run.outcomes), 1)
    return total + judged * run.scope.items * len(run.candidates)


def missing_words(run: Run, tallies: Mapping[str, Tally]) -> list[str]:
    """Where answers are missing: quality with them left out and with them as wrong, side by side."""
    out = []
    for name, one in tallies.items():
        if one.missing and one.quality is None and name not in run.ended:
            told = (o.reply.error or o.grade.error for o in run.outcomes if o.candidate == name)
            why = next((error for error in told if error), None)
            first = f"; the first: {why}" if why else ""
            out.append(f"{shown(run, name)}: no item has an answer and a grade{first}")
        elif one.missing and one.quality is not None and one.wrong_quality is not None:
            out.append(
                f"{shown(run, name)}: {one.missing:,} of {one.answered:,} items have no answer or no grade; quality "
                f"{100 * one.quality:.1f} % without them, {100 * one.wrong_quality:.1f} % with them as wrong"
            )
    if out:
        wrong = run.scope.on_error == "wrong"
        out.append("the verdicts " + ("count them as wrong" if wrong else "leave such items out for both models"))
    return out


def judge_words(run: Run) -> list[str]:
    """How far the judge agrees with people, and the means as people would give them."""
    found = run.agreement
    if found is None:
        return []
    kappa = "" if found.kappa is None else f", weighted kappa {found.kappa:.2f}"
    bias = f"{abs(100 * found.bias):.1f} pt {'more generous' if found.bias > 0 else 'stricter'} than they"
    out = [f"the judge graded {len(found.pairs):,} answers that people had graded: on average {bias}, "
           f"{100 * found.distance:.1f} pt off{kappa}"]  # fmt: skip
    for one in run.candidates:
        mean = run.corrected(one.name)
        if mean is not None:
            out.append(f"{shown(run, one.name)}: {100 * mean.mean:.1f} % corrected by people's grades "
                       f"({100 * mean.low:.1f} to {100 * mean.high:.1f})")  # fmt: skip
    return out


def notes(run: Run, conclusion: Conclusion, tallies: Mapping[str, Tally]) -> list[str]:
    """What else has to be said, a sentence each."""
    out = []
    if run.stand_ins:
        out.append("stand-ins (local programs with declared prices) were asked, no model: this decides about no model")
    if run.note and not run.stand_ins:
        out.append(run.note)
    out += [f"{shown(run, name)} gave up: {why}" for name, why in run.ended.items()]
    out += missing_words(run, tallies)
    out += judge_words(run)
    if run.end == "budget":
        out.append(f"the budget of {money(run.budget_usd or 0)} is spent: the verdicts are those of this moment")
    cheaper = list(_cheaper_open(run, conclusion))
    if cheaper:
        out.append(f"cheaper and undecided: {', '.join(shown(run, name) for name in cheaper)}")
    return out


def _cheaper_open(run: Run, conclusion: Conclusion) -> Iterator[str]:
    for one in run.result.candidates:
        if one.model == conclusion.model:
            return
        if one.verdict == "undecided" and conclusion.answer == "recommended":
            yield one.model


def columns(lines: Sequence[Sequence[str]]) -> list[str]:
    """Cells → lines of aligned text; figures to the right."""
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    right = [False, True, True, True, True, True, False, False]
    out = []
    for line in lines:
        cells = [c.rjust(w) if r else c.ljust(w) for c, w, r in zip(line, widths, right, strict=False)]
        out.append("  ".join(cells).rstrip())
    return out
