"""What in a configuration file watches the bill, and what only looks like it."""

from __future__ import annotations

import json

import pytest

from llmlint.configs.watching import MAX_FOUND, watches

PROXY = """model_list:
  - model_name: small
    litellm_params: {model: gpt-5-mini}
litellm_settings:
  max_budget: 100
  success_callback: [langfuse, my_own]
general_settings:
  alerting: [slack]
  database_url: os.environ/DATABASE_URL
"""
GRAFANA_ALERT = """apiVersion: 1
groups:
  - name: llm
    rules:
      - title: Spend of the day
        condition: A
        data:
          - refId: A
            model: {expr: "sum(increase(litellm_spend_metric_total[1d]))"}
"""


def prometheus(expr: str, head: str = "groups:\n- rules:\n") -> str:
    return f"{head}  - alert: Spend\n    expr: {json.dumps(expr)}\n"


def dashboard(*queries: str) -> str:
    targets = ",\n".join(json.dumps({"expr": query}) for query in queries)
    return f'{{"panels": [\n{{"title": "Spend", "targets": [\n{targets}]}}]}}'


def resource(kind: str, body: str = "") -> str:
    return f'# resource "aws_budgets_budget" "not" {{}}\nresource "{kind}" "x" {{\n  {body}\n}}\n'


FOUND = [
    ("r.yml", prometheus("increase(litellm_spend_metric_total[1d]) > 5"), ["alarm r.yml:3 Prometheus alert `Spend`"]),
    ("r.rules", prometheus("sum(gen_ai_client_token_usage_sum) > 1e6"), ["alarm r.rules:3 Prometheus alert `Spend`"]),
    ("r.yml", prometheus("openai_cost_usd_total > 3"), ["alarm r.yml:3 Prometheus alert `Spend`"]),
    ("r.yml", prometheus("myapp_llm_tokens_total > 3"), ["alarm r.yml:3 Prometheus alert `Spend`"]),
    (
        "c/p.yaml", prometheus("llm_cost_total > 1", "kind: PrometheusRule\nspec:\n  groups:\n  - rules:\n").replace("  - alert", "    - alert").replace("    expr", "      expr"),
        ["alarm c/p.yaml:5 Prometheus alert `Spend`"],
    ),
    (
        "chart/templates/r.yaml", prometheus("llm_cost_total > 1", "{{- if .Values.alerts }}\ngroups:\n- rules:\n") + "{{- end }}\n",
        ["alarm chart/templates/r.yaml:4 Prometheus alert `Spend`"],
    ),
    ("g.yaml", GRAFANA_ALERT, ["alarm g.yaml:5 Grafana alert `Spend of the day`"]),
    ("b.tf", resource("aws_budgets_budget", 'limit_amount = "5"'), ["alarm b.tf:2 aws_budgets_budget `x`"]),
    ("b.tf", resource("google_billing_budget", 'display_name = "Gemini"'), ["alarm b.tf:2 google_billing_budget `x`"]),
    (
        "b.tf", resource("aws_cloudwatch_metric_alarm", 'namespace = "AWS/Bedrock"\n metric_name = "InputTokenCount"'),
        ["alarm b.tf:2 aws_cloudwatch_metric_alarm `x`"],
    ),
    ("c.yaml", "Resources:\n  B:\n    Type: AWS::Budgets::Budget\n", ["alarm c.yaml:2 AWS::Budgets::Budget `B`"]),
    (
        "litellm.yaml", PROXY,
        [
            "alarm litellm.yaml:8 LiteLLM alerting (slack)", "alarm litellm.yaml:5 LiteLLM max_budget: 100",
            "metrics litellm.yaml:6 LiteLLM success_callback: langfuse",
            "metrics litellm.yaml:9 LiteLLM keeps spend by key, team and model",
            "by_team litellm.yaml:9 LiteLLM keeps spend by key, team and model",
        ],
    ),
    (
        "compose.yml", "services:\n  proxy:\n    image: ghcr.io/berriai/litellm:main\n",
        ["metrics compose.yml:3 image `ghcr.io/berriai/litellm:main`"],
    ),
    ("grafana/a.json", dashboard("sum(litellm_spend_metric_total)"), ["dashboard grafana/a.json:3 Grafana panel `Spend`"]),
    (
        "grafana/a.json", dashboard("sum by (team, model) (litellm_spend_metric_total)"),
        ["dashboard grafana/a.json:3 Grafana panel `Spend`", "by_team grafana/a.json:3 Grafana panel `Spend`"],
    ),
    (
        "k8s/cm.yaml", "kind: ConfigMap\ndata:\n  llm.json: |\n" + "".join("    " + line + "\n" for line in dashboard("sum(llm_cost_total)").splitlines()),
        ["dashboard k8s/cm.yaml:3 Grafana panel `Spend`"],
    ),
]  # fmt: skip

NOTHING = [
    ("r.yml", prometheus("up == 0")),
    ("r.yml", prometheus("rate(gen_ai_client_token_usage_seconds_count[5m]) > 1")),
    ("r.yml", prometheus("litellm_remaining_tokens < 5")),
    ("r.yml", prometheus("openai_token_expired == 1")),
    ("r.yml", prometheus("infra_cost_total > 1")),
    ("r.yml", prometheus("InputTokenCount > 1")),
    ("r.yml", prometheus("llm_tokenizer_count > 1")),
    ("b.tf", resource("google_billing_budget", 'display_name = "all"')),
    ("b.tf", resource("aws_s3_bucket", 'bucket = "openai-cost"')),
    ("b.tf", resource("aws_cloudwatch_metric_alarm", 'metric_name = "CPUUtilization"')),
    ("g.json", dashboard("node_cpu_seconds_total")),
    ("g.json", '{"panels": [{"title": "llm_cost"'),
    ("litellm.yaml", "model_list: []\nlitellm_settings: {max_budget: null, success_callback: [my_own]}\n"),
    ("compose.yml", "services:\n  a: {image: acme/gateway:1}\n  b: {image: acme/litellmish:1}\n"),
    ("r.yml", "groups: [\n- alert: {{{ litellm_spend"),
    ("notes.md", prometheus("llm_cost_total > 1")),
]


@pytest.mark.parametrize(("path", "text", "expected"), FOUND)
def test_found(path: str, text: str, expected: list[str]) -> None:
    assert [f"{w.kind} {w.text}" for w in watches([path], {path: text}.get, {"bedrock"})] == expected


@pytest.mark.parametrize(("path", "text"), NOTHING)
def test_nothing(path: str, text: str) -> None:
    assert watches([path], {path: text}.get, {"bedrock"}) == ()


def test_a_budget_of_a_cloud_without_models_watches_nothing() -> None:
    assert watches(["b.tf"], {"b.tf": resource("aws_budgets_budget")}.get, set()) == ()


def test_what_is_found_has_a_bound() -> None:
    text = "groups:\n- rules:\n" + "  - {alert: A, expr: llm_cost > 1}\n" * (MAX_FOUND + 9)
    assert len(watches(["r.yml"], {"r.yml": text}.get, ())) == MAX_FOUND
