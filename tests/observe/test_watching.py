"""Dashboards and alerts, for each profile of names: what they ask, what Prometheus answers, what llmlint sees in them."""

from __future__ import annotations

import json
import re
import subprocess
import time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from llmlint.observe.alert_tests import samples, unit_tests
from llmlint.observe.alerts import Limits, ModelPrice, dear_pattern, rule_file
from llmlint.observe.dashboard import WIDTH, dashboard
from llmlint.observe.documents import yaml_text
from llmlint.observe.metrics import PROFILES
from llmlint.observe.queries import Queries
from tests.cli.pipeline import run
from tests.observe.prometheus_server import INSTALLED, WHY, Server, serving

needs_prometheus = pytest.mark.skipif(not INSTALLED, reason=WHY)
PRICES = (
    ModelPrice("claude-opus-4-7", Decimal(5), Decimal(25), "a list"), ModelPrice("gpt-6-luna", Decimal("0.1"), Decimal("0.5"), "a list"),
)  # fmt: skip
LIMITS = Limits(Decimal(200), {"search": Decimal(50), 'a "b" c|d.e\\': Decimal(70)}, Decimal(30), dear=("claude-opus-4-7", "gpt-5"))
# an hour of two teams, each with its model: USD, requests (a tenth in batches), tokens read, written, from the cache
HOUR = {
    ("search", "claude-opus-4-7"): {"usd": 8.0, "requests": 1000.0, "input": 800_000.0, "output": 160_000.0, "cache_read": 200_000.0},
    ("support", "gpt-6-luna"): {"usd": 0.5, "requests": 4000.0, "input": 2_500_000.0, "output": 500_000.0, "cache_read": 0.0},
}  # fmt: skip


def series_of(name: str) -> dict[str, float]:
    """What the profile's writer would count in an hour."""
    out: dict[str, float] = {}
    for (team, model), hour in HOUR.items():
        if name == "mission":
            labels = f'team="{team}", model="{model}", function="ask_{team}", label="l", provider="p"'
            out[f"llm_cost_usd_total{{{labels}}}"] = hour["usd"]
            out[f'llm_requests_total{{{labels}, mode="batch"}}'] = hour["requests"] * 0.1
            out[f'llm_requests_total{{{labels}, mode="single"}}'] = hour["requests"] * 0.9
            for kind in ("input", "output", "cache_read"):
                out[f'llm_tokens_total{{{labels}, type="{kind}"}}'] = hour[kind]
        elif name == "litellm":
            labels = f'team_alias="{team}", model="{model}", api_key_alias="key-{team}"'
            out[f"litellm_spend_metric_total{{{labels}}}"] = hour["usd"]
            out[f"litellm_requests_metric_total{{{labels}}}"] = hour["requests"]
            out[f"litellm_input_tokens_metric_total{{{labels}}}"] = hour["input"] + hour["cache_read"]
            out[f"litellm_output_tokens_metric_total{{{labels}}}"] = hour["output"]
            out[f"litellm_input_cached_tokens_metric_total{{{labels}}}"] = hour["cache_read"]
        else:
            labels = f'service_namespace="{team}", gen_ai_request_model="{model}", service_name="s-{team}"'
            usage = "gen_ai_client_token_usage"
            for kind in ("input", "output"):
                out[f'{usage}_sum{{{labels}, gen_ai_token_type="{kind}"}}'] = hour[kind]
                out[f'{usage}_count{{{labels}, gen_ai_token_type="{kind}"}}'] = hour["requests"]
            newer = "gen_ai_client_inference_usage"
            out[f"{newer}_input_tokens_total{{{labels}}}"] = hour["input"] + hour["cache_read"]
            out[f"{newer}_cache_read_input_tokens_total{{{labels}}}"] = hour["cache_read"]
    return out


def rules_of(name: str) -> dict[str, Any]:
    queries = Queries(PROFILES[name])
    return rule_file(queries, LIMITS, PRICES if queries.priced else ())


def filled(expr: str) -> str:
    """A query of the dashboard as Grafana sends it."""
    for name, value in {"$team": ".*", "$model": ".*", "$__range": "1d", "$__rate_interval": "1h"}.items():
        expr = expr.replace(name, value)
    return expr


