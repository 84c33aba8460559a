"""A profile of metric names → a Grafana dashboard: spend by team and model, tokens, cache, models, call sites.

The classic JSON model of dashboards, which Grafana imports since version 9 and provisions from files.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from llmlint.observe.alerts import percent
from llmlint.observe.queries import Queries

SCHEMA_VERSION = 39  # Grafana 11; newer ones migrate it by themselves
UID = "llmlint-spend"
WIDTH = 24  # columns of Grafana's grid
STAT, CHART = 4, 8  # heights
SOURCE = {"type": "prometheus", "uid": "${datasource}"}
Panel = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Size:
    width: int
    height: int


def dashboard(
    queries: Queries, cache_target: Decimal = Decimal("0.3"), monthly_usd: Decimal | None = None
) -> dict[str, Any]:
    """cache_target: the share, 0 to 1, that the hit rate is held against; monthly_usd: the budget, if there is one."""
    where = f'{queries.team}=~"$team", {queries.model}=~"$model"'
    panels = [
        *_figures(queries, where, cache_target, monthly_usd),
        *_charts(queries, where, cache_target),
        *_tables(queries, where),
    ]
    return {
        "uid": f"{UID}-{queries.profile.name}",
        "title": "LLM spend",
        "tags": ["llm", "cost"],
        "schemaVersion": SCHEMA_VERSION,
        "description": f"What models cost, as {queries.profile.title} tell. Written by llmlint observe dashboard.",
        "editable": True,
        "graphTooltip": 1,
        "refresh": "5m",
        "timezone": "browser",
        "time": {"from": "now-7d", "to": "now"},
        "templating": {"list": _variables(queries)},
        "annotations": {"list": []},
        "links": [],
        "panels": placed(panels),
    }


def _figures(queries: Queries, where: str, cache_target: Decimal, monthly_usd: Decimal | None) -> list[Panel]:
    """The row of single numbers. Money over fixed windows, so that a day is a day whatever range is looked at."""
    month = f"{queries.spend('7d', (), where)} / 7 * 30"
    panels = [
        stat(
            "Spend, last 24 hours",
            queries.spend("1d", (), where),
            "currencyUSD",
            "By all teams and models chosen above.",
        ),
        stat(
            "Spend of a month at the pace of the last 7 days",
            month,
            "currencyUSD",
            "30 days.",
            [(None, "green"), (monthly_usd, "red")] if monthly_usd is not None else None,
        ),
        stat(
            "Cost per request", queries.per_request("1d", (), where), "currencyUSD", "Of the last 24 hours.", decimals=4
        ),
        stat("Requests, last 24 hours", queries.count("requests", "1d", (), where), "short", ""),
    ]
    rate, batch = queries.hit_rate("1d", (), where), queries.batch_share("1d", where)
    target = percent(cache_target)
    if rate is not None:
        steps: list[tuple[Decimal | None, str]] = [(None, "red"), (cache_target, "green")]
        about = f"Share of the prompts' tokens that the provider's cache gave, last 24 hours. Target: {target}."
        panels.append(stat("Cache hit rate", rate, "percentunit", about, steps))
    if batch is not None:
        panels.append(
            stat("Batch share", batch, "percentunit", "Requests that went through a Batch API, last 24 hours.")
        )
    return [sized(panel, WIDTH // len(panels), STAT) for panel in panels]


def _charts(queries: Queries, where: str, cache_target: Decimal) -> list[Panel]:
    team, model = queries.team, queries.model
    hour = "3600"
    spend_by_team = f"{queries.spend('$__rate_interval', (team,), where, 'rate')} * {hour}"
    spend_by_model = f"{queries.spend('$__rate_interval', (model,), where, 'rate')} * {hour}"
    panels = [
        chart("Spend by team, USD an hour", [(spend_by_team, f"{{{{{team}}}}}")], "currencyUSD", stacked=True),
        chart("Spend by model, USD an hour", [(spend_by_model, f"{{{{{model}}}}}")], "currencyUSD", stacked=True),
        chart("Tokens an hour, by kind", _tokens(queries, where), "short", stacked=True),
    ]
    rate, target = queries.hit_rate("1h", (model,), where), percent(cache_target)
    if rate is not None:
        panels.append(
            chart(
                "Cache hit rate by model",
                [(rate, f"{{{{{model}}}}}")],
                "percentunit",
                target=cache_target,
                about=f"Share of the prompts' tokens that came from the provider's cache; the line: {target}.",
            )
        )
    panels += [
        pie("Models, by requests", queries.count("requests", "$__range", (model,), where), f"{{{{{model}}}}}", "short"),
        pie("Models, by spend", queries.spend("$__range", (model,), where), f"{{{{{model}}}}}", "currencyUSD"),
        chart(
            "Cost per request by model",
            [(queries.per_request("1h", (model,), where), f"{{{{{model}}}}}")],
            "currencyUSD",
        ),
    ]
    return [sized(panel, WIDTH // 2 if panel["type"] == "timeseries" else WIDTH // 4, CHART) for panel in panels]


def _tokens(queries: Queries, where: str) -> list[tuple[str, str]]:
    kinds = {
        "input": "read",
        "output": "written",
        "cache_read": "read from the cache",
        "cache_write": "written into the cache",
    }
    series = {**queries.profile.newer, **queries.profile.series}
    whole = replace(queries.profile, series=series)
    return [(Queries(whole).count(kind, "1h", (), where), told) for kind, told in kinds.items() if kind in series]


def _tables(queries: Queries, where: str) -> list[Panel]:
    """Who spends most: the callers as far as the labels tell them apart, the teams, the models."""
    callers = queries.profile.callers or (queries.team,)
    top = f"topk(10, {queries.spend('$__range', callers, where)})"
    words = " ".join(f"{{{{{name}}}}}" for name in callers)
    both = queries.spend("$__range", (queries.team, queries.model), where)
    panels = [
        bars(f"Top call sites, by {' and '.join(callers)}", top, words),
        table(
            "Spend by team and model",
            f"sort_desc({both})",
            {queries.team: "Team", queries.model: "Model", "Value": "USD"},
        ),
    ]
    return [sized(panel, WIDTH // 2, CHART + 2) for panel in panels]


def _variables(queries: Queries) -> list[dict[str, Any]]:
    source = {
        "name": "datasource",
        "label": "Data source",
        "type": "datasource",
        "query": "prometheus",
        "hide": 0,
        "refresh": 1,
        "multi": False,
        "includeAll": False,
        "options": [],
        "regex": "",
    }
    return [source] + [
        {
            "name": name,
            "label": name.title(),
            "type": "query",
            "datasource": SOURCE,
            "hide": 0,
            "refresh": 2,
            "sort": 1,
            "query": {"qryType": 1, "query": f"label_values({queries.money}, {label})", "refId": name},
            "multi": True,
            "includeAll": True,
            "allValue": ".*",
            "current": {"selected": True, "text": ["All"], "value": ["$__all"]},
            "options": [],
            "regex": "",
        }
        for name, label in (("team", queries.team), ("model", queries.model))
    ]


# panels ---------------------------------------------------------------------------------------------------------------


def panel(kind: str, title: str, queries: Sequence[tuple[str, str]], unit: str, about: str = "", **more: Any) -> Panel:
    """queries: (expression, legend)."""
    own = more.pop("defaults", {})
    defaults = {"unit": unit, "mappings": [], "color": {"mode": "palette-classic"}, **own}
    targets = [
        {
            "refId": chr(ord("A") + i),
            "datasource": SOURCE,
            "expr": expr,
            "legendFormat": legend,
            "editorMode": "code",
            "range": kind == "timeseries",
            "instant": kind != "timeseries",
            **({"format": "table"} if kind == "table" else {}),
        }
        for i, (expr, legend) in enumerate(queries)
    ]
    return {
        "type": kind,
        "title": title,
        "description": about,
        "datasource": SOURCE,
        "targets": targets,
        "fieldConfig": {"defaults": defaults, "overrides": []},
        **more,
    }


def stat(
    title: str,
    expr: str,
    unit: str,
    about: str,
    steps: Sequence[tuple[Decimal | None, str]] | None = None,
    decimals: int | None = None,
) -> Panel:
    """steps: (from which value on, colour); the first from None."""
    defaults: dict[str, Any] = {"color": {"mode": "thresholds"}, "thresholds": thresholds(steps or [(None, "blue")])}
    if decimals is not None:
        defaults["decimals"] = decimals
    options = {
        "colorMode": "value",
        "graphMode": "none",
        "justifyMode": "auto",
        "orientation": "auto",
        "textMode": "auto",
        "percentChangeColorMode": "standard",
        "showPercentChange": False,
        "wideLayout": True,
        "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
    }
    return panel("stat", title, [(expr, "")], unit, about, defaults=defaults, options=options)


def chart(
    title: str,
    queries: Sequence[tuple[str, str]],
    unit: str,
    *,
    stacked: bool = False,
    target: Decimal | None = None,
    about: str = "",
) -> Panel:
    """target: a dashed line."""
    custom: dict[str, Any] = {
        "drawStyle": "line",
        "lineInterpolation": "linear",
        "lineWidth": 1,
        "fillOpacity": 25 if stacked else 0,
        "showPoints": "never",
        "spanNulls": False,
        "stacking": {"mode": "normal" if stacked else "none", "group": "A"},
        "axisPlacement": "auto",
        "scaleDistribution": {"type": "linear"},
        "thresholdsStyle": {"mode": "dashed" if target is not None else "off"},
    }
    steps: list[tuple[Decimal | None, str]] = [(None, "transparent")]
    defaults: dict[str, Any] = {"custom": custom, "min": 0}
    if target is not None:
        steps.append((target, "red"))
        defaults["max"] = 1
    defaults["thresholds"] = thresholds(steps)
    options = {
        "legend": {"displayMode": "list", "placement": "bottom", "showLegend": True, "calcs": []},
        "tooltip": {"mode": "multi", "sort": "desc"},
    }
    return panel("timeseries", title, queries, unit, about, defaults=defaults, options=options)


def pie(title: str, expr: str, legend: str, unit: str) -> Panel:
    options = {
        "pieType": "donut",
        "orientation": "auto",
        "sort": "desc",
        "displayLabels": ["percent"],
        "tooltip": {"mode": "single", "sort": "none"},
        "legend": {
            "displayMode": "list",
            "placement": "bottom",
            "showLegend": True,
            "values": ["percent"],
            "calcs": [],
        },
        "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
    }
    return panel("piechart", title, [(expr, legend)], unit, options=options)


def bars(title: str, expr: str, legend: str) -> Panel:
    options = {
        "displayMode": "basic",
        "orientation": "horizontal",
        "valueMode": "color",
        "showUnfilled": True,
        "minVizWidth": 8,
        "minVizHeight": 16,
        "maxVizHeight": 300,
        "namePlacement": "auto",
        "sizing": "auto",
        "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
        "legend": {"displayMode": "list", "placement": "bottom", "showLegend": False, "calcs": []},
    }
    return panel("bargauge", title, [(expr, legend)], "currencyUSD", options=options, defaults={"min": 0})


def table(title: str, expr: str, names: dict[str, str]) -> Panel:
    by = [{"displayName": "USD", "desc": True}]
    options = {"showHeader": True, "cellHeight": "sm", "frameIndex": 0, "sortBy": by}
    organize = {
        "id": "organize",
        "options": {"excludeByName": {"Time": True}, "indexByName": {}, "renameByName": names},
    }
    return panel("table", title, [(expr, "")], "currencyUSD", options=options, transformations=[organize])


def thresholds(steps: Sequence[tuple[Decimal | None, str]]) -> dict[str, Any]:
    rows = [{"value": None if value is None else float(value), "color": colour} for value, colour in steps]
    return {"mode": "absolute", "steps": rows}


def sized(one: Panel, width: int, height: int) -> Panel:
    return {**one, "gridPos": {"w": width, "h": height}}


def placed(panels: Sequence[Panel]) -> list[Panel]:
    """Panels from left to right, rows from top to bottom, each with its number."""
    out, x, y, height = [], 0, 0, 0
    for number, one in enumerate(panels, 1):
        size = one["gridPos"]
        if x + size["w"] > WIDTH:
            x, y, height = 0, y + height, 0
        out.append({"id": number, **one, "gridPos": {"x": x, "y": y, **size}})
        x, height = x + size["w"], max(height, size["h"])
    return out
