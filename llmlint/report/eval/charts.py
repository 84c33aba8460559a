"""A `Run` → its charts as SVG, drawn by Vega-Lite in this process: nothing is loaded when the report is opened.

The specification of a chart is data; `vl-convert` draws it without a browser and escapes every text.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from llmlint.evals.conclusion import shown
from llmlint.evals.run import Run, Tally
from llmlint.report.spans import visible

Spec = dict[str, Any]
MAX_LOOKS = 120  # of one candidate: more points than pixels
BINS = 30
MAX_NAME = 60
WIDE, HIGH = 620, 300
CONFIG: Spec = {
    "font": "system-ui, sans-serif",
    "background": "transparent",
    "view": {"stroke": "#cbd5e1"},
    "axis": {"labelColor": "#475569", "titleColor": "#475569", "gridColor": "#e2e8f0", "labelFontSize": 11,
             "titleFontSize": 11, "titleFontWeight": "normal"},
    "header": {"labelFontSize": 12, "labelColor": "#334155", "title": None},
    "legend": {"labelColor": "#334155", "title": None},
}  # fmt: skip
COLOURS = ["#2563eb", "#64748b"]  # what was decided for, the others
SCRIPT = re.compile(r"<\s*(script|foreignObject)|\son\w+\s*=", re.IGNORECASE)


def charts(run: Run, chosen: str | None, tallies: Mapping[str, Tally]) -> dict[str, str]:
    """Name → SVG: "pareto", "time", "latency", "spend"; without those that have nothing to show. Raises ImportError
    where vl-convert is not installed."""
    import vl_convert

    specs = {
        "pareto": pareto(run, chosen, tallies), "time": over_time(run), "latency": latency(run),
        "spend": spend(run, tallies),
    }  # fmt: skip
    out = {}
    for name, spec in specs.items():
        if spec is None:
            continue
        svg: str = vl_convert.vegalite_to_svg({**spec, "config": CONFIG}, allowed_base_urls=[])
        if SCRIPT.search(svg):
            raise ValueError(f"the chart {name} holds a script")
        out[name] = svg
    return out


def _label(run: Run, name: str) -> str:
    """A candidate's name. A control character in a text would end the process: Vega's measuring does not bear it."""
    text = visible(shown(run, name))
    return text if len(text) <= MAX_NAME else text[: MAX_NAME - 1] + "…"


def pareto(run: Run, chosen: str | None, tallies: Mapping[str, Tally]) -> Spec | None:
    """Quality over cost of every candidate, with the interval of its difference to the reference."""
    rows: list[dict[str, Any]] = []
    reference = tallies.get(run.scope.reference or "")
    for name, one in tallies.items():
        if one.usd_per_1k is None or one.usd_per_1k <= 0 or one.quality is None:
            continue
        verdict = run.verdict(name)
        row = {"model": _label(run, name), "usd": one.usd_per_1k, "quality": one.quality, "decided": name == chosen}
        if verdict is not None and verdict.interval is not None:
            base = (reference.quality or 0) if reference is not None and run.compared else 0
            row |= {"low": max(0, base + verdict.interval[0]), "high": min(1, base + verdict.interval[1])}
        rows.append(row)
    if not rows:
        return None
    x = {"field": "usd", "type": "quantitative", "scale": {"type": "log", "nice": False, "padding": 60},
         "axis": {"title": "USD per 1,000 items (log)", "format": "~g", "tickCount": 6}}  # fmt: skip
    shares = [row["quality"] for row in rows]
    span = [max(0.0, min(shares) - 0.1), min(1.0, max(shares) + 0.08)]
    y = {"field": "quality", "type": "quantitative", "scale": {"zero": False, "domain": span, "nice": False},
         "axis": {"title": "quality", "format": ".0%"}}  # fmt: skip
    scale = {"domain": [True, False], "range": COLOURS}
    colour = {"field": "decided", "type": "nominal", "scale": scale, "legend": None}
    layers: list[Spec] = [
        {"data": {"values": frontier(rows)}, "mark": {"type": "line", "interpolate": "step-after", "color": "#94a3b8",
                                                      "strokeDash": [4, 3]}, "encoding": {"x": x, "y": y}},
        {"transform": [{"filter": "isValid(datum.low)"}],
         "mark": {"type": "rule", "strokeWidth": 1.5, "opacity": 0.6, "clip": True},
         "encoding": {"x": x, "y": {**y, "field": "low"}, "y2": {"field": "high"}, "color": colour}},
        {"mark": {"type": "point", "filled": True, "size": 90, "opacity": 1},
         "encoding": {"x": x, "y": y, "color": colour}},
        {"mark": {"type": "text", "dy": -12, "fontSize": 11},
         "encoding": {"x": x, "y": y, "text": {"field": "model"}, "color": colour}},
    ]  # fmt: skip
    if run.scope.margin is not None and reference is not None and reference.quality is not None:
        line = {"values": [{"quality": reference.quality - run.scope.margin}]}
        dashed = {"type": "rule", "color": "#dc2626", "strokeDash": [2, 2], "clip": True}
        layers.append({"data": line, "mark": dashed, "encoding": {"y": y}})
    return {"data": {"values": rows}, "layer": layers, "width": WIDE, "height": HIGH}


def frontier(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The candidates that no other beats in both cost and quality, by cost."""
    out: list[dict[str, Any]] = []
    for row in sorted(rows, key=lambda row: (row["usd"], -row["quality"])):
        if not out or row["quality"] > out[-1]["quality"]:
            out.append({"usd": row["usd"], "quality": row["quality"]})
    return out


