"""A `Run` → one HTML page that needs nothing else: no script, no font, no image from elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from llmlint.evals.conclusion import Conclusion, money, points, shown
from llmlint.evals.run import STATUSES, Run, Tally
from llmlint.report.eval.details import answer_words, classes, disagreements, slices
from llmlint.report.eval.view import HEADINGS, asked_words, full_grid, notes, rows, seconds, target_words
from llmlint.report.spans import visible

NO_CHARTS = "The charts are left out: they need vl-convert, pip install 'llmlint[report]'."


def render(run: Run, conclusion: Conclusion, decision: str | None = None) -> str:
    """decision: the text of the decision file, where one was written."""
    from jinja2 import Environment

    from llmlint import __version__

    tallies = run.tallies()
    try:
        from llmlint.report.eval.charts import charts

        drawn = charts(run, conclusion.model, tallies)
        without = ""
    except ImportError:
        drawn, without = {}, NO_CHARTS
    environment = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    environment.filters["visible"] = visible
    environment.filters["lines"] = _lines
    environment.filters["answer"] = lambda one: _lines(answer_words(one))
    environment.filters["percent"] = lambda share: "" if share is None else f"{100 * share:.1f} %"
    page = environment.from_string((Path(__file__).parent / "eval.html.jinja").read_text("utf-8"))
    return page.render(
        run=run, scope=run.scope, conclusion=conclusion, headings=HEADINGS, rows=rows(run, conclusion.model, tallies),
        names=[shown(run, one.name) for one in run.candidates], charts=drawn, without=without, version=__version__,
        notes=notes(run, conclusion, tallies), asked=asked_words(run), target=target_words(run),
        both=_both(run), slices=slices(run), classes=classes(run), disagreements=disagreements(run),
        outcomes=_outcomes(run, tallies), statuses=STATUSES, spend=_spend(run, tallies), latency=_latency(run, tallies),
        decision=decision,
    ) + "\n"  # fmt: skip


def _lines(text: str) -> str:
    """Text of several lines, without what a terminal or a browser would obey."""
    return "\n".join(visible(line) for line in text.split("\n"))


def _both(run: Run) -> list[tuple[str, str, str, str, str]]:
    """Both targets of every candidate: name, verdict and figures for these items, and for what they were drawn from."""
    out = []
    for one in run.result.candidates:
        told = []
        for estimate in (one.dataset, one.population):
            figures = "" if estimate.difference is None else f"{points(estimate.difference)} pt"
            if estimate.interval is not None:
                figures += f" ({points(estimate.interval[0])} … {points(estimate.interval[1])})"
            told += [estimate.verdict, figures]
        out.append((shown(run, one.model), told[0], told[1], told[2], told[3]))
    return out


def _outcomes(run: Run, tallies: dict[str, Tally]) -> list[dict[str, Any]]:
    return [
        {"name": shown(run, name), "counts": [one.counts.get(status, 0) for status in STATUSES],
         "ungraded": one.ungraded, "without": one.quality, "wrong": one.wrong_quality}
        for name, one in tallies.items()
    ]  # fmt: skip


def _spend(run: Run, tallies: dict[str, Tally]) -> list[tuple[str, str]]:
    whole = full_grid(run, tallies)
    forecast = run.forecast_usd
    out = [("this run", money(run.usd))]
    if run.judges_usd:
        out.append(("of it for judges", money(run.judges_usd)))
    if run.saved_usd:
        out.append(("taken from earlier runs", money(run.saved_usd)))
    if forecast is not None:
        out.append(("forecast", f"{money(forecast[0])}, {money(forecast[1])} for all"))
    if run.budget_usd is not None:
        out.append(("budget", money(run.budget_usd)))
    if whole is not None:
        out.append(("every model on every item", money(whole)))
    return out


def _latency(run: Run, tallies: dict[str, Tally]) -> list[tuple[str, str, str]]:
    return [
        (shown(run, name), seconds(one.seconds[0]), seconds(one.seconds[1]))
        for name, one in tallies.items() if one.seconds is not None
    ]  # fmt: skip
