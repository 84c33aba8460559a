"""`llmlint observe dashboard|alerts`: limits and metric names → files for Grafana and Prometheus."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from llmlint.cli.options import scanning_options
from llmlint.cli.roi.amounts import number
from llmlint.errors import UsageError

if TYPE_CHECKING:
    from llmlint.facts import Facts
    from llmlint.judge.policy import Policy
    from llmlint.observe.alerts import Limits, ModelPrice

METRICS = ("mission", "litellm", "otel")
MODEL_ID = re.compile(r"[\w.:/@+ -]{1,200}")  # what is written into rules is a template there
DEAR = ("large", "frontier")
metrics_option = click.option(
    "--metrics",
    type=click.Choice(METRICS),
    default="mission",
    show_default=True,
    help="Whose metrics: one's own counters, LiteLLM's proxy, OpenTelemetry's GenAI conventions.",
)
output_option = click.option("-o", "--output", metavar="FILE", help="Write to FILE instead of standard output.")


@click.group(short_help="Write the dashboard and the alerts that watch what models cost.")
def observe() -> None:
    """Write the dashboard and the alerts that watch what models cost.

    \b
    Examples:
      llmlint observe dashboard -o grafana/llm-dashboard.json
      llmlint observe alerts --daily-usd 200 --team search=50 -o prometheus/llm-alerts.yaml
      llmlint observe alerts --metrics otel --daily-usd 200 -o llm-alerts.yaml

    docs/observe.md says which metrics are asked for, and how to count them.
    """


@observe.command(short_help="Write a Grafana dashboard.")
@metrics_option
@output_option
@click.option(
    "--cache-target", type=number, default="0.3", show_default=True, help="The hit rate to be reached, 0 to 1."
)
@click.option("--monthly-usd", type=number, help="The budget. [default: the policy's budgets.monthly_usd]")
@click.option("--policy", "policy_file", type=click.Path(path_type=Path), metavar="FILE", help="The policy.")
def dashboard(
    metrics: str, output: str | None, cache_target: Decimal, monthly_usd: Decimal | None, policy_file: Path | None
) -> None:
    """Write a Grafana dashboard: spend by team and model, tokens, cache hit rate, models, cost per request, call sites.

    \b
    Examples:
      llmlint observe dashboard --metrics litellm -o llm-dashboard.json

    Import it in Grafana (Dashboards, New, Import), or put it where Grafana provisions dashboards from.
    """
    import json

    from llmlint.judge.policy import load_policy
    from llmlint.observe.dashboard import dashboard as drawn
    from llmlint.observe.metrics import PROFILES
    from llmlint.observe.queries import Queries

    if monthly_usd is None:
        monthly_usd = _budget(load_policy(Path.cwd(), policy_file))
    _share("--cache-target", cache_target)
    made = drawn(Queries(PROFILES[metrics]), cache_target, monthly_usd)
    _write(output, json.dumps(made, indent=2, ensure_ascii=False) + "\n")


@observe.command(short_help="Write Prometheus alerts and their unit tests.")
@metrics_option
@output_option
@click.option("--daily-usd", type=number, help="What a day may cost. [default: the policy's budgets.monthly_usd / 30]")
@click.option("--team", "teams", multiple=True, metavar="NAME=USD", help="What a day of one team may cost.")
@click.option("--team-daily-usd", type=number, help="What a day of each other team may cost.")
@click.option(
    "--cache-target", type=number, default="0.3", show_default=True, help="The hit rate to be reached; 0: no alert."
)
@click.option("--rise", type=number, default="2", show_default=True, help="Times the week's busiest hour; 0: no alert.")
@click.option(
    "--dear-share", type=number, default="0.5", show_default=True, help="Of the spend, on dear models; 1: no alert."
)
@click.option("--batch-target", type=number, default="0.2", show_default=True, help="Of the requests; 0: no alert.")
@click.option(
    "--model",
    "models",
    multiple=True,
    metavar="MODEL",
    help="A model in use; otherwise those in the code and the policy. For prices (otel), and which ones are dear.",
)
@click.option("--no-tests", is_flag=True, help="Only the rules, without FILE.test.yaml beside them.")
@scanning_options
def alerts(
    metrics: str, output: str | None, teams: tuple[str, ...], models: tuple[str, ...], no_tests: bool, **given: Any
) -> None:
    """Write Prometheus alerts on what models cost, and their unit tests.

    \b
    Examples:
      llmlint observe alerts --daily-usd 200 -o llm-alerts.yaml
      promtool check rules llm-alerts.yaml && promtool test rules llm-alerts.test.yaml

    With --output the unit tests stand beside the rules, as FILE.test.yaml.
    """
    from llmlint.observe.alert_tests import unit_tests
    from llmlint.observe.alerts import rule_file
    from llmlint.observe.documents import yaml_text
    from llmlint.observe.metrics import PROFILES
    from llmlint.observe.queries import Queries

    queries = Queries(PROFILES[metrics])
    policy, facts = _scanned(given)
    used = _models(models, policy, facts)
    prices = _prices(used, policy) if queries.priced else ()
    limits = _limits(teams, used, policy, given)
    head = f"Written by llmlint observe alerts --metrics {metrics}: write it again rather than change it by hand."
    rules = yaml_text(rule_file(queries, limits, prices), "\n".join([head, *_sources(prices)]))
    _write(output, rules)
    if output not in (None, "-") and output is not None and not no_tests:
        tests = Path(output).with_suffix(".test.yaml")
        _write(str(tests), yaml_text(unit_tests(queries, limits, prices, Path(output).name), head))
        click.echo(f"llmlint: unit tests are in {tests}: promtool test rules {tests}", err=True)


def _scanned(given: dict[str, Any]) -> tuple[Policy, Facts]:
    from llmlint.cli.scanning import Request, scan

    names = ("paths", "policy_file", "no_cache", "cache_dir", "jobs")
    return scan(Request(**{name: given[name] for name in names}), quiet=True)


def _models(given: Sequence[str], policy: Policy, facts: Facts) -> tuple[str, ...]:
    """The models in use: as given, and those that the code, the configuration and the policy name."""
    found = [name for site in facts.call_sites for name in site.model.values]
    found += [one.model for one in facts.project.configs]
    found += [name for names in policy.models.values() for name in names]
    for name in given:
        if not MODEL_ID.fullmatch(name):
            raise UsageError(f"--model {name!r} is no model id", mend="for example --model gpt-6-luna")
    return tuple(dict.fromkeys([*given, *sorted(name for name in set(found) if MODEL_ID.fullmatch(name))]))


def _prices(models: Sequence[str], policy: Policy) -> tuple[ModelPrice, ...]:
    """What is known of the models' prices; a model without one is told of by its own alert."""
    from llmlint.cli.scanning import note
    from llmlint.money.prices import price_book
    from llmlint.observe.alerts import ModelPrice

    book = price_book([policy.extra.get("prices") or {}], policy.origin)
    out, without = [], []
    for model in models:
        price = book.find(model)
        if price is None:
            without.append(model)
        else:
            out.append(ModelPrice(model, price.input_usd_per_mtok, price.output_usd_per_mtok, price.source))
    if without:
        note(f"no price is known for {', '.join(without)}: what they cost is not in any amount")
    if not out:
        raise UsageError(
            "no model with a known price is in the code or the policy", mend="name those in use: --model gpt-6-luna"
        )
    return tuple(out)