def over_time(run: Run) -> Spec | None:
    """The interval of each candidate's difference, look by look."""
    rows = []
    for one in run.result.candidates:
        looks = [look for look in run.result.looks if look.model == one.model]
        step = max(1, len(looks) // MAX_LOOKS)
        for look in [*looks[::step], *looks[-1:]]:
            low, high = look.interval
            rows.append({"model": _label(run, one.model), "n": look.n, "difference": look.difference,
                         "low": max(low, -1.0), "high": min(high, 1.0)})  # fmt: skip
    if not rows:
        return None
    x = {"field": "n", "type": "quantitative", "axis": {"title": "items compared", "tickCount": 4}}
    title, form = ("difference to the reference", "+.0%") if run.compared else ("mean score", ".0%")
    y = {"type": "quantitative", "axis": {"title": title, "format": form}}
    band = {"mark": {"type": "area", "opacity": 0.2, "clip": True}, "encoding": {
        "x": x, "y": {**y, "field": "low", "scale": {"domain": _span(rows)}}, "y2": {"field": "high"}}}  # fmt: skip
    line = {"mark": {"type": "line", "clip": True}, "encoding": {"x": x, "y": {**y, "field": "difference"}}}
    end = {"mark": {"type": "point", "filled": True, "size": 25, "clip": True},
           "encoding": {"x": x, "y": {**y, "field": "difference"}}}  # fmt: skip
    margin = run.scope.margin if run.compared else None
    rules = [{"mark": {"type": "rule", "color": "#94a3b8"}, "encoding": {"y": {"datum": 0}}}]
    if margin is not None:
        rule = {"type": "rule", "color": "#dc2626", "strokeDash": [2, 2]}
        rules.append({"mark": rule, "encoding": {"y": {"datum": -margin}}})
    return {
        "data": {"values": rows}, "facet": {"field": "model", "type": "nominal", "sort": None}, "columns": 3,
        "spec": {"layer": [band, line, end, *rules], "width": 190, "height": 120},
    }  # fmt: skip


def _span(rows: Sequence[Mapping[str, Any]]) -> list[float]:
    """So much of the axis that the later looks fill it; the first ones know next to nothing."""
    last = max(row["n"] for row in rows)
    late = [row for row in rows if row["n"] >= last / 5] or rows
    reach = max(0.05, *(abs(bound) for row in late for bound in (row["low"], row["high"])))
    return [-min(1.0, reach), min(1.0, reach)]


def latency(run: Run) -> Spec | None:
    """How long answers took, as a histogram for each candidate; on a logarithmic axis."""
    import math

    times: dict[str, list[float]] = {}
    for one in run.outcomes:
        if one.reply.seconds and not one.reply.stored and one.reply.status != "failed":
            times.setdefault(one.candidate, []).append(one.reply.seconds)
    if not times:
        return None
    low = math.log10(max(1e-4, min(map(min, times.values()))))
    width = max((math.log10(max(map(max, times.values()))) - low) / BINS, 0.02)
    rows = []
    for name, values in times.items():
        counts: dict[int, int] = {}
        for value in values:
            at = min(BINS, int((math.log10(max(1e-4, value)) - low) / width))
            counts[at] = counts.get(at, 0) + 1
        rows += [
            {"model": _label(run, name), "from": 10 ** (low + at * width), "to": 10 ** (low + (at + 1) * width),
             "share": count / len(values)}
            for at, count in sorted(counts.items())
        ]  # fmt: skip
    x = {"field": "from", "type": "quantitative", "scale": {"type": "log", "nice": False},
         "axis": {"title": "seconds (log)", "format": "~g", "tickCount": 4}}  # fmt: skip
    return {
        "data": {"values": rows}, "mark": {"type": "bar", "color": COLOURS[0], "opacity": 0.7},
        "encoding": {
            "x": x, "x2": {"field": "to"},
            "y": {"field": "share", "type": "quantitative", "stack": None,
                  "axis": {"title": None, "format": ".0%", "tickCount": 3}},
            "y2": {"datum": 0},
            "row": {"field": "model", "type": "nominal", "header": {"labelOrient": "top", "labelAnchor": "start"}},
        },
        "width": WIDE - 160, "height": 45,
    }  # fmt: skip


def spend(run: Run, tallies: Mapping[str, Tally]) -> Spec | None:
    """What was paid for each candidate, in this run and in earlier ones, and what all items would have cost."""
    rows = []
    for name, one in tallies.items():
        if one.usd_per_1k is None:
            continue
        whole = one.usd_per_1k / 1000 * run.scope.items
        paid = float(one.spent)
        earlier = sum(float(o.reply.usd or 0) for o in run.outcomes if o.candidate == name and o.reply.stored)
        parts = {"this run": paid, "earlier runs": earlier, "not needed": max(0.0, whole - paid - earlier)}
        for at, (what, usd) in enumerate(parts.items()):
            rows.append({"model": _label(run, name), "what": what, "usd": usd, "at": at})
    if run.judges_usd:
        rows.append({"model": "judges", "what": "this run", "usd": float(run.judges_usd), "at": 0})
    if not any(row["usd"] for row in rows):
        return None
    kinds = {"domain": ["this run", "earlier runs", "not needed"], "range": ["#2563eb", "#93c5fd", "#e2e8f0"]}
    return {
        "data": {"values": rows}, "mark": "bar", "height": {"step": 22}, "width": WIDE - 160,
        "encoding": {
            "y": {"field": "model", "type": "nominal", "sort": None, "axis": {"title": None}},
            "x": {"field": "usd", "type": "quantitative", "axis": {"title": "USD", "format": "~g", "tickCount": 6}},
            "color": {"field": "what", "type": "nominal", "scale": kinds, "legend": {"orient": "bottom"}},
            "order": {"field": "at", "sort": "ascending"},
        },
    }  # fmt: skip