def queries_of(board: dict[str, Any]) -> dict[str, list[str]]:
    return {panel["title"]: [filled(target["expr"]) for target in panel["targets"]] for panel in board["panels"]}


# promtool -------------------------------------------------------------------------------------------------------------


@needs_prometheus
@pytest.mark.parametrize("name", PROFILES)
def test_promtool_accepts_the_rules_and_their_tests_pass(name: str, tmp_path: Path) -> None:
    queries = Queries(PROFILES[name])
    (tmp_path / "rules.yaml").write_text(yaml_text(rules_of(name), "a head\nof two lines"))
    tests = unit_tests(queries, LIMITS, PRICES if queries.priced else (), "rules.yaml")
    (tmp_path / "tests.yaml").write_text(yaml_text(tests))
    for command in (["check", "rules", "rules.yaml"], ["test", "rules", "tests.yaml"]):
        done = subprocess.run(["promtool", *command], cwd=tmp_path, capture_output=True, text=True)
        assert done.returncode == 0 and "FAILED" not in done.stdout, done.stdout + done.stderr
    named = {rule["alert"] for group in rules_of(name)["groups"] for rule in group["rules"] if "alert" in rule}
    of = [row for test in tests["tests"] for row in test["alert_rule_test"]]
    assert {row["alertname"] for row in of if row["exp_alerts"]} == named
    assert {row["alertname"] for row in of if not row["exp_alerts"]} == named