def _limits(teams: Sequence[str], models: Sequence[str], policy: Policy, given: dict[str, Any]) -> Limits:
    from llmlint.observe.alerts import Limits
    from llmlint.sdks.models import lookup

    daily, budget = given["daily_usd"], _budget(policy)
    if daily is None and budget is None:
        raise UsageError(
            "`observe alerts` needs to know what a day may cost", mend="give --daily-usd, or budgets.monthly_usd"
        )
    for name in ("cache_target", "dear_share", "batch_target"):
        _share("--" + name.replace("_", "-"), given[name])
    infos = {model: lookup(model) for model in models}
    dear = tuple(model for model, info in infos.items() if info is not None and info.tier in DEAR)
    limits = Limits(
        daily if daily is not None else (budget or Decimal(0)) / 30,
        dict(map(_team, teams)),
        given["team_daily_usd"],
        given["cache_target"] or None,
        given["rise"] or None,
        dear if given["dear_share"] < 1 else (),
        given["dear_share"],
        given["batch_target"] or None,
    )
    for usd in (limits.daily_usd, limits.team_daily_usd, *limits.teams.values()):
        if usd is not None and usd <= 0:
            raise UsageError("a limit of 0 USD a day would always be broken", mend="give an amount above 0")
    return limits


def _team(text: str) -> tuple[str, Decimal]:
    name, equals, usd = text.rpartition("=")
    if "{{" in name or not name.isprintable():  # Prometheus would read a template
        raise UsageError(f"--team {text!r}: no such name can be written into an alert", mend="use the label's value")
    if not equals or not name.strip():
        raise UsageError(f"--team {text!r} is not NAME=USD", mend="for example --team search=50")
    return name.strip(), number(usd)


def _budget(policy: Policy) -> Decimal | None:
    usd = (policy.extra.get("budgets") or {}).get("monthly_usd")
    return None if usd is None else Decimal(str(usd))


def _share(option: str, value: Decimal) -> None:
    if value > 1:
        raise UsageError(f"{option} is a share from 0 to 1, not {value}", mend="30 % is written 0.3")


def _sources(prices: Sequence[ModelPrice]) -> list[str]:
    """Where the recorded prices come from, a line each source."""
    by_source: dict[str, list[str]] = {}
    for price in prices:
        by_source.setdefault(re.sub(r"\s+", " ", price.source), []).append(price.model)
    return [f"Prices of {', '.join(models)}: {source}" for source, models in by_source.items()]


def _write(output: str | None, text: str) -> None:
    from llmlint.report.output import write_file, write_stdout

    if output in (None, "-"):
        write_stdout(text)
    else:
        write_file(str(output), text)