@needs_prometheus
@pytest.mark.parametrize(
    ("alert", "what", "instead"),
    [("LlmSpendOfTheDay", "> 200", "> 2000"), ("LlmCacheHitRateLow", "< 0.3", "< 0.03"), ("LlmDearModels", "> 0.5", "> 0.95"),
     ("LlmSpendOfTheDay", "[1d]", "[1h]")],
)  # fmt: skip
def test_the_tests_notice_a_rule_that_was_changed(alert: str, what: str, instead: str, tmp_path: Path) -> None:
    """A test that cannot fail is none."""
    queries = Queries(PROFILES["mission"])
    text = yaml_text(rules_of("mission"))
    assert what in text
    (tmp_path / "rules.yaml").write_text(text.replace(what, instead))
    tests = unit_tests(queries, LIMITS, (), "rules.yaml")
    own = [test for test in tests["tests"] if test["alert_rule_test"][0]["alertname"] == alert]
    (tmp_path / "tests.yaml").write_text(yaml_text({**tests, "tests": own}))
    done = subprocess.run(["promtool", "test", "rules", "tests.yaml"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode != 0


# a running Prometheus -------------------------------------------------------------------------------------------------


@needs_prometheus
@pytest.mark.parametrize("name", PROFILES)
def test_a_running_prometheus_answers_what_it_should(name: str, tmp_path: Path) -> None:
    rules = tmp_path / "rules.yaml"
    rules.write_text(yaml_text(rules_of(name)))
    with serving(tmp_path, series_of(name), [rules]) as server:
        evaluated(server)
        _ask_the_dashboard(name, server)
        _ask_the_alerts(name, server)


def evaluated(server: Server) -> None:
    """Waits until every rule has been evaluated twice (prices are recorded before they are used); none may fail."""
    rounds: set[str] = set()
    for _ in range(600):
        groups = server.get("/api/v1/rules")["groups"]
        rules = [rule for group in groups for rule in group["rules"]]
        assert not [rule["lastError"] for rule in rules if rule.get("lastError")]
        if rules and all(rule["health"] == "ok" for rule in rules):
            rounds.add(min(group["lastEvaluation"] for group in groups))
            if len(rounds) == 3:  # one may have been under way
                return
        time.sleep(0.05)
    raise AssertionError("rules are not evaluated")


def _ask_the_dashboard(name: str, server: Server) -> None:
    asked = queries_of(dashboard(Queries(PROFILES[name])))
    told = {title: [server.query(expr) for expr in exprs] for title, exprs in asked.items()}
    for title, answers in told.items():
        for answer in answers:
            assert answer or "cache" in title.lower() or "Tokens" in title, f"{title} finds nothing"
            assert all(value == value and abs(value) < 1e12 for _, value in answer), title
    usd = 8.5 if name != "otel" else 8.0 + 0.25 + 0.25  # tokens at the price list: the same by construction
    hit = 200_000 / 3_500_000
    expected = {
        "Spend, last 24 hours": usd * 24, "Spend of a month at the pace of the last 7 days": usd * 24 * 30,
        "Requests, last 24 hours": 5000 * 24, "Cost per request": usd / 5000, "Cache hit rate": hit,
    }  # fmt: skip
    for title, value in expected.items():
        ((_, found),) = told[title][0]
        assert found == pytest.approx(value, rel=0.02), title
    if name == "mission":
        assert told["Batch share"][0][0][1] == pytest.approx(0.1, rel=0.02)
    team = PROFILES[name].labels["team"]
    hourly = {labels[team]: value for labels, value in told["Spend by team, USD an hour"][0]}
    assert hourly == pytest.approx({"search": 8.0, "support": 0.5}, rel=0.02)
    assert sum(value for _, value in told["Spend by team and model"][0]) == pytest.approx(usd * 24, rel=0.02)
    top = next(answers for title, answers in told.items() if title.startswith("Top call sites"))[0]
    assert next(iter(top[0][0].values())) in ("ask_search", "key-search", "s-search")


def _ask_the_alerts(name: str, server: Server) -> None:
    """204 USD a day: 192 of search (50 are granted), 12 of support (30 are); nearly all on a dear model."""
    firing: dict[str, list[dict[str, str]]] = {}
    for group in rules_of(name)["groups"]:
        for rule in group["rules"]:
            if "alert" in rule:
                firing.setdefault(rule["alert"], []).extend(labels for labels, _ in server.query(rule["expr"]))
    team = PROFILES[name].labels["team"]
    assert [labels[team] for labels in firing.pop("LlmSpendOfTheTeam")] == ["search"]
    batch = {"LlmBatchShareLow"} if name == "mission" else set()
    assert {alert for alert, found in firing.items() if found} == {
        "LlmSpendOfTheDay", "LlmCacheHitRateLow", "LlmDearModels", *batch
    }  # fmt: skip


# what llmlint itself sees ---------------------------------------------------------------------------------------------

APP = """import os

from flask import Flask, request
from openai import OpenAI

app = Flask(__name__)
client = OpenAI(api_key=os.environ["OPENAI_API_KEY"])


@app.post("/ask")
def ask():
    reply = client.responses.create(model="gpt-5", input=request.json["question"], max_output_tokens=300)
    return {"answer": reply.output_text}
"""
POLICY = "rules: {cost-alarm: warning}\nbudgets: {monthly_usd: 6000}\nprices: {gpt-5: {input_usd_per_mtok: 1.25, output_usd_per_mtok: 10}}\n"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "app.py").write_text(APP)
    (folder / "llmlint.yaml").write_text(POLICY)
    monkeypatch.chdir(folder)
    return folder


def codes() -> set[str]:
    report = run("check", "--no-cache", "--format", "json", "--select", "LLM601,LLM602").stdout
    return {finding["code"] for finding in json.loads(report)["findings"]}


@pytest.mark.parametrize("name", PROFILES)
def test_the_rules_see_what_was_written(name: str, project: Path) -> None:
    assert codes() == {"LLM601", "LLM602"}
    assert run("observe", "dashboard", "--metrics", name, "-o", "llm-dashboard.json").exit_code == 0
    assert codes() == {"LLM601"}
    result = run("observe", "alerts", "--metrics", name, "-o", "alerts.yaml", "--no-cache")
    assert result.exit_code == 0, result.output
    assert codes() == set()
    rules = yaml.safe_load((project / "alerts.yaml").read_text())
    day = next(rule for group in rules["groups"] for rule in group["rules"] if rule.get("alert") == "LlmSpendOfTheDay")
    assert day["expr"].endswith(" > 200")  # a thirtieth of the policy's budget
    tests = yaml.safe_load((project / "alerts.test.yaml").read_text())
    assert tests["rule_files"] == ["alerts.yaml"]


def test_the_tests_of_the_alerts_are_no_alerts(project: Path) -> None:
    run("observe", "alerts", "-o", "alerts.yaml", "--no-cache")
    (project / "alerts.yaml").unlink()
    assert "LLM601" in codes()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("alerts", "--policy", "none.yaml"), "none.yaml"),
        (("alerts", "--daily-usd", "0"), "a limit of 0 USD a day"),
        (("alerts", "--daily-usd", "-3"), "must be 0 or more"),
        (("alerts", "--daily-usd", "3€"), "US dollars"),
        (("alerts", "--team", "search"), "is not NAME=USD"),
        (("alerts", "--daily-usd", "3", "--team", "{{ query `up` }}=3"), "can be written into an alert"),
        (("alerts", "--daily-usd", "3", "--model", "gpt-5{{ 1 }}"), "is no model id"),
        (("alerts", "--cache-target", "30"), "is a share from 0 to 1"),
        (("dashboard", "--cache-target", "30"), "is a share from 0 to 1"),
        (("alerts", "--metrics", "datadog"), "is not one of"),
    ],
)
def test_bad_input(arguments: tuple[str, ...], says: str, project: Path) -> None:
    result = run("observe", *arguments)
    assert result.exit_code == 2 and says in result.output


def test_what_a_day_may_cost_is_never_guessed(project: Path) -> None:
    (project / "llmlint.yaml").write_text("extends: default\n")
    result = run("observe", "alerts", "--no-cache")
    assert result.exit_code == 2 and "needs to know what a day may cost" in result.output


def test_a_model_without_a_price_is_named(project: Path) -> None:
    result = run("observe", "alerts", "--metrics", "otel", "--model", "our-own-llama", "--no-cache")
    assert result.exit_code == 0
    assert "no price is known for our-own-llama" in result.stderr and "LlmModelWithoutPrice" in result.stdout


def test_a_model_id_of_a_stranger_is_no_template(project: Path) -> None:
    (project / "app.py").write_text(APP.replace('"gpt-5"', '"claude-opus-{{ query `up` }}"'))
    assert "{{ query" not in run("observe", "alerts", "--no-cache").stdout


@needs_prometheus
def test_odd_names_of_teams_pass_promtool(project: Path) -> None:
    teams = [word for name in ("a b", 'c|d"e', "f\\g'h", "größe: l", "#m$n(p") for word in ("--team", f"{name}=5")]
    assert run("observe", "alerts", *teams, "--team-daily-usd", "7", "-o", "alerts.yaml", "--no-cache").exit_code == 0
    tests = yaml.safe_load((project / "alerts.test.yaml").read_text())
    tests["tests"] = [one for one in tests["tests"] if one["alert_rule_test"][0]["alertname"] == "LlmSpendOfTheTeam"]
    assert len(tests["tests"]) >= 2 * 5
    (project / "alerts.test.yaml").write_text(yaml_text(tests))
    for command in (["check", "rules", "alerts.yaml"], ["test", "rules", "alerts.test.yaml"]):
        done = subprocess.run(["promtool", *command], capture_output=True, text=True)
        assert done.returncode == 0 and "FAILED" not in done.stdout, done.stdout + done.stderr


# plain parts ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", PROFILES)
def test_panels_do_not_overlap_and_have_their_numbers(name: str) -> None:
    panels = dashboard(Queries(PROFILES[name]))["panels"]
    taken: set[tuple[int, int]] = set()
    for panel in panels:
        pos = panel["gridPos"]
        cells = {(x, y) for x in range(pos["x"], pos["x"] + pos["w"]) for y in range(pos["y"], pos["y"] + pos["h"])}
        assert not cells & taken and pos["x"] + pos["w"] <= WIDTH
        taken |= cells
    assert len({panel["id"] for panel in panels}) == len(panels)


@pytest.mark.parametrize(
    ("model", "is_dear"),
    [("gpt-5", True), ("gpt-5-mini", False), ("gpt-5-2025-08-07", True), ("openai/gpt-5", True), ("gpt-51", False),
     ("us.anthropic.claude-opus-4-7-v1:0", True), ("claude-opus-4-7-20260101", True), ("claude-haiku-4-7", False)],
)  # fmt: skip
def test_dear_models_with_their_dates_and_no_others(model: str, is_dear: bool) -> None:
    assert bool(re.fullmatch(dear_pattern(("gpt-5", "claude-opus-4-7")), model)) == is_dear


def test_samples_of_two_segments_go_on_where_the_first_ends() -> None:
    assert samples([(Decimal("2.5"), 4), (Decimal(10), 2)]) == "0+2.5x4 20+10x1"
